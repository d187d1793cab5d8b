use time::OffsetDateTime;

use super::*;

fn id(name: &str) -> OrderId {
    OrderId(name.to_owned())
}

/// Runs a simulation to its end, firing each timer so often, and returns every event and the orders whose workflow
/// begins.
fn run(copies: usize) -> (Vec<NewEvent>, Vec<OrderId>) {
    let mut made = 0;
    let mut fresh = || {
        made += 1;
        id(&format!("order-{made}"))
    };
    let (mut timers, mut events, mut begun) = (Vec::<Timer>::new(), Vec::new(), Vec::new());
    let mut effects = begin(&id("order-0"), fresh());
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Put(event) => events.push(event),
                Effect::Begin(order) => begun.push(order),
                Effect::Set(timer) => {
                    timers.retain(|other| other.name() != timer.name());
                    timers.push(timer);
                }
            }
        }
        if timers.is_empty() {
            return (events, begun);
        }
        let timer = timers.remove(0);
        for _ in 0..copies {
            effects.extend(fire(timer.clone(), fresh()));
        }
    }
}

#[test]
fn six_baskets_are_submitted_and_their_workflows_begin() {
    let (events, begun) = run(1);
    assert!(events.iter().all(|event| event.detail_type == CREATED));
    let submitted: Vec<_> = events
        .iter()
        .map(|event| event.detail["orderId"].clone())
        .collect();
    assert_eq!(submitted.len(), 6);
    assert_eq!(submitted, begun.iter().map(json).collect::<Vec<_>>());
}

#[test]
fn a_timer_that_fires_twice_starts_no_further_order() {
    let (events, begun) = run(2);
    let orders: std::collections::BTreeSet<_> = events
        .iter()
        .filter_map(|event| event.detail["orderId"].as_str())
        .collect();
    assert_eq!(orders.len(), 6);
    let begun: std::collections::BTreeSet<_> = begun.iter().map(|order| &*order.0).collect();
    assert_eq!(begun, orders);
}

#[test]
fn every_basket_is_one_that_the_handler_takes() {
    for basket in &BASKETS {
        let order = NewOrder {
            order_id: id("a"),
            customer_id: basket.customer_id.to_owned(),
            currency: basket.currency.to_owned(),
            items: basket.items(),
        };
        assert!(order.submit(OffsetDateTime::UNIX_EPOCH).is_ok());
    }
}

/// The document of an order's way comes to an event for each status, in their order, and waits before each of them.
#[test]
fn the_workflow_puts_an_event_for_each_status() {
    use serde_json::json;
    use states::{End, Event, Execution, Machine, Output};
    let machine = Machine::parse(WORKFLOW.document).unwrap();
    let ports = crate::memory::Memory::default();
    let text = |text: &str| text.to_owned();
    let execution = Execution {
        id: text("id"),
        name: text("order"),
        machine_id: text("m"),
        machine: text("m"),
        input: json!({"orderId": "order"}),
    };
    let mut checkpoint = machine.start(execution, ports.now());
    let (mut event, mut events, mut waits) = (Event::Resumed, Vec::new(), 0);
    loop {
        let output;
        (checkpoint, output) = machine.step(checkpoint, event, ports.now(), &mut |bytes| {
            ports.fill(bytes);
        });
        event = match output {
            Output::Invoke {
                token, resource, ..
            } if resource == "${DrawWait}" => Event::Returned {
                token,
                result: draw_wait(&ports),
            },
            Output::Invoke { token, payload, .. } => {
                for entry in payload["Entries"].as_array().unwrap() {
                    events.push(NewEvent {
                        source: text(entry["Source"].as_str().unwrap()),
                        detail_type: text(entry["DetailType"].as_str().unwrap()),
                        detail: entry["Detail"].clone(),
                    });
                }
                Event::Returned {
                    token,
                    result: json!({"FailedEntryCount": 0}),
                }
            }
            Output::WaitUntil(until) => {
                let wait = (until - ports.now()).unsigned_abs();
                assert!(wait >= ports.pace().state / 11 && wait <= ports.pace().state);
                ports.state().now += wait;
                waits += 1;
                Event::Woken
            }
            Output::Ended(End::Succeeded(_)) => break,
            other => panic!("{other:?}"),
        };
    }
    let way = OrderStatus::WAY
        .into_iter()
        .filter(|status| *status != OrderStatus::Submitted);
    assert_eq!(
        events,
        way.map(|status| moved_on(&id("order"), status))
            .collect::<Vec<_>>()
    );
    assert_eq!(waits, 7);
}

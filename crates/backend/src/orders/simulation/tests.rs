use time::OffsetDateTime;

use super::*;

fn id(name: &str) -> OrderId {
    OrderId(name.to_owned())
}

/// Runs a simulation to its end, firing the oldest timer first, and returns every event.
fn run(copies: usize) -> Vec<NewEvent> {
    let mut made = 0;
    let mut fresh = || {
        made += 1;
        id(&format!("order-{made}"))
    };
    let (mut timers, mut events) = (Vec::<Timer>::new(), Vec::new());
    let mut effects = begin(&id("order-0"), fresh());
    loop {
        for effect in effects.drain(..) {
            match effect {
                Effect::Put(event) => events.push(event),
                Effect::Set(timer) => {
                    timers.retain(|other| other.name() != timer.name());
                    timers.push(timer);
                }
            }
        }
        if timers.is_empty() {
            return events;
        }
        let timer = timers.remove(0);
        for _ in 0..copies {
            effects.extend(fire(timer.clone(), fresh()));
        }
    }
}

#[test]
fn six_baskets_each_go_the_whole_way() {
    let events = run(1);
    let created = events
        .iter()
        .filter(|event| event.detail_type == CREATED)
        .count();
    let updated = events
        .iter()
        .filter(|event| event.detail_type == UPDATED)
        .count();
    assert_eq!((created, updated), (6, 6 * 7));
    let first: Vec<_> = events
        .iter()
        .filter(|event| event.detail["orderId"] == "order-0")
        .skip(1)
        .collect();
    let way: Vec<_> = first
        .iter()
        .map(|event| event.detail["status"].clone())
        .collect();
    assert_eq!(
        way,
        OrderStatus::WAY[1..].iter().map(json).collect::<Vec<_>>()
    );
}

#[test]
fn a_timer_that_fires_twice_starts_no_further_order() {
    let orders = |copies| {
        let ids = run(copies)
            .into_iter()
            .filter_map(|e| e.detail["orderId"].as_str().map(str::to_owned));
        ids.collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(orders(2), 6);
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

/// The document of an order's way comes to the very events that the timers come to, and waits before each of them.
#[test]
fn the_workflow_s_document_puts_the_same_events() {
    use serde_json::json;
    use states::{End, Event, Execution, Machine, Output};
    let machine = Machine::parse(include_str!(
        "../../../../../deploy/workflows/order.asl.json"
    ))
    .unwrap();
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

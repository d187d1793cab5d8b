mod deliveries;
mod publishing;

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::model::OrderStatus;
use super::*;
use crate::api::{Caller, FieldError};
use crate::event::{BusEvent, EventId, HandlerError, Outcome};
use crate::memory::{Fault, Memory};
use crate::ports::Clock as _;

fn event(id: &str, detail_type: &str, detail: Value) -> BusEvent {
    BusEvent {
        id: EventId(id.to_owned()),
        source: "orders.events.test".to_owned(),
        detail_type: detail_type.to_owned(),
        time: OffsetDateTime::UNIX_EPOCH,
        detail,
    }
}

fn created(id: &str, order: &str) -> BusEvent {
    let item =
        json!({ "itemId": "i", "description": "Blue pickles", "quantity": 3, "unitPrice": 1.105 });
    event(
        id,
        CREATED,
        json!({ "orderId": order, "customerId": "c", "currency": "EUR", "items": [item] }),
    )
}

fn updated(id: &str, order: &str, status: OrderStatus) -> BusEvent {
    event(id, UPDATED, json!({ "orderId": order, "status": status }))
}

fn now<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn handle(ports: &Memory, event: &BusEvent) -> Result<Outcome, HandlerError> {
    now(on_event(ports, event))
}

fn ask(ports: &Memory, field: &str, arguments: Value) -> Result<Value, FieldError> {
    let Value::Object(arguments) = arguments else {
        return Ok(Value::Null);
    };
    now(resolve(
        ports,
        "Query",
        field,
        &arguments,
        &Caller::backend(),
    ))
}

#[test]
fn an_order_goes_its_way() {
    let ports = Memory::default();
    assert_eq!(handle(&ports, &created("1", "a")), Ok(Outcome::Written));
    ports.state().now = Duration::from_millis(1_500);
    assert_eq!(
        handle(&ports, &updated("2", "a", OrderStatus::InKitchen)),
        Ok(Outcome::Written)
    );
    assert_eq!(
        handle(&ports, &updated("3", "a", OrderStatus::InKitchen)),
        Ok(Outcome::Duplicate)
    );
    assert_eq!(
        handle(&ports, &updated("4", "a", OrderStatus::AcceptedByStore)),
        Ok(Outcome::Late)
    );
    let order = ask(&ports, "order", json!({ "orderId": "a" })).unwrap();
    assert_eq!(order["status"], "IN_KITCHEN");
    assert_eq!(
        (&order["numItems"], &order["total"], &order["revision"]),
        (&json!(3), &json!(3.32), &json!(2))
    );
    assert_eq!(order["createdAt"], "2027-01-15T08:00:00.000Z");
    assert_eq!(order["updatedAt"], "2027-01-15T08:00:01.500Z");
    assert!(
        order.get("listing").is_none(),
        "what index and expiry need is not shown"
    );
}

#[test]
fn final_states_are_final() {
    for (end, after) in [
        (OrderStatus::Completed, OrderStatus::Cancelled),
        (OrderStatus::Cancelled, OrderStatus::Completed),
        (OrderStatus::Cancelled, OrderStatus::InKitchen),
    ] {
        let ports = Memory::default();
        assert_eq!(handle(&ports, &created("1", "a")), Ok(Outcome::Written));
        assert_eq!(
            handle(&ports, &updated("2", "a", end)),
            Ok(Outcome::Written)
        );
        assert_eq!(handle(&ports, &updated("3", "a", after)), Ok(Outcome::Late));
        assert_eq!(
            handle(&ports, &updated("4", "a", end)),
            Ok(Outcome::Duplicate)
        );
    }
}

#[test]
fn the_same_order_by_another_event_is_a_duplicate() {
    let ports = Memory::default();
    assert_eq!(handle(&ports, &created("1", "a")), Ok(Outcome::Written));
    assert_eq!(handle(&ports, &created("2", "a")), Ok(Outcome::Duplicate));
    assert_eq!(
        handle(&ports, &created("1", "a")),
        Ok(Outcome::Written),
        "a redelivery comes to the same"
    );
}

#[test]
fn an_update_waits_for_its_order() {
    let early = handle(
        &Memory::default(),
        &updated("1", "a", OrderStatus::InKitchen),
    );
    assert_eq!(
        early,
        Err(HandlerError::Retry("order a is not there yet".to_owned()))
    );
}

#[test]
fn bad_input_is_dead_with_a_reason_and_writes_nothing() {
    let basket = |items: Value| json!({ "orderId": "a", "customerId": "c", "currency": "EUR", "items": items });
    let item = |quantity: Value, price: Value| json!({ "itemId": "i", "description": "d", "quantity": quantity, "unitPrice": price });
    for (detail_type, detail, reason) in [
        (
            UPDATED,
            json!({ "orderId": "a", "status": "BURNT" }),
            "status: unknown variant `BURNT`",
        ),
        (
            UPDATED,
            json!({ "status": "DELIVERED" }),
            "missing field `orderId`",
        ),
        (UPDATED, json!("words"), "invalid type: string"),
        (CREATED, Value::Null, "invalid type: null"),
        (CREATED, basket(json!([])), "basket is empty"),
        (
            CREATED,
            basket(json!([item(json!(0), json!(1))])),
            "items[0].quantity is 0",
        ),
        (
            CREATED,
            basket(json!([item(json!(1), json!(1)), item(json!(-2), json!(1))])),
            "items[1].quantity is -2",
        ),
        (
            CREATED,
            basket(json!([item(json!(1.5), json!(1))])),
            "items[0].quantity: invalid type",
        ),
        (
            CREATED,
            basket(json!([item(json!(1), json!("1"))])),
            "items[0].unitPrice: invalid type",
        ),
        (
            CREATED,
            basket(json!([item(json!(1_000_000_000), json!(f64::MAX))])),
            "larger than a number",
        ),
        (
            CREATED,
            basket(json!([
                item(json!(i32::MAX), json!(1)),
                item(json!(1), json!(1))
            ])),
            "add up to more",
        ),
        ("Order eaten", json!({}), "no handler"),
    ] {
        let ports = Memory::default();
        match handle(&ports, &event("1", detail_type, detail.clone())) {
            Err(HandlerError::Dead(cause)) => {
                assert!(cause.contains(reason), "{cause:?} lacks {reason:?}");
            }
            other => panic!("{detail} came to {other:?}"),
        }
        assert!(ports.state().rows.is_empty());
    }
}

#[test]
fn conflicts_are_tried_again_and_then_left_to_the_bus() {
    let ports = Memory::default();
    ports.state().faults = vec![Fault::Conflict; 4];
    assert_eq!(handle(&ports, &created("1", "a")), Ok(Outcome::Written));
    ports.state().faults = vec![Fault::Conflict; 5];
    assert!(matches!(
        handle(&ports, &created("2", "b")),
        Err(HandlerError::Retry(_))
    ));
}

#[test]
fn pages_lead_from_the_newest_to_the_oldest() {
    let ports = Memory::default();
    for n in 0..7_u64 {
        ports.state().now = Duration::from_secs(n / 2);
        assert_eq!(
            handle(&ports, &created(&n.to_string(), &format!("order-{n}"))),
            Ok(Outcome::Written)
        );
    }
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let page = ask(&ports, "orders", json!({ "limit": 3, "nextToken": token })).unwrap();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|order| order["orderId"].clone()),
        );
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(
        seen,
        (0..7)
            .rev()
            .map(|n| json!(format!("order-{n}")))
            .collect::<Vec<_>>()
    );
}

#[test]
fn what_has_expired_is_not_shown() {
    let ports = Memory::default();
    for (seconds, order) in [(0, "old"), (10, "new")] {
        ports.state().now = Duration::from_secs(seconds);
        assert_eq!(handle(&ports, &created(order, order)), Ok(Outcome::Written));
    }
    ports.state().now = Duration::from_secs(86_400);
    let page = ask(&ports, "orders", json!({})).unwrap();
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        ask(&ports, "order", json!({ "orderId": "old" })),
        Ok(Value::Null)
    );
    assert_ne!(
        ask(&ports, "order", json!({ "orderId": "new" })),
        Ok(Value::Null)
    );
}

#[test]
fn bad_arguments_are_named() {
    for (arguments, name) in [
        (json!({ "limit": 0 }), "limit"),
        (json!({ "limit": 101 }), "limit"),
        (json!({ "limit": -1 }), "limit"),
        (json!({ "nextToken": "" }), "nextToken"),
        (json!({ "nextToken": "!" }), "nextToken"),
        (json!({ "nextToken": "b3JkZXI" }), "nextToken"),
    ] {
        let error = ask(&Memory::default(), "orders", arguments).unwrap_err();
        assert_eq!(error.error_type, "BadRequestException");
        assert!(error.message.starts_with(name), "{error}");
    }
}

#[test]
fn a_simulation_submits_six_orders_and_starts_their_workflows() {
    let ports = Memory::default();
    let started = now(start(&ports)).unwrap();
    assert_eq!(
        json!(started),
        json!({ "orderId": started.order_id, "status": "SUBMITTED" })
    );
    assert_eq!(started.order_id.0.len(), 27, "a KSUID");
    let mut fired = 0;
    loop {
        let due = ports.state().timers.pop_first();
        let Some((_, (at, payload))) = due else { break };
        assert!(at <= ports.now() + std::time::Duration::from_secs(6));
        now(on_timer(&ports, &payload)).unwrap();
        fired += 1;
    }
    assert_eq!(fired, 5);
    let state = ports.state();
    assert_eq!((state.events.len(), state.executions.len()), (6, 6));
    for event in &state.events {
        let id = event.detail["orderId"].as_str().unwrap().to_owned();
        let input = json!({ "orderId": id });
        assert_eq!(state.executions[&(WORKFLOW.name, id)], input);
    }
    drop(state);
    assert!(matches!(
        now(on_timer(&ports, &json!({}))),
        Err(HandlerError::Dead(_))
    ));
}

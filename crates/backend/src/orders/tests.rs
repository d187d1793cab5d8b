use std::time::Duration;

use graphql_parser::{query, schema};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::model::{OrderStatus, StatusUpdate};
use super::*;
use crate::api::{Caller, FieldError};
use crate::event::{BusEvent, EventId, HandlerError, Outcome};
use crate::memory::{Fault, Memory};
use crate::ports::{Change, Clock as _};

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
fn first_revisions_are_published_as_created_later_ones_as_updated() {
    let ports = Memory::default();
    handle(&ports, &created("1", "a")).unwrap();
    let row = |ports: &Memory| ports.state().rows[&(ORDERS.name, "a".to_owned())].clone();
    let change = |old, new| Change {
        table: ORDERS.name.into(),
        key: "a".into(),
        sequence: 1,
        old,
        new,
    };
    let first = row(&ports);
    now(on_change(&ports, &change(None, Some(first.clone())))).unwrap();
    handle(&ports, &updated("2", "a", OrderStatus::InKitchen)).unwrap();
    now(on_change(&ports, &change(Some(first), Some(row(&ports))))).unwrap();
    now(on_change(&ports, &change(Some(row(&ports)), None))).unwrap();
    let published = std::mem::take(&mut ports.state().published);
    assert_eq!(published.len(), 2, "a removal is not published");
    assert_eq!(published[0].document, publish::CREATE_ORDER);
    assert_eq!(published[1].document, publish::UPDATE_ORDER);
    let order = ask(&ports, "order", json!({ "orderId": "a" })).unwrap();
    assert_eq!(
        Value::Object(published[1].variables.clone()),
        json!({ "input": order })
    );
}

/// The names of a type's fields, with those of the types under them.
fn fields_of(document: &schema::Document<'_, String>, name: &str) -> Vec<String> {
    let fields = document
        .definitions
        .iter()
        .find_map(|definition| match definition {
            schema::Definition::TypeDefinition(schema::TypeDefinition::Object(object))
                if object.name == name =>
            {
                Some(
                    object
                        .fields
                        .iter()
                        .map(|f| (f.name.clone(), f.field_type.to_string()))
                        .collect::<Vec<_>>(),
                )
            }
            schema::Definition::TypeDefinition(schema::TypeDefinition::InputObject(input))
                if input.name == name =>
            {
                Some(
                    input
                        .fields
                        .iter()
                        .map(|f| (f.name.clone(), f.value_type.to_string()))
                        .collect(),
                )
            }
            _ => None,
        });
    let mut names = Vec::new();
    for (name, type_name) in fields.unwrap_or_default() {
        let below = fields_of(document, type_name.trim_matches(|c| "[]!".contains(c)));
        names.push(name.clone());
        names.extend(below.into_iter().map(|field| format!("{name}.{field}")));
    }
    names.sort();
    names
}

fn selected(set: &query::SelectionSet<'_, String>) -> Vec<String> {
    let mut names = Vec::new();
    for item in &set.items {
        let query::Selection::Field(field) = item else {
            continue;
        };
        names.push(field.name.clone());
        names.extend(
            selected(&field.selection_set)
                .into_iter()
                .map(|below| format!("{}.{below}", field.name)),
        );
    }
    names.sort();
    names
}

#[test]
fn publishing_sends_and_selects_every_field_of_the_schema() {
    let schema = graphql_parser::parse_schema::<String>(API.schema).unwrap();
    let order = fields_of(&schema, "Order");
    assert!(order.contains(&"items.unitPrice".to_owned()));
    for (document, input) in [
        (publish::CREATE_ORDER, "CreateOrderInput"),
        (publish::UPDATE_ORDER, "UpdateOrderInput"),
    ] {
        assert_eq!(fields_of(&schema, input), order, "{input}");
        let document = graphql_parser::parse_query::<String>(document).unwrap();
        let query::Definition::Operation(query::OperationDefinition::Mutation(mutation)) =
            &document.definitions[0]
        else {
            panic!("not a mutation")
        };
        let query::Selection::Field(field) = &mutation.selection_set.items[0] else {
            panic!("not a field")
        };
        assert_eq!(selected(&field.selection_set), order);
    }
}

#[test]
fn two_deliveries_under_way_come_to_the_same_end() {
    for (delay, started) in (0..8).flat_map(|delay| [(delay, true), (delay, false)]) {
        let ports = Memory::default();
        let event = if started {
            handle(&ports, &created("1", "a")).unwrap();
            updated("2", "a", OrderStatus::InKitchen)
        } else {
            created("1", "a")
        };
        let later = async {
            for _ in 0..delay {
                tokio::task::yield_now().await;
            }
            on_event(&ports, &event).await
        };
        let ends = now(async { tokio::join!(on_event(&ports, &event), later) });
        assert_eq!(ends, (Ok(Outcome::Written), Ok(Outcome::Written)), "{delay} steps apart");
    }
}

/// A history of a few orders: each created once, with some updates, in the order of happening.
fn histories() -> impl Strategy<Value = Vec<BusEvent>> {
    let updates = proptest::collection::vec((0..3_usize, 0..9_usize), 0..20);
    updates.prop_map(|updates| {
        let every = [&OrderStatus::WAY[..], &[OrderStatus::Cancelled]].concat();
        let created = (0..3).map(|order| created(&format!("c{order}"), &format!("o{order}")));
        let updated = updates
            .into_iter()
            .enumerate()
            .map(|(at, (order, status))| {
                updated(&format!("u{at}"), &format!("o{order}"), every[status])
            });
        created.chain(updated).collect()
    })
}

proptest! {
    /// Whatever the bus does (shuffles, doubles) and the tables do (conflicts, lost answers): every event comes to
    /// one end and stays there, revisions count the writes, and a state is never left for an earlier one.
    #[test]
    fn every_event_comes_to_one_end(
        events in histories(),
        order in proptest::collection::vec(any::<prop::sample::Index>(), 200),
        faults in proptest::collection::vec(prop_oneof![Just(Fault::None), Just(Fault::Conflict), Just(Fault::LostAnswer)], 60),
    ) {
        let ports = Memory::default();
        ports.state().faults = faults;
        let mut ends: Map<String, Value> = Map::new();
        let mut deliver = |event: &BusEvent| -> Result<(), TestCaseError> {
            let before = status_of(&ports, event);
            match handle(&ports, event) {
                Ok(outcome) => {
                    let outcome = json!(outcome);
                    let first = ends.entry(event.id.0.clone()).or_insert_with(|| outcome.clone());
                    // A duplicate leaves no receipt: when asked again it may be late by then.
                    let stays = *first == outcome || (*first == "duplicate" && outcome == "late");
                    prop_assert!(stays, "{first} became {outcome}");
                }
                Err(HandlerError::Retry(_)) => {}
                Err(HandlerError::Dead(cause)) => prop_assert!(false, "dead: {cause}"),
            }
            if let (Some(before), Some(after)) = (before, status_of(&ports, event)) {
                prop_assert!(after >= before);
                prop_assert!(after == before || !before.is_final());
            }
            Ok(())
        };
        for index in &order {
            deliver(index.get(&events))?;
        }
        // The retry window is long enough for each to be delivered once more, in order.
        for _ in 0..3 {
            for event in &events {
                deliver(event)?;
            }
        }
        prop_assert_eq!(ends.len(), events.len());
        let written = events.iter().filter(|event| ends[&event.id.0] == "written").count();
        let listed = ask(&ports, "orders", json!({})).unwrap();
        let revisions: u64 = listed["items"].as_array().unwrap().iter().filter_map(|o| o["revision"].as_u64()).sum();
        prop_assert_eq!(revisions, written as u64);
    }
}

fn status_of(ports: &Memory, event: &BusEvent) -> Option<OrderStatus> {
    let update: StatusUpdate = serde_json::from_value(event.detail.clone()).ok()?;
    let row = ports
        .state()
        .rows
        .get(&(ORDERS.name, update.order_id.0))?
        .clone();
    serde_json::from_value(row["status"].clone()).ok()
}

#[test]
fn a_simulation_runs_by_its_timers() {
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
    assert_eq!(fired, 5 + 6 * 7);
    assert_eq!(ports.state().events.len(), 6 * 8);
    assert!(matches!(
        now(on_timer(&ports, &json!({}))),
        Err(HandlerError::Dead(_))
    ));
}

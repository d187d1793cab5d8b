//! An order's way through the handlers, with every task and message coming twice.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::model::{Order, OrderId, Status};
use super::*;
use crate::api::{ApiName, Caller, IdentityId, Role};
use crate::memory::{Fault, Memory};
use crate::ports::{Change, Clock, Random};

fn guest() -> Caller {
    Caller {
        role: Role::Guest,
        identity: Some(IdentityId("guest".to_owned())),
    }
}

fn arguments(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn soup() -> Value {
    json!({"name": "Soup", "quantity": 2, "restaurantId": "corner"})
}

async fn posted(world: &Memory) -> (OrderId, Value) {
    let answer = post_order(world, &arguments(json!({"input": soup()})), &guest())
        .await
        .unwrap();
    assert_eq!(answer["orderStatus"], "PENDING");
    let body = world.state().sent.back().unwrap().clone();
    (OrderId(answer["id"].as_str().unwrap().to_owned()), body)
}

/// Runs the tasks as the workflow does, each twice.
async fn processed(world: &Memory, chance: f64) -> (OrderId, tasks::Notification) {
    let (id, body) = posted(world).await;
    let accepted = || serde_json::from_value(body.clone()).unwrap();
    tasks::initialize_order(world, accepted()).await.unwrap();
    tasks::initialize_order(world, accepted()).await.unwrap();
    let payments = Payments { chance, seed: 7 };
    let first = tasks::process_payment(world, &payments, &id).await.unwrap();
    assert_eq!(
        tasks::process_payment(world, &payments, &id).await.unwrap(),
        first
    );
    let end = async || match &first {
        Payment::Ok => tasks::complete_order(world, &id).await.unwrap(),
        Payment::Error { error_message } => {
            let reason = json!(error_message);
            tasks::fail_order(world, &id, reason.as_str().unwrap())
                .await
                .unwrap()
        }
    };
    let told = end().await;
    assert_eq!(end().await, told);
    (id, told)
}

async fn shown(world: &Memory, id: &OrderId) -> Value {
    order(world, &arguments(json!({"id": id.0}))).await.unwrap()
}

#[tokio::test]
async fn an_order_that_is_paid_ends_in_success_with_every_stage_once() {
    let world = Memory::default();
    let (id, told) = processed(&world, 1.0).await;
    let order = shown(&world, &id).await;
    assert_eq!(order["orderStatus"], "SUCCESS");
    assert_eq!(order["revision"], 3);
    let stages: Vec<_> = order["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["name"].clone())
        .collect();
    assert_eq!(
        stages,
        ["InitializeOrder", "ProcessPayment", "CompleteOrder"]
    );
    assert_eq!(told.subject, "Orders-App: order notification");
    let message: Value = serde_json::from_str(&told.message).unwrap();
    assert_eq!(
        message,
        json!({"order_status": "SUCCESS", "order_id": id.0})
    );
    assert_eq!(order["notification"], told.message);
}

#[tokio::test]
async fn an_order_that_is_not_paid_fails_with_its_reason() {
    let world = Memory::default();
    let (id, told) = processed(&world, 0.0).await;
    let order = shown(&world, &id).await;
    assert_eq!(order["orderStatus"], "FAILED");
    let message: Value = serde_json::from_str(&told.message).unwrap();
    assert_eq!(message["cancel_reason"], order["errorMessage"]);
    // An end is for good.
    tasks::complete_order(&world, &id).await.unwrap();
    assert_eq!(shown(&world, &id).await, order);
}

#[test]
fn a_share_of_payments_succeeds_and_every_error_occurs() {
    let payments = Payments {
        chance: 0.7,
        seed: 1,
    };
    let paid = |number: u32| payments.pay(&OrderId(number.to_string()));
    let outcomes: Vec<_> = (0..3000).map(paid).collect();
    let share = outcomes
        .iter()
        .filter(|payment| **payment == Payment::Ok)
        .count();
    assert!((1950..2250).contains(&share), "{share}");
    for error in [
        PaymentError::Unreachable,
        PaymentError::Declined,
        PaymentError::Unknown,
    ] {
        assert!(outcomes.contains(&Payment::Error {
            error_message: error
        }));
    }
    let other = Payments {
        seed: 2,
        ..payments
    };
    assert!((0..100).any(|number: u32| other.pay(&OrderId(number.to_string())) != paid(number)));
    assert_eq!(json!(Payment::Ok), json!({"status": "ok"}));
    assert_eq!(
        json!(Payment::Error {
            error_message: PaymentError::Declined
        }),
        json!({"status": "error", "error_message": "payment method declined"})
    );
}

#[tokio::test]
async fn bad_input_names_its_field_and_queues_nothing() {
    let world = Memory::default();
    let long = "x".repeat(1000);
    for (field, value) in [
        ("quantity", json!(0)),
        ("quantity", json!(101)),
        ("quantity", json!("two")),
        ("quantity", json!(1.5)),
        ("name", json!("")),
        ("name", json!("  ")),
        ("name", json!(long)),
        ("restaurantId", json!("")),
        ("restaurantId", json!(long)),
    ] {
        let mut input = soup();
        input[field] = value;
        let error = post_order(&world, &arguments(json!({"input": input})), &guest())
            .await
            .unwrap_err();
        assert_eq!(error.error_type, "BadRequestException");
        assert!(error.message.starts_with(field), "{error}");
    }
    assert!(world.state().sent.is_empty());
    for (quantity, letters) in [(1, 1), (100, 200)] {
        let input = json!({"name": "ü".repeat(letters), "quantity": quantity, "restaurantId": "r"});
        post_order(&world, &arguments(json!({"input": input})), &guest())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_same_token_is_the_same_order() {
    let world = Memory::default();
    let arguments = arguments(json!({"input": soup(), "token": "t"}));
    let first = post_order(&world, &arguments, &guest()).await.unwrap();
    assert_eq!(
        post_order(&world, &arguments, &guest()).await.unwrap(),
        first
    );
    let sent = world.state().sent.clone();
    assert_eq!(sent[0], sent[1]);
    let other = Caller {
        identity: Some(IdentityId("other".to_owned())),
        ..guest()
    };
    assert_ne!(
        post_order(&world, &arguments, &other).await.unwrap()["id"],
        first["id"]
    );
}

#[tokio::test]
async fn a_batch_fails_in_part_and_starts_each_order_once() {
    let world = Memory::default();
    let (id, body) = posted(&world).await;
    let message = |id: &str, body: &Value| Message {
        id: id.to_owned(),
        body: body.clone(),
    };
    let batch = [
        message("1", &body),
        message("2", &json!({"orderId": "x"})),
        message("3", &body),
    ];
    let failures = on_batch(&world, &batch).await;
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].id, "2");
    assert!(
        failures[0].cause.starts_with("no order"),
        "{}",
        failures[0].cause
    );
    let started: Vec<_> = world.state().executions.keys().cloned().collect();
    assert_eq!(started, [(WORKFLOW.name, id.0)]);
    world.state().no_workflows = Some("broken on purpose".to_owned());
    assert!(
        on_batch(&world, &batch[..1]).await[0]
            .cause
            .contains("broken on purpose")
    );
}

#[tokio::test]
async fn what_is_not_there_or_in_progress_is_neither_changed_nor_deleted() {
    let world = Memory::default();
    let update = |id: &str| {
        let mut input = soup();
        input["id"] = id.into();
        arguments(json!({"input": input}))
    };
    let delete = |id: &str| arguments(json!({"id": id}));
    assert_eq!(
        update_order(&world, &update("none"))
            .await
            .unwrap_err()
            .error_type,
        "NotFound"
    );
    assert_eq!(
        delete_order(&world, &delete("none"))
            .await
            .unwrap_err()
            .error_type,
        "NotFound"
    );
    let (id, body) = posted(&world).await;
    tasks::initialize_order(&world, serde_json::from_value(body).unwrap())
        .await
        .unwrap();
    assert_eq!(
        update_order(&world, &update(&id.0))
            .await
            .unwrap_err()
            .error_type,
        "OrderInProgress"
    );
    assert_eq!(
        delete_order(&world, &delete(&id.0))
            .await
            .unwrap_err()
            .error_type,
        "OrderInProgress"
    );
    tasks::complete_order(&world, &id).await.unwrap();
    let mut changed = update(&id.0);
    changed["input"]["quantity"] = json!(9);
    assert_eq!(update_order(&world, &changed).await.unwrap()["quantity"], 9);
    assert_eq!(orders(&world).await.unwrap().as_array().unwrap().len(), 1);
    assert_eq!(
        delete_order(&world, &delete(&id.0)).await.unwrap(),
        json!(id.0)
    );
    assert_eq!(
        delete_order(&world, &delete(&id.0))
            .await
            .unwrap_err()
            .error_type,
        "NotFound"
    );
    assert_eq!(orders(&world).await.unwrap(), json!([]));
    // The tombstone is told of, with a revision of its own.
    let (table, key, old, new) = world.state().changes.last().unwrap().clone();
    let change = Change {
        table: table.to_owned(),
        key,
        sequence: 1,
        old,
        new,
    };
    on_change(&world, &change).await.unwrap();
    let published = world.state().published.pop().unwrap();
    assert_eq!(published.api, ApiName::Restaurant);
    let variables = published.variables;
    assert_eq!(variables["input"]["deleted"], true);
    assert_eq!(variables["input"]["revision"], 4);
    let tombstone = Order::from_row(change.new.unwrap()).unwrap();
    assert_eq!(tombstone.order_status, Status::Success);
}

/// Also where it waited among the dead letters for longer than that before it was saved.
#[tokio::test]
async fn orders_are_over_a_day_after_their_last_step() {
    use std::time::Duration;
    let day = Duration::from_secs(24 * 60 * 60);
    let world = Memory::default();
    let (_, late) = posted(&world).await;
    let (old, _) = processed(&world, 1.0).await;
    let begun = world.state().now;
    world.state().now = begun + day - Duration::from_secs(1);
    assert_eq!(shown(&world, &old).await["id"], old.0);
    world.state().now = begun + day;
    tasks::initialize_order(&world, serde_json::from_value(late.clone()).unwrap())
        .await
        .unwrap();
    let id = arguments(json!({"id": old.0}));
    for refused in [order(&world, &id).await, delete_order(&world, &id).await] {
        assert_eq!(refused.unwrap_err().error_type, "NotFound");
    }
    let listed = orders(&world).await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], late["orderId"]);
    // As the sweeper reads it.
    let row = world.state().rows[&(ORDERS.name, old.0)].clone();
    assert_eq!(row["expiresAt"], json!(world.now().unix_timestamp()));
}

#[tokio::test]
async fn every_field_of_the_api_has_a_resolver() {
    let world = Memory::default();
    let (id, _) = posted(&world).await;
    let ask =
        async |field: &str, asked: Value| resolve(&world, field, &arguments(asked), &guest()).await;
    let pipeline = ask("pipeline", json!({})).await.unwrap();
    assert_eq!(pipeline, json!({"depth": 1, "inFlight": 0, "dead": 0}));
    assert_eq!(ask("orders", json!({})).await.unwrap(), json!([]));
    let again = ask("postOrder", json!({"input": soup()})).await.unwrap();
    assert_ne!(again["id"], id.0);
    for field in API.fields {
        if field.kind == crate::api::FieldKind::Function {
            let asked = ask(field.name, json!({})).await;
            let unresolved = asked.is_err_and(|error| error.error_type == "InternalFailure");
            assert!(!unresolved, "{}", field.name);
        }
    }
}

#[tokio::test]
async fn whatever_befalls_a_write_an_order_ends_once() {
    for faults in [
        vec![Fault::Conflict],
        vec![Fault::None, Fault::Conflict, Fault::None],
        vec![
            Fault::Conflict,
            Fault::Conflict,
            Fault::None,
            Fault::Conflict,
        ],
    ] {
        let world = Memory::default();
        world.state().faults = faults;
        let (id, _) = processed(&world, 1.0).await;
        let order = shown(&world, &id).await;
        assert_eq!(
            (&order["orderStatus"], &order["revision"]),
            (&json!("SUCCESS"), &json!(3))
        );
    }
}

#[test]
fn publishing_selects_every_field_of_the_schema() {
    use graphql_parser::schema::{Definition, TypeDefinition, parse_schema};
    let text = format!("{}\n{}", crate::api::PRELUDE, API.schema);
    let schema = parse_schema::<String>(&text).unwrap();
    for name in ["Order", "Stage"] {
        let object = schema
            .definitions
            .iter()
            .find_map(|definition| match definition {
                Definition::TypeDefinition(TypeDefinition::Object(object))
                    if object.name == name =>
                {
                    Some(object)
                }
                _ => None,
            });
        for field in &object.unwrap().fields {
            let selected = publish::PUBLISH_ORDER
                .lines()
                .any(|line| line.trim().trim_end_matches(" {") == field.name);
            assert!(selected, "{}", field.name);
        }
    }
}

/// The document that is deployed, over these functions; each of its steps begins with what a kill has left: the
/// checkpoint as it was written, and every call made twice.
#[tokio::test]
async fn the_workflow_ends_every_order_and_tells_its_customer_once() {
    let machine = states::Machine::parse(WORKFLOW.document).unwrap();
    let mut functions: Vec<_> = tasks::FUNCTIONS
        .iter()
        .map(|name| format!("${{{name}}}"))
        .collect();
    functions.push("arn:aws:states:::sns:publish".to_owned());
    functions.sort();
    let mut called = machine.resources();
    called.sort_unstable();
    assert_eq!(called, functions);
    let world = Memory::default();
    let payments = Payments {
        chance: 0.5,
        seed: 3,
    };
    let mut ends = BTreeSet::new();
    for _ in 0..40 {
        let (id, body) = posted(&world).await;
        let notices = execution(&world, &machine, &payments, body).await;
        let order = shown(&world, &id).await;
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0]["Message"], order["notification"]);
        assert_eq!(notices[0]["Subject"], model::SUBJECT);
        assert_eq!(order["stages"].as_array().unwrap().len(), 3);
        ends.insert(order["orderStatus"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        ends,
        BTreeSet::from(["FAILED".to_owned(), "SUCCESS".to_owned()])
    );
}

/// What an execution hands to the topic.
async fn execution(
    world: &Memory,
    machine: &states::Machine,
    payments: &Payments,
    input: Value,
) -> Vec<Value> {
    use states::{End, Event, Execution, Output};
    let text = |text: &str| text.to_owned();
    let execution = Execution {
        id: text("id"),
        name: text("name"),
        machine_id: text("m"),
        machine: text("m"),
        input,
    };
    let mut notices = Vec::new();
    let mut checkpoint = machine.start(execution, world.now());
    let mut event = Event::Resumed;
    loop {
        let written = serde_json::to_string(&checkpoint).unwrap();
        let output;
        (checkpoint, output) = machine.step(
            serde_json::from_str(&written).unwrap(),
            event,
            world.now(),
            &mut |bytes| world.fill(bytes),
        );
        event = match output {
            Output::Invoke {
                token,
                resource,
                payload,
                ..
            } => {
                let result = match resource
                    .strip_prefix("${")
                    .and_then(|name| name.strip_suffix('}'))
                {
                    Some(function) => {
                        tasks::call(world, payments, function, &payload)
                            .await
                            .unwrap();
                        tasks::call(world, payments, function, &payload)
                            .await
                            .unwrap()
                    }
                    None => {
                        notices.push(payload);
                        json!({"MessageId": "1"})
                    }
                };
                Event::Returned { token, result }
            }
            Output::Ended(End::Succeeded(_)) => return notices,
            other => panic!("{other:?}"),
        };
    }
}

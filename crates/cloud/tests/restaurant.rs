//! Restaurant orders through the API: queue, workflow, what is published, what is refused, dead letters.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::time::Duration;

use backend::ports::Pace;
use backend::restaurant::Payments;
use cloud::Settings;
use cloud::dead_letters::{self, Origin};
use cloud::store::StoreError;
use cloud::surroundings::{SimulatedClock, Surroundings};
use cloud::testing::{Running, start_in};
use cloud::topics;
use common::admin::told;
use common::movies::data;
use common::{Answer, Signer, Socket, backend, cloud, cloud_with, guest, guest_named, send, until};
use net::http::Method;
use serde_json::{Value, json};

const FIELDS: &str = "id name quantity restaurantId orderStatus errorMessage notification stage stages { name at } \
    deleted createdAt revision";

async fn ask(cloud: &Running, signer: &Signer, query: &str, variables: Value) -> Answer {
    send(signer.graphql_of("restaurant", cloud, query, variables)).await
}

fn soup() -> Value {
    json!({"name": "Soup", "quantity": 2, "restaurantId": "corner"})
}

async fn post(cloud: &Running, signer: &Signer, input: Value, token: Value) -> Answer {
    let query = format!(
        "mutation($input: PostOrderInput!, $token: ID) {{ postOrder(input: $input, token: $token) {{ {FIELDS} }} }}"
    );
    ask(
        cloud,
        signer,
        &query,
        json!({"input": input, "token": token}),
    )
    .await
}

/// Places an order; its id.
async fn placed(cloud: &Running, input: Value) -> String {
    let posted = data(post(cloud, &guest(cloud), input, Value::Null).await);
    posted["postOrder"]["id"].as_str().unwrap().to_owned()
}

async fn order(cloud: &Running, id: &str) -> Answer {
    let query = format!("query($id: String!) {{ order(id: $id) {{ {FIELDS} }} }}");
    ask(cloud, &guest(cloud), &query, json!({"id": id})).await
}

/// The order, once it has ended.
async fn ended(cloud: &Running, id: &str) -> Value {
    let mut last = Value::Null;
    until("the order has ended", async || {
        last = order(cloud, id).await.body["data"]["order"].take();
        ["SUCCESS", "FAILED"]
            .iter()
            .any(|it| last["orderStatus"] == *it)
    })
    .await;
    last
}

async fn pipeline(cloud: &Running) -> Value {
    let query = "{ pipeline { depth inFlight dead } }";
    data(ask(cloud, &guest(cloud), query, json!({})).await)["pipeline"].take()
}

async fn paying(chance: f64) -> Running {
    cloud_with(|settings| settings.payments = Payments { chance, seed: 1 }).await
}

fn stages(order: &Value) -> Vec<&str> {
    let stages = order["stages"].as_array().unwrap();
    stages
        .iter()
        .map(|stage| stage["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_order_is_answered_at_once_and_ends_paid_with_its_customer_told() {
    let cloud = paying(1.0).await;
    let posted = data(post(&cloud, &guest(&cloud), soup(), Value::Null).await);
    let posted = &posted["postOrder"];
    assert_eq!(posted["orderStatus"], "PENDING");
    let id = posted["id"].as_str().unwrap();
    let order = ended(&cloud, id).await;
    assert_eq!(order["orderStatus"], "SUCCESS");
    assert_eq!(
        stages(&order),
        ["InitializeOrder", "ProcessPayment", "CompleteOrder"]
    );
    assert_eq!(order["createdAt"], posted["createdAt"]);
    let mut mails = Vec::new();
    until("the customer is told", async || {
        mails = topics::mailbox(&cloud.world.store, 10).await.unwrap();
        !mails.is_empty()
    })
    .await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Orders-App: order notification");
    assert_eq!(order["notification"], mails[0].body);
    let told: Value = serde_json::from_str(&mails[0].body).unwrap();
    assert_eq!(told, json!({"order_status": "SUCCESS", "order_id": id}));
    until("the queue is empty", async || {
        pipeline(&cloud).await == json!({"depth": 0, "inFlight": 0, "dead": 0})
    })
    .await;
}

#[tokio::test]
async fn an_order_that_cannot_be_paid_fails_with_its_reason() {
    let cloud = paying(0.0).await;
    let order = ended(&cloud, &placed(&cloud, soup()).await).await;
    assert_eq!(order["orderStatus"], "FAILED");
    assert_eq!(stages(&order)[2], "PaymentFailure");
    let reasons = [
        "could not reach payment processor",
        "payment method declined",
        "unknown error",
    ];
    let reason = order["errorMessage"].as_str().unwrap();
    assert!(reasons.contains(&reason), "{reason}");
    let told: Value = serde_json::from_str(order["notification"].as_str().unwrap()).unwrap();
    assert_eq!(told["cancel_reason"], reason);
}

#[tokio::test]
async fn every_stage_is_heard_with_its_revision_and_a_deletion_too() {
    let cloud = paying(1.0).await;
    let mut socket = Socket::live_on("restaurant", &cloud, &guest(&cloud)).await;
    let query = format!("subscription {{ onOrderChanged {{ {FIELDS} }} }}");
    socket.subscribe(&cloud, &query, json!({})).await;
    let id = placed(&cloud, soup()).await;
    let mut heard = async |revision: u32| {
        let mut event = socket.frame().await["payload"]["data"]["onOrderChanged"].take();
        // Delivery is at least once.
        while event["revision"].as_u64().unwrap() < revision.into() {
            event = socket.frame().await["payload"]["data"]["onOrderChanged"].take();
        }
        assert_eq!(
            (&event["id"], &event["revision"]),
            (&json!(id), &json!(revision))
        );
        event
    };
    for (revision, stage, status) in [
        (1, "InitializeOrder", "PENDING"),
        (2, "ProcessPayment", "PENDING"),
        (3, "CompleteOrder", "SUCCESS"),
    ] {
        let event = heard(revision).await;
        assert_eq!(
            (&event["stage"], &event["orderStatus"]),
            (&json!(stage), &json!(status))
        );
    }
    let delete = "mutation($id: String!) { deleteOrder(id: $id) }";
    let deleted = data(ask(&cloud, &guest(&cloud), delete, json!({"id": id})).await);
    assert_eq!(deleted["deleteOrder"], id);
    assert_eq!(heard(4).await["deleted"], true);
}

#[tokio::test]
async fn whoever_follows_one_order_hears_of_no_other() {
    let cloud = cloud().await;
    let mut socket = Socket::live_on("restaurant", &cloud, &guest(&cloud)).await;
    let query = "subscription($id: ID) { onOrderChanged(id: $id) { id } }";
    let publish = "mutation($id: ID!) { publishOrder(input: {id: $id, name: \"n\", quantity: 1, restaurantId: \"r\", \
        orderStatus: PENDING}) { id name quantity restaurantId orderStatus } }";
    socket.subscribe(&cloud, query, json!({"id": "b"})).await;
    for id in ["a", "b"] {
        data(ask(&cloud, &backend(&cloud), publish, json!({"id": id})).await);
    }
    let heard = socket.frame().await;
    assert_eq!(heard["payload"]["data"]["onOrderChanged"]["id"], "b");
}

#[tokio::test]
async fn guests_may_not_publish() {
    let cloud = cloud().await;
    let query = "mutation { publishOrder(input: {id: \"1\", name: \"n\", quantity: 1, restaurantId: \"r\", \
        orderStatus: SUCCESS}) { id } }";
    let answer = ask(&cloud, &guest(&cloud), query, json!({})).await;
    assert_eq!(answer.error_type(), "Unauthorized", "{}", answer.text);
}

#[tokio::test]
async fn bad_input_names_its_field_and_queues_nothing() {
    // Nobody takes anything from the queue: what is in it stays to be counted.
    let cloud = cloud_with(|settings| settings.admin = Some(([127, 0, 0, 1], 0).into())).await;
    told(&cloud, "/faults/poison", json!({"name": "o"})).await;
    let long = "o".repeat(1000);
    for (field, value) in [
        ("quantity", json!(0)),
        ("quantity", json!(101)),
        ("quantity", json!("two")),
        ("quantity", json!(1.5)),
        ("name", json!("")),
        ("name", json!(" ")),
        ("name", json!(long)),
        ("restaurantId", json!("")),
        ("restaurantId", json!(long)),
        ("restaurantId", Value::Null),
    ] {
        let mut input = soup();
        input[field] = value.clone();
        let answer = post(&cloud, &guest(&cloud), input, Value::Null).await;
        assert!(answer.message().contains(field), "{value}: {}", answer.text);
        assert_eq!(answer.body["data"]["postOrder"], Value::Null);
    }
    let nothing = json!({"depth": 0, "inFlight": 0, "dead": 0});
    assert_eq!(pipeline(&cloud).await, nothing);
    placed(&cloud, soup()).await;
    assert_ne!(pipeline(&cloud).await, nothing);
}

#[tokio::test]
async fn what_is_not_there_is_neither_found_nor_changed_nor_deleted() {
    let cloud = cloud().await;
    let update = "mutation { updateOrder(input: {id: \"x\", name: \"n\", quantity: 1, restaurantId: \"r\"}) { id } }";
    let delete = "mutation { deleteOrder(id: \"x\") }";
    let query = "{ order(id: \"x\") { id } }";
    for document in [update, delete, query] {
        let answer = ask(&cloud, &guest(&cloud), document, json!({})).await;
        assert_eq!(answer.error_type(), "NotFound", "{}", answer.text);
        assert!(answer.message().contains("x"), "{}", answer.text);
    }
}

/// A cloud with an order that is saved. It stays on its way until the clock is moved, however long the machine takes
/// meanwhile.
async fn saved(change: impl FnOnce(&mut Settings)) -> (Running, SimulatedClock, String) {
    let mut settings = Settings {
        pace: Pace::from_state(Duration::from_secs(8)),
        rotation: Duration::ZERO,
        ..Settings::default()
    };
    change(&mut settings);
    let now = Surroundings::machine().now();
    let (surroundings, clock) = Surroundings::simulated(now, 1);
    let cloud = start_in(settings, surroundings).await.unwrap();
    let id = placed(&cloud, soup()).await;
    until("it is saved", async || {
        order(&cloud, &id).await.body["data"]["order"].is_object()
    })
    .await;
    (cloud, clock, id)
}

#[tokio::test]
async fn what_is_being_processed_is_neither_changed_nor_deleted_and_afterwards_it_is() {
    let (cloud, clock, id) = saved(|settings| settings.payments.chance = 1.0).await;
    let delete = "mutation($id: String!) { deleteOrder(id: $id) }";
    let refused = ask(&cloud, &guest(&cloud), delete, json!({"id": id})).await;
    assert_eq!(refused.error_type(), "OrderInProgress", "{}", refused.text);
    let input = json!({"id": id, "name": "Pie", "quantity": 3, "restaurantId": "corner"});
    let update = format!(
        "mutation($input: UpdateOrderInput!) {{ updateOrder(input: $input) {{ {FIELDS} }} }}"
    );
    let variables = json!({ "input": input });
    let refused = ask(&cloud, &guest(&cloud), &update, variables.clone()).await;
    assert_eq!(refused.error_type(), "OrderInProgress", "{}", refused.text);
    until("it has ended", async || {
        clock.advance(Duration::from_millis(500));
        cloud.world.nudge();
        order(&cloud, &id).await.body["data"]["order"]["orderStatus"] == "SUCCESS"
    })
    .await;
    let order = ended(&cloud, &id).await;
    assert_eq!(
        (&order["name"], &order["revision"]),
        (&json!("Soup"), &json!(3))
    );
    let changed = data(ask(&cloud, &guest(&cloud), &update, variables).await);
    assert_eq!(changed["updateOrder"]["name"], "Pie");
    assert_eq!(changed["updateOrder"]["orderStatus"], "SUCCESS");
    data(ask(&cloud, &guest(&cloud), delete, json!({"id": id})).await);
    let listed = data(ask(&cloud, &guest(&cloud), "{ orders { id } }", json!({})).await);
    assert_eq!(listed["orders"], json!([]));
}

/// Nobody takes it from the queue meanwhile.
#[tokio::test]
async fn an_order_in_the_queue_is_there_and_under_way() {
    let cloud = cloud_with(|settings| {
        settings.poison = Some("Soup".into());
        settings.visibility = Duration::from_secs(3600);
    })
    .await;
    let id = placed(&cloud, soup()).await;
    let update = format!(
        "mutation {{ updateOrder(input: {{id: \"{id}\", name: \"n\", quantity: 1, restaurantId: \"r\"}}) {{ id }} }}"
    );
    let delete = format!("mutation {{ deleteOrder(id: \"{id}\") }}");
    let query = format!("{{ order(id: \"{id}\") {{ id }} }}");
    for document in [update, delete, query] {
        let answer = ask(&cloud, &guest(&cloud), &document, json!({})).await;
        assert_eq!(answer.error_type(), "OrderInProgress", "{}", answer.text);
        assert!(answer.message().contains(&id), "{}", answer.text);
    }
    let pipeline = pipeline(&cloud).await;
    let under_way = pipeline["depth"].as_u64().unwrap() + pipeline["inFlight"].as_u64().unwrap();
    assert_eq!(under_way, 1);
}

/// It was saved, and nobody goes on with it: that is told, until it is sent again.
#[tokio::test]
async fn an_order_whose_execution_fails_is_dead_and_ends_when_it_is_sent_again() {
    let (cloud, clock, id) = saved(|_| ()).await;
    until("it is counted once", async || {
        pipeline(&cloud).await == json!({"depth": 0, "inFlight": 1, "dead": 0})
    })
    .await;
    let spoil = |tx: &rusqlite::Transaction<'_>| {
        tx.execute(
            "UPDATE executions SET checkpoint = json_set(checkpoint, '$.phase', 'Napping')",
            [],
        )?;
        Ok::<_, StoreError>(())
    };
    cloud.world.store.write(spoil).await.unwrap();
    let moving = async |what: &str, wanted: Value| {
        until(what, async || {
            clock.advance(Duration::from_millis(500));
            cloud.world.nudge();
            pipeline(&cloud).await == wanted
        })
        .await;
    };
    moving("it is dead", json!({"depth": 0, "inFlight": 0, "dead": 1})).await;
    let pending = order(&cloud, &id).await.body["data"]["order"].take();
    assert_eq!(pending["orderStatus"], "PENDING");
    let all = dead_letters::resend_all(&cloud.world).await.unwrap();
    assert_eq!((all.resent, all.stayed), (1, vec![]));
    moving(
        "it has ended",
        json!({"depth": 0, "inFlight": 0, "dead": 0}),
    )
    .await;
    assert_ne!(ended(&cloud, &id).await["orderStatus"], "PENDING");
}

#[tokio::test]
async fn the_same_token_is_the_same_order_processed_once() {
    let cloud = cloud().await;
    let caller = guest_named(&cloud, "eu-west-1:a");
    let first = data(post(&cloud, &caller, soup(), json!("t")).await);
    let again = data(post(&cloud, &caller, soup(), json!("t")).await);
    assert_eq!(first, again);
    let id = first["postOrder"]["id"].as_str().unwrap();
    ended(&cloud, id).await;
    until("the queue is empty", async || {
        pipeline(&cloud).await["inFlight"] == 0 && pipeline(&cloud).await["depth"] == 0
    })
    .await;
    let again = data(post(&cloud, &caller, soup(), json!("t")).await);
    assert_eq!(first, again);
    until("the queue is empty", async || {
        pipeline(&cloud).await["inFlight"] == 0 && pipeline(&cloud).await["depth"] == 0
    })
    .await;
    let mails = topics::mailbox(&cloud.world.store, 10).await.unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!(ended(&cloud, id).await["revision"], 3);
}

#[tokio::test]
async fn poison_is_dead_after_four_receives_with_its_cause_and_succeeds_when_it_is_sent_again() {
    let cloud = cloud_with(|settings| {
        settings.admin = Some(([127, 0, 0, 1], 0).into());
        settings.visibility = Duration::from_millis(50);
        settings.payments.chance = 1.0;
    })
    .await;
    told(&cloud, "/faults/poison", json!({"name": "Fugu"})).await;
    let mut fugu = soup();
    fugu["name"] = "Fugu soup".into();
    let poison = placed(&cloud, fugu).await;
    let good = placed(&cloud, soup()).await;
    assert_eq!(ended(&cloud, &good).await["orderStatus"], "SUCCESS");
    until("the poison is dead", async || {
        pipeline(&cloud).await == json!({"depth": 0, "inFlight": 0, "dead": 1})
    })
    .await;
    // Whoever has its id is not told that there is none: it may be sent again.
    assert_eq!(order(&cloud, &poison).await.error_type(), "OrderInProgress");
    let letters = dead_letters::list(&cloud.world.store).await.unwrap();
    let letter = &letters[0];
    assert_eq!(
        (
            letters.len(),
            letter.origin,
            letter.attempts,
            &letter.subject
        ),
        (1, Origin::Queue, 4, &poison)
    );
    assert!(letter.cause.contains("on purpose"), "{}", letter.cause);
    assert_eq!(letter.payload["name"], "Fugu soup");
    // While the cause is there, it only dies again.
    dead_letters::resend(&cloud.world, letter.id).await.unwrap();
    let mut next = letter.id;
    until("it is dead again", async || {
        let letters = dead_letters::list(&cloud.world.store).await.unwrap();
        next = letters.first().map_or(next, |letter| letter.id);
        next != letter.id
    })
    .await;
    told(&cloud, "/faults/reset", Value::Null).await;
    dead_letters::resend(&cloud.world, next).await.unwrap();
    assert_eq!(ended(&cloud, &poison).await["orderStatus"], "SUCCESS");
    assert_eq!(pipeline(&cloud).await["dead"], 0);
}

#[tokio::test]
async fn payments_go_as_whoever_runs_the_cloud_says() {
    let cloud = cloud_with(|settings| {
        settings.admin = Some(([127, 0, 0, 1], 0).into());
        settings.payments.chance = 1.0;
    })
    .await;
    for (chance, status) in [(0.0, "FAILED"), (1.0, "SUCCESS")] {
        told(&cloud, "/faults/payments", json!({ "chance": chance })).await;
        let order = ended(&cloud, &placed(&cloud, soup()).await).await;
        assert_eq!(order["orderStatus"], status);
    }
    told(&cloud, "/faults/payments", json!({"chance": 0})).await;
    told(&cloud, "/faults/reset", Value::Null).await;
    let order = ended(&cloud, &placed(&cloud, soup()).await).await;
    assert_eq!(order["orderStatus"], "SUCCESS");
    for (path, body, why) in [
        ("/faults/payments", json!({"chance": 2}), "chance"),
        ("/faults/payments", json!({}), "chance"),
        ("/faults/poison", json!({"name": ""}), "name"),
        ("/faults/poison", json!({"name": "x", "for": 1e9}), "for"),
        ("/load/restaurant", json!({"count": 0}), "count"),
    ] {
        let answer = common::admin::ask(&cloud, Method::Post, path, body).await;
        let said = answer.body["error"].as_str().unwrap().to_owned();
        assert!(answer.status == 400 && said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_load_is_placed_and_told_of_when_all_of_it_has_ended() {
    let cloud = cloud_with(|settings| settings.admin = Some(([127, 0, 0, 1], 0).into())).await;
    for load in [json!({"count": 30}), json!({"count": 10, "rate": 100})] {
        let told = told(&cloud, "/load/restaurant", load.clone()).await;
        let number = |name: &str| told[name].as_f64().unwrap();
        assert_eq!(told["accepted"], load["count"]);
        assert_eq!(number("succeeded") + number("failed"), number("accepted"));
        assert!(
            number("p50") <= number("p99") && number("rate") > 0.0,
            "{told}"
        );
    }
    let listed = data(ask(&cloud, &guest(&cloud), "{ orders { id } }", json!({})).await);
    assert_eq!(listed["orders"].as_array().unwrap().len(), 40);
}

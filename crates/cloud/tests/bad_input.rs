//! Bad input: refused with a reason, kept in the dead-letter store where the pipeline refused it, nothing else disturbed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::time::Duration;

use aws_guest::Service;
use cloud::dead_letters;
use cloud::testing::Running;
use common::{Answer, Socket, backend, cloud, cloud_with, created, guest, input, send, updated};
use net::http::Request;
use serde_json::{Value, json};

#[tokio::test]
async fn malformed_json() {
    let cloud = cloud().await;
    for body in [
        "meow",
        "{}}",
        "[]",
        "{}",
        r#"{"query": 7}"#,
        r#"{"query": "{a}", "variables": 7}"#,
        "",
    ] {
        let request = Request::post(format!("{}/orders/graphql", cloud.url), body);
        let answer = send(guest(&cloud).sign(Service::APPSYNC, request).unwrap()).await;
        assert_eq!(
            (answer.status, answer.error_type()),
            (400, "MalformedHttpRequestException"),
            "{body}"
        );
    }
    let mut request = Request::post(format!("{}/events/", cloud.url), "meow");
    request
        .headers
        .push(("x-amz-target".into(), "AWSEvents.PutEvents".into()));
    let answer = send(
        backend(&cloud)
            .sign(Service::new("events"), request)
            .unwrap(),
    )
    .await;
    assert_eq!(
        (answer.status, &answer.body["__type"]),
        (400, &json!("SerializationException"))
    );

    // A detail that is no JSON is refused alone.
    let mut broken = created("o-1", 1);
    broken["Detail"] = json!("{not json");
    let answer = put(&cloud, json!([broken, created("o-2", 1)])).await;
    assert_eq!(answer.body["FailedEntryCount"], 1);
    assert_eq!(answer.body["Entries"][0]["ErrorCode"], "MalformedDetail");
    assert!(answer.body["Entries"][1]["EventId"].is_string());
    written(&cloud, "o-2").await;
}

#[tokio::test]
async fn an_unknown_status_and_a_quantity_of_zero_are_dead_with_the_reason() {
    let cloud = cloud().await;
    put(&cloud, json!([created("good", 1)])).await;
    written(&cloud, "good").await;
    put(
        &cloud,
        json!([
            updated("good", "EATEN"),
            created("empty", 0),
            updated("good", "IN_KITCHEN")
        ]),
    )
    .await;
    let letters = dead(&cloud, 2).await;
    let cause = |part: &str| {
        letters
            .iter()
            .find(|letter| letter.cause.contains(part))
            .map(|letter| &letter.payload)
    };
    assert_eq!(
        cause("EATEN").unwrap()["detail"]["orderId"],
        "good",
        "{letters:?}"
    );
    assert_eq!(
        cause("quantity").unwrap()["detail"]["orderId"],
        "empty",
        "{letters:?}"
    );

    // Nothing else is disturbed: the good update got through, the empty order is not there.
    common::until("the good update is written", async || {
        order(&cloud, "good").await["status"] == "IN_KITCHEN"
    })
    .await;
    assert_eq!(order(&cloud, "empty").await, Value::Null);
    let account = dead_letters::account(&cloud.world.store).await.unwrap();
    assert_eq!(
        (
            account.accepted,
            account.written,
            account.dead,
            account.closes()
        ),
        (4, 2, 2, true)
    );
}

#[tokio::test]
async fn an_update_of_an_order_that_never_comes_is_tried_and_then_dead() {
    let cloud = cloud_with(|settings| settings.retry_window = Duration::from_millis(300)).await;
    put(&cloud, json!([updated("never", "IN_KITCHEN")])).await;
    let letters = dead(&cloud, 1).await;
    assert!(letters[0].attempts > 1, "{letters:?}");
    assert!(letters[0].cause.contains("never"), "{letters:?}");
}

#[tokio::test]
async fn three_hundred_kilobytes() {
    let cloud = cloud().await;
    let large = "x".repeat(300 * 1024);

    let mut event = created("large", 1);
    event["Detail"] = json!(json!({"orderId": "large", "note": large}).to_string());
    let answer = put(&cloud, json!([event])).await;
    assert_eq!(
        (answer.status, &answer.body["__type"]),
        (400, &json!("ValidationException"))
    );
    assert_eq!(
        dead_letters::account(&cloud.world.store)
            .await
            .unwrap()
            .accepted,
        0
    );

    // On the socket: the subscription that is too large fails, its sibling hears.
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    let subscription = "subscription { onCreateOrUpdateOrder { orderId customerId } }";
    let sibling = socket.subscribe(&cloud, subscription, json!({})).await;
    let id = socket
        .start(&cloud, subscription, json!({"unused": large}))
        .await;
    let frame = socket.frame().await;
    assert_eq!(
        (&frame["type"], &frame["id"]),
        (&json!("error"), &json!(id))
    );
    assert_eq!(
        frame["payload"]["errors"][0]["errorType"],
        "BadRequestException"
    );

    // An event that is too large to deliver comes without data: a hint to fetch.
    let mut order = input("large", 1);
    order["customerId"] = json!(large);
    common::publish(&cloud, order).await;
    let frame = socket.frame().await;
    assert_eq!(
        (&frame["id"], &frame["payload"]["data"]),
        (&json!(sibling), &Value::Null)
    );
    assert_eq!(
        frame["payload"]["errors"][0]["errorType"],
        "PayloadTooLarge"
    );

    // A request may be larger than an event, up to a megabyte.
    let answer =
        send(guest(&cloud).graphql(&cloud, "{ orders { nextToken } }", json!({"unused": large})))
            .await;
    assert_eq!(answer.status, 200);
    let answer = send(guest(&cloud).graphql(
        &cloud,
        "{ orders { nextToken } }",
        json!({"unused": large.repeat(4)}),
    ))
    .await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn more_than_ten_entries_none_or_another_bus() {
    let cloud = cloud().await;
    let eleven: Vec<Value> = (0..11).map(|n| created(&format!("o-{n}"), 1)).collect();
    for entries in [json!(eleven), json!([])] {
        let answer = put(&cloud, entries).await;
        assert_eq!(
            (answer.status, &answer.body["__type"]),
            (400, &json!("ValidationException"))
        );
    }
    let mut elsewhere = created("o-1", 1);
    elsewhere["EventBusName"] = json!("another.bus");
    let answer = put(&cloud, json!([elsewhere])).await;
    assert_eq!(
        (answer.status, &answer.body["__type"]),
        (400, &json!("AccessDeniedException"))
    );
}

#[tokio::test]
async fn an_explicit_null_and_an_omitted_argument_are_not_the_same() {
    let cloud = cloud().await;
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    let fields = "{ onCreateOrUpdateOrder%ARG% { orderId } }";
    let document =
        |head: &str, argument: &str| format!("{head} {}", fields.replace("%ARG%", argument));
    let variable = document("subscription($id: ID)", "(orderId: $id)");
    let everything = socket
        .subscribe(&cloud, &document("subscription", ""), json!({}))
        .await;
    let one = socket
        .subscribe(&cloud, &variable, json!({"id": "o-1"}))
        .await;
    let literal = socket
        .subscribe(
            &cloud,
            &document("subscription", "(orderId: \"o-1\")"),
            json!({}),
        )
        .await;
    let number = socket.subscribe(&cloud, &variable, json!({"id": 7})).await;
    // These three match only null, which no order's id is.
    for (query, variables) in [
        (document("subscription", "(orderId: null)"), json!({})),
        (variable.clone(), json!({"id": null})),
        (variable.clone(), json!({})),
    ] {
        socket.subscribe(&cloud, &query, variables).await;
    }
    let mut heard = Vec::new();
    for id in ["o-1", "o-2", "7"] {
        common::publish(&cloud, input(id, 1)).await;
        common::publish(&cloud, input("end", 1)).await;
        loop {
            let frame = socket.frame().await;
            let order = &frame["payload"]["data"]["onCreateOrUpdateOrder"]["orderId"];
            if order == "end" {
                break;
            }
            heard.push((
                order.as_str().unwrap().to_owned(),
                frame["id"].as_str().unwrap().to_owned(),
            ));
        }
    }
    let expected = [
        ("o-1", &everything),
        ("o-1", &one),
        ("o-1", &literal),
        ("o-2", &everything),
        ("7", &everything),
        ("7", &number),
    ];
    assert_eq!(
        heard,
        expected.map(|(order, id)| (order.to_owned(), id.clone()))
    );
}

async fn put(cloud: &Running, entries: Value) -> Answer {
    send(backend(cloud).put_events(cloud, entries)).await
}

async fn order(cloud: &Running, id: &str) -> Value {
    let query = "query($id: ID!) { order(orderId: $id) { status } }";
    send(guest(cloud).graphql(cloud, query, json!({"id": id})))
        .await
        .body["data"]["order"]
        .take()
}

async fn written(cloud: &Running, id: &str) {
    common::until("the order is written", async || {
        !order(cloud, id).await.is_null()
    })
    .await;
}

async fn dead(cloud: &Running, count: usize) -> Vec<dead_letters::DeadLetter> {
    let list = async || dead_letters::list(&cloud.world.store).await.unwrap();
    common::until("the dead letters are there", async || {
        list().await.len() >= count
    })
    .await;
    list().await
}

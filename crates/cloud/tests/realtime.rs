//! The socket: handshakes, subscriptions from start to complete, what is delivered, slow readers, limits, the end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::time::Duration;

use common::{
    EVERY_FIELD, Passing, Received, Socket, backend, cloud, cloud_with, guest, input, send, until,
};
use futures::StreamExt as _;
use serde_json::{Value, json};

const EVERY_ORDER: &str = "subscription { onCreateOrUpdateOrder { orderId revision } }";

#[tokio::test]
async fn both_ways_of_passing_the_header_open_a_connection() {
    let cloud = cloud().await;
    for passing in [Passing::Subprotocol, Passing::Query] {
        let mut socket = Socket::open(&cloud, &guest(&cloud), passing).await;
        socket.send(&json!({"type": "connection_init"})).await;
        let ack = json!({"type": "connection_ack", "payload": {"connectionTimeoutMs": 300_000}});
        assert_eq!(socket.frame().await, ack, "{passing:?}");
    }
}

#[tokio::test]
async fn a_subscription_from_start_to_complete() {
    let cloud = cloud().await;
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    let query =
        format!("subscription {{ order: onCreateOrUpdateOrder {{ __typename {EVERY_FIELD} }} }}");
    let id = socket.subscribe(&cloud, &query, json!({})).await;
    common::publish(&cloud, input("o-1", 3)).await;
    let frame = socket.frame().await;
    assert_eq!((&frame["type"], &frame["id"]), (&json!("data"), &json!(id)));
    let mut expected = input("o-1", 3);
    expected["__typename"] = json!("Order");
    expected["updatedAt"] = Value::Null;
    expected["total"] = json!(12.0);
    expected["items"][0]["unitPrice"] = json!(6.0);
    assert_eq!(frame["payload"], json!({"data": {"order": expected}}));

    socket.send(&json!({"type": "stop", "id": id})).await;
    assert_eq!(socket.frame().await, json!({"type": "complete", "id": id}));
    common::publish(&cloud, input("o-1", 4)).await;
    let again = socket.subscribe(&cloud, EVERY_ORDER, json!({})).await;
    common::publish(&cloud, input("o-1", 5)).await;
    let frame = socket.frame().await;
    assert_eq!(
        (
            &frame["id"],
            &frame["payload"]["data"]["onCreateOrUpdateOrder"]["revision"]
        ),
        (&json!(again), &json!(5))
    );
}

#[tokio::test]
async fn a_simulation_is_heard_from_the_first_state_to_the_last() {
    let cloud = cloud().await;
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    socket
        .subscribe(
            &cloud,
            "subscription { onCreateOrUpdateOrder { orderId status revision } }",
            json!({}),
        )
        .await;
    let started = send(guest(&cloud).start_simulation(&cloud)).await;
    let order = [
        "SUBMITTED",
        "ACCEPTED_BY_STORE",
        "IN_KITCHEN",
        "READY_FOR_PICKUP",
        "PICKED_UP_BY_DRIVER",
        "OUT_FOR_DELIVERY",
        "DELIVERED",
        "COMPLETED",
    ];
    let mut heard: Vec<usize> = Vec::new();
    while heard.last() != Some(&(order.len() - 1)) {
        let event = socket.frame().await["payload"]["data"]["onCreateOrUpdateOrder"].take();
        if event["orderId"] == started.body["orderId"] {
            heard.push(
                order
                    .iter()
                    .position(|status| event["status"] == *status)
                    .unwrap(),
            );
            assert_eq!(event["revision"], heard.len());
        }
    }
    // The bus promises no order, so without waits one state may overtake another; none is heard after a later one.
    assert!(heard[0] == 0 && heard.is_sorted(), "{heard:?}");
}

#[tokio::test]
async fn only_what_the_mutation_selected_is_delivered() {
    let cloud = cloud().await;
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    let nullable = socket
        .subscribe(
            &cloud,
            "subscription { onCreateOrUpdateOrder { orderId updatedAt } }",
            json!({}),
        )
        .await;
    let strict = socket
        .subscribe(
            &cloud,
            "subscription { onCreateOrUpdateOrder { orderId currency } }",
            json!({}),
        )
        .await;
    let by_id = "subscription { onCreateOrUpdateOrder(orderId: \"o-1\") { __typename } }";
    let filtered = socket.subscribe(&cloud, by_id, json!({})).await;
    let publish = async |selection: &str| {
        let mutation = format!(
            "mutation($input: UpdateOrderInput!, $no: Boolean = false) {{ updateOrder(input: $input) {{ {selection} total @include(if: $no) }} }}"
        );
        let mut order = input("o-1", 1);
        order["updatedAt"] = json!("2026-02-02T20:00:01.000Z");
        let answer =
            send(backend(&cloud).graphql(&cloud, &mutation, json!({"input": order}))).await;
        assert_eq!(answer.body["errors"], Value::Null, "{answer:?}");
    };

    // `currency` was not selected (an alias of that name is another field): null where it may be, else the whole event.
    publish("orderId currency: customerId updatedAt @include(if: $no)").await;
    let frame = socket.frame().await;
    let event = json!({"onCreateOrUpdateOrder": {"orderId": "o-1", "updatedAt": null}});
    assert_eq!(
        frame,
        json!({"type": "data", "id": nullable, "payload": {"data": event}})
    );
    let frame = socket.frame().await;
    assert_eq!(
        (&frame["id"], &frame["payload"]["data"]),
        (&json!(strict), &json!({"onCreateOrUpdateOrder": null}))
    );
    assert_eq!(
        frame["payload"]["errors"][0]["path"],
        json!(["onCreateOrUpdateOrder", "currency"])
    );
    assert_eq!(socket.frame().await["id"], json!(filtered));

    // What was selected under an alias or in a fragment is selected; what the filter needs has to be, too.
    publish("c: currency ... on Order { u: updatedAt }").await;
    let frame = socket.frame().await;
    assert_eq!(
        (
            &frame["id"],
            &frame["payload"]["data"]["onCreateOrUpdateOrder"]
        ),
        (&json!(nullable), &Value::Null)
    );
    assert_eq!(socket.frame().await["id"], json!(strict));
    publish("c: currency orderId").await;
    assert_eq!(socket.frame().await["id"], json!(nullable));
    let frame = socket.frame().await;
    assert_eq!(
        frame["payload"]["data"]["onCreateOrUpdateOrder"],
        json!({"orderId": "o-1", "currency": "EUR"})
    );
    assert_eq!(
        socket.frame().await["id"],
        json!(filtered),
        "and it was left out when the id was not selected"
    );
}

#[tokio::test]
async fn what_cannot_start_fails_alone() {
    let cloud = cloud_with(|settings| settings.realtime.subscriptions = 2).await;
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    let sibling = socket.subscribe(&cloud, EVERY_ORDER, json!({})).await;
    for (query, kind) in [
        ("subscription { nothing }", "ValidationError"),
        (
            "subscription { onCreateOrUpdateOrder { nothing } }",
            "ValidationError",
        ),
        ("{ orders { nextToken } }", "UnsupportedOperation"),
        // What a subscription is about must not hang on a variable. Source: GraphQL, September 2025, section 5.2.4.1.
        (
            "subscription { onCreateOrUpdateOrder @include(if: true) { orderId } }",
            "ValidationError",
        ),
        (
            "subscription($not: Boolean = false) { onCreateOrUpdateOrder @skip(if: $not) { orderId } }",
            "ValidationError",
        ),
        (
            "subscription { ...Every @include(if: true) } fragment Every on Subscription { onCreateOrUpdateOrder { orderId } }",
            "ValidationError",
        ),
        (
            "subscription { ... @skip(if: false) { onCreateOrUpdateOrder { orderId } } }",
            "ValidationError",
        ),
    ] {
        let id = socket.start(&cloud, query, json!({})).await;
        let frame = socket.frame().await;
        assert_eq!(
            (&frame["type"], &frame["id"]),
            (&json!("error"), &json!(id)),
            "{query}"
        );
        assert_eq!(frame["payload"]["errors"][0]["errorType"], kind, "{query}");
    }
    let data = json!({"query": EVERY_ORDER}).to_string();
    let authorization = guest(&cloud).socket_headers(&cloud, "/orders/graphql", &data);
    let payload = json!({"data": data, "extensions": {"authorization": authorization}});
    socket
        .send(&json!({"id": sibling, "type": "start", "payload": payload}))
        .await;
    assert_eq!(
        socket.frame().await["payload"]["errors"][0]["errorType"],
        "DuplicatedOperationError"
    );
    socket.subscribe(&cloud, EVERY_ORDER, json!({})).await;
    socket.start(&cloud, EVERY_ORDER, json!({})).await;
    assert_eq!(
        socket.frame().await["payload"]["errors"][0]["errorType"],
        "MaxSubscriptionsReachedError"
    );
    common::publish(&cloud, input("o-1", 1)).await;
    assert_eq!(socket.frame().await["id"], json!(sibling));
}

#[tokio::test]
async fn a_connection_begins_with_its_init_and_soon() {
    let cloud = cloud_with(|settings| settings.realtime.init = Duration::from_secs(1)).await;
    let guest = guest(&cloud);
    let mut hasty = Socket::open(&cloud, &guest, Passing::Subprotocol).await;
    hasty.start(&cloud, EVERY_ORDER, json!({})).await;
    assert_eq!(hasty.frame().await["type"], "connection_error");
    assert!(matches!(hasty.received().await, Received::Closed(1000, _)));

    let mut silent = Socket::open(&cloud, &guest, Passing::Subprotocol).await;
    let Received::Closed(code, reason) = silent.received().await else {
        panic!("a frame for nothing");
    };
    assert_eq!(
        (code, reason.as_str()),
        (1008, "connection_init did not come in time")
    );
}

#[tokio::test]
async fn keep_alives_come_and_the_connection_ends_when_its_time_is_over() {
    let cloud = cloud_with(|settings| {
        settings.realtime.keep_alive = Duration::from_millis(50);
        settings.realtime.lifetime = Duration::from_secs(1);
    })
    .await;
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    let mut keep_alives = 0;
    let (code, reason) = loop {
        match socket.received().await {
            Received::Frame(frame) => {
                assert_eq!(frame, json!({"type": "ka"}));
                keep_alives += 1;
            }
            Received::Closed(code, reason) => break (code, reason),
        }
    };
    assert!(keep_alives >= 3, "{keep_alives}");
    assert_eq!(
        (code, reason.as_str()),
        (1001, "this connection has reached its maximum duration")
    );
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_and_nobody_waits_for_it() {
    let cloud = cloud_with(|settings| settings.realtime.queue = 16).await;
    let query = "subscription { onCreateOrUpdateOrder { orderId customerId revision } }";
    let mut slow = Socket::live(&cloud, &guest(&cloud)).await;
    slow.subscribe(&cloud, query, json!({})).await;
    let mut quick = Socket::live(&cloud, &guest(&cloud)).await;
    quick.subscribe(&cloud, query, json!({})).await;

    // The slow one reads nothing: the network's buffers fill up, then its queue.
    let mut order = input("o-1", 0);
    order["customerId"] = json!("x".repeat(200 * 1024));
    for revision in 1..=120 {
        order["revision"] = json!(revision);
        common::publish(&cloud, order.clone()).await;
        let frame = quick.frame().await;
        assert_eq!(
            frame["payload"]["data"]["onCreateOrUpdateOrder"]["revision"],
            revision
        );
    }
    // What had been sent is still there to read, then comes the end.
    let mut read = 0;
    let ended = tokio::time::timeout(common::DEADLINE, async {
        while let Some(Ok(message)) = slow.ws.next().await {
            if message.is_close() {
                break;
            }
            read += 1;
        }
    });
    ended.await.expect("the slow reader is cut off");
    assert!(read < 120, "it was cut off after {read} events");
}

/// Each neighbour reads every event in its order, none waits for the one that has stopped reading, and that one is told
/// why it was cut off as soon as it reads on.
#[tokio::test]
async fn a_reader_that_stops_is_told_why_and_its_neighbours_miss_nothing() {
    let cloud = cloud_with(|settings| settings.realtime.queue = 16).await;
    let query = "subscription { onCreateOrUpdateOrder { orderId customerId revision } }";
    let mut stopped = Socket::live(&cloud, &guest(&cloud)).await;
    stopped.subscribe(&cloud, query, json!({})).await;
    let mut neighbours = Vec::new();
    for _ in 0..5 {
        let mut neighbour = Socket::live(&cloud, &guest(&cloud)).await;
        neighbour.subscribe(&cloud, query, json!({})).await;
        neighbours.push(neighbour);
    }
    let cut_off = || cloud.world.counters.now().cut_off;
    let mut order = input("o-1", 0);
    order["customerId"] = json!("x".repeat(200 * 1024));
    let mut revision = 0;
    while cut_off() == 0 {
        revision += 1;
        assert!(revision < 500, "it is never cut off");
        order["revision"] = json!(revision);
        common::publish(&cloud, order.clone()).await;
        for neighbour in &mut neighbours {
            let frame = neighbour.frame().await;
            let heard = &frame["payload"]["data"]["onCreateOrUpdateOrder"]["revision"];
            assert_eq!(heard, revision);
        }
    }
    let mut read = 0;
    let end = loop {
        match stopped.received().await {
            Received::Frame(frame) => {
                read += 1;
                let heard = &frame["payload"]["data"]["onCreateOrUpdateOrder"]["revision"];
                assert_eq!(heard, read, "without a gap till the cut");
            }
            Received::Closed(code, reason) => break (code, reason),
        }
    };
    assert_eq!(
        end,
        (1008, "too slow: events were waiting to be read".into())
    );
    assert!(read < revision, "{read} of {revision}");
    // It is out of the way, and counted once.
    until("its subscription is gone", async || {
        cloud.world.hub.subscriptions() == neighbours.len()
    })
    .await;
    common::publish(&cloud, input("o-2", 1)).await;
    for neighbour in &mut neighbours {
        let frame = neighbour.frame().await;
        assert_eq!(
            frame["payload"]["data"]["onCreateOrUpdateOrder"]["orderId"],
            "o-2"
        );
    }
    assert_eq!(cut_off(), 1);
}

#[tokio::test]
async fn a_shutdown_closes_sockets_with_a_reason_and_does_not_wait_for_them() {
    let cloud = cloud().await;
    let mut socket = Socket::live(&cloud, &guest(&cloud)).await;
    let closed = tokio::spawn(async move { socket.received_close().await });
    tokio::time::timeout(Duration::from_secs(8), cloud.shutdown())
        .await
        .expect("drained in time")
        .unwrap();
    assert_eq!(
        closed.await.unwrap(),
        (1001, "the server is shutting down".to_owned())
    );
}

impl Socket {
    async fn received_close(&mut self) -> (u16, String) {
        loop {
            if let Received::Closed(code, reason) = self.received().await {
                return (code, reason);
            }
        }
    }
}

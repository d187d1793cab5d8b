//! Faults on purpose, over real sockets and with the real client: each is seen to happen, and to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::io::ErrorKind;
use std::time::Duration;

use appsync::{Error, State};
use cloud::testing::Running;
use common::admin::{Viewer, ask, cloud_with_admin, load, shown, told};
use common::{Received, Signer, Socket, guest, input, publish, send, until};
use futures::StreamExt as _;
use net::http::Method;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite;

const QUERY: &str = "{ orders { nextToken } }";
const SUBSCRIPTION: &str = "subscription { onCreateOrUpdateOrder { orderId revision } }";

async fn sockets(cloud: &Running, how_many: usize) -> Vec<Socket> {
    let mut sockets = Vec::new();
    for _ in 0..how_many {
        let mut socket = Socket::live(cloud, &guest(cloud)).await;
        socket.subscribe(cloud, SUBSCRIPTION, json!({})).await;
        sockets.push(socket);
    }
    sockets
}

/// What each of them gets when something is published: an event, or its end.
async fn ends(cloud: &Running, sockets: &mut [Socket]) -> Vec<Option<(u16, String)>> {
    publish(cloud, input("o-1", 1)).await;
    let mut ends = Vec::new();
    for socket in sockets {
        ends.push(loop {
            match socket.received().await {
                Received::Frame(frame) if frame["type"] == "ka" => {}
                Received::Frame(_) => break None,
                Received::Closed(code, reason) => break Some((code, reason)),
            }
        });
    }
    ends
}

#[tokio::test]
async fn sockets_are_dropped_all_or_some_with_a_close_or_a_reset() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut four = sockets(&cloud, 4).await;
    let closed = told(&cloud, "/faults/drop", json!({"share": 0.5})).await;
    assert_eq!(closed, json!({"dropped": 2, "of": 4}));
    let ended = ends(&cloud, &mut four).await;
    let closes: Vec<_> = ended.iter().flatten().collect();
    let close = (1001, "dropped on purpose".to_owned());
    assert_eq!(closes, [&close, &close], "{ended:?}");

    let mut left: Vec<_> = four
        .into_iter()
        .zip(&ended)
        .filter(|(_, end)| end.is_none())
        .collect();
    until("two are gone", async || {
        shown(&cloud, "/counters").await["socketsOpen"] == 2
    })
    .await;
    let reset = told(&cloud, "/faults/drop", json!({"count": 1, "how": "reset"})).await;
    assert_eq!(reset, json!({"dropped": 1, "of": 2}));
    publish(&cloud, input("o-1", 2)).await;
    let mut resets = 0;
    for (socket, _) in &mut left {
        match socket.ws.next().await.unwrap() {
            Ok(frame) => assert!(frame.is_text(), "{frame:?}"),
            Err(tungstenite::Error::Io(error)) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                resets += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(resets, 1);
    let all = told(&cloud, "/faults/drop", Value::Null).await;
    assert_eq!(all, json!({"dropped": 1, "of": 1}));
}

#[tokio::test]
async fn a_client_comes_back_after_either_kind_of_drop() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut viewer = Viewer::live(&cloud).await;
    for how in ["close", "reset"] {
        told(&cloud, "/faults/drop", json!({ "how": how })).await;
        viewer
            .until(|state| matches!(state, State::Retrying { .. }))
            .await;
        viewer.until(|state| *state == State::Live).await;
    }
    load(&cloud, 80).await;
    viewer.until_completed(10).await;
}

#[tokio::test]
async fn connections_are_refused_while_open_sockets_stay() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut viewer = Viewer::live(&cloud).await;
    viewer.query().await.unwrap();
    told(&cloud, "/faults/refuse", json!({"seconds": 600})).await;
    assert!(shown(&cloud, "/counters").await["faults"]["refusing"].as_f64() > Some(500.0));
    // The connection that the client has kept from its last query is no way in either.
    assert!(matches!(viewer.query().await, Err(Error::Network(_))));
    let address = cloud.url.strip_prefix("http://").unwrap();
    let mut refused = tokio::net::TcpStream::connect(address).await.unwrap();
    let reading = refused.read(&mut [0; 1]).await;
    assert_eq!(reading.unwrap_err().kind(), ErrorKind::ConnectionReset);
    load(&cloud, 80).await;
    viewer.until_completed(10).await;

    told(&cloud, "/faults/reset", Value::Null).await;
    viewer.query().await.unwrap();
    // Left alone, it ends by itself.
    told(&cloud, "/faults/refuse", json!({"seconds": 2})).await;
    assert!(viewer.query().await.is_err());
    until("it is over", async || viewer.query().await.is_ok()).await;
}

#[tokio::test]
async fn what_is_sent_is_slowed_down_and_keeps_its_order() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut viewer = Viewer::live(&cloud).await;
    let slow = json!({"millis": 1500, "seconds": 600});
    told(&cloud, "/faults/slow", slow).await;
    let asked = Instant::now();
    viewer.query().await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(1500));
    // Twenty frames at least, each so much later: were they sent one after the other, this would never end in time.
    let begun = Instant::now();
    load(&cloud, 80).await;
    viewer.until_completed(10).await;
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(1500), "{took:?}");

    told(
        &cloud,
        "/faults/slow",
        json!({"millis": 60_000, "seconds": 0.2}),
    )
    .await;
    viewer.query().await.unwrap();
}

#[tokio::test]
async fn what_is_sent_is_held_back_and_then_all_of_it_comes() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut viewer = Viewer::live(&cloud).await;
    told(&cloud, "/faults/hold", json!({"seconds": 600})).await;
    load(&cloud, 80).await;
    let counters = shown(&cloud, "/counters").await;
    assert!(counters["published"].as_u64() >= Some(10), "{counters}");
    // It is on its way, and does not arrive.
    let nothing = tokio::time::timeout(Duration::from_millis(200), viewer.orders.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    told(&cloud, "/faults/reset", Value::Null).await;
    viewer.until_completed(10).await;

    let asked = Instant::now();
    told(&cloud, "/faults/hold", json!({"seconds": 0.3})).await;
    viewer.query().await.unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn credentials_expire_and_the_client_gets_others() {
    let cloud = cloud_with_admin(|_| ()).await;
    let (mut viewer, old) = (Viewer::live(&cloud).await, guest(&cloud));
    let query = async |signer: &Signer| send(signer.graphql(&cloud, QUERY, json!({}))).await;
    assert_eq!(query(&old).await.status, 200);
    told(&cloud, "/faults/expire", Value::Null).await;
    let refused = query(&old).await;
    assert_eq!(
        (refused.status, refused.error_type()),
        (403, "ExpiredTokenException")
    );
    assert_eq!(query(&guest(&cloud)).await.status, 200);
    viewer.query().await.unwrap();
    told(&cloud, "/faults/drop", Value::Null).await;
    viewer
        .until(|state| matches!(state, State::Retrying { .. }))
        .await;
    viewer.until(|state| *state == State::Live).await;

    told(&cloud, "/faults/reset", Value::Null).await;
    assert_eq!(query(&old).await.status, 200);
}

#[tokio::test]
async fn the_clock_is_wrong_and_the_client_goes_by_it() {
    let cloud = cloud_with_admin(|_| ()).await;
    let (right, mut viewer) = (guest(&cloud), Viewer::live(&cloud).await);
    let query = async |signer: &Signer| send(signer.graphql(&cloud, QUERY, json!({}))).await;
    for (seconds, complaint) in [
        (600_i64, "Signature expired"),
        (-600, "Signature not yet current"),
    ] {
        told(&cloud, "/faults/skew", json!({ "seconds": seconds })).await;
        assert_eq!(shown(&cloud, "/counters").await["faults"]["skew"], seconds);
        let refused = query(&right).await;
        assert_eq!(
            (refused.status, refused.error_type()),
            (403, "InvalidSignatureException")
        );
        assert!(refused.message().contains(complaint), "{refused:?}");
        let behind = Signer {
            clock_ahead: Duration::from_secs(seconds.max(0).unsigned_abs()),
            clock_behind: Duration::from_secs(seconds.min(0).unsigned_abs()),
            ..right.clone()
        };
        assert_eq!(query(&behind).await.status, 200);
        assert_eq!(
            refused
                .headers
                .iter()
                .filter(|(name, _)| name == "date")
                .count(),
            1
        );
        viewer.query().await.unwrap();
        told(&cloud, "/faults/drop", Value::Null).await;
        viewer
            .until(|state| matches!(state, State::Retrying { .. }))
            .await;
        viewer.until(|state| *state == State::Live).await;
    }
    told(&cloud, "/faults/reset", Value::Null).await;
    assert_eq!(query(&right).await.status, 200);
}

#[tokio::test]
async fn a_field_is_denied_to_guests_and_the_rest_goes_on() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut viewer = Viewer::live(&cloud).await;
    let deny = async |field: &str| told(&cloud, "/faults/deny", json!({ "field": field })).await;
    deny("Query.orders").await;
    match viewer.query().await {
        Err(Error::GraphQl(errors) | Error::Unauthorized(errors)) => {
            assert_eq!(errors[0].error_type, "Unauthorized");
        }
        other => panic!("{other:?}"),
    }
    deny("Subscription.onCreateOrUpdateOrder").await;
    let mut other = Viewer::of(&cloud);
    other.until(|state| matches!(state, State::Failed(_))).await;
    // Who subscribed before goes on; the backend is not concerned.
    load(&cloud, 80).await;
    viewer.until_completed(10).await;

    let one = json!({"field": "Query.orders"});
    let allowed = ask(&cloud, Method::Delete, "/faults/deny", one).await;
    assert_eq!(allowed.body, json!({"wasDenied": true}));
    viewer.query().await.unwrap();
    Viewer::of(&cloud)
        .until(|state| matches!(state, State::Failed(_)))
        .await;
    let all = ask(&cloud, Method::Delete, "/faults/deny", Value::Null).await;
    assert_eq!(all.body, json!({"wasDenied": true}));
    Viewer::live(&cloud).await;
    let soon = json!({"field": "Query.orders", "for": 0.2});
    told(&cloud, "/faults/deny", soon).await;
    until("it ends by itself", async || viewer.query().await.is_ok()).await;
}

/// Of every API, and of that one alone: two of them have a `Query.orders`.
#[tokio::test]
async fn denied_fields_of_every_api() {
    let cloud = cloud_with_admin(|_| ()).await;
    let asked = [
        ("orders", "Query.orders", "{ orders { nextToken } }"),
        (
            "movies",
            "Query.listReviewss",
            "{ listReviewss { nextToken } }",
        ),
        (
            "calendar",
            "Query.listEventsTables",
            "{ listEventsTables { nextToken } }",
        ),
        ("restaurant", "Query.orders", "{ orders { id } }"),
    ];
    let refusals = async || {
        let mut refusals = Vec::new();
        for (api, _, query) in asked {
            let request = guest(&cloud).graphql_of(api, &cloud, query, json!({}));
            let body = send(request).await.body;
            let refusal = body.pointer("/errors/0/errorType");
            refusals.push(refusal == Some(&json!("Unauthorized")));
        }
        refusals
    };
    assert_eq!(refusals().await, [false; 4]);
    for (place, (api, field, _)) in asked.into_iter().enumerate() {
        told(&cloud, "/faults/deny", json!({"field": field, "api": api})).await;
        let mut expected = [false; 4];
        expected[place] = true;
        assert_eq!(refusals().await, expected, "{api}");
        told(&cloud, "/faults/reset", json!({})).await;
    }
    // Whose it is follows from its name, where that is enough.
    let denied = told(
        &cloud,
        "/faults/deny",
        json!({"field": "Query.listReviewss"}),
    )
    .await;
    assert_eq!(denied["api"], "movies");
    assert_eq!(refusals().await, [false, true, false, false]);
}

#[tokio::test]
async fn a_shutdown_ends_faults_and_loads() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut viewer = Viewer::live(&cloud).await;
    let admin = cloud.admin.clone().unwrap();
    let loading = tokio::spawn(async move {
        let body = json!({"rate": 1, "count": 1000}).to_string();
        send(net::http::Request::post(format!("{admin}/load"), body)).await
    });
    until("it has begun", async || {
        shown(&cloud, "/counters").await["accepted"].as_u64() > Some(0)
    })
    .await;
    told(&cloud, "/faults/hold", json!({"seconds": 600})).await;
    let begun = Instant::now();
    cloud.shutdown().await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "it does not wait for them"
    );
    let loaded = loading.await.unwrap();
    assert_eq!(
        (loaded.status, &loaded.body["stopped"]),
        (200, &json!(true))
    );
    viewer
        .until(|state| matches!(state, State::Retrying { .. }))
        .await;
}

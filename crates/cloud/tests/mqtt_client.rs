//! Our own MQTT client against the cloud: two readings of one protocol.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use aws_guest::{Guest, GuestConfig};
use cloud::settings::{IDENTITY_POOL, REGION};
use cloud::testing::Running;
use common::admin::{cloud_with_admin, load, shown, told};
use common::mqtt::{Mqtt, V5};
use common::{DEADLINE, guest};
use futures::StreamExt as _;
use iot::{Cause, Client, Endpoint, Event, Message, Qos, Region, State, Subscription, TopicFilter};
use serde_json::{Value, json};

fn client(cloud: &Running) -> Client {
    let region = Region::new(REGION);
    Client::new(Endpoint {
        url: format!("{}/mqtt", cloud.url),
        region: region.clone(),
        guest: Guest::new(GuestConfig {
            endpoint: format!("{}/cognito/", cloud.url),
            region,
            identity_pool_id: IDENTITY_POOL.to_owned(),
        }),
    })
}

fn subscribe(client: &Client, filter: &str) -> Subscription {
    client.subscribe(TopicFilter::new(filter).unwrap(), Qos::AtLeastOnce)
}

async fn next(subscription: &mut Subscription) -> Option<Event> {
    tokio::time::timeout(DEADLINE, subscription.next())
        .await
        .expect("something in time")
}

async fn until(subscription: &mut Subscription, wanted: impl Fn(&State) -> bool) -> State {
    loop {
        if let Event::State(state) = next(subscription).await.expect("it goes on")
            && wanted(&state)
        {
            return state;
        }
    }
}

async fn live(subscription: &mut Subscription) {
    until(subscription, |state| *state == State::Live).await;
}

async fn lost(subscription: &mut Subscription) -> State {
    until(subscription, |state| {
        matches!(state, State::Retrying { .. })
    })
    .await
}

async fn message(subscription: &mut Subscription) -> Message {
    loop {
        if let Event::Message(message) = next(subscription).await.expect("it goes on") {
            return message;
        }
    }
}

#[tokio::test]
async fn every_change_of_an_order_arrives_at_a_guest() {
    let cloud = cloud_with_admin(|_| ()).await;
    let client = client(&cloud);
    let mut all = subscribe(&client, "orders/events");
    let mut each = subscribe(&client, "orders/events/+");
    live(&mut all).await;
    live(&mut each).await;
    load(&cloud, 80).await;
    for subscription in [&mut all, &mut each] {
        let mut completed = 0;
        while completed < 10 {
            let message = message(subscription).await;
            let event: Value = serde_json::from_slice(&message.payload).unwrap();
            completed += usize::from(event["status"] == "COMPLETED");
        }
    }
    assert_eq!(shown(&cloud, "/counters").await["socketsOpen"], 1);
}

#[tokio::test]
async fn a_filter_that_the_policy_forbids_fails_alone() {
    let cloud = cloud_with_admin(|_| ()).await;
    let client = client(&cloud);
    let mut allowed = subscribe(&client, "orders/events");
    let mut forbidden = subscribe(&client, "somebody/elses");
    let state = until(&mut forbidden, |state| matches!(state, State::Failed(_))).await;
    let State::Failed(cause) = state else {
        panic!("{state:?}");
    };
    assert!(cause.to_string().starts_with("not authorized"), "{cause}");
    assert_eq!(next(&mut forbidden).await, None);
    live(&mut allowed).await;
    load(&cloud, 8).await;
    message(&mut allowed).await;
}

#[tokio::test]
async fn a_connection_that_is_taken_over_comes_back_under_another_name() {
    let cloud = cloud_with_admin(|_| ()).await;
    let client = client(&cloud);
    let mut orders = subscribe(&client, "orders/events");
    live(&mut orders).await;
    let [name] = &client.client_ids()[..] else {
        panic!("one connection");
    };
    let mut other = Mqtt::connect(&cloud, &guest(&cloud), V5, name).await;
    let State::Retrying { cause, .. } = lost(&mut orders).await else {
        panic!("lost");
    };
    assert_eq!(cause, Cause::TakenOver);
    live(&mut orders).await;
    assert!(!client.client_ids().contains(name));
    other.lives().await;
    load(&cloud, 8).await;
    message(&mut orders).await;
}

#[tokio::test]
async fn expired_credentials_and_a_wrong_clock_are_got_over() {
    let cloud = cloud_with_admin(|_| ()).await;
    let faults = [
        ("/faults/expire", Value::Null),
        ("/faults/skew", json!({"seconds": 7200})),
    ];
    for (fault, how) in faults {
        // A guest of its own for each, since one looks after its credentials at most once a minute.
        let mut orders = subscribe(&client(&cloud), "orders/events");
        live(&mut orders).await;
        told(&cloud, fault, how).await;
        told(&cloud, "/faults/drop", Value::Null).await;
        lost(&mut orders).await;
        live(&mut orders).await;
        told(&cloud, "/faults/reset", Value::Null).await;
        load(&cloud, 8).await;
        message(&mut orders).await;
    }
}

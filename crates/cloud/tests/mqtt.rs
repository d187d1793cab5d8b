//! MQTT as IoT Core speaks it: what goes right. What goes wrong is in `mqtt_wrong.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use common::mqtt::{BOTH, Mqtt};
use common::{backend, cloud, created, guest, send, updated};
use serde_json::json;

#[tokio::test]
async fn a_guest_hears_of_orders_and_of_the_one_that_it_follows() {
    let cloud = cloud().await;
    for version in BOTH {
        let id = format!("{version:?}");
        let mut all = Mqtt::subscribed(
            &cloud,
            &guest(&cloud),
            version,
            &format!("eddy-a{id}"),
            "orders/events",
            1,
        )
        .await;
        let filter = format!("orders/events/{id}");
        let mut one = Mqtt::subscribed(
            &cloud,
            &guest(&cloud),
            version,
            &format!("eddy-b{id}"),
            &filter,
            1,
        )
        .await;
        let entries = json!([created(&id, 1), created(&format!("another-{id}"), 1)]);
        send(backend(&cloud).put_events(&cloud, entries)).await;
        let mut heard = vec![all.took().await.json(), all.took().await.json()];
        heard.sort_by_key(|event| event["orderId"].to_string());
        assert_eq!(heard[0]["orderId"], id);
        for event in &heard {
            assert_eq!(
                (&event["status"], &event["event"], &event["revision"]),
                (&json!("SUBMITTED"), &json!("CREATED"), &json!(1))
            );
            assert_eq!(event.as_object().unwrap().len(), 5, "{event}");
        }
        send(backend(&cloud).put_events(&cloud, json!([updated(&id, "IN_KITCHEN")]))).await;
        let event = all.took().await.json();
        assert_eq!(
            (&event["status"], &event["event"], &event["revision"]),
            (&json!("IN_KITCHEN"), &json!("UPDATED"), &json!(2))
        );
        let followed = [one.took().await, one.took().await];
        assert!(
            followed
                .iter()
                .all(|told| told.topic == filter && told.json()["orderId"] == id)
        );
        assert_eq!(followed[1].json(), event);
    }
}

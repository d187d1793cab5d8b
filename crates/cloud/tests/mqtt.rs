//! MQTT as IoT Core speaks it: what goes right. What goes wrong is in `mqtt_wrong.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::collections::BTreeMap;

use common::admin::{cloud_with_admin, load, shown, told};
use common::mqtt::{BOTH, Mqtt, V5, V311, open, packet, signed, text};
use common::{backend, cloud, created, guest, send, until, updated};
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

/// As AWS's Amplify does; from CONNACK on its packets are those of 3.1.1.
#[tokio::test]
async fn a_client_of_the_first_version_hears_of_orders_too() {
    let cloud = cloud().await;
    let mut client = Mqtt::open_as(&cloud, &guest(&cloud), V311, "mqttv3.1").await;
    let inside = [&text("MQIsdp")[..], &[3, 2, 0, 60], &text("eddy-first")];
    client.send(packet(0x10, &inside.concat())).await;
    assert_eq!(client.packet().await, (0x20, vec![0, 0]));
    let granted = client.subscribe(&[("orders/events", 1), ("another", 0)]);
    assert_eq!(granted.await, [1, 0x80]);
    send(backend(&cloud).put_events(&cloud, json!([created("1", 1)]))).await;
    assert_eq!(client.took().await.json()["orderId"], "1");
}

#[tokio::test]
async fn messages_are_delivered_as_they_were_published_and_granted() {
    let cloud = cloud().await;
    let to = "orders/events/1";
    for version in BOTH {
        let mut writer = Mqtt::connect(&cloud, &backend(&cloud), version, "writer").await;
        let nobody = writer.publish(to, b"").await;
        assert_eq!(nobody, if version == V5 { 0x10 } else { 0 });
        for (granted, published, delivered) in [(0, 1, 0), (1, 0, 0), (1, 1, 1)] {
            let signer = guest(&cloud);
            let mut reader = Mqtt::subscribed(
                &cloud,
                &signer,
                version,
                "eddy-reader",
                "orders/events/+",
                granted,
            )
            .await;
            if published == 1 {
                assert_eq!(writer.publish(to, b"hey").await, 0);
            } else {
                writer.send(version.publish(0, to, &[], b"hey")).await;
            }
            let told = reader.took().await;
            assert_eq!((told.topic.as_str(), &told.payload[..]), (to, &b"hey"[..]));
            assert_eq!(
                (told.id.is_some(), told.dup, told.retain),
                (delivered == 1, false, false)
            );
            reader.send(version.unsubscribe(9, "orders/events/+")).await;
            assert_eq!(reader.packet().await.0, 0xb0);
            writer.publish(to, b"not heard").await;
            reader.lives().await;
        }
    }
}

/// A client of each version hears the other; what only MQTT 5 has travels from 5 to 5.
#[tokio::test]
async fn versions_hear_each_other() {
    let cloud = cloud().await;
    let to = "orders/events";
    let mut old = Mqtt::subscribed(&cloud, &guest(&cloud), V311, "eddy-old", to, 1).await;
    let mut new = Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-new", to, 0).await;
    let mut writer = Mqtt::connect(&cloud, &backend(&cloud), V5, "writer").await;
    let kept = [
        &[0x01, 1, 0x03][..],
        &text("application/json"),
        &[0x26],
        &text("k"),
        &text("v"),
    ]
    .concat();
    let all = [&kept[..], &[0x23, 0, 1]].concat();
    writer.send(V5.publish(0, to, &all, b"{}")).await;
    assert_eq!(old.told().await.payload, b"{}");
    let told = new.told().await;
    assert_eq!(
        (told.payload, told.properties),
        (b"{}".to_vec(), kept),
        "the alias stays here"
    );
    let mut writer = Mqtt::connect(&cloud, &backend(&cloud), V311, "writer-2").await;
    writer.publish(to, b"old").await;
    assert_eq!(
        (old.took().await.payload, new.took().await.payload),
        (b"old".to_vec(), b"old".to_vec())
    );
}

#[tokio::test]
async fn one_copy_however_many_filters_it_passes() {
    let cloud = cloud().await;
    let mut reader = Mqtt::connect(&cloud, &guest(&cloud), V5, "eddy-1").await;
    let filters = [
        ("orders/events/+", 0),
        ("orders/events/1", 1),
        ("orders/events/#", 0),
    ];
    assert_eq!(reader.subscribe(&filters).await, [0, 1, 0]);
    let mut writer = Mqtt::connect(&cloud, &backend(&cloud), V5, "writer").await;
    writer.publish("orders/events/1", b"once").await;
    assert!(
        reader.took().await.id.is_some(),
        "with the best QoS of them"
    );
    reader.lives().await;
    // `orders/events/#` is not for `orders/events` itself, and it would be with MQTT's own rule.
    assert_eq!(writer.publish("orders/events", b"above").await, 0x10);
    reader.lives().await;
}

#[tokio::test]
async fn what_is_retained_is_for_exact_filters_only() {
    let cloud = cloud().await;
    let (to, retained) = ("orders/events/1", 0x01 | 0x02);
    let mut writer = Mqtt::connect(&cloud, &backend(&cloud), V5, "writer").await;
    let mut early = Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-early", to, 1).await;
    writer.send(V5.publish(retained, to, &[], b"kept")).await;
    assert_eq!(writer.packet().await.0, 0x40);
    assert!(
        !early.took().await.retain,
        "it was there when it was published"
    );
    for version in BOTH {
        let mut reader = Mqtt::connect(&cloud, &guest(&cloud), version, "eddy-late").await;
        assert_eq!(
            reader
                .subscribe(&[("orders/events/+", 1), ("orders/events/#", 1)])
                .await,
            [1, 1]
        );
        reader.lives().await;
        assert_eq!(reader.subscribe(&[(to, 1)]).await, [1]);
        let told = reader.took().await;
        assert_eq!(
            (&told.payload[..], told.retain, told.id.is_some()),
            (&b"kept"[..], true, true)
        );
    }
    writer.send(V5.publish(retained, to, &[], b"")).await;
    assert_eq!(writer.packet().await.0, 0x40);
    assert_eq!(early.took().await.payload, b"");
    let mut reader = Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-late", to, 1).await;
    reader.lives().await;
}

#[tokio::test]
async fn the_newer_connection_of_a_client_id_takes_over() {
    let cloud = cloud().await;
    for version in BOTH {
        let mut old = Mqtt::subscribed(
            &cloud,
            &guest(&cloud),
            version,
            "eddy-1",
            "orders/events",
            1,
        )
        .await;
        let mut new = Mqtt::connect(&cloud, &guest(&cloud), version, "eddy-1").await;
        assert_eq!(old.ended().await.0, (version == V5).then_some(0x8e));
        // The session was the connection's: nothing of it goes on.
        new.lives().await;
        until("the old subscription is gone", async || {
            cloud.world.broker.subscriptions() == 0
        })
        .await;
        new.lives().await;
    }
}

#[tokio::test]
async fn packets_need_not_be_frames() {
    let cloud = cloud().await;
    let mut client = Mqtt::open(&cloud, &guest(&cloud), V5).await;
    let bytes = [
        V5.connect("eddy-1", 60, &[]),
        V5.subscribe(1, &[("orders/events", 1)]),
    ]
    .concat();
    for byte in bytes {
        client.send(vec![byte]).await;
    }
    assert_eq!(client.packet().await.0, 0x20);
    assert_eq!(client.packet().await, (0x90, vec![0, 1, 0, 1]));
    let both = [packet(0xc0, &[]), packet(0xc0, &[])].concat();
    client.send(both).await;
    for _ in 0..2 {
        assert_eq!(client.packet().await, (0xd0, vec![]));
    }
}

#[tokio::test]
async fn a_last_will_is_published_for_who_goes_without_a_word() {
    let cloud = cloud().await;
    let mut reader =
        Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-1", "orders/events", 1).await;
    let connect = |id| {
        let inside = [
            &text("MQTT")[..],
            &[5, 0x02 | 0x04 | 0x08, 0, 60, 0],
            &text(id),
            &[0],
            &text("orders/events"),
            &text("gone"),
        ];
        packet(0x10, &inside.concat())
    };
    let mut polite = Mqtt::open(&cloud, &backend(&cloud), V5).await;
    polite.send(connect("polite")).await;
    assert_eq!(polite.packet().await.0, 0x20);
    polite.send(packet(0xe0, &[])).await;
    polite.ended().await;
    let mut lost = Mqtt::open(&cloud, &backend(&cloud), V5).await;
    lost.send(connect("lost")).await;
    assert_eq!(lost.packet().await.0, 0x20);
    drop(lost);
    assert_eq!(reader.took().await.payload, b"gone");
    reader.lives().await;
}

#[tokio::test]
async fn faults_and_counters_know_of_these_sockets() {
    let cloud = cloud_with_admin(|_| ()).await;
    let mut reader =
        Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-1", "orders/events", 1).await;
    load(&cloud, 40).await;
    let counters = shown(&cloud, "/counters").await;
    let written = counters["written"].as_u64().unwrap();
    assert_eq!(
        counters["mqttPublished"],
        2 * written,
        "to everyone, and to whoever follows the one"
    );
    for _ in 0..written {
        reader.took().await;
    }
    until("all is counted", async || {
        shown(&cloud, "/counters").await["mqttDelivered"] == written
    })
    .await;
    assert_eq!(
        (&counters["mqttSubscriptions"], &counters["socketsOpen"]),
        (&json!(1), &json!(1))
    );
    drop(reader);
    for how in ["close", "reset"] {
        let mut reader =
            Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-1", "orders/events", 1).await;
        until("the other one is gone", async || {
            shown(&cloud, "/counters").await["socketsOpen"] == 1
        })
        .await;
        let dropped = told(&cloud, "/faults/drop", json!({ "how": how })).await;
        // The other one's line may be there still.
        assert!(dropped["dropped"].as_u64() >= Some(1), "{dropped}");
        let (said, code) = reader.ended().await;
        let expected = if how == "close" {
            (Some(0x98), 1001)
        } else {
            (None, 1006)
        };
        assert_eq!((said, code), expected);
    }
    // A clock that is wrong on purpose makes signatures stale.
    told(&cloud, "/faults/skew", json!({ "seconds": 600 })).await;
    let minute = std::time::Duration::from_secs(60);
    let address = signed(&cloud, &guest(&cloud), aws_guest::Service::IOT, minute);
    let (status, body) = open(&address, Some("mqtt")).await.unwrap_err();
    assert!(status == 403 && body.contains("expired"), "{status} {body}");
}

#[tokio::test]
async fn a_server_that_ends_says_so() {
    let cloud = cloud().await;
    let mut client =
        Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-1", "orders/events", 1).await;
    let (said, ended) = tokio::join!(client.ended(), cloud.shutdown());
    ended.unwrap();
    assert_eq!(said, (Some(0x8b), 1001));
}

/// The bus shuffles and doubles; the stream does not.
#[tokio::test]
async fn each_order_is_told_in_its_order_and_without_a_gap() {
    let cloud = cloud_with_admin(|settings| settings.disorder = true).await;
    let signer = guest(&cloud);
    let mut reader = Mqtt::subscribed(&cloud, &signer, V5, "eddy-1", "orders/events", 1).await;
    assert_eq!(reader.subscribe(&[("orders/events/+", 0)]).await, [0]);
    load(&cloud, 200).await;
    let written = shown(&cloud, "/counters").await["written"]
        .as_u64()
        .unwrap();
    let mut revisions = BTreeMap::<(String, String), u64>::new();
    for _ in 0..2 * written {
        let told = reader.took().await;
        let event = told.json();
        let order = event["orderId"].as_str().unwrap().to_owned();
        let everyone = told.topic == "orders/events";
        assert!(everyone || told.topic == format!("orders/events/{order}"));
        let known = revisions.entry((told.topic, order)).or_default();
        *known += 1;
        assert_eq!(event["revision"], *known, "{event}");
    }
    assert!(written > 20);
}

/// An order may have any id; not every id can stand in a topic.
#[tokio::test]
async fn an_order_that_nobody_can_follow_is_told_to_everyone_and_ends_in_the_dead_letters() {
    let cloud = cloud_with_admin(|_| ()).await;
    let signer = guest(&cloud);
    let mut reader = Mqtt::subscribed(&cloud, &signer, V5, "eddy-1", "orders/events", 1).await;
    for id in ["a#b", "after"] {
        send(backend(&cloud).put_events(&cloud, json!([created(id, 1)]))).await;
        assert_eq!(reader.took().await.json()["orderId"], id);
    }
    until("both are at their ends", async || {
        common::admin::at_rest(&shown(&cloud, "/account").await)
    })
    .await;
    let account = shown(&cloud, "/account").await;
    let consumers = account["publications"].as_array().unwrap();
    let tell = consumers
        .iter()
        .find(|of| of["consumer"] == "orders-tell")
        .unwrap();
    assert_eq!(
        (&tell["published"], &tell["dead"]),
        (&json!(1), &json!(1)),
        "{account}"
    );
    assert_eq!(account["mismatches"], json!([]));
    let letter = account["deadLetters"][0]["cause"].as_str().unwrap();
    assert!(letter.contains("a#b"), "{letter}");
}

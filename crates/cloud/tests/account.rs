//! The account: every event followed from the bus to its publication, and all of them added up after a run in which a
//! lot went wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]
#![cfg(unix)]

mod common;

use std::path::Path;
use std::time::Duration;

use cloud::Data;
use cloud::store::{Store, StoreError};
use cloud::testing::Running;
use cloud::trail;
use common::admin::{Viewer, at_rest, cloud_with_admin, shown, told};
use common::{backend, created, send, until, updated};
use serde_json::{Value, json};
use tokio::process::Command;

async fn cloud_in(folder: &Path, disorder: bool, retry_window: u64) -> Running {
    cloud_with_admin(|settings| {
        settings.data = Data::Folder(folder.to_owned());
        settings.disorder = disorder;
        settings.retry_window = Duration::from_secs(retry_window);
    })
    .await
}

/// Puts events as a producer does; their ids.
async fn put(cloud: &Running, entries: Value) -> Vec<String> {
    let answer = send(backend(cloud).put_events(cloud, entries)).await;
    assert_eq!(
        (answer.status, &answer.body["FailedEntryCount"]),
        (200, &json!(0))
    );
    let entries = answer.body["Entries"].as_array().unwrap();
    let ids = entries
        .iter()
        .map(|entry| entry["EventId"].as_str().unwrap().to_owned());
    ids.collect()
}

async fn rest(cloud: &Running) -> Value {
    until("all is at rest", async || {
        at_rest(&shown(cloud, "/account").await)
    })
    .await;
    shown(cloud, "/account").await
}

#[tokio::test]
async fn an_event_is_followed_to_its_publication() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_in(folder.path(), false, 1).await;
    let _viewers = [Viewer::live(&cloud).await, Viewer::live(&cloud).await];
    let first = put(&cloud, json!([created("o-1", 2)])).await.remove(0);
    rest(&cloud).await;
    let second = put(&cloud, json!([updated("o-1", "IN_KITCHEN")]))
        .await
        .remove(0);
    rest(&cloud).await;
    let late = put(&cloud, json!([updated("o-1", "ACCEPTED_BY_STORE")]))
        .await
        .remove(0);
    let dead = put(&cloud, json!([updated("o-2", "IN_KITCHEN")]))
        .await
        .remove(0);
    rest(&cloud).await;

    for (id, revision) in [(&first, 1), (&second, 2)] {
        let way = shown(&cloud, &format!("/events/{id}")).await;
        let delivery = &way["deliveries"][0];
        let (change, tries) = (&delivery["changes"][0], &delivery["tries"]);
        let publication = &change["publications"][0];
        assert_eq!(
            (&delivery["rule"], &delivery["state"]),
            (&json!("orders"), &json!("written"))
        );
        assert_eq!(
            (tries.as_array().unwrap().len(), &tries[0]["outcome"]),
            (1, &json!("written"))
        );
        assert_eq!(
            (&change["key"], &change["revision"]),
            (&json!("o-1"), &json!(revision))
        );
        assert_eq!(
            (&publication["state"], &publication["times"]),
            (&json!("published"), &json!(1))
        );
        assert_eq!(
            (&publication["consumer"], &publication["reached"]),
            (&json!("orders-publish"), &json!(2))
        );
        // Each station at its time, in RFC 3339, in this order.
        let times = [
            &way["accepted"],
            &tries[0]["begun"],
            &change["at"],
            &publication["at"],
        ];
        let times = times.map(|time| {
            let text = time.as_str().unwrap();
            let format = &time::format_description::well_known::Rfc3339;
            time::OffsetDateTime::parse(text, format).unwrap()
        });
        assert!(times.is_sorted(), "{times:?}");
    }
    let way = shown(&cloud, &format!("/events/{late}")).await;
    let delivery = &way["deliveries"][0];
    assert_eq!(
        (&delivery["state"], &delivery["changes"]),
        (&json!("late"), &json!([]))
    );
    let way = shown(&cloud, &format!("/events/{dead}")).await;
    let delivery = &way["deliveries"][0];
    let tries = delivery["tries"].as_array().unwrap();
    assert_eq!(delivery["state"], "dead");
    assert!(
        tries.len() > 1 && tries.iter().all(|t| t["outcome"] == "failed"),
        "{way}"
    );
    assert!(
        tries[0]["cause"]
            .as_str()
            .unwrap()
            .contains("o-2 is not there yet"),
        "{way}"
    );

    // The same at a terminal, beside the running cloud.
    let (ok, said) = account(folder.path(), &["--event", &second]).await;
    for part in [
        second.as_str(),
        "accepted by the bus",
        "revision 2",
        "reached 2",
        "It is written",
    ] {
        assert!(ok && said.contains(part), "{part}: {said}");
    }
    let (ok, said) = account(folder.path(), &["--event", &dead, "--json"]).await;
    assert!(
        ok && serde_json::from_str::<Value>(&said).unwrap()["id"] == dead.as_str(),
        "{said}"
    );
    let (ok, said) = account(folder.path(), &["--event", "nobody"]).await;
    assert!(!ok && said.contains("there is no event nobody"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_adds_up_after_a_run_in_which_a_lot_went_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_in(folder.path(), true, 5).await;
    let mut viewers = Vec::new();
    for _ in 0..3 {
        viewers.push(Viewer::live(&cloud).await);
    }
    let run = async {
        let load = json!({"rate": 400, "count": 800, "seed": 3});
        told(&cloud, "/load", load).await
    };
    let harm = async {
        for (path, body) in [
            ("/faults/slow", json!({"millis": 50, "seconds": 1})),
            ("/faults/drop", json!({"share": 0.5, "how": "reset"})),
            ("/faults/refuse", json!({"seconds": 0.3})),
            ("/faults/expire", Value::Null),
            ("/faults/skew", json!({"seconds": 900, "for": 1})),
            ("/faults/drop", json!({"how": "close"})),
            ("/faults/hold", json!({"seconds": 0.2})),
            ("/faults/deny", json!({"field": "Query.orders", "for": 0.2})),
        ] {
            let so_far = shown(&cloud, "/counters").await["accepted"]
                .as_u64()
                .unwrap();
            told(&cloud, path, body).await;
            until("it goes on", async || {
                let accepted = shown(&cloud, "/counters").await["accepted"].as_u64();
                accepted >= Some((so_far + 50).min(800))
            })
            .await;
            let account = shown(&cloud, "/account").await;
            assert_eq!(account["mismatches"], json!([]), "{path}: {account}");
        }
    };
    let (loaded, ()) = tokio::join!(run, harm);
    assert_eq!(loaded["accepted"], 800);
    told(&cloud, "/faults/reset", Value::Null).await;
    put(
        &cloud,
        json!([
            created("empty", 0),
            updated("nobody", "DELIVERED"),
            created("o-1", 1)
        ]),
    )
    .await;

    let account = rest(&cloud).await;
    let count = |name: &str| account[name].as_u64().unwrap();
    assert_eq!(account["mismatches"], json!([]), "{account}");
    assert_eq!(count("accepted"), 803);
    assert_eq!(
        count("written") + count("late") + count("duplicate") + count("dead"),
        803,
        "{account}"
    );
    assert_eq!(
        (count("changes"), count("early")),
        (count("written"), 0),
        "{account}"
    );
    for (of, consumer) in ["orders-publish", "orders-tell"].into_iter().enumerate() {
        let made = &account["publications"][of];
        let told = (&made["consumer"], &made["published"], &made["lost"]);
        let expected = (&json!(consumer), &account["written"], &json!(0));
        assert_eq!(told, expected, "{account}");
    }
    let letters = account["deadLetters"].as_array().unwrap();
    assert_eq!((count("dead"), letters.len()), (2, 2), "{account}");
    for why in ["quantity", "nobody is not there yet"] {
        assert!(
            account["deadLetters"].to_string().contains(why),
            "{account}"
        );
    }
    // Who watched came through it, too.
    for viewer in &mut viewers {
        let (all, answer) = (
            loaded["orders"].as_u64().unwrap(),
            viewer.query().await.unwrap(),
        );
        assert_eq!(all, 100);
        assert!(!answer["orders"]["items"].as_array().unwrap().is_empty());
    }
    let (ok, said) = self::account(folder.path(), &[]).await;
    assert!(
        ok && said.contains("accepted 803") && said.contains("It adds up."),
        "{said}"
    );
}

#[tokio::test]
async fn what_does_not_add_up_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_in(folder.path(), false, 1).await;
    put(
        &cloud,
        json!([created("o-1", 1), created("o-2", 0), created("o-3", 3)]),
    )
    .await;
    rest(&cloud).await;
    cloud.shutdown().await.unwrap();
    let (ok, _) = account(folder.path(), &[]).await;
    assert!(ok);
    for (harm, complaint) in [
        (
            "DELETE FROM events WHERE id = (SELECT event FROM deliveries WHERE state = 'dead')",
            "accepted is not",
        ),
        (
            "DELETE FROM effects WHERE key = 'o-1'",
            "2 events count as written, but 1 changes",
        ),
        (
            "INSERT INTO effects SELECT sequence + 100, event, rule, tab, shard, key, revision, at FROM effects",
            "made twice",
        ),
        (
            "UPDATE deliveries SET state = 'late' WHERE state = 'written'",
            "do not count as written",
        ),
        (
            "DELETE FROM dead_letters",
            "1 events are dead, but there are 0 letters",
        ),
        (
            "DELETE FROM publications WHERE sequence = (SELECT min(sequence) FROM publications)",
            "passed by 1 changes",
        ),
    ] {
        let store = Store::open(&Data::Folder(folder.path().to_owned()))
            .await
            .unwrap();
        // Each harm on its own: what is looked at is rolled back.
        let copy = tempfile::tempdir().unwrap();
        std::fs::copy(
            folder.path().join("eddy.sqlite3"),
            copy.path().join("eddy.sqlite3"),
        )
        .unwrap();
        drop(store);
        let store = Store::open(&Data::Folder(copy.path().to_owned()))
            .await
            .unwrap();
        let harmed = store
            .write(move |tx| Ok::<_, StoreError>(tx.execute(harm, [])?))
            .await;
        assert!(harmed.unwrap() > 0, "{harm}");
        let balance = trail::balance(&store).await.unwrap();
        assert!(!balance.adds_up(), "{harm}");
        let (ok, said) = account(copy.path(), &[]).await;
        assert!(!ok && said.contains(complaint), "{harm}: {said}");
        let (ok, _) = account(copy.path(), &["--json"]).await;
        assert!(!ok, "{harm}");
    }
}

#[tokio::test]
async fn a_change_that_was_given_up_and_sent_again_is_followed_too() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_in(folder.path(), false, 1).await;
    let id = put(&cloud, json!([created("o-1", 1)])).await.remove(0);
    rest(&cloud).await;
    // As if the publisher had given it up.
    let bury = |tx: &rusqlite::Transaction<'_>| {
        tx.execute_batch(
            "UPDATE publications SET state = 'dead', times = 0;
             INSERT INTO dead_letters (origin, name, subject, cause, attempts, payload, at)
             SELECT 'stream', 'orders-publish', key, 'nobody there', 3,
                 json_object('table', tab, 'key', key, 'sequence', sequence, 'old', json(old), 'new', json(new)), at
             FROM stream_records",
        )?;
        Ok::<_, StoreError>(())
    };
    cloud.world.store.write(bury).await.unwrap();
    let account = shown(&cloud, "/account").await;
    assert_eq!(account["publications"][0]["dead"], 1, "{account}");
    assert_eq!(account["mismatches"], json!([]), "{account}");
    cloud.shutdown().await.unwrap();

    // Sent again while nothing runs, it waits.
    let data = folder.path().to_str().unwrap();
    let resend = ["dead-letters", "resend", "--all", "--data", data];
    let resent = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
        .args(resend)
        .output()
        .await;
    assert!(resent.unwrap().status.success());
    let (ok, said) = self::account(folder.path(), &["--json"]).await;
    let account: Value = serde_json::from_str(&said).unwrap();
    let consumer = &account["publications"][0];
    assert!(
        ok && consumer["waiting"] == 1 && consumer["dead"] == 0,
        "{said}"
    );
    let cloud = cloud_in(folder.path(), false, 1).await;
    let account = rest(&cloud).await;
    assert_eq!(account["publications"][0]["published"], 1, "{account}");
    assert_eq!(
        (&account["mismatches"], &account["deadLetters"]),
        (&json!([]), &json!([]))
    );
    let way = shown(&cloud, &format!("/events/{id}")).await;
    let publication = &way["deliveries"][0]["changes"][0]["publications"][0];
    let told = (&publication["state"], &publication["times"]);
    assert_eq!(told, (&json!("published"), &json!(1)), "{way}");
}

#[tokio::test]
async fn a_folder_from_before_there_were_trails_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_in(folder.path(), false, 1).await;
    put(
        &cloud,
        json!([created("o-1", 1), created("o-2", 0), created("o-3", 3)]),
    )
    .await;
    rest(&cloud).await;
    cloud.shutdown().await.unwrap();
    let store = Store::open(&Data::Folder(folder.path().to_owned()))
        .await
        .unwrap();
    let as_before = |tx: &rusqlite::Transaction<'_>| {
        tx.execute_batch(
            "DROP TABLE attempts; DROP TABLE effects; DROP TABLE publications;
             DELETE FROM totals WHERE state = 'untraced'",
        )?;
        Ok::<_, StoreError>(())
    };
    store.write(as_before).await.unwrap();
    drop(store);

    let cloud = cloud_in(folder.path(), false, 1).await;
    let account = rest(&cloud).await;
    assert_eq!(
        (&account["untraced"], &account["changes"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(account["mismatches"], json!([]), "{account}");
    put(&cloud, json!([updated("o-1", "IN_KITCHEN")])).await;
    let account = rest(&cloud).await;
    assert_eq!(
        (&account["untraced"], &account["changes"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(account["mismatches"], json!([]), "{account}");
}

#[tokio::test]
async fn a_consumer_that_comes_later_is_not_blamed_for_what_was_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = cloud_in(folder.path(), false, 1).await;
    put(&cloud, json!([created("o-1", 1), created("o-2", 1)])).await;
    rest(&cloud).await;
    cloud.shutdown().await.unwrap();
    // The consumer is new, and the records are gone, as they are after a day.
    let store = Store::open(&Data::Folder(folder.path().to_owned()))
        .await
        .unwrap();
    let new = |tx: &rusqlite::Transaction<'_>| {
        tx.execute_batch(
            "DELETE FROM checkpoints; DELETE FROM publications; DELETE FROM stream_records",
        )?;
        Ok::<_, StoreError>(())
    };
    store.write(new).await.unwrap();
    drop(store);
    let cloud = cloud_in(folder.path(), false, 1).await;
    let account = rest(&cloud).await;
    assert_eq!(account["mismatches"], json!([]), "{account}");
    let consumer = &account["publications"][0];
    assert_eq!(
        (&consumer["published"], &consumer["lost"]),
        (&json!(2), &json!(0))
    );
}

async fn account(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
        .arg("account")
        .args(arguments)
        .arg("--data")
        .arg(folder)
        .output()
        .await
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

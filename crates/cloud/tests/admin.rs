//! The admin port: who may drive it, what it says to nonsense, where it is not, and the commands that drive it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]
#![cfg(unix)]

mod common;

use cloud::{CloudError, Settings};
use common::admin::{Viewer, ask, at_rest, cloud_with_admin, shown};
use common::{cloud, send, until};
use net::http::{Method, Request};
use serde_json::{Value, json};
use tokio::process::Command;

#[tokio::test]
async fn it_is_on_this_machine_only() {
    for address in ["0.0.0.0:0", "192.0.2.1:8788", "[::]:0"] {
        let settings = Settings {
            admin: Some(address.parse().unwrap()),
            ..Settings::default()
        };
        let refused = cloud::testing::start(settings).await.err().unwrap();
        assert!(
            matches!(refused, CloudError::NotLoopback { .. }),
            "{refused}"
        );
        let arguments = [
            "--listen",
            "127.0.0.1:0",
            "--data",
            ":memory:",
            "--admin",
            address,
        ];
        let (ok, said) = eddy_cloud(&arguments).await;
        assert!(!ok && said.contains("not a loopback address"), "{said}");
        assert!(said.contains("--admin 127.0.0.1:8788"), "{said}");
    }
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--data",
        ":memory:",
        "--admin",
        &address,
    ];
    let (ok, said) = eddy_cloud(&arguments).await;
    assert!(
        !ok && said.contains(&address) && said.contains("--admin"),
        "{said}"
    );
}

#[tokio::test]
async fn a_page_cannot_drive_it() {
    let cloud = cloud_with_admin(|_| ()).await;
    let url = format!("{}/faults/drop", cloud.admin.as_deref().unwrap());
    for (name, value) in [
        ("origin", cloud.url.as_str()),
        ("origin", "null"),
        ("host", "eddy.example"),
        ("host", "127.0.0.1.eddy.example:80"),
        ("sec-fetch-site", "same-site"),
    ] {
        let refused = send(Request::post(&url, "{}").with(name, value)).await;
        assert_eq!(refused.status, 403, "{name}: {value}: {refused:?}");
        assert!(refused.body["error"].is_string(), "{refused:?}");
        let grants = |(name, _): &(String, String)| name.starts_with("access-control");
        assert!(!refused.headers.iter().any(grants), "{refused:?}");
    }
    assert_eq!(send(Request::post(&url, "{}")).await.status, 200);
}

#[tokio::test]
async fn the_services_port_knows_nothing_of_it() {
    for cloud in [cloud().await, cloud_with_admin(|_| ()).await] {
        for path in ["/counters", "/account", "/events/1"] {
            let answer = send(Request::get(format!("{}{path}", cloud.url))).await;
            assert!(!answer.text.contains("accepted"), "{path}: {answer:?}");
            assert!(answer.body["error"].is_null(), "{path}: {answer:?}");
        }
        for path in ["/faults/drop", "/faults/reset", "/load"] {
            let answer = send(Request::post(format!("{}{path}", cloud.url), "{}")).await;
            assert!([404, 405].contains(&answer.status), "{path}: {answer:?}");
        }
    }
    assert_eq!(cloud().await.admin, None);
}

#[tokio::test]
async fn nonsense_is_refused_with_words() {
    let cloud = cloud_with_admin(|_| ()).await;
    for (path, body, word) in [
        ("/faults/drop", json!({"share": 1.5}), "share"),
        ("/faults/drop", json!({"share": -0.1}), "share"),
        (
            "/faults/drop",
            json!({"share": 0.5, "count": 1}),
            "not both",
        ),
        ("/faults/drop", json!({"how": "gently"}), "gently"),
        ("/faults/drop", json!({"shares": 1}), "shares"),
        ("/faults/drop", json!([]), "body"),
        ("/faults/refuse", json!({}), "seconds"),
        ("/faults/refuse", json!({"seconds": 601}), "600"),
        ("/faults/refuse", json!({"seconds": -1}), "seconds"),
        ("/faults/slow", json!({"seconds": 1}), "millis"),
        (
            "/faults/slow",
            json!({"millis": 60_001, "seconds": 1}),
            "millis",
        ),
        ("/faults/hold", json!({"seconds": "soon"}), "soon"),
        ("/faults/skew", json!({"seconds": 1e12}), "seconds"),
        ("/faults/skew", json!({"seconds": 31_536_001}), "seconds"),
        ("/faults/skew", json!({"seconds": 1, "for": 3601}), "for"),
        ("/faults/deny", json!({}), "field"),
        ("/faults/deny", json!({"field": "orders"}), "Query.orders"),
        (
            "/faults/deny",
            json!({"field": "Query.horders"}),
            "no field",
        ),
        ("/faults/deny", json!({"field": "Order.total"}), "no field"),
        (
            "/faults/deny",
            json!({"field": "Query.orders", "api": "x"}),
            "no API",
        ),
        (
            "/faults/deny",
            json!({"field": "Query.pipeline", "api": "orders"}),
            "in orders;",
        ),
        ("/load", json!({"rate": 0}), "rate"),
        ("/load", json!({"rate": 1e9}), "rate"),
        ("/load", json!({"rate": 1, "count": 3601}), "count / rate"),
        ("/load", json!({"seed": -1}), "seed"),
    ] {
        let refused = ask(&cloud, Method::Post, path, body.clone()).await;
        assert_eq!(refused.status, 400, "{path} {body}: {refused:?}");
        let why = refused.body["error"].as_str().unwrap();
        assert!(why.contains(word), "{path} {body}: {why}");
    }
    let url = format!("{}/faults/drop", cloud.admin.as_deref().unwrap());
    for malformed in ["{", "{} {}", "null and void"] {
        let refused = send(Request::post(&url, malformed)).await;
        assert_eq!(refused.status, 400, "{malformed}: {refused:?}");
    }
    let long = " ".repeat(20_000);
    assert_eq!(send(Request::post(&url, long)).await.status, 413);
    for (method, path) in [
        (Method::Get, "/faults/drop"),
        (Method::Post, "/counters"),
        (Method::Get, "/"),
        (Method::Get, "/events/nobody"),
    ] {
        let answer = ask(&cloud, method, path, Value::Null).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(answer.body["error"].is_string(), "{path}: {answer:?}");
    }
    let nothing = json!({"refusing": 0.0, "holding": 0.0, "slowing": 0.0, "skew": 0});
    assert_eq!(shown(&cloud, "/counters").await["faults"], nothing);
}

#[tokio::test]
async fn it_counts() {
    /// What a fresh cloud publishes by itself: the calendar's sample events.
    const SAMPLES: u64 = 5;
    let cloud = cloud_with_admin(|_| ()).await;
    let mut viewers = [Viewer::live(&cloud).await, Viewer::live(&cloud).await];
    common::admin::load(&cloud, 80).await;
    for viewer in &mut viewers {
        viewer.until_completed(10).await;
    }
    // A frame is counted when it has been written, which can be a moment after it has been read.
    until("every frame is counted", async || {
        let counters = shown(&cloud, "/counters").await;
        let written = counters["written"].as_u64().unwrap_or_default();
        counters["delivered"] == 2 * written && counters["published"] == written + SAMPLES
    })
    .await;
    let counters = shown(&cloud, "/counters").await;
    let count = |name: &str| counters[name].as_u64().unwrap();
    assert_eq!(count("accepted"), 80);
    assert_eq!(count("written") + count("late") + count("duplicate"), 80);
    assert_eq!(count("published"), count("written") + SAMPLES);
    assert_eq!((count("socketsOpen"), count("subscriptions")), (2, 2));
    drop(viewers);
    until("they are gone", async || {
        let counters = shown(&cloud, "/counters").await;
        counters["socketsOpen"] == 0 && counters["subscriptions"] == 0
    })
    .await;
    assert_eq!(shown(&cloud, "/counters").await["socketsOpened"], 2);
}

#[tokio::test]
async fn a_terminal_drives_it() {
    let cloud = cloud_with_admin(|_| ()).await;
    let _viewer = Viewer::live(&cloud).await;
    let admin = cloud
        .admin
        .as_deref()
        .unwrap()
        .strip_prefix("http://")
        .unwrap();
    for (command, says) in [
        (
            "load --rate 1000 --count 80 --seed 7",
            "Accepted 80 events of 10 orders",
        ),
        (
            "fault slow --millis 1 --seconds 0.5",
            "1 ms later for 0.5 s",
        ),
        ("fault hold --seconds 0", "Nothing is sent for 0 s"),
        ("fault refuse --seconds 0", "refused for 0 s"),
        ("fault expire", "has expired"),
        ("fault skew --seconds -600", "-600 s ahead"),
        (
            "fault deny Query.orders",
            "may not call Query.orders of the orders API",
        ),
        ("fault deny Query.pipeline", "of the restaurant API"),
        (
            "fault deny Query.orders --api restaurant",
            "of the restaurant API",
        ),
        ("fault allow Query.orders --api restaurant", "Allowed again"),
        ("fault allow Query.orders", "Allowed again"),
        ("fault allow", "Allowed again"),
        ("fault allow", "not denied"),
        ("counters", "\"skew\": -600"),
        ("fault reset", "over"),
        ("fault drop --share 1 --how reset", "Dropped 1 of 1"),
    ] {
        let arguments: Vec<_> = command.split(' ').chain(["--admin", admin]).collect();
        let (ok, said) = eddy_cloud(&arguments).await;
        assert!(ok && said.contains(says), "{command}: {said}");
    }
    let (ok, said) = eddy_cloud(&["fault", "deny", "Query.horders", "--admin", admin]).await;
    assert!(!ok && said.contains("no field"), "{said}");
    let services = cloud.url.strip_prefix("http://").unwrap();
    let (ok, said) = eddy_cloud(&["fault", "expire", "--admin", services]).await;
    assert!(!ok && said.contains("is no admin port"), "{said}");
    until("the load is through", async || {
        at_rest(&shown(&cloud, "/account").await)
    })
    .await;
    cloud.shutdown().await.unwrap();
    let (ok, said) = eddy_cloud(&["load", "--admin", "127.0.0.1:1"]).await;
    assert!(
        !ok && said.contains("no admin port answers at 127.0.0.1:1"),
        "{said}"
    );
    assert!(said.contains("Start the cloud with --admin"), "{said}");
}

/// How it ended, and all it said.
async fn eddy_cloud(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

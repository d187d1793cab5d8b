//! Whatever comes through a real socket: nothing panics, memory stays where it was, and a healthy subscriber beside it
//! hears every event in time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is a test"
)]

mod common;
#[path = "hostile/frames.rs"]
mod frames;
#[path = "hostile/raw.rs"]
mod raw;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cloud::testing::Running;
use common::{Socket, cloud_with, guest, input, publish, until};
use frames::Draw;
use futures::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

const SUBSCRIPTION: &str = "subscription { onCreateOrUpdateOrder { orderId revision } }";
/// What the cloud is told to wait for a client that does not go on.
const STALL: Duration = Duration::from_secs(1);
/// How long an event may take to the healthy subscriber meanwhile, on a machine that is busy with all of this.
const IN_TIME: Duration = Duration::from_secs(5);
/// Memory that all of this may hold on to, in bytes: many times what one connection may have queued, and a small part
/// of what is thrown at the cloud.
const MEMORY: usize = 128 * 1024 * 1024;

/// How much of each.
fn times(plain: usize, soak: usize) -> usize {
    if std::env::var_os("EDDY_SOAK").is_some() {
        soak
    } else {
        plain
    }
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Panics in tasks are swallowed by the runtime: count them.
fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        before(panic);
    }));
}

/// What this process holds, in bytes; nothing where nobody tells.
fn memory() -> usize {
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = told.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_comes_through_a_socket_disturbs_the_neighbours() {
    count_panics();
    let draw = Draw::seeded();
    let cloud = cloud_with(|settings| {
        settings.patience = STALL;
        settings.realtime.init = STALL;
        settings.realtime.stall = STALL;
    })
    .await;
    let mut healthy = Socket::live(&cloud, &guest(&cloud)).await;
    healthy.subscribe(&cloud, SUBSCRIPTION, json!({})).await;
    let before = memory();
    let begun = Instant::now();

    let (heard, slowest) = beside(&mut healthy, &cloud, attacks(&cloud, draw)).await;

    until("only the healthy one is left", async || {
        let counted = cloud.world.counters.now();
        cloud.world.hub.subscriptions() == 1 && counted.sockets_open == 1
    })
    .await;
    let grown = memory().saturating_sub(before);
    assert!(grown < MEMORY, "{grown} bytes more than before");
    println!(
        "{heard} events beside it, the slowest after {slowest:?}; {} KB more than before; {:.1} s",
        grown / 1024,
        begun.elapsed().as_secs_f64()
    );
    drop(healthy);
    cloud.shutdown().await.unwrap();
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "a task panicked");
}

/// Everything: one after the other, so that what each does to the neighbour is seen, and then at once.
async fn attacks(cloud: &Running, draw: Draw) {
    stalls(cloud).await;
    raw::broken_frames(cloud).await;
    raw::wrong_subprotocols(cloud).await;
    many_starts(cloud).await;
    pings(cloud).await;
    raw::asks_and_never_reads(cloud, STALL).await;
    random_frames(cloud, draw.clone()).await;
    let storms = (0..4).map(|number| random_frames(cloud, draw.nth(number)));
    let storms = futures::future::join_all(storms);
    futures::join!(storms, stalls(cloud), raw::broken_frames(cloud));
}

/// Publishes to a subscriber for as long as the attack lasts: how many events it heard, and how long the slowest took.
async fn beside(
    healthy: &mut Socket,
    cloud: &Running,
    attack: impl Future<Output = ()>,
) -> (u32, Duration) {
    let mut attack = std::pin::pin!(attack.fuse());
    let (mut revision, mut over, mut slowest) = (0, false, Duration::ZERO);
    while !over {
        revision += 1;
        let published = Instant::now();
        let neighbour = async {
            publish(cloud, input("o-1", revision)).await;
            let frame = healthy.frame().await;
            let heard = &frame["payload"]["data"]["onCreateOrUpdateOrder"]["revision"];
            assert_eq!(heard, revision, "{frame}");
        };
        let mut neighbour = std::pin::pin!(neighbour.fuse());
        loop {
            futures::select! {
                () = neighbour => break,
                () = attack => over = true,
            }
        }
        slowest = slowest.max(published.elapsed());
        assert!(slowest < IN_TIME, "an event took {slowest:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (revision, slowest)
}

/// Connections that begin something and do not go on, at every point of the way: each is ended by the cloud.
async fn stalls(cloud: &Running) {
    let waiting = raw::STALLS
        .iter()
        .cycle()
        .take(times(40, 800))
        .map(|sent| raw::ended_after(cloud, sent, STALL));
    futures::future::join_all(waiting).await;
    // Upgraded, and then nothing.
    let silent = Socket::open(cloud, &guest(cloud), common::Passing::Subprotocol).await;
    let mut ws = silent.ws;
    let end = timeout(STALL * 10, ws.next()).await.expect("ended in time");
    assert!(matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
}

/// Thousands of starts on one socket: as many run as may, and no more are kept.
async fn many_starts(cloud: &Running) {
    let starts = times(2_000, 20_000);
    let mut socket = Socket::live(cloud, &guest(cloud)).await;
    let others = cloud.world.hub.subscriptions();
    let most = cloud.world.settings.realtime.subscriptions;
    let (mut running, mut refused) = (0, 0);
    for number in 0..starts {
        // Signed as it should be as long as there is room; later it does not get so far.
        if number <= most {
            socket.start(cloud, SUBSCRIPTION, json!({})).await;
        } else {
            let start =
                json!({"id": format!("x{number}"), "type": "start", "payload": {"data": "{}"}});
            socket.send(&start).await;
        }
        // Events are delivered in between, since it subscribed.
        let answer = loop {
            let frame = socket.frame().await;
            if frame["type"] != "data" {
                break frame;
            }
        };
        match answer["type"].as_str() {
            Some("start_ack") => running += 1,
            _ => {
                let kind = &answer["payload"]["errors"][0]["errorType"];
                assert_eq!(kind, "MaxSubscriptionsReachedError", "{answer}");
                refused += 1;
            }
        }
    }
    assert_eq!((running, refused), (most, starts - most));
    assert!(cloud.world.hub.subscriptions() <= others + most);
    let long = json!({"id": "i".repeat(100_000), "type": "start", "payload": {"data": "{}"}});
    let mut other = Socket::live(cloud, &guest(cloud)).await;
    other.send(&long).await;
    let answer = other.frame().await;
    let kind = &answer["payload"]["errors"][0]["errorType"];
    assert_eq!(kind, "BadRequestException");
}

/// Pings by the thousand, whose pongs nobody reads until the end; after them the socket works as before.
async fn pings(cloud: &Running) {
    let mut socket = Socket::live(cloud, &guest(cloud)).await;
    for _ in 0..times(20_000, 400_000) {
        socket
            .ws
            .feed(Message::Ping(vec![7; 100].into()))
            .await
            .unwrap();
        // Reading what is there already keeps the test's own buffers small.
        while socket.ws.next().now_or_never().is_some() {}
    }
    socket.ws.flush().await.unwrap();
    socket.send(&json!({"type": "stop", "id": "nobody"})).await;
    let answer = timeout(IN_TIME, async {
        loop {
            match socket.ws.next().await.unwrap().unwrap() {
                Message::Text(text) if text.contains("UnknownOperationError") => break,
                Message::Text(text) => assert!(text.contains("\"ka\""), "{text}"),
                Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    });
    answer.await.expect("it answers after the pings");
}

/// Random and mutated frames on real sockets; a socket that is closed for them is followed by another one.
async fn random_frames(cloud: &Running, mut draw: Draw) {
    let mut left = times(1_000, 40_000);
    while left > 0 {
        let mut ws = Socket::open(cloud, &guest(cloud), common::Passing::Subprotocol)
            .await
            .ws;
        if draw.below(8) > 0 {
            let init = json!({"type": "connection_init"}).to_string();
            ws.send(Message::text(init)).await.unwrap();
        }
        let mut open = true;
        for _ in 0..200 {
            let message = match draw.below(100) {
                0 => Message::Binary(draw.bytes(300).into()),
                1..=4 => Message::Ping(draw.bytes(120).into()),
                5 => Message::Pong(draw.bytes(120).into()),
                _ => Message::text(String::from_utf8_lossy(&draw.frame()).into_owned()),
            };
            left = left.saturating_sub(1);
            open &= ws.feed(message).await.is_ok();
            while let Some(received) = ws.next().now_or_never() {
                match received {
                    Some(Ok(Message::Text(text))) => {
                        drop(serde_json::from_str::<Value>(&text).unwrap());
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => open = false,
                    Some(Ok(_)) => {}
                }
                if !open {
                    break;
                }
            }
            if !open {
                break;
            }
        }
        drop(ws.flush().await);
    }
}

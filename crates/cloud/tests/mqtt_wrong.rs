//! MQTT as IoT Core speaks it: what goes wrong, each thing for itself, beside a neighbour who must not notice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is a test"
)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use aws_guest::sign::{Scope, url};
use aws_guest::{Region, Service};
use cloud::Settings;
use cloud::surroundings::Surroundings;
use cloud::testing::{Running, start_in};
use common::mqtt::{BOTH, Got, Mqtt, V5, V311, binary, number, open, packet, signed, text};
use common::{Signer, backend, cloud, cloud_with, guest, until, with_keys};
use futures::SinkExt as _;
use net::UnixTime;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

/// Somebody who subscribed before, and hears everything afterwards.
struct Neighbour {
    reader: Mqtt,
    writer: Mqtt,
}

impl Neighbour {
    async fn of(cloud: &Running) -> Self {
        let reader = Mqtt::subscribed(
            cloud,
            &guest(cloud),
            V5,
            "eddy-neighbour",
            "orders/events",
            1,
        )
        .await;
        let writer = Mqtt::connect(cloud, &backend(cloud), V5, "writer").await;
        Self { reader, writer }
    }

    async fn undisturbed(&mut self) {
        assert_eq!(self.writer.publish("orders/events", b"still here").await, 0);
        assert_eq!(self.reader.took().await.payload, b"still here");
    }
}

#[tokio::test]
async fn who_is_not_believed_does_not_get_in() {
    let cloud = cloud().await;
    let minute = Duration::from_secs(60);
    let address = |signer| signed(&cloud, signer, Service::IOT, minute);
    let right = guest(&cloud);
    let unsigned = format!("{}/mqtt", cloud.url.replace("http", "ws"));
    let good = address(&right);
    let mut old = guest(&cloud);
    old.clock_behind = minute * 2;
    let mut ahead = guest(&cloud);
    ahead.clock_ahead = minute * 10;
    let mut unknown = guest(&cloud);
    unknown.credentials = with_keys("ASIAUNKNOWN", "secret", "token").credentials;
    let without_token = good
        .split("&X-Amz-Security-Token")
        .next()
        .unwrap()
        .to_owned();
    for (what, address) in [
        ("no signature", unsigned.clone()),
        (
            "another signature",
            good.replace("X-Amz-Signature=", "X-Amz-Signature=0"),
        ),
        (
            "another date",
            good.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        ),
        ("no token", without_token),
        ("another token", format!("{good}x")),
        ("expired", address(&old)),
        ("from the future", address(&ahead)),
        ("foreign credentials", address(&unknown)),
        (
            "another service",
            signed(&cloud, &right, Service::LAMBDA, minute),
        ),
    ] {
        let (status, body) = open(&address, Some("mqtt"))
            .await
            .err()
            .unwrap_or_else(|| panic!("{what}"));
        assert_eq!(status, 403, "{what}: {body}");
    }
    let (status, body) = open(&good, None).await.unwrap_err();
    assert_eq!(status, 400, "without the subprotocol: {body}");
    assert!(body.contains("subprotocol"), "{body}");
    assert!(open(&good, Some("mqtt")).await.is_ok());
}

#[tokio::test]
async fn a_client_id_that_the_policy_does_not_allow_is_refused() {
    let cloud = cloud().await;
    for (version, refused) in [(V311, 7), (V5, 0x87)] {
        for id in ["page-1", "", "Eddy-1"] {
            let mut client = Mqtt::open(&cloud, &guest(&cloud), version).await;
            client.send(version.connect(id, 60, &[])).await;
            let (first, inside) = client.packet().await;
            assert_eq!((first, inside[1]), (0x20, refused), "{id}");
            assert_eq!(client.ended().await, (None, 1008));
        }
    }
}

#[tokio::test]
async fn a_forbidden_filter_fails_alone() {
    let cloud = cloud().await;
    for (version, refused) in [(V311, 0x80), (V5, 0x87)] {
        let mut client = Mqtt::connect(&cloud, &guest(&cloud), version, "eddy-1").await;
        let filters = [
            ("#", 1),
            ("orders/events", 1),
            ("orders/#", 0),
            ("orders/events/+", 2),
        ];
        assert_eq!(
            client.subscribe(&filters).await,
            [refused, 1, refused, 1],
            "QoS 2 is granted 1"
        );
        client.lives().await;
    }
}

#[tokio::test]
async fn what_nobody_may_send_ends_the_connection_and_no_other() {
    let cloud = cloud().await;
    let mut neighbour = Neighbour::of(&cloud).await;
    let to = "orders/events";
    let large = vec![b'x'; 128 * 1024 + 1];
    let nine = vec![("orders/events/1", 1); 9];
    let eight_slashes = "orders/events/a/b/c/d/e/f/g";
    let identified = packet(
        0x82,
        &[&[0, 9][..], &number(2), &[0x0b, 1], &text(to), &[1]].concat(),
    );
    // The backend may publish, so that it is not the policy which says no.
    for (what, reason, bytes) in [
        ("QoS 2", 0x9b, V5.publish(4, to, &[], b"x")),
        ("a large payload", 0x95, V5.publish(2, to, &[], &large)),
        (
            "a packet that says it is large",
            0x95,
            vec![0x30, 0xff, 0xff, 0xff, 0x7f],
        ),
        (
            "another topic",
            0x87,
            V5.publish(2, "another/topic", &[], b"x"),
        ),
        (
            "a wildcard",
            0x90,
            V5.publish(0, "orders/events/+", &[], b"x"),
        ),
        (
            "a deep topic",
            0x90,
            V5.publish(0, eight_slashes, &[], b"x"),
        ),
        (
            "an alias beyond",
            0x94,
            V5.publish(0, to, &[0x23, 0, 9], b"x"),
        ),
        ("nine filters", 0x97, V5.subscribe(9, &nine)),
        ("a subscription identifier", 0xa1, identified),
        ("AUTH", 0x82, packet(0xf0, &[])),
        ("PUBREL", 0x82, packet(0x62, &[0, 7])),
        ("a second CONNECT", 0x82, V5.connect("again", 60, &[])),
        ("a packet of no kind", 0x81, packet(0x00, &[])),
        (
            "a text that is none",
            0x81,
            packet(0x30, &[&binary(&[0xff])[..], &[0]].concat()),
        ),
    ] {
        let mut client = Mqtt::connect(&cloud, &backend(&cloud), V5, "wrong").await;
        client.send(bytes).await;
        assert_eq!(client.ended().await.0, Some(reason), "{what}");
        neighbour.undisturbed().await;
    }
    for (what, bytes) in [
        ("QoS 2", V311.publish(4, to, &[], b"x")),
        ("a large payload", V311.publish(2, to, &[], &large)),
        ("nine filters", V311.subscribe(9, &nine)),
        ("another topic", V311.publish(0, "another/topic", &[], b"x")),
    ] {
        let mut client = Mqtt::connect(&cloud, &backend(&cloud), V311, "wrong").await;
        client.send(bytes).await;
        assert_eq!(client.ended().await, (None, 1008), "{what}");
        neighbour.undisturbed().await;
    }
    // A guest publishes nothing at all.
    for version in BOTH {
        let mut client = Mqtt::connect(&cloud, &guest(&cloud), version, "eddy-wrong").await;
        client.send(version.publish(0, to, &[], b"x")).await;
        let said = client.ended().await.0;
        assert_eq!(said, (version == V5).then_some(0x87));
    }
    neighbour.undisturbed().await;
}

#[tokio::test]
async fn before_connect_there_is_nothing() {
    let cloud = cloud_with(|settings| settings.mqtt.connect = Duration::from_secs(1)).await;
    let mut client = Mqtt::open(&cloud, &guest(&cloud), V5).await;
    client.send(V5.subscribe(1, &[("orders/events", 1)])).await;
    assert_eq!(client.ended().await, (None, 1008));
    let mut client = Mqtt::open(&cloud, &guest(&cloud), V5).await;
    assert_eq!(client.ended().await, (None, 1008), "nothing is waited for");
    // Versions that there never were: before the first, under another's name, and a newer one.
    for (name, level) in [("MQIsdp", 2), ("MQIsdp", 4), ("MQTT", 3), ("MQTT", 6)] {
        let inside = [&text(name)[..], &[level, 2, 0, 60, 0], &text("eddy-1")];
        let connect = packet(0x10, &inside.concat());
        let mut client = Mqtt::open(&cloud, &guest(&cloud), V311).await;
        client.send(connect).await;
        assert_eq!(client.packet().await, (0x20, vec![0, 1]));
        client.ended().await;
    }
    // Texts are no packets.
    let mut client = Mqtt::open(&cloud, &guest(&cloud), V5).await;
    client.ws.send(Message::text("hello")).await.unwrap();
    assert_eq!(client.ended().await, (None, 1003));
}

#[tokio::test]
async fn the_fifty_first_subscription_is_too_many() {
    let cloud = cloud().await;
    let mut neighbour = Neighbour::of(&cloud).await;
    for (version, refused, reason) in [(V311, 0x80, None), (V5, 0x97, Some(0x97))] {
        let mut client = Mqtt::connect(&cloud, &guest(&cloud), version, "eddy-many").await;
        for number in 0..50 {
            let filter = format!("orders/events/{number}");
            assert_eq!(client.subscribe(&[(&filter, 1)]).await, [1]);
        }
        // The same one again is no further one.
        assert_eq!(client.subscribe(&[("orders/events/7", 0)]).await, [0]);
        assert_eq!(
            client.subscribe(&[("orders/events/50", 1)]).await,
            [refused]
        );
        assert_eq!(client.ended().await.0, reason);
        neighbour.undisturbed().await;
    }
    until("their subscriptions are gone", async || {
        cloud.world.broker.subscriptions() == 1
    })
    .await;
}

#[tokio::test]
async fn a_silent_client_is_left() {
    let cloud = cloud_with(|settings| {
        settings.mqtt.keep_alive_least = Duration::from_secs(1);
    })
    .await;
    let mut neighbour = Neighbour::of(&cloud).await;
    for version in BOTH {
        let mut client = Mqtt::open(&cloud, &guest(&cloud), version).await;
        let mut other = Mqtt::open(&cloud, &guest(&cloud), version).await;
        other.send(version.connect("eddy-other", 1, &[])).await;
        other.packet().await;
        let since = Instant::now();
        client.send(version.connect("eddy-silent", 1, &[])).await;
        client.packet().await;
        // One that says anything stays, however often the silent one would have been cut.
        let mut pace = tokio::time::interval(Duration::from_millis(200));
        let mut end = std::pin::pin!(client.ended());
        let said = loop {
            tokio::select! {
                said = &mut end => break said,
                _ = pace.tick() => other.lives().await,
            }
        };
        assert_eq!(said.0, (version == V5).then_some(0x8d));
        assert!(since.elapsed() >= Duration::from_millis(1_500));
        other.lives().await;
        neighbour.undisturbed().await;
    }
}

/// Without a time of its own in the address, a signature holds for five minutes.
#[tokio::test]
async fn an_address_without_a_time_of_its_own_holds_for_five_minutes() {
    let start = time::OffsetDateTime::from_unix_timestamp(1_767_323_105).unwrap();
    let (surroundings, clock) = Surroundings::simulated(start, 7);
    let cloud = start_in(Settings::default(), surroundings).await.unwrap();
    let region = Region::new("eu-west-1");
    let scope = Scope {
        credentials: &guest(&cloud).credentials,
        region: &region,
        service: Service::IOT,
        at: UnixTime(1_767_323_105_000),
    };
    let address = format!("{}/mqtt", cloud.url.replace("http", "ws"));
    let address = url(scope, &address, None).unwrap();
    assert!(!address.contains("X-Amz-Expires"), "{address}");
    clock.advance(Duration::from_secs(4 * 60 + 59));
    assert!(open(&address, Some("mqtt")).await.is_ok());
    clock.advance(Duration::from_secs(2));
    assert_eq!(open(&address, Some("mqtt")).await.unwrap_err().0, 403);
}

#[tokio::test]
async fn a_slow_reader_is_cut_off_with_a_reason_and_slows_nobody() {
    let cloud = cloud_with(|settings| settings.mqtt.queue = 64).await;
    let mut neighbour = Neighbour::of(&cloud).await;
    let mut slow =
        Mqtt::subscribed(&cloud, &guest(&cloud), V5, "eddy-slow", "orders/events", 0).await;
    let payload = vec![b'x'; 100_000];
    // It reads nothing; what the network holds and its queue run full.
    let mut published = 0;
    while cloud.world.counters.now().cut_off == 0 {
        neighbour.writer.publish("orders/events", &payload).await;
        assert_eq!(neighbour.reader.took().await.payload.len(), payload.len());
        published += 1;
        assert!(published < 10_000, "nobody is cut off");
    }
    neighbour.undisturbed().await;
    // Behind all that there is, the reason.
    let mut read = 0;
    let reason = loop {
        match slow.got().await {
            Got::Packet(0x30, _) => read += 1,
            Got::Packet(0xe0, inside) => break inside[0],
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason, 0x97);
    assert!(matches!(slow.got().await, Got::Closed(1008, why) if why.contains("too slow")));
    assert!(read < published);
    neighbour.undisturbed().await;
}

/// Whoever does not acknowledge is a slow reader as well.
#[tokio::test]
async fn who_acknowledges_nothing_is_cut_off() {
    let cloud = cloud_with(|settings| {
        settings.mqtt.queue = 16;
        settings.mqtt.unacknowledged = 8;
    })
    .await;
    let mut neighbour = Neighbour::of(&cloud).await;
    let mut silent = Mqtt::subscribed(
        &cloud,
        &guest(&cloud),
        V5,
        "eddy-silent",
        "orders/events",
        1,
    )
    .await;
    for _ in 0..25 {
        neighbour.undisturbed().await;
    }
    for _ in 0..8 {
        assert!(silent.told().await.id.is_some());
    }
    assert_eq!(silent.ended().await.0, Some(0x97));
    assert_eq!(cloud.world.counters.now().cut_off, 1);
    neighbour.undisturbed().await;
}

/// SplitMix64: one seed, one sequence.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(most.max(1)).unwrap()).unwrap()
    }
}

fn broken(right: &[Vec<u8>], seeded: &mut Seeded) -> Vec<u8> {
    let mut bytes = right[seeded.below(right.len())].clone();
    for _ in 0..=seeded.below(3) {
        let at = seeded.below(bytes.len());
        match seeded.below(5) {
            0 => bytes[at] ^= u8::try_from(1 + seeded.below(255)).unwrap(),
            1 => bytes.truncate(at.max(1)),
            2 => bytes.insert(at, u8::try_from(seeded.below(256)).unwrap()),
            3 => drop(bytes.remove(at)),
            _ => bytes.extend_from_within(at..),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    bytes
}

/// Fills up what was cut off, so that each packet that begins is decoded; how many of the packets are PINGREQs. What says
/// that it is larger than the broker takes is refused by its header, and is not filled up.
fn filled(bytes: &mut Vec<u8>, seeded: &mut Seeded) -> usize {
    const LARGEST: usize = 146 * 1024;
    let (mut at, mut pings) = (0, 0);
    while at < bytes.len() {
        let first = bytes[at];
        let (mut length, mut places) = (0_usize, 0);
        loop {
            at += 1;
            if at == bytes.len() {
                bytes.push(0);
            }
            length |= usize::from(bytes[at] & 0x7f) << (7 * places);
            places += 1;
            match bytes[at] & 0x80 {
                0 => break,
                // A length without end.
                _ if places == 4 => return pings,
                _ => {}
            }
        }
        at += 1 + length;
        pings += usize::from(first == 0xc0 && length == 0);
        if length > LARGEST {
            return pings;
        }
        while bytes.len() < at {
            bytes.push(u8::try_from(seeded.below(256)).unwrap());
        }
    }
    pings
}

/// Whether any of these is meant as a DISCONNECT.
fn says_goodbye(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| byte >> 4 == 14)
}

/// Broken packets over one connection until it ends, or so many; how many of them have been decoded.
async fn broken_connection(
    cloud: &Running,
    signer: &Signer,
    id: &str,
    seeded: &mut Seeded,
) -> usize {
    let (version, to) = (BOTH[seeded.below(2)], "orders/events");
    let right = [
        version.connect(id, 60, &[]),
        version.subscribe(1, &[(to, 1), ("orders/events/+", 0)]),
        version.unsubscribe(2, to),
        version.publish(2, to, &[], b"payload"),
        version.puback(1),
        packet(0xc0, &[]),
        packet(0xe0, &[]),
    ];
    let mut client = Mqtt::open(cloud, signer, version).await;
    // Some are broken from the very beginning.
    let connected = seeded.below(8) > 0;
    if connected {
        client.send(right[0].clone()).await;
        assert_eq!(client.packet().await.0, 0x20);
    }
    for sent in 1..=20 {
        let mut bytes = broken(&right, seeded);
        let mut pongs = filled(&mut bytes, seeded) + 1;
        let goodbye = says_goodbye(&bytes);
        bytes.extend(packet(0xc0, &[]));
        let shown = format!("{version:?} {bytes:x?}");
        // Where it cannot be sent, reading tells the end.
        drop(client.ws.send(Message::binary(bytes)).await);
        let mut reason = None;
        while pongs > 0 {
            match client.got().await {
                Got::Packet(0xd0, _) => pongs -= 1,
                Got::Packet(0xe0, inside) => reason = Some(inside[0]),
                Got::Packet(..) => {}
                Got::Closed(..) => {
                    // The end of MQTT 5 has a reason, unless it was the client's own.
                    let told = reason.is_some_and(|reason| reason >= 0x80);
                    let wanted = connected && version == V5 && !goodbye;
                    assert!(told || !wanted, "{reason:?} after {shown}");
                    return sent;
                }
            }
        }
    }
    drop(client.ws.send(Message::Close(None)).await);
    while !matches!(client.got().await, Got::Closed(..)) {}
    20
}

/// Ten thousand broken packets, each of them decoded: after each the broker answers or ends the connection. Over several
/// connections at a time. `EDDY_SEED` sets the seed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_packets_break_nothing() {
    /// Connections at a time.
    const WORKERS: u64 = 32;
    let seed = std::env::var("EDDY_SEED").map_or_else(
        |_| {
            let mut seed = [0; 8];
            net::random::fill(&mut seed);
            u64::from_ne_bytes(seed)
        },
        |seed| seed.parse().unwrap(),
    );
    let soak = std::env::var_os("EDDY_SOAK").is_some();
    let packets = if soak { 200_000 } else { 10_000 };
    println!("{packets} broken packets, EDDY_SEED={seed}");
    let cloud = Arc::new(cloud().await);
    let mut neighbour = Neighbour::of(&cloud).await;
    let (done, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..WORKERS {
        let (cloud, done) = (Arc::clone(&cloud), done.clone());
        let mut seeded = Seeded(seed ^ worker);
        workers.spawn(async move {
            let signer = guest(&cloud);
            for number in 0.. {
                let id = format!("eddy-{worker}-{number}");
                let decoded = broken_connection(&cloud, &signer, &id, &mut seeded).await;
                // Enough, for all of them.
                if done.send(decoded).is_err() {
                    return;
                }
            }
        });
    }
    drop(done);
    let (mut decoded, mut connections) = (0, 0);
    while decoded < packets
        && let Some(more) = heard.recv().await
    {
        decoded += more;
        connections += 1;
        if connections % 100 == 0 {
            neighbour.undisturbed().await;
        }
    }
    drop(heard);
    while let Some(worker) = workers.join_next().await {
        worker.unwrap();
    }
    println!("{decoded} decoded, {connections} connections");
    assert!(decoded >= packets);
    neighbour.undisturbed().await;
    until("only the neighbours are left", async || {
        cloud.world.counters.now().sockets_open == 2
    })
    .await;
    assert_eq!(cloud.world.broker.subscriptions(), 1);
}

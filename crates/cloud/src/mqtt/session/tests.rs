use std::sync::Arc;

use super::*;
use crate::mqtt::encode::encode;
use crate::mqtt::packet::{Connect, Publish, Retained, Subscribe, Will};
use crate::mqtt::unacked::{AGAIN, GIVEN_UP};

const SECOND: Duration = Duration::from_secs(1);

fn anything(_: Deed<'_>) -> bool {
    true
}

fn connect(version: Version, keep_alive: u16) -> Packet {
    Packet::Connect(Box::new(Connect {
        version,
        clean: true,
        keep_alive,
        client_id: "eddy-1".into(),
        will: None,
        username: None,
        password: None,
        properties: Properties::default(),
    }))
}

fn with(packet: Packet, change: impl FnOnce(&mut Connect)) -> Packet {
    let Packet::Connect(mut connect) = packet else {
        panic!("{packet:?}")
    };
    change(&mut connect);
    Packet::Connect(connect)
}

fn opened() -> Session {
    Session::open(Limits::default(), "spare".into())
}

fn live(version: Version) -> Session {
    let mut session = opened();
    let outputs = session.receive(connect(version, 30), Duration::ZERO, &anything);
    assert!(
        matches!(outputs[..], [Output::Enter(_), Output::Send(_)]),
        "{outputs:?}"
    );
    session
}

/// What is told, and whether it is the end.
fn told(outputs: &[Output]) -> (Vec<Packet>, bool) {
    let packets = outputs.iter().filter_map(|output| match output {
        Output::Send(packet) => Some(packet.clone()),
        _ => None,
    });
    let over = matches!(outputs.last(), Some(Output::Close { .. }));
    (packets.collect(), over)
}

/// The reason that a client of MQTT 5 is told at the end.
fn end(outputs: &[Output]) -> Reason {
    match &told(outputs) {
        (packets, true) => match packets.last() {
            Some(Packet::Disconnect(Disconnect { reason, .. })) => *reason,
            Some(Packet::ConnAck(connack)) => connack.reason,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn delivery(qos: QoS) -> Delivery {
    let topic = Topic::new("orders/events").unwrap();
    Delivery {
        message: Arc::new(Message::notice(topic, "hey")),
        qos,
        retain: false,
    }
}

#[test]
fn terms_of_a_connection_are_told() {
    let mut session = opened();
    let packet = with(connect(Version::V5, 5), |connect| {
        connect.client_id.clear();
        connect.properties = Properties::default().with(Name::SESSION_EXPIRY, Value::Four(60));
    });
    let outputs = session.receive(packet, Duration::ZERO, &anything);
    let [Output::Enter(id), Output::Send(Packet::ConnAck(connack))] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!(
        (id.as_str(), connack.reason, connack.session_present),
        ("spare", Reason::SUCCESS, false)
    );
    for (name, number) in [
        (Name::SERVER_KEEP_ALIVE, 30),
        (Name::SESSION_EXPIRY, 0),
        (Name::RECEIVE_MAXIMUM, 100),
        (Name::MAXIMUM_QOS, 1),
        (Name::SUBSCRIPTION_IDS_AVAILABLE, 0),
        (Name::SHARED_AVAILABLE, 0),
    ] {
        assert_eq!(connack.properties.number(name), Some(number), "{name:?}");
    }
    let assigned = connack.properties.get(Name::ASSIGNED_CLIENT_ID);
    assert_eq!(assigned, Some(&Value::Text("spare".into())));
}

#[test]
fn a_silent_client_is_left_after_one_and_a_half_keep_alives() {
    for (asked, granted) in [(0, 1200), (5, 30), (60, 60), (u16::MAX, 1200)] {
        for version in [Version::V311, Version::V5] {
            let mut session = opened();
            session.receive(connect(version, asked), Duration::ZERO, &anything);
            let silence = SECOND * granted * 3 / 2;
            assert_eq!(session.deadline(), silence, "{asked}");
            session.receive(Packet::PingReq, SECOND, &anything);
            assert!(session.tick(silence).is_empty());
            let outputs = session.tick(silence + SECOND);
            assert!(told(&outputs).1);
            if version == Version::V5 {
                assert_eq!(end(&outputs), Reason::KEEP_ALIVE);
            }
        }
    }
}

#[test]
fn connect_comes_first_and_soon_and_once() {
    let mut session = opened();
    assert_eq!(session.deadline(), Limits::default().connect);
    assert!(told(&session.tick(session.deadline())).1);

    let mut session = opened();
    assert_eq!(
        told(&session.receive(Packet::PingReq, SECOND, &anything)),
        (vec![], true)
    );
    let again = connect(Version::V5, 30);
    assert!(
        session.receive(again, SECOND, &anything).is_empty(),
        "it is over"
    );

    let mut session = live(Version::V5);
    let outputs = session.receive(connect(Version::V5, 30), SECOND, &anything);
    assert_eq!(end(&outputs), Reason::PROTOCOL_ERROR);
}

#[test]
fn who_may_not_connect_is_told_why() {
    let not_authorized = |_: Deed<'_>| false;
    let long = |packet| with(packet, |connect| connect.client_id = "x".repeat(129));
    for (version, id, policy) in [(Version::V311, 2, 7), (Version::V5, 0x85, 0x87)] {
        let outputs = opened().receive(connect(version, 30), SECOND, &not_authorized);
        assert_eq!(end(&outputs), Reason(policy));
        let outputs = opened().receive(long(connect(version, 30)), SECOND, &anything);
        assert_eq!(end(&outputs), Reason(id));
    }
    let packet = with(connect(Version::V5, 30), |connect| {
        connect.properties =
            Properties::default().with(Name::AUTHENTICATION_METHOD, Value::Text("SCRAM".into()));
    });
    assert_eq!(
        end(&opened().receive(packet, SECOND, &anything)),
        Reason::AUTHENTICATION_METHOD
    );
    let unknown = Malformed {
        reason: Reason::UNSUPPORTED_VERSION,
        what: "",
    };
    assert_eq!(end(&opened().malformed(unknown)), Reason(1));
}

fn wish(filter: &str, qos: QoS) -> Wish {
    Wish {
        filter: filter.into(),
        qos,
        no_local: false,
        as_published: false,
        retained: Retained::Always,
    }
}

fn subscribe(session: &mut Session, wishes: Vec<Wish>) -> Vec<Output> {
    let packet = Packet::Subscribe(Subscribe {
        id: 1,
        filters: wishes,
        properties: Properties::default(),
    });
    let orders = |deed: Deed<'_>| match deed {
        Deed::Subscribe(filter) => filter.starts_with("orders/"),
        _ => true,
    };
    session.receive(packet, SECOND, &orders)
}

fn reasons(outputs: &[Output]) -> Vec<u8> {
    let answers = outputs.iter().find_map(|output| match output {
        Output::Send(Packet::SubAck(answers)) => Some(answers),
        _ => None,
    });
    answers
        .unwrap()
        .reasons
        .iter()
        .map(|reason| reason.0)
        .collect()
}

#[test]
fn each_filter_is_answered_for_itself() {
    let wishes = || {
        vec![
            wish("orders/events", QoS::ExactlyOnce),
            wish("kitchen/events", QoS::AtLeastOnce),
            wish("orders/#/events", QoS::AtLeastOnce),
            wish("$share/all/orders/events", QoS::AtLeastOnce),
            wish("orders/+", QoS::AtMostOnce),
        ]
    };
    for (version, expected) in [
        (Version::V311, [1, 0x80, 0x80, 0x80, 0]),
        (Version::V5, [1, 0x87, 0x8f, 0x9e, 0]),
    ] {
        let mut session = live(version);
        let outputs = subscribe(&mut session, wishes());
        assert_eq!(reasons(&outputs), expected);
        assert!(!told(&outputs).1, "a refused filter fails alone");
        let new = outputs
            .iter()
            .filter(|output| matches!(output, Output::Subscribe { new: true, .. }));
        assert_eq!(new.count(), 2);
        let again = subscribe(&mut session, vec![wish("orders/+", QoS::AtMostOnce)]);
        assert!(matches!(again[0], Output::Subscribe { new: false, .. }));
    }
}

#[test]
fn the_fifty_first_subscription_and_the_ninth_filter_are_too_many() {
    let mut session = live(Version::V5);
    for number in 0..50 {
        let filter = format!("orders/{number}");
        assert_eq!(
            reasons(&subscribe(
                &mut session,
                vec![wish(&filter, QoS::AtLeastOnce)]
            )),
            [1]
        );
    }
    let outputs = subscribe(
        &mut session,
        vec![
            wish("orders/3", QoS::AtMostOnce),
            wish("orders/50", QoS::AtMostOnce),
        ],
    );
    assert_eq!(reasons(&outputs), [0, 0x97]);
    assert_eq!(end(&outputs), Reason::QUOTA);

    let mut session = live(Version::V5);
    let nine = vec![wish("orders/a", QoS::AtMostOnce); 9];
    let outputs = subscribe(&mut session, nine);
    assert_eq!(
        (end(&outputs), outputs.len()),
        (Reason::QUOTA, 2),
        "nothing of it is done"
    );
}

fn publication(qos: QoS, topic: &str) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: topic.into(),
        id: (qos != QoS::AtMostOnce).then_some(7),
        properties: Properties::default(),
        payload: Bytes::from_static(b"hey"),
    }
}

#[test]
fn what_may_not_be_published_ends_the_connection() {
    let one = QoS::AtLeastOnce;
    let alias = |topic: &str, alias| Publish {
        properties: Properties::default().with(Name::ALIAS, Value::Two(alias)),
        ..publication(one, topic)
    };
    let large = Publish {
        payload: vec![0; 128 * 1024 + 1].into(),
        ..publication(one, "a")
    };
    for (packet, reason) in [
        (publication(QoS::ExactlyOnce, "a"), Reason::QOS),
        (publication(one, "a/+"), Reason::TOPIC_NAME),
        (publication(one, ""), Reason::TOPIC_NAME),
        (publication(one, "forbidden"), Reason::NOT_AUTHORIZED),
        (
            Publish {
                retain: true,
                ..publication(one, "a")
            },
            Reason::NOT_AUTHORIZED,
        ),
        (alias("a", 0), Reason::TOPIC_ALIAS),
        (alias("a", 9), Reason::TOPIC_ALIAS),
        (alias("", 3), Reason::PROTOCOL_ERROR),
        (large, Reason::TOO_LARGE),
    ] {
        let may =
            |deed: Deed<'_>| !matches!(deed, Deed::Retain(_)) && deed != Deed::Publish("forbidden");
        let outputs = live(Version::V5).receive(Packet::Publish(packet), SECOND, &may);
        assert_eq!(end(&outputs), reason);
    }
}

#[test]
fn an_alias_stands_for_its_topic() {
    let mut session = live(Version::V5);
    for topic in ["a", ""] {
        let packet = Publish {
            properties: Properties::default().with(Name::ALIAS, Value::Two(8)),
            ..publication(QoS::AtMostOnce, topic)
        };
        let outputs = session.receive(Packet::Publish(packet), SECOND, &anything);
        let [Output::Publish(message, None)] = &outputs[..] else {
            panic!("{outputs:?}")
        };
        assert_eq!(message.topic.as_str(), "a");
        assert!(
            !message.properties.has(Name::ALIAS),
            "it is nobody else's business"
        );
    }
}

#[test]
fn a_delivery_waits_for_its_acknowledgement() {
    let mut session = live(Version::V311);
    let at = |seconds: u32| SECOND * seconds;
    let first = session.deliver(delivery(QoS::AtLeastOnce), at(1)).unwrap();
    let second = session.deliver(delivery(QoS::AtLeastOnce), at(2)).unwrap();
    assert_ne!(first, second, "each has a packet identifier of its own");
    assert_eq!(session.room(), 98);
    let again = |outputs: &[Output]| -> Vec<Bytes> {
        let bytes = outputs.iter().filter_map(|output| match output {
            Output::Again(bytes) => Some(bytes.clone()),
            _ => None,
        });
        bytes.collect()
    };
    session.receive(Packet::PingReq, at(20), &anything);
    assert_eq!(session.deadline(), at(1) + AGAIN);
    assert_eq!(
        again(&session.tick(at(1) + AGAIN)),
        std::slice::from_ref(&first),
        "the same bytes, as IoT Core has it"
    );
    let ack = |id| {
        Packet::PubAck(PubAck {
            id,
            reason: Reason::SUCCESS,
            properties: Properties::default(),
        })
    };
    session.receive(ack(1), at(40), &anything);
    session.receive(ack(1), at(40), &anything);
    assert_eq!(session.room(), 99);
    // The other one is repeated until it is given up.
    let mut now = at(41);
    let mut times = 0;
    while session.room() < 100 {
        session.receive(Packet::PingReq, now, &anything);
        times += again(&session.tick(now)).len();
        now += AGAIN;
    }
    assert!((100..=120).contains(&times), "{times}");
    assert!(now >= at(2) + GIVEN_UP);

    let mut session = live(Version::V5);
    session.deliver(delivery(QoS::AtLeastOnce), at(1));
    session.receive(Packet::PingReq, at(30), &anything);
    assert!(session.tick(at(1) + AGAIN).is_empty(), "MQTT 5 forbids it");
}

#[test]
fn no_more_is_under_way_than_the_client_takes() {
    let mut session = opened();
    let packet = with(connect(Version::V5, 30), |connect| {
        connect.properties = Properties::default()
            .with(Name::RECEIVE_MAXIMUM, Value::Two(2))
            .with(Name::MAXIMUM_PACKET, Value::Four(30));
    });
    session.receive(packet, Duration::ZERO, &anything);
    for room in [2, 1] {
        assert_eq!(session.room(), room);
        session.deliver(delivery(QoS::AtLeastOnce), SECOND).unwrap();
    }
    assert_eq!(session.room(), 0);
    let mut large = delivery(QoS::AtMostOnce);
    let topic = Topic::new("orders/events").unwrap();
    large.message = Arc::new(Message::notice(topic, "x".repeat(30)));
    assert_eq!(session.deliver(large, SECOND), None, "larger than it takes");
}

#[test]
fn a_will_is_for_those_who_go_without_a_word() {
    let willing = || {
        with(connect(Version::V5, 30), |connect| {
            connect.will = Some(Will {
                topic: "orders/events".into(),
                payload: Bytes::from_static(b"gone"),
                qos: QoS::AtLeastOnce,
                retain: false,
                properties: Properties::default(),
            });
        })
    };
    let goodbye = |reason| {
        Packet::Disconnect(Disconnect {
            reason,
            properties: Properties::default(),
        })
    };
    for (reason, published) in [(Reason::SUCCESS, false), (Reason::WITH_WILL, true)] {
        let mut session = opened();
        session.receive(willing(), Duration::ZERO, &anything);
        assert!(told(&session.receive(goodbye(reason), SECOND, &anything)).1);
        assert_eq!(session.last_will().is_some(), published);
    }
    let mut session = opened();
    session.receive(willing(), Duration::ZERO, &anything);
    session.taken_over();
    assert!(session.last_will().is_some());
    let may_not = |deed: Deed<'_>| !matches!(deed, Deed::Publish(_));
    let outputs = opened().receive(willing(), Duration::ZERO, &may_not);
    assert_eq!(end(&outputs), Reason::NOT_AUTHORIZED);
}

#[test]
fn each_end_has_its_reason() {
    type Happens = fn(&mut Session) -> Vec<Output>;
    let ends: [(Happens, Reason); 5] = [
        (Session::taken_over, Reason::TAKEN_OVER),
        (Session::too_slow, Reason::QUOTA),
        (Session::dropped, Reason::ADMINISTRATIVE),
        (Session::shutting_down, Reason::SHUTTING_DOWN),
        (
            |session| session.tick(Limits::default().lifetime),
            Reason::CONNECT_TIME,
        ),
    ];
    for (happens, reason) in ends {
        assert_eq!(end(&happens(&mut live(Version::V5))), reason);
        let mut old = live(Version::V311);
        assert_eq!(
            told(&happens(&mut old)),
            (vec![], true),
            "3.1.1 has no words for it"
        );
        assert!(happens(&mut old).is_empty(), "once");
    }
}

#[test]
fn a_qos_0_message_is_written_once_for_all() {
    let delivery = delivery(QoS::AtMostOnce);
    let [one, other] =
        [(); 2].map(|()| live(Version::V5).deliver(delivery.clone(), SECOND).unwrap());
    assert_eq!(one.as_ptr(), other.as_ptr());
    assert_eq!(one[0], 0x30);
    assert_eq!(encode(&Packet::PingResp, Version::V5)[..], [0xd0, 0]);
}

//! Packets to bytes and back, whole and in pieces.

use axum::body::Bytes;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::decode::{Decoder, decode};
use super::encode::encode;
use super::packet::*;
use super::properties::{KNOWN, Kind, Place, Properties, Value};
use crate::cases::cases;

fn text() -> impl Strategy<Value = String> {
    "[a-zäß€😀/+#$ -]{0,12}"
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..300).prop_map(Bytes::from)
}

fn id() -> impl Strategy<Value = u16> {
    1..=u16::MAX
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Byte => any::<u8>().prop_map(Value::Byte).boxed(),
        Kind::Two => any::<u16>().prop_map(Value::Two).boxed(),
        Kind::Four => any::<u32>().prop_map(Value::Four).boxed(),
        Kind::Varint => (0..=super::wire::MOST).prop_map(Value::Varint).boxed(),
        Kind::Text => text().prop_map(Value::Text).boxed(),
        Kind::Binary => bytes().prop_map(Value::Binary).boxed(),
        Kind::Pair => (text(), text())
            .prop_map(|(name, value)| Value::Pair(name, value))
            .boxed(),
    }
}

/// Some of those that may stand there.
fn properties(version: Version, place: Place) -> BoxedStrategy<Properties> {
    if version == Version::V311 {
        return Just(Properties::default()).boxed();
    }
    let known: Vec<_> = KNOWN
        .iter()
        .filter(|(.., places)| places & place as u8 != 0)
        .copied()
        .collect();
    let most = known.len();
    subsequence(known, 0..=most)
        .prop_flat_map(|some| {
            some.into_iter()
                .map(|(name, kind, _)| value(kind).prop_map(move |value| (name, value)))
                .collect::<Vec<_>>()
        })
        .prop_map(Properties)
        .boxed()
}

fn qos() -> impl Strategy<Value = QoS> {
    select(&[QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][..])
}

fn connect(version: Version) -> impl Strategy<Value = Packet> {
    let will = (
        text(),
        bytes(),
        qos(),
        any::<bool>(),
        properties(version, Place::Will),
    )
        .prop_map(|(topic, payload, qos, retain, properties)| Will {
            topic,
            payload,
            qos,
            retain,
            properties,
        });
    let who = (option::of(text()), option::of(bytes()));
    (
        any::<bool>(),
        any::<u16>(),
        text(),
        option::of(will),
        who,
        properties(version, Place::Connect),
    )
        .prop_map(
            move |(clean, keep_alive, client_id, will, (username, password), properties)| {
                // 3.1.1 has no password without a name.
                let password = password.filter(|_| version == Version::V5 || username.is_some());
                Packet::Connect(Box::new(Connect {
                    version,
                    clean,
                    keep_alive,
                    client_id,
                    will,
                    username,
                    password,
                    properties,
                }))
            },
        )
}

fn publish(version: Version) -> impl Strategy<Value = Packet> {
    let properties = properties(version, Place::Publish);
    (
        any::<bool>(),
        qos(),
        any::<bool>(),
        text(),
        id(),
        properties,
        bytes(),
    )
        .prop_map(|(dup, qos, retain, topic, id, properties, payload)| {
            Packet::Publish(Publish {
                dup: dup && qos != QoS::AtMostOnce,
                qos,
                retain,
                topic,
                id: (qos != QoS::AtMostOnce).then_some(id),
                properties,
                payload,
            })
        })
}

fn subscribe(version: Version) -> impl Strategy<Value = Packet> {
    let retained = select(&[Retained::Always, Retained::IfNew, Retained::Never][..]);
    let wish = (text(), qos(), any::<bool>(), any::<bool>(), retained).prop_map(
        move |(filter, qos, no_local, as_published, retained)| {
            let v5 = version == Version::V5;
            Wish {
                filter,
                qos,
                no_local: v5 && no_local,
                as_published: v5 && as_published,
                retained: if v5 { retained } else { Retained::Always },
            }
        },
    );
    let filters = prop::collection::vec(wish, 1..10);
    (id(), filters, properties(version, Place::Subscribe)).prop_map(|(id, filters, properties)| {
        Packet::Subscribe(Subscribe {
            id,
            filters,
            properties,
        })
    })
}

fn answers(version: Version) -> impl Strategy<Value = Answers> {
    let reasons = prop::collection::vec(any::<u8>().prop_map(Reason), 0..10);
    (id(), reasons, properties(version, Place::Ack)).prop_map(|(id, reasons, properties)| Answers {
        id,
        reasons,
        properties,
    })
}

/// Any packet but CONNECT.
fn later(version: Version) -> impl Strategy<Value = Packet> {
    let v5 = version == Version::V5;
    let reason = any::<u8>().prop_map(move |code| Reason(if v5 { code } else { 0 }));
    let filters = prop::collection::vec(text(), 1..10);
    let connack = (
        any::<bool>(),
        any::<u8>(),
        properties(version, Place::ConnAck),
    );
    let puback = (id(), reason.clone(), properties(version, Place::Ack));
    let unsubscribe = (id(), filters, properties(version, Place::Unsubscribe));
    let disconnect = (reason, properties(version, Place::Disconnect));
    prop_oneof![
        4 => publish(version),
        4 => subscribe(version),
        1 => connack.prop_map(|(session_present, reason, properties)| Packet::ConnAck(ConnAck {
            session_present, reason: Reason(reason), properties
        })),
        1 => puback.prop_map(|(id, reason, properties)| Packet::PubAck(PubAck { id, reason, properties })),
        1 => answers(version).prop_map(Packet::SubAck),
        1 => answers(version).prop_map(Packet::UnsubAck),
        1 => unsubscribe.prop_map(|(id, filters, properties)| Packet::Unsubscribe(Unsubscribe {
            id, filters, properties
        })),
        1 => select(vec![Packet::PingReq, Packet::PingResp]),
        1 => disconnect.prop_map(|(reason, properties)| Packet::Disconnect(Disconnect { reason, properties })),
    ]
}

/// A version, CONNECT and what follows it.
fn packets() -> impl Strategy<Value = (Version, Vec<Packet>)> {
    select(&[Version::V311, Version::V5][..]).prop_flat_map(|version| {
        let later = prop::collection::vec(later(version), 0..5);
        (connect(version), later).prop_map(move |(connect, later)| {
            let packets = std::iter::once(connect).chain(later).collect();
            (version, packets)
        })
    })
}

proptest! {
    #![proptest_config(cases("packets", 1_000, 50_000))]

    #[test]
    fn what_is_written_is_what_is_read((version, packets) in packets()) {
        for (place, packet) in packets.iter().enumerate() {
            let known = (place > 0).then_some(version);
            prop_assert_eq!(&decode(encode(packet, version), known).unwrap(), packet);
        }
    }

    #[test]
    fn packets_come_out_whole_however_their_bytes_are_cut(
        (version, packets) in packets(),
        cuts in prop::collection::vec(1..40_usize, 1..20),
    ) {
        let written: Vec<u8> = packets.iter().flat_map(|packet| encode(packet, version)).collect();
        let mut decoder = Decoder::new(100_000);
        let mut read = Vec::new();
        let (mut rest, mut cuts) = (&written[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            rest = after;
            decoder.feed(Bytes::copy_from_slice(piece));
            while let Some(packet) = decoder.next().unwrap() {
                read.push(packet);
            }
        }
        prop_assert_eq!(read, packets);
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_has_come() {
    let mut decoder = Decoder::new(1_000);
    decoder.feed(Bytes::from_static(&[0x10, 0xe8, 0x07]));
    assert_eq!(decoder.next(), Ok(None), "a thousand bytes may come");
    let mut decoder = Decoder::new(1_000);
    decoder.feed(Bytes::from_static(&[0x10, 0xe9, 0x07]));
    assert_eq!(decoder.next().unwrap_err().reason, Reason::TOO_LARGE);
}

/// Bytes worked out by hand from the specification.
#[test]
fn packets_are_as_the_specification_has_them() {
    let connect = b"\x10\x10\0\x04MQTT\x05\x02\0\x1e\0\0\x03abc";
    let read = decode(Bytes::from_static(connect), None).unwrap();
    let Packet::Connect(packet) = &read else {
        panic!("{read:?}")
    };
    assert_eq!(
        (
            packet.version,
            packet.clean,
            packet.keep_alive,
            &*packet.client_id
        ),
        (Version::V5, true, 30, "abc")
    );
    assert_eq!(&encode(&read, Version::V5)[..], connect);
    for (bytes, version) in [
        (&b"\x32\x0a\0\x03a/b\0\x0ahey"[..], Version::V311),
        (b"\x32\x0b\0\x03a/b\0\x0a\0hey", Version::V5),
        (b"\x82\x08\0\x0a\0\x03a/b\x01", Version::V311),
        (b"\x82\x09\0\x0a\0\0\x03a/b\x01", Version::V5),
        (b"\x40\x02\0\x0a", Version::V5),
        (b"\xe0\x00", Version::V5),
        (b"\xc0\x00", Version::V311),
    ] {
        let read = decode(Bytes::from_static(bytes), Some(version)).unwrap();
        assert_eq!(&encode(&read, version)[..], bytes, "{read:?}");
    }
}

#[test]
fn what_no_packet_may_be() {
    for (bytes, reason) in [
        (&b"\x36\x07\0\x03a/b\0\x01"[..], Reason::MALFORMED),
        (b"\x38\x05\0\x03a/b", Reason::MALFORMED),
        (b"\x32\x07\0\x03a/b\0\0", Reason::PROTOCOL_ERROR),
        (b"\x80\x09\0\x0a\0\0\x03a/b\x01", Reason::MALFORMED),
        (b"\x82\x03\0\x0a\0", Reason::PROTOCOL_ERROR),
        (b"\x82\x09\0\x0a\0\0\x03a/b\x03", Reason::MALFORMED),
        (b"\x82\x09\0\x0a\0\0\x03a/b\x41", Reason::MALFORMED),
        (b"\x82\x09\0\x0a\0\0\x03a/b\x31", Reason::PROTOCOL_ERROR),
        (b"\x30\x03\0\x03a", Reason::MALFORMED),
        (b"\x30\x06\0\x03a\0b\0", Reason::MALFORMED),
        (b"\x30\x06\0\x03a\xffb\0", Reason::MALFORMED),
        (b"\x30\x06\0\x01a\x02\x23\0", Reason::MALFORMED),
        (
            b"\x30\x0a\0\x01a\x06\x23\0\x01\x23\0\x01",
            Reason::PROTOCOL_ERROR,
        ),
        (b"\x30\x07\0\x01a\x03\x22\0\x01", Reason::PROTOCOL_ERROR),
        (b"\x30\x05\0\x01a\x01\x7f", Reason::MALFORMED),
        (b"\xc0\x01\0", Reason::MALFORMED),
        (b"\xc0\x80\0", Reason::MALFORMED),
        (b"\x00\x00", Reason::MALFORMED),
        (b"\x50\x02\0\x01", Reason::PROTOCOL_ERROR),
        (b"\xf0\x00", Reason::PROTOCOL_ERROR),
    ] {
        let read = decode(Bytes::from_static(bytes), Some(Version::V5));
        assert_eq!(read.unwrap_err().reason, reason, "{bytes:x?}");
    }
}

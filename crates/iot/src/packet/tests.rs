//! Packets of 5.0, written and read as mqtt-protocol-core does it.

use std::sync::Arc;

use mqtt_protocol_core::mqtt;
use mqtt_protocol_core::mqtt::packet::{Property, SubEntry, SubOpts, v5_0};
use mqtt_protocol_core::mqtt::result_code::MqttError;
use proptest::prelude::*;

use super::*;
use crate::cases::cases;
use crate::line::MOST_FILTERS;

/// A packet by that package; an error for what it does not take.
fn theirs(first: u8, body: &[u8]) -> Result<Option<Packet>, MqttError> {
    let flags = first & 0x0f;
    if flags != 0 && first >> 4 != 3 {
        return Ok(None);
    }
    Ok(Some(match first >> 4 {
        2 => {
            let packet = whole(body, v5_0::Connack::parse)?;
            Packet::Connack(code(packet.reason_code() as u8, packet.props()))
        }
        3 => {
            let (packet, _) = v5_0::Publish::parse(flags, Arc::from(body))?;
            let qos = match packet.qos() {
                mqtt::packet::Qos::AtMostOnce => Qos::AtMostOnce,
                mqtt::packet::Qos::AtLeastOnce => Qos::AtLeastOnce,
                mqtt::packet::Qos::ExactlyOnce => return Ok(None),
            };
            let Ok(topic) = Topic::new(packet.topic_name()) else {
                return Ok(None);
            };
            let message = Message {
                topic,
                payload: packet.payload().as_slice().to_vec(),
                qos,
                retained: packet.retain(),
            };
            let id = packet.packet_id();
            // What they let pass: an id that is none (section 2.2.1), a second time of what comes only once (3.3.1.1), and
            // no length of properties where there are none (3.3.2.3.1).
            let head = 2 + message.topic.as_str().len() + if id.is_some() { 2 } else { 0 };
            let again = packet.dup() && qos == Qos::AtMostOnce;
            if id == Some(0) || again || body.len() == head {
                return Ok(None);
            }
            Packet::Publish { id, message }
        }
        4 => {
            let packet = whole(body, v5_0::Puback::parse)?;
            let number = packet.reason_code().map_or(0, |code| code as u8);
            Packet::Puback(packet.packet_id(), Code::bare(number))
        }
        9 => {
            let packet = whole(body, v5_0::Suback::parse)?;
            // Answers about more than anybody asked about are none to us.
            if packet.reason_codes().len() > MOST_FILTERS {
                return Ok(None);
            }
            let codes = packet.reason_codes().into_iter();
            let codes = codes.map(|number| code(number as u8, packet.props()));
            Packet::Suback(packet.packet_id(), codes.collect())
        }
        11 => Packet::Unsuback(whole(body, v5_0::Unsuback::parse)?.packet_id()),
        13 if body.is_empty() => Packet::Pingresp,
        14 => {
            let packet = whole(body, v5_0::Disconnect::parse)?;
            let number = packet.reason_code().map_or(0, |code| code as u8);
            let properties = packet.props().as_ref().map_or(&[][..], |all| all);
            Packet::Disconnect(code(number, properties))
        }
        _ => return Ok(None),
    }))
}

fn whole<T>(
    body: &[u8],
    parse: impl FnOnce(&[u8]) -> Result<(T, usize), MqttError>,
) -> Result<T, MqttError> {
    match parse(body)? {
        (packet, length) if length == body.len() => Ok(packet),
        _ => Err(MqttError::MalformedPacket),
    }
}

fn code(number: u8, properties: &[Property]) -> Code {
    let words = properties.iter().find_map(|property| match property {
        Property::ReasonString(words) => Some(words.val().to_owned()),
        _ => None,
    });
    Code {
        number,
        words: words.unwrap_or_default(),
    }
}

fn check(first: u8, body: &[u8]) {
    let read = |body: &[u8]| (v5::read(first, body), theirs(first, body).ok().flatten());
    let (ours, theirs) = read(body);
    if ours == theirs {
        return;
    }
    assert!(
        ours.is_some() && theirs.is_none(),
        "{first:x} {body:x?}: {ours:?} {theirs:?}"
    );
    // A code that nobody knows is a refusal to us, and malformed to them: with one that everybody knows both are the same.
    let known = |at: usize, to: usize| {
        let mut body = body.to_vec();
        if let Some(codes) = body.get_mut(at..to) {
            codes.fill(0x80);
        }
        let (ours, theirs) = read(&body);
        ours.is_some() && ours == theirs
    };
    let length = body.len();
    let is_about_a_code = match first >> 4 {
        2 => known(1, 2),
        4 => known(2, 3),
        14 => known(0, 1),
        _ => (1..length).any(|codes| known(length - codes, length)),
    };
    assert!(is_about_a_code, "{first:x} {body:x?}: {ours:?}");
}

#[test]
fn what_is_written_is_what_they_write() {
    let writer = Writer(Version::V5);
    let connect = v5_0::Connect::builder().client_id("me").unwrap();
    let connect = connect.clean_start(true).keep_alive(30).build().unwrap();
    assert_eq!(
        writer.connect("me", 30),
        Some(connect.to_continuous_buffer())
    );

    let filters: Vec<_> = ["a", "a/+/c", "#"]
        .map(|it| TopicFilter::new(it).unwrap())
        .into();
    let wanted: Vec<_> = filters
        .iter()
        .cloned()
        .zip([Qos::AtMostOnce, Qos::AtLeastOnce, Qos::AtLeastOnce])
        .collect();
    let entry = |(filter, qos): &(TopicFilter, Qos)| {
        let qos = match qos {
            Qos::AtMostOnce => mqtt::packet::Qos::AtMostOnce,
            Qos::AtLeastOnce => mqtt::packet::Qos::AtLeastOnce,
        };
        SubEntry::new(filter.as_str(), SubOpts::new().set_qos(qos)).unwrap()
    };
    let subscribe = v5_0::Subscribe::builder().packet_id(300);
    let subscribe = subscribe
        .entries(wanted.iter().map(entry).collect::<Vec<_>>())
        .build();
    assert_eq!(
        writer.subscribe(300, &wanted),
        Some(subscribe.unwrap().to_continuous_buffer())
    );

    let unsubscribe = v5_0::Unsubscribe::builder().packet_id(7);
    let unsubscribe = unsubscribe.entries(vec!["a/+/c"]).unwrap().build().unwrap();
    assert_eq!(
        writer.unsubscribe(7, &filters[1]),
        Some(unsubscribe.to_continuous_buffer())
    );
    let puback = v5_0::Puback::builder().packet_id(7).build().unwrap();
    assert_eq!(writer.puback(7), Some(puback.to_continuous_buffer()));
    let pingreq = v5_0::Pingreq::builder().build().unwrap();
    assert_eq!(writer.pingreq(), Some(pingreq.to_continuous_buffer()));
}

#[test]
fn publications_of_every_length_are_what_they_write() {
    let topic = Topic::new("a/b").unwrap();
    for length in [
        0, 1, 100, 119, 120, 121, 122, 123, 200, 16_375, 16_380, 16_384, 130_000,
    ] {
        let payload = vec![7; length];
        let publish = v5_0::Publish::builder().topic_name("a/b").unwrap();
        let publish = publish.qos(mqtt::packet::Qos::AtLeastOnce).packet_id(9);
        let theirs = publish
            .payload(payload.clone())
            .build()
            .unwrap()
            .to_continuous_buffer();
        let ours = Writer(Version::V5)
            .publish(9, &topic, &payload, Qos::AtLeastOnce)
            .unwrap();
        assert_eq!(ours, theirs, "{length}");
        let read = Reader::new(Version::V5).read(&ours);
        let message = Message {
            topic: topic.clone(),
            payload,
            qos: Qos::AtLeastOnce,
            retained: false,
        };
        assert_eq!(
            read,
            [Some(Packet::Publish {
                id: Some(9),
                message
            })]
        );
    }
}

#[test]
fn packets_that_come_in_pieces_are_read_once() {
    let suback = b"\x90\x04\0\x01\0\x01";
    let bytes = [&suback[..], b"\xd0\0", suback, b"\xd0"].concat();
    let whole = Reader::new(Version::V5).read(&bytes);
    assert_eq!(whole.len(), 3);
    let mut reader = Reader::new(Version::V5);
    let mut read = Vec::new();
    for byte in bytes {
        read.extend(reader.read(&[byte]));
    }
    assert_eq!(read, whole);
    assert_eq!(reader.read(b"\0"), [Some(Packet::Pingresp)]);
}

/// Bodies that are nearly right: an id, a code, properties, codes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let property = prop_oneof![
        (
            prop::sample::select(vec![0x01_u8, 0x24, 0x25, 0x28, 0x29, 0x2a, 0x17, 0x19]),
            0..3_u8
        )
            .prop_map(|(id, value)| vec![id, value]),
        (
            prop::sample::select(vec![0x13_u8, 0x21, 0x22, 0x23]),
            0..2_u8
        )
            .prop_map(|(id, value)| vec![id, 0, value]),
        (
            prop::sample::select(vec![0x02_u8, 0x11, 0x18, 0x27]),
            0..2_u8
        )
            .prop_map(|(id, value)| vec![id, 0, 0, 0, value]),
        (
            prop::sample::select(vec![
                0x03_u8, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f
            ]),
            "[a-z]{0,3}"
        )
            .prop_map(|(id, text)| [&[id, 0, text.len() as u8], text.as_bytes()].concat()),
        Just(b"\x26\0\x01k\0\x01v".to_vec()),
        (0..130_u8).prop_map(|value| vec![0x0b, value]),
        prop::collection::vec(any::<u8>(), 1..4),
    ];
    let properties = prop::collection::vec(property, 0..4)
        .prop_map(|all| all.concat())
        .prop_map(|all| [vec![all.len() as u8], all].concat());
    let head = prop_oneof![
        Just(vec![]),
        Just(vec![0, 1]),
        Just(vec![0, 1, 0]),
        Just(vec![0]),
        Just(b"\0\x01a".to_vec()),
        Just(b"\0\x01a\0\x07".to_vec()),
        Just(b"\0\x01a\0\0".to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    (
        head,
        prop::option::of(properties),
        prop::collection::vec(any::<u8>(), 0..3),
    )
        .prop_map(|(head, properties, tail)| [head, properties.unwrap_or_default(), tail].concat())
}

/// What is right, nearly right or nothing at all, both read alike.
#[test]
fn packets_are_read_as_they_read_them() {
    let kind = prop_oneof![
        4 => prop::sample::select(vec![0x20_u8, 0x30, 0x31, 0x32, 0x38, 0x3a, 0x40, 0x90, 0xb0, 0xd0, 0xe0]),
        1 => any::<u8>(),
    ];
    let config = cases("packets by two readers", 4_000, 400_000);
    proptest!(config, |(first in kind, body in body())| {
        check(first, &body);
    });
}

//! MQTT 3.1.1, by `mqtt-protocol-core`.

use std::sync::Arc;

use mqtt_protocol_core::mqtt;
use mqtt_protocol_core::mqtt::packet::{SubEntry, SubOpts, v3_1_1};
use mqtt_protocol_core::mqtt::result_code::MqttError;

use super::{Code, Message, Packet};
use crate::topic::{Qos, Topic, TopicFilter};

/// Reads what a broker sends; `None` for what is malformed, or is no broker's to send.
pub(super) fn read(first: u8, body: &[u8]) -> Option<Packet> {
    let (kind, flags) = (first >> 4, first & 0x0f);
    if kind == 3 {
        return publication(flags, body);
    }
    if flags != 0 {
        return None;
    }
    Some(match kind {
        2 => {
            let packet = whole(body, v3_1_1::Connack::parse)?;
            Packet::Connack(Code::bare(match packet.return_code() as u8 {
                0 => 0,
                1 => 0x84,
                2 => 0x85,
                3 => 0x88,
                4 => 0x86,
                _ => 0x87,
            }))
        }
        4 => {
            let packet = whole(body, v3_1_1::Puback::parse)?;
            Packet::Puback(packet.packet_id(), Code::bare(0))
        }
        9 => {
            let packet = whole(body, v3_1_1::Suback::parse)?;
            let codes = packet.return_codes().into_iter();
            let codes = codes.map(|code| Code::bare(code as u8));
            Packet::Suback(packet.packet_id(), codes.collect())
        }
        11 => Packet::Unsuback(whole(body, v3_1_1::Unsuback::parse)?.packet_id()),
        13 if body.is_empty() => Packet::Pingresp,
        _ => return None,
    })
}

/// What is read of all of the body.
fn whole<T>(body: &[u8], parse: impl FnOnce(&[u8]) -> Result<(T, usize), MqttError>) -> Option<T> {
    let (packet, length) = parse(body).ok()?;
    (length == body.len()).then_some(packet)
}

fn publication(flags: u8, body: &[u8]) -> Option<Packet> {
    let (packet, _) = v3_1_1::Publish::parse(flags, Arc::from(body)).ok()?;
    let qos = match packet.qos() {
        mqtt::packet::Qos::AtMostOnce => Qos::AtMostOnce,
        mqtt::packet::Qos::AtLeastOnce => Qos::AtLeastOnce,
        // Nobody asked for it.
        mqtt::packet::Qos::ExactlyOnce => return None,
    };
    let message = Message {
        topic: Topic::new(packet.topic_name()).ok()?,
        payload: packet.payload().as_slice().to_vec(),
        qos,
        retained: packet.retain(),
    };
    let id = packet.packet_id();
    Some(Packet::Publish { id, message })
}

pub(super) fn connect(client_id: &str, keep_alive: u16) -> Option<Vec<u8>> {
    let connect = v3_1_1::Connect::builder().client_id(client_id).ok()?;
    let connect = connect.clean_session(true).keep_alive(keep_alive);
    Some(connect.build().ok()?.to_continuous_buffer())
}

pub(super) fn subscribe(id: u16, filters: &[(TopicFilter, Qos)]) -> Option<Vec<u8>> {
    let mut entries = Vec::with_capacity(filters.len());
    for (filter, qos) in filters {
        let options = SubOpts::new().set_qos(theirs(*qos));
        entries.push(SubEntry::new(filter.as_str(), options).ok()?);
    }
    let subscribe = v3_1_1::Subscribe::builder().packet_id(id).entries(entries);
    Some(subscribe.build().ok()?.to_continuous_buffer())
}

pub(super) fn unsubscribe(id: u16, filter: &TopicFilter) -> Option<Vec<u8>> {
    let unsubscribe = v3_1_1::Unsubscribe::builder()
        .packet_id(id)
        .entries(vec![filter.as_str()])
        .ok()?;
    Some(unsubscribe.build().ok()?.to_continuous_buffer())
}

pub(super) fn publish(id: u16, topic: &Topic, payload: &[u8], qos: Qos) -> Option<Vec<u8>> {
    let publish = v3_1_1::Publish::builder()
        .topic_name(topic.as_str())
        .ok()?
        .qos(theirs(qos))
        .payload(payload.to_vec());
    let publish = match qos {
        Qos::AtMostOnce => publish,
        Qos::AtLeastOnce => publish.packet_id(id),
    };
    Some(publish.build().ok()?.to_continuous_buffer())
}

fn theirs(qos: Qos) -> mqtt::packet::Qos {
    match qos {
        Qos::AtMostOnce => mqtt::packet::Qos::AtMostOnce,
        Qos::AtLeastOnce => mqtt::packet::Qos::AtLeastOnce,
    }
}

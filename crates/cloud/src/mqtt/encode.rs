//! From packets to bytes.

use axum::body::Bytes;

use super::packet::{
    Answers, Connect, Packet, Publish, QoS, Reason, Retained, Subscribe, Unsubscribe, Version, Will,
};
use super::properties::Properties;
use super::wire::Writer;

/// The bits of a PUBLISH's first byte.
pub(super) const RETAIN: u8 = 1;
const DUP: u8 = 0x08;

/// A whole packet.
pub(super) fn encode(packet: &Packet, version: Version) -> Bytes {
    let mut w = Writer::default();
    let first = match packet {
        Packet::Connect(packet) => {
            connect(&mut w, packet);
            0x10
        }
        Packet::ConnAck(packet) => {
            w.byte(packet.session_present.into());
            w.byte(packet.reason.0);
            properties(&mut w, &packet.properties, version);
            0x20
        }
        Packet::Publish(packet) => return publish(packet, version).0,
        Packet::PubAck(packet) => {
            w.two(packet.id);
            outcome(&mut w, packet.reason, &packet.properties, version);
            0x40
        }
        Packet::Subscribe(packet) => {
            subscribe(&mut w, packet, version);
            0x82
        }
        Packet::SubAck(packet) => {
            answers(&mut w, packet, version);
            0x90
        }
        Packet::Unsubscribe(Unsubscribe {
            id,
            filters,
            properties,
        }) => {
            w.two(*id);
            self::properties(&mut w, properties, version);
            filters.iter().for_each(|filter| w.text(filter));
            0xa2
        }
        Packet::UnsubAck(packet) => {
            answers(&mut w, packet, version);
            0xb0
        }
        Packet::PingReq => 0xc0,
        Packet::PingResp => 0xd0,
        Packet::Disconnect(packet) => {
            outcome(&mut w, packet.reason, &packet.properties, version);
            0xe0
        }
    };
    w.finish(first)
}

/// A PUBLISH, and where its packet identifier stands if it has one.
pub(super) fn publish(packet: &Publish, version: Version) -> (Bytes, usize) {
    let mut w = Writer::default();
    w.text(&packet.topic);
    let before = w.len();
    if packet.qos != QoS::AtMostOnce {
        w.two(packet.id.unwrap_or(1));
    }
    properties(&mut w, &packet.properties, version);
    w.bytes(&packet.payload);
    let inside = w.len();
    let dup = if packet.dup { DUP } else { 0 };
    let bytes = w.finish(0x30 | dup | ((packet.qos as u8) << 1) | u8::from(packet.retain));
    let header = bytes.len() - inside;
    (bytes, header + before)
}

fn connect(w: &mut Writer, packet: &Connect) {
    let Connect {
        version,
        clean,
        keep_alive,
        client_id,
        will,
        username,
        password,
        properties,
    } = packet;
    let bit = |set: bool, bit: u8| if set { bit } else { 0 };
    let of_will = |will: &Will| 0x04 | ((will.qos as u8) << 3) | bit(will.retain, 0x20);
    w.text("MQTT");
    w.byte(match version {
        Version::V311 => 4,
        Version::V5 => 5,
    });
    w.byte(
        bit(*clean, 0x02)
            | will.as_ref().map_or(0, of_will)
            | bit(password.is_some(), 0x40)
            | bit(username.is_some(), 0x80),
    );
    w.two(*keep_alive);
    self::properties(w, properties, *version);
    w.text(client_id);
    if let Some(will) = will {
        self::properties(w, &will.properties, *version);
        w.text(&will.topic);
        w.binary(&will.payload);
    }
    if let Some(username) = username {
        w.text(username);
    }
    if let Some(password) = password {
        w.binary(password);
    }
}

fn subscribe(w: &mut Writer, packet: &Subscribe, version: Version) {
    w.two(packet.id);
    properties(w, &packet.properties, version);
    for wish in &packet.filters {
        let retained = match wish.retained {
            Retained::Always => 0,
            Retained::IfNew => 0x10,
            Retained::Never => 0x20,
        };
        w.text(&wish.filter);
        w.byte(
            wish.qos as u8
                | u8::from(wish.no_local) << 2
                | u8::from(wish.as_published) << 3
                | retained,
        );
    }
}

fn answers(w: &mut Writer, packet: &Answers, version: Version) {
    w.two(packet.id);
    properties(w, &packet.properties, version);
    packet.reasons.iter().for_each(|reason| w.byte(reason.0));
}

/// A reason and properties; what says nothing is left out.
fn outcome(w: &mut Writer, reason: Reason, properties: &Properties, version: Version) {
    if version == Version::V311 {
        return;
    }
    if !properties.0.is_empty() {
        w.byte(reason.0);
        properties.write(w);
    } else if reason != Reason::SUCCESS {
        w.byte(reason.0);
    }
}

fn properties(w: &mut Writer, properties: &Properties, version: Version) {
    if version == Version::V5 {
        properties.write(w);
    }
}

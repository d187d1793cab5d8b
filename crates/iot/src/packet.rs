//! MQTT's packets, as far as a client of IoT Core needs them: built and read by `mqtt-protocol-core`.
//!
//! Its packets are used and not its connection, which keeps what is already kept in `link` (keep-alive, what is on the
//! way, what to do about errors) and knows both versions at run time: 34 KB of a page, where the packets are 13.

use std::fmt;

use mqtt_protocol_core::mqtt;
use mqtt_protocol_core::mqtt::common::Cursor;
use mqtt_protocol_core::mqtt::connection::{
    PacketBuildResult, PacketBuilder, PacketData, RawPacket,
};
use mqtt_protocol_core::mqtt::packet::{Property, SubEntry, SubOpts, v5_0};
use mqtt_protocol_core::mqtt::result_code::MqttError;

#[cfg(not(target_arch = "wasm32"))]
use mqtt_protocol_core::mqtt::packet::v3_1_1;

use crate::topic::{Qos, Topic, TopicFilter};

/// The longest packet that is read: IoT Core's payloads end at 128 KB, and topic and properties come on top.
const LONGEST: u32 = 256 * 1024;

/// Which MQTT is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 5.0
    V5,
    /// 3.1.1: for brokers that know no other. Not in browsers, where it would only weigh.
    #[cfg(not(target_arch = "wasm32"))]
    V3_1_1,
}

/// What a broker sends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Packet {
    Connack(Code),
    Publish {
        /// Where there is one to acknowledge.
        id: Option<u16>,
        message: Message,
    },
    Puback(u16, Code),
    Suback(u16, Vec<Code>),
    Unsuback(u16),
    Pingresp,
    Disconnect(Code),
}

/// A message that was published.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Where.
    pub topic: Topic,
    /// What.
    pub payload: Vec<u8>,
    /// What is promised of its delivery.
    pub qos: Qos,
    /// Whether the broker had kept it from before the subscription.
    pub retained: bool,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("topic", &self.topic)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// A reason code (MQTT 5, section 2.4; those of 3.1.1 are put in its terms), and the words with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Code {
    pub(crate) number: u8,
    pub(crate) words: String,
}

impl Code {
    fn bare(number: u8) -> Self {
        Self {
            number,
            words: String::new(),
        }
    }

    fn with(number: u8, properties: &[Property]) -> Self {
        let words = properties.iter().find_map(|property| match property {
            Property::ReasonString(words) => Some(words.val().to_owned()),
            _ => None,
        });
        Self {
            number,
            words: words.unwrap_or_default(),
        }
    }
}

/// Reads packets from messages, whose borders say nothing (MQTT 5, section 6.0).
pub(crate) struct Reader {
    version: Version,
    builder: PacketBuilder,
}

impl Reader {
    pub(crate) fn new(version: Version) -> Self {
        Self {
            version,
            builder: PacketBuilder::with_maximum_packet_size(LONGEST),
        }
    }

    /// The packets that are complete with these bytes; `None` in the place of one that cannot be.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<Option<Packet>> {
        let mut rest = Cursor::new(bytes);
        let mut packets = Vec::new();
        loop {
            match self.builder.feed(&mut rest) {
                PacketBuildResult::Complete(raw) => {
                    let packet = self.parse(&raw).ok().flatten();
                    let broken = packet.is_none();
                    packets.push(packet);
                    if broken {
                        return packets;
                    }
                }
                PacketBuildResult::Incomplete => return packets,
                PacketBuildResult::Error(_) => {
                    packets.push(None);
                    return packets;
                }
            }
        }
    }

    fn parse(&self, raw: &RawPacket) -> Result<Option<Packet>, MqttError> {
        // All that a broker sends but PUBLISH has no flags.
        if raw.flags() != 0 && !raw.is_publish() {
            return Ok(None);
        }
        match self.version {
            Version::V5 => v5(raw),
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => v3(raw),
        }
    }
}

fn v5(raw: &RawPacket) -> Result<Option<Packet>, MqttError> {
    Ok(Some(match raw.packet_type() {
        2 => {
            let packet = raw.parse_exact(v5_0::Connack::parse)?;
            Packet::Connack(Code::with(packet.reason_code() as u8, packet.props()))
        }
        3 => {
            let PacketData::Publish(data) = &raw.data else {
                return Ok(None);
            };
            let (packet, _) = v5_0::Publish::parse(raw.flags(), data.clone())?;
            let payload = packet.payload().as_slice();
            let published = Published {
                topic: packet.topic_name(),
                payload,
                qos: packet.qos(),
                retained: packet.retain(),
                id: packet.packet_id(),
            };
            return Ok(published.packet());
        }
        4 => {
            let packet = raw.parse_exact(v5_0::Puback::parse)?;
            let code = packet.reason_code().map_or(0, |code| code as u8);
            Packet::Puback(packet.packet_id(), Code::bare(code))
        }
        9 => {
            let packet = raw.parse_exact(v5_0::Suback::parse)?;
            let codes = packet.reason_codes().into_iter();
            let codes = codes.map(|code| Code::with(code as u8, packet.props()));
            Packet::Suback(packet.packet_id(), codes.collect())
        }
        11 => Packet::Unsuback(raw.parse_exact(v5_0::Unsuback::parse)?.packet_id()),
        13 if raw.remaining_length() == 0 => Packet::Pingresp,
        14 => {
            let packet = raw.parse_exact(v5_0::Disconnect::parse)?;
            let number = packet.reason_code().map_or(0, |code| code as u8);
            let properties = packet.props().as_ref().map_or(&[][..], |all| all);
            Packet::Disconnect(Code::with(number, properties))
        }
        _ => return Ok(None),
    }))
}

#[cfg(not(target_arch = "wasm32"))]
fn v3(raw: &RawPacket) -> Result<Option<Packet>, MqttError> {
    Ok(Some(match raw.packet_type() {
        2 => {
            let packet = raw.parse_exact(v3_1_1::Connack::parse)?;
            Packet::Connack(Code::bare(match packet.return_code() as u8 {
                0 => 0,
                1 => 0x84,
                2 => 0x85,
                3 => 0x88,
                4 => 0x86,
                _ => 0x87,
            }))
        }
        3 => {
            let PacketData::Publish(data) = &raw.data else {
                return Ok(None);
            };
            let (packet, _) = v3_1_1::Publish::parse(raw.flags(), data.clone())?;
            let payload = packet.payload().as_slice();
            let published = Published {
                topic: packet.topic_name(),
                payload,
                qos: packet.qos(),
                retained: packet.retain(),
                id: packet.packet_id(),
            };
            return Ok(published.packet());
        }
        4 => {
            let packet = raw.parse_exact(v3_1_1::Puback::parse)?;
            Packet::Puback(packet.packet_id(), Code::bare(0))
        }
        9 => {
            let packet = raw.parse_exact(v3_1_1::Suback::parse)?;
            let codes = packet.return_codes().into_iter();
            let codes = codes.map(|code| Code::bare(code as u8));
            Packet::Suback(packet.packet_id(), codes.collect())
        }
        11 => Packet::Unsuback(raw.parse_exact(v3_1_1::Unsuback::parse)?.packet_id()),
        13 if raw.remaining_length() == 0 => Packet::Pingresp,
        _ => return Ok(None),
    }))
}

/// A PUBLISH as both versions have it.
struct Published<'a> {
    topic: &'a str,
    payload: &'a [u8],
    qos: mqtt::packet::Qos,
    retained: bool,
    id: Option<u16>,
}

impl Published<'_> {
    fn packet(self) -> Option<Packet> {
        let qos = match self.qos {
            mqtt::packet::Qos::AtMostOnce => Qos::AtMostOnce,
            mqtt::packet::Qos::AtLeastOnce => Qos::AtLeastOnce,
            // Nobody asked for it.
            mqtt::packet::Qos::ExactlyOnce => return None,
        };
        let message = Message {
            // An alias instead of a topic would have needed our consent.
            topic: Topic::new(self.topic).ok()?,
            payload: self.payload.to_vec(),
            qos,
            retained: self.retained,
        };
        Some(Packet::Publish {
            id: self.id,
            message,
        })
    }
}

/// What a client sends; `None` for what cannot be, which the types of the arguments do not allow.
pub(crate) struct Writer(pub(crate) Version);

impl Writer {
    /// A clean session: what is missed is fetched, from where the truth is.
    pub(crate) fn connect(&self, client_id: &str, keep_alive: u16) -> Option<Vec<u8>> {
        match self.0 {
            Version::V5 => {
                let connect = v5_0::Connect::builder().client_id(client_id).ok()?;
                let connect = connect.clean_start(true).keep_alive(keep_alive);
                Some(connect.build().ok()?.to_continuous_buffer())
            }
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => {
                let connect = v3_1_1::Connect::builder().client_id(client_id).ok()?;
                let connect = connect.clean_session(true).keep_alive(keep_alive);
                Some(connect.build().ok()?.to_continuous_buffer())
            }
        }
    }

    pub(crate) fn subscribe(&self, id: u16, filters: &[(TopicFilter, Qos)]) -> Option<Vec<u8>> {
        let mut entries = Vec::with_capacity(filters.len());
        for (filter, qos) in filters {
            let options = SubOpts::new().set_qos(theirs(*qos));
            entries.push(SubEntry::new(filter.as_str(), options).ok()?);
        }
        match self.0 {
            Version::V5 => {
                let subscribe = v5_0::Subscribe::builder().packet_id(id).entries(entries);
                Some(subscribe.build().ok()?.to_continuous_buffer())
            }
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => {
                let subscribe = v3_1_1::Subscribe::builder().packet_id(id).entries(entries);
                Some(subscribe.build().ok()?.to_continuous_buffer())
            }
        }
    }

    pub(crate) fn unsubscribe(&self, id: u16, filter: &TopicFilter) -> Option<Vec<u8>> {
        let filters = vec![filter.as_str()];
        match self.0 {
            Version::V5 => {
                let unsubscribe = v5_0::Unsubscribe::builder()
                    .packet_id(id)
                    .entries(filters)
                    .ok()?;
                Some(unsubscribe.build().ok()?.to_continuous_buffer())
            }
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => {
                let unsubscribe = v3_1_1::Unsubscribe::builder()
                    .packet_id(id)
                    .entries(filters)
                    .ok()?;
                Some(unsubscribe.build().ok()?.to_continuous_buffer())
            }
        }
    }

    pub(crate) fn puback(&self, id: u16) -> Option<Vec<u8>> {
        match self.0 {
            Version::V5 => {
                let puback = v5_0::Puback::builder().packet_id(id);
                Some(puback.build().ok()?.to_continuous_buffer())
            }
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => {
                let puback = v3_1_1::Puback::builder().packet_id(id);
                Some(puback.build().ok()?.to_continuous_buffer())
            }
        }
    }

    pub(crate) fn pingreq(&self) -> Option<Vec<u8>> {
        match self.0 {
            Version::V5 => Some(
                v5_0::Pingreq::builder()
                    .build()
                    .ok()?
                    .to_continuous_buffer(),
            ),
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => Some(
                v3_1_1::Pingreq::builder()
                    .build()
                    .ok()?
                    .to_continuous_buffer(),
            ),
        }
    }

    /// An id for what is to be acknowledged.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn publish(
        &self,
        id: u16,
        topic: &Topic,
        payload: &[u8],
        qos: Qos,
    ) -> Option<Vec<u8>> {
        macro_rules! build {
            ($version:ident) => {{
                let publish = $version::Publish::builder()
                    .topic_name(topic.as_str())
                    .ok()?
                    .qos(theirs(qos))
                    .payload(payload.to_vec());
                let publish = match qos {
                    Qos::AtMostOnce => publish,
                    Qos::AtLeastOnce => publish.packet_id(id),
                };
                Some(publish.build().ok()?.to_continuous_buffer())
            }};
        }
        match self.0 {
            Version::V5 => build!(v5_0),
            Version::V3_1_1 => build!(v3_1_1),
        }
    }
}

fn theirs(qos: Qos) -> mqtt::packet::Qos {
    match qos {
        Qos::AtMostOnce => mqtt::packet::Qos::AtMostOnce,
        Qos::AtLeastOnce => mqtt::packet::Qos::AtLeastOnce,
    }
}

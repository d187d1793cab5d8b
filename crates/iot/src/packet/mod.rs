//! MQTT's packets, as far as a client of IoT Core needs them.
//!
//! Those of 5.0 are written and read here (`v5.rs`), since all that a page does with MQTT goes through them: with
//! mqtt-protocol-core's that was 21 KB of wasm more. That package is what the tests compare them with, and it speaks 3.1.1
//! (`v3.rs`).

#[cfg(test)]
mod tests;
#[cfg(not(target_arch = "wasm32"))]
mod v3;
mod v5;

use std::fmt;

use crate::topic::{Qos, Topic, TopicFilter};

/// The longest packet that is read: IoT Core's payloads end at 128 KB, and topic and properties come on top.
const LONGEST: usize = 256 * 1024;

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
}

/// Reads packets from messages, whose borders say nothing (MQTT 5, section 6.0).
pub(crate) struct Reader {
    version: Version,
    /// Of a packet that is not whole yet.
    part: Vec<u8>,
}

/// What bytes begin with.
enum Frame<'a> {
    Whole {
        /// The packet's type and flags.
        first: u8,
        body: &'a [u8],
        rest: &'a [u8],
    },
    Part,
    Broken,
}

impl Reader {
    pub(crate) const fn new(version: Version) -> Self {
        Self {
            version,
            part: Vec::new(),
        }
    }

    /// The packets that are complete with these bytes; `None` in the place of one that cannot be.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<Option<Packet>> {
        let mut buffer = std::mem::take(&mut self.part);
        buffer.extend_from_slice(bytes);
        let (mut unread, mut packets) = (buffer.as_slice(), Vec::new());
        loop {
            let packet = match frame(unread) {
                Frame::Whole { first, body, rest } => {
                    unread = rest;
                    self.parse(first, body)
                }
                Frame::Part => break,
                Frame::Broken => None,
            };
            let is_broken = packet.is_none();
            packets.push(packet);
            if is_broken {
                return packets;
            }
        }
        self.part = unread.to_vec();
        packets
    }

    fn parse(&self, first: u8, body: &[u8]) -> Option<Packet> {
        match self.version {
            Version::V5 => v5::read(first, body),
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => v3::read(first, body),
        }
    }
}

/// A type, the length of what follows in up to four bytes of seven bits, and what follows (MQTT 5, section 2.1).
fn frame(bytes: &[u8]) -> Frame<'_> {
    let [first, after @ ..] = bytes else {
        return Frame::Part;
    };
    let mut length = 0;
    for place in 0..4 {
        let Some(byte) = after.get(place) else {
            return Frame::Part;
        };
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 != 0 {
            continue;
        }
        if length + place + 2 > LONGEST {
            return Frame::Broken;
        }
        return match after[place + 1..].split_at_checked(length) {
            Some((body, rest)) => Frame::Whole {
                first: *first,
                body,
                rest,
            },
            None => Frame::Part,
        };
    }
    Frame::Broken
}

/// What a client sends; `None` for what cannot be, which the types of the arguments do not allow.
pub(crate) struct Writer(pub(crate) Version);

impl Writer {
    /// A clean session: what is missed is fetched, from where the truth is.
    pub(crate) fn connect(&self, client_id: &str, keep_alive: u16) -> Option<Vec<u8>> {
        match self.0 {
            Version::V5 => v5::connect(client_id, keep_alive),
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => v3::connect(client_id, keep_alive),
        }
    }

    pub(crate) fn subscribe(&self, id: u16, filters: &[(TopicFilter, Qos)]) -> Option<Vec<u8>> {
        match self.0 {
            Version::V5 => v5::subscribe(id, filters),
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => v3::subscribe(id, filters),
        }
    }

    pub(crate) fn unsubscribe(&self, id: u16, filter: &TopicFilter) -> Option<Vec<u8>> {
        match self.0 {
            Version::V5 => v5::unsubscribe(id, filter),
            #[cfg(not(target_arch = "wasm32"))]
            Version::V3_1_1 => v3::unsubscribe(id, filter),
        }
    }

    /// The same in both versions.
    pub(crate) fn puback(&self, id: u16) -> Option<Vec<u8>> {
        v5::puback(id)
    }

    /// The same in both versions.
    pub(crate) fn pingreq(&self) -> Option<Vec<u8>> {
        v5::pingreq()
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
        match self.0 {
            Version::V5 => v5::publish(id, topic, payload, qos),
            Version::V3_1_1 => v3::publish(id, topic, payload, qos),
        }
    }
}

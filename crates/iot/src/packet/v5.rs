//! MQTT 5.0. Sections are the specification's.

use super::{Code, Message, Packet};
use crate::line::MOST_FILTERS;
use crate::topic::{Qos, Topic, TopicFilter};

const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const SUBACK: u8 = 9;
const UNSUBACK: u8 = 11;
const PINGRESP: u8 = 13;
const DISCONNECT: u8 = 14;

/// Reads what a broker sends; `None` for what is malformed, or is no broker's to send.
pub(super) fn read(first: u8, body: &[u8]) -> Option<Packet> {
    let (kind, flags) = (first >> 4, first & 0x0f);
    let mut bytes = Bytes(body);
    if kind == PUBLISH {
        return publication(flags, bytes);
    }
    // All others have no flags.
    if flags != 0 {
        return None;
    }
    let packet = match kind {
        CONNACK => {
            // Whether there was a session, which we never want.
            bytes.byte()?;
            let number = bytes.byte()?;
            let words = bytes.properties(kind)?;
            Packet::Connack(Code { number, words })
        }
        PUBACK => {
            let id = bytes.short().filter(|id| *id != 0)?;
            Packet::Puback(id, Code::bare(bytes.outcome(kind)?.number))
        }
        SUBACK => {
            let id = bytes.short()?;
            let words = bytes.properties(kind)?;
            let mut codes = Vec::new();
            let numbers = bytes.rest()?;
            // Each brings the words along: nobody asked about so many.
            if numbers.len() > MOST_FILTERS {
                return None;
            }
            for number in numbers {
                let (number, words) = (*number, words.clone());
                codes.push(Code { number, words });
            }
            Packet::Suback(id, codes)
        }
        UNSUBACK => {
            let id = bytes.short()?;
            bytes.properties(kind)?;
            bytes.rest()?;
            Packet::Unsuback(id)
        }
        PINGRESP => Packet::Pingresp,
        DISCONNECT => Packet::Disconnect(bytes.outcome(kind)?),
        _ => return None,
    };
    bytes.0.is_empty().then_some(packet)
}

/// Section 3.3.
fn publication(flags: u8, mut bytes: Bytes<'_>) -> Option<Packet> {
    let qos = match flags >> 1 {
        0 => Qos::AtMostOnce,
        // Perhaps not for the first time.
        0b001 | 0b101 => Qos::AtLeastOnce,
        // QoS 2, which nobody asked for, or a second time of what comes only once.
        _ => return None,
    };
    // An alias instead of a topic would have needed our consent.
    let topic = Topic::new(bytes.text()?).ok()?;
    let id = match qos {
        Qos::AtMostOnce => None,
        Qos::AtLeastOnce => Some(bytes.short().filter(|id| *id != 0)?),
    };
    bytes.properties(PUBLISH)?;
    let message = Message {
        topic,
        payload: bytes.0.to_vec(),
        qos,
        retained: flags & 1 != 0,
    };
    Some(Packet::Publish { id, message })
}

/// How a property's value is written.
enum Form {
    /// A byte that is 0 or 1.
    Flag,
    Short,
    /// A short that is not 0.
    Count,
    Long,
    /// A long that is not 0.
    Size,
    /// Up to four bytes of seven bits, not 0.
    Number,
    Text,
    Binary,
    Pair,
}

const REASON: u8 = 0x1f;
/// These may come more than once.
const REPEATED: [u8; 2] = [0x0b, 0x26];

/// A property's form, and the packets of a broker's that may have it, by their numbers (section 2.2.2.2).
fn property(id: u8) -> Option<(Form, &'static [u8])> {
    const EVERY: &[u8] = &[CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, DISCONNECT];
    Some(match id {
        0x01 => (Form::Flag, &[PUBLISH]),
        0x02 => (Form::Long, &[PUBLISH]),
        0x03 | 0x08 => (Form::Text, &[PUBLISH]),
        0x09 => (Form::Binary, &[PUBLISH]),
        0x0b => (Form::Number, &[PUBLISH]),
        0x11 => (Form::Long, &[CONNACK, DISCONNECT]),
        0x12 | 0x15 | 0x1a => (Form::Text, &[CONNACK]),
        0x13 | 0x22 => (Form::Short, &[CONNACK]),
        0x16 => (Form::Binary, &[CONNACK]),
        0x1c => (Form::Text, &[CONNACK, DISCONNECT]),
        REASON => (Form::Text, &[CONNACK, PUBACK, SUBACK, UNSUBACK, DISCONNECT]),
        0x21 => (Form::Count, &[CONNACK]),
        0x23 => (Form::Count, &[PUBLISH]),
        0x24 | 0x25 | 0x28 | 0x29 | 0x2a => (Form::Flag, &[CONNACK]),
        0x26 => (Form::Pair, EVERY),
        0x27 => (Form::Size, &[CONNACK]),
        _ => return None,
    })
}

/// What is still to be read of a packet. Each takes something from its beginning, if it is there.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// At least one.
    fn rest(&mut self) -> Option<&'a [u8]> {
        let rest = self.take(self.0.len())?;
        (!rest.is_empty()).then_some(rest)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2)
            .map(|bytes| u16::from(bytes[0]) << 8 | u16::from(bytes[1]))
    }

    fn binary(&mut self) -> Option<&'a [u8]> {
        let length = self.short()?;
        self.take(length.into())
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.binary()?).ok()
    }

    /// Section 1.5.5.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for place in 0..4 {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A code and its properties, both of which may be left out at the end.
    fn outcome(&mut self, kind: u8) -> Option<Code> {
        let mut code = Code::default();
        if !self.0.is_empty() {
            code.number = self.byte()?;
        }
        if !self.0.is_empty() {
            code.words = self.properties(kind)?;
        }
        Some(code)
    }

    /// The reason in words, which may be none; the other properties only have to be right.
    fn properties(&mut self, kind: u8) -> Option<String> {
        let length = self.number()?;
        let mut inside = Bytes(self.take(length)?);
        let (mut words, mut seen) = (String::new(), 0_u64);
        while !inside.0.is_empty() {
            let id = inside.byte()?;
            let (form, kinds) = property(id)?;
            let bit = 1_u64 << id;
            if !kinds.contains(&kind) || seen & bit != 0 && !REPEATED.contains(&id) {
                return None;
            }
            seen |= bit;
            let is_right = match form {
                Form::Flag => inside.byte()? <= 1,
                Form::Short => inside.take(2).is_some(),
                Form::Count => inside.short()? != 0,
                Form::Long => inside.take(4).is_some(),
                Form::Size => inside.take(4)? != [0; 4],
                Form::Number => inside.number()? != 0,
                Form::Binary => inside.binary().is_some(),
                Form::Pair => inside.text().is_some() && inside.text().is_some(),
                Form::Text => {
                    let text = inside.text()?;
                    if id == REASON {
                        text.clone_into(&mut words);
                    }
                    true
                }
            };
            if !is_right {
                return None;
            }
        }
        Some(words)
    }
}

/// Section 3.1: a clean start, no will, no properties.
pub(super) fn connect(client_id: &str, keep_alive: u16) -> Option<Vec<u8>> {
    let mut body = b"\0\x04MQTT\x05\x02".to_vec();
    body.extend_from_slice(&keep_alive.to_be_bytes());
    body.push(0);
    text(&mut body, client_id)?;
    packet(0x10, &body)
}

/// Section 3.8: no properties.
pub(super) fn subscribe(id: u16, filters: &[(TopicFilter, Qos)]) -> Option<Vec<u8>> {
    let mut body = id.to_be_bytes().to_vec();
    body.push(0);
    for (filter, qos) in filters {
        text(&mut body, filter.as_str())?;
        body.push(level(*qos));
    }
    packet(0x82, &body)
}

/// Section 3.10: no properties.
pub(super) fn unsubscribe(id: u16, filter: &TopicFilter) -> Option<Vec<u8>> {
    let mut body = id.to_be_bytes().to_vec();
    body.push(0);
    text(&mut body, filter.as_str())?;
    packet(0xa2, &body)
}

/// Section 3.4: success, which is left out.
pub(super) fn puback(id: u16) -> Option<Vec<u8>> {
    packet(0x40, &id.to_be_bytes())
}

/// Section 3.12.
pub(super) fn pingreq() -> Option<Vec<u8>> {
    packet(0xc0, &[])
}

/// Section 3.3: no properties.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn publish(id: u16, topic: &Topic, payload: &[u8], qos: Qos) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    text(&mut body, topic.as_str())?;
    if qos == Qos::AtLeastOnce {
        body.extend_from_slice(&id.to_be_bytes());
    }
    body.push(0);
    body.extend_from_slice(payload);
    packet(0x30 | level(qos) << 1, &body)
}

const fn level(qos: Qos) -> u8 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
    }
}

/// `None` if it is too long for one.
fn text(body: &mut Vec<u8>, text: &str) -> Option<()> {
    let length = u16::try_from(text.len()).ok()?;
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(text.as_bytes());
    Some(())
}

/// `None` if it is too long for one.
fn packet(first: u8, body: &[u8]) -> Option<Vec<u8>> {
    let mut packet = vec![first];
    let mut length = body.len();
    loop {
        let more = length >> 7;
        let bits = u8::try_from(length & 0x7f).ok()?;
        packet.push(if more > 0 { bits | 0x80 } else { bits });
        length = more;
        if length == 0 {
            break;
        }
    }
    packet.extend_from_slice(body);
    (packet.len() - body.len() <= 5).then_some(packet)
}

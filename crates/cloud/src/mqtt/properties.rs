//! The properties that MQTT 5 hangs on its packets. Source: MQTT 5, section 2.2.2.

use axum::body::Bytes;

use super::wire::{Malformed, Reader, Writer};

/// A property's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(pub(super) u8);

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Byte(u8),
    Two(u16),
    Four(u32),
    Varint(u32),
    Text(String),
    Binary(Bytes),
    Pair(String, String),
}

/// A packet's properties, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Properties(pub(super) Vec<(Name, Value)>);

/// Where properties stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Connect = 1,
    Will = 1 << 1,
    ConnAck = 1 << 2,
    Publish = 1 << 3,
    /// PUBACK, SUBACK and UNSUBACK have the same.
    Ack = 1 << 4,
    Subscribe = 1 << 5,
    Unsubscribe = 1 << 6,
    Disconnect = 1 << 7,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Byte,
    Two,
    Four,
    Varint,
    Text,
    Binary,
    Pair,
}

const CONNECT: u8 = Place::Connect as u8;
const WILL: u8 = Place::Will as u8;
const CONNACK: u8 = Place::ConnAck as u8;
const PUBLISH: u8 = Place::Publish as u8;
const ACK: u8 = Place::Ack as u8;
const SUBSCRIBE: u8 = Place::Subscribe as u8;
const DISCONNECT: u8 = Place::Disconnect as u8;

/// Every property there is, and where it may stand.
pub(super) const KNOWN: &[(Name, Kind, u8)] = &[
    (Name::PAYLOAD_FORMAT, Kind::Byte, PUBLISH | WILL),
    (Name::EXPIRY, Kind::Four, PUBLISH | WILL),
    (Name::CONTENT_TYPE, Kind::Text, PUBLISH | WILL),
    (Name::RESPONSE_TOPIC, Kind::Text, PUBLISH | WILL),
    (Name::CORRELATION, Kind::Binary, PUBLISH | WILL),
    (Name::SUBSCRIPTION_ID, Kind::Varint, PUBLISH | SUBSCRIBE),
    (
        Name::SESSION_EXPIRY,
        Kind::Four,
        CONNECT | CONNACK | DISCONNECT,
    ),
    (Name::ASSIGNED_CLIENT_ID, Kind::Text, CONNACK),
    (Name::SERVER_KEEP_ALIVE, Kind::Two, CONNACK),
    (Name::AUTHENTICATION_METHOD, Kind::Text, CONNECT | CONNACK),
    (Name::AUTHENTICATION_DATA, Kind::Binary, CONNECT | CONNACK),
    (Name::REQUEST_PROBLEMS, Kind::Byte, CONNECT),
    (Name::WILL_DELAY, Kind::Four, WILL),
    (Name::REQUEST_RESPONSE, Kind::Byte, CONNECT),
    (Name::RESPONSE_INFORMATION, Kind::Text, CONNACK),
    (Name::SERVER_REFERENCE, Kind::Text, CONNACK | DISCONNECT),
    (Name::REASON, Kind::Text, CONNACK | ACK | DISCONNECT),
    (Name::RECEIVE_MAXIMUM, Kind::Two, CONNECT | CONNACK),
    (Name::ALIAS_MAXIMUM, Kind::Two, CONNECT | CONNACK),
    (Name::ALIAS, Kind::Two, PUBLISH),
    (Name::MAXIMUM_QOS, Kind::Byte, CONNACK),
    (Name::RETAIN_AVAILABLE, Kind::Byte, CONNACK),
    (Name::USER, Kind::Pair, u8::MAX),
    (Name::MAXIMUM_PACKET, Kind::Four, CONNECT | CONNACK),
    (Name::WILDCARDS_AVAILABLE, Kind::Byte, CONNACK),
    (Name::SUBSCRIPTION_IDS_AVAILABLE, Kind::Byte, CONNACK),
    (Name::SHARED_AVAILABLE, Kind::Byte, CONNACK),
];

impl Name {
    pub(super) const PAYLOAD_FORMAT: Self = Self(0x01);
    pub(super) const EXPIRY: Self = Self(0x02);
    pub(super) const CONTENT_TYPE: Self = Self(0x03);
    pub(super) const RESPONSE_TOPIC: Self = Self(0x08);
    pub(super) const CORRELATION: Self = Self(0x09);
    pub(super) const SUBSCRIPTION_ID: Self = Self(0x0b);
    pub(super) const SESSION_EXPIRY: Self = Self(0x11);
    pub(super) const ASSIGNED_CLIENT_ID: Self = Self(0x12);
    pub(super) const SERVER_KEEP_ALIVE: Self = Self(0x13);
    pub(super) const AUTHENTICATION_METHOD: Self = Self(0x15);
    pub(super) const AUTHENTICATION_DATA: Self = Self(0x16);
    pub(super) const REQUEST_PROBLEMS: Self = Self(0x17);
    pub(super) const WILL_DELAY: Self = Self(0x18);
    pub(super) const REQUEST_RESPONSE: Self = Self(0x19);
    pub(super) const RESPONSE_INFORMATION: Self = Self(0x1a);
    pub(super) const SERVER_REFERENCE: Self = Self(0x1c);
    pub(super) const REASON: Self = Self(0x1f);
    pub(super) const RECEIVE_MAXIMUM: Self = Self(0x21);
    pub(super) const ALIAS_MAXIMUM: Self = Self(0x22);
    pub(super) const ALIAS: Self = Self(0x23);
    pub(super) const MAXIMUM_QOS: Self = Self(0x24);
    pub(super) const RETAIN_AVAILABLE: Self = Self(0x25);
    pub(super) const USER: Self = Self(0x26);
    pub(super) const MAXIMUM_PACKET: Self = Self(0x27);
    pub(super) const WILDCARDS_AVAILABLE: Self = Self(0x28);
    pub(super) const SUBSCRIPTION_IDS_AVAILABLE: Self = Self(0x29);
    pub(super) const SHARED_AVAILABLE: Self = Self(0x2a);
}

impl Properties {
    pub(super) fn with(mut self, name: Name, value: Value) -> Self {
        self.0.push((name, value));
        self
    }

    /// The first of this name.
    pub(super) fn get(&self, name: Name) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }

    pub(super) fn has(&self, name: Name) -> bool {
        self.get(name).is_some()
    }

    /// A number, of whatever size it travels in.
    pub(super) fn number(&self, name: Name) -> Option<u32> {
        match self.get(name)? {
            Value::Byte(number) => Some((*number).into()),
            Value::Two(number) => Some((*number).into()),
            Value::Four(number) | Value::Varint(number) => Some(*number),
            Value::Text(_) | Value::Binary(_) | Value::Pair(..) => None,
        }
    }

    /// # Errors
    /// What may not stand here, what nobody knows, and what stands here twice.
    pub(super) fn read(reader: &mut Reader, place: Place) -> Result<Self, Malformed> {
        let length = reader.varint()?;
        let mut rest = reader.part(length)?;
        let mut properties = Vec::new();
        // A bit for each name that has come. Names are below 64.
        let mut seen = 0_u64;
        while !rest.is_empty() {
            let name = Name(rest.byte()?);
            let known = KNOWN.iter().find(|(known, ..)| *known == name);
            let (_, kind, places) = known.ok_or(Malformed::packet("an unknown property"))?;
            if places & place as u8 == 0 {
                return Err(Malformed::protocol("a property that may not stand there"));
            }
            let bit = 1 << (name.0 & 63);
            if seen & bit != 0
                && name != Name::USER
                && !(name == Name::SUBSCRIPTION_ID && place == Place::Publish)
            {
                return Err(Malformed::protocol("a property that stands there twice"));
            }
            seen |= bit;
            let value = match kind {
                Kind::Byte => Value::Byte(rest.byte()?),
                Kind::Two => Value::Two(rest.two()?),
                Kind::Four => Value::Four(rest.four()?),
                Kind::Varint => Value::Varint(rest.varint()?),
                Kind::Text => Value::Text(rest.text()?),
                Kind::Binary => Value::Binary(rest.binary()?),
                Kind::Pair => Value::Pair(rest.text()?, rest.text()?),
            };
            properties.push((name, value));
        }
        Ok(Self(properties))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        let mut inner = Writer::default();
        for (name, value) in &self.0 {
            inner.byte(name.0);
            match value {
                Value::Byte(number) => inner.byte(*number),
                Value::Two(number) => inner.two(*number),
                Value::Four(number) => inner.four(*number),
                Value::Varint(number) => inner.varint(*number),
                Value::Text(text) => inner.text(text),
                Value::Binary(bytes) => inner.binary(bytes),
                Value::Pair(name, value) => {
                    inner.text(name);
                    inner.text(value);
                }
            }
        }
        writer.counted(&inner);
    }
}

//! MQTT's packets as data, for 3.1 (as 3.1.1), 3.1.1 and 5 alike; what only one of them has is empty in the other.
//! Source: OASIS, "MQTT Version 3.1.1" and "MQTT Version 5.0", section 3 of each.

use axum::body::Bytes;

use super::properties::Properties;

/// The protocol's version, which a connection's first packet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V311,
    V5,
}

/// How surely a message is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::enum_variant_names, reason = "the names of MQTT")]
pub(super) enum QoS {
    AtMostOnce,
    AtLeastOnce,
    /// MQTT has it, IoT Core does not.
    ExactlyOnce,
}

/// Why something was done, granted or refused. Source: MQTT 5, section 2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reason(pub(super) u8);

/// A packet.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Packet {
    Connect(Box<Connect>),
    ConnAck(ConnAck),
    Publish(Publish),
    PubAck(PubAck),
    Subscribe(Subscribe),
    SubAck(Answers),
    Unsubscribe(Unsubscribe),
    UnsubAck(Answers),
    PingReq,
    PingResp,
    Disconnect(Disconnect),
}

/// Who a client is and what it wants of the connection.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Connect {
    pub(super) version: Version,
    /// The session begins anew (3.1.1: and ends with the connection).
    pub(super) clean: bool,
    /// Seconds; 0 where the client wants none.
    pub(super) keep_alive: u16,
    pub(super) client_id: String,
    pub(super) will: Option<Will>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Bytes>,
    pub(super) properties: Properties,
}

/// What is published for a client that goes without a word.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Will {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    pub(super) properties: Properties,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConnAck {
    pub(super) session_present: bool,
    /// A reason code, or 3.1.1's return code.
    pub(super) reason: Reason,
    pub(super) properties: Properties,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Publish {
    pub(super) dup: bool,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    /// Empty where an alias stands for it.
    pub(super) topic: String,
    /// Above QoS 0.
    pub(super) id: Option<u16>,
    pub(super) properties: Properties,
    pub(super) payload: Bytes,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct PubAck {
    pub(super) id: u16,
    pub(super) reason: Reason,
    pub(super) properties: Properties,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Subscribe {
    pub(super) id: u16,
    pub(super) filters: Vec<Wish>,
    pub(super) properties: Properties,
}

/// A subscription that a client wishes for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) filter: String,
    pub(super) qos: QoS,
    /// Not what the client itself publishes.
    pub(super) no_local: bool,
    /// The retain flag stays as the publisher set it.
    pub(super) as_published: bool,
    pub(super) retained: Retained,
}

/// When a new subscription is sent what is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retained {
    Always,
    /// Only if the subscription is new.
    IfNew,
    Never,
}

/// SUBACK or UNSUBACK: an answer for each filter. UNSUBACK has none in 3.1.1.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answers {
    pub(super) id: u16,
    pub(super) reasons: Vec<Reason>,
    pub(super) properties: Properties,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unsubscribe {
    pub(super) id: u16,
    pub(super) filters: Vec<String>,
    pub(super) properties: Properties,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Disconnect {
    pub(super) reason: Reason,
    pub(super) properties: Properties,
}

impl QoS {
    pub(super) const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

impl Reason {
    pub(super) const SUCCESS: Self = Self(0x00);
    pub(super) const WITH_WILL: Self = Self(0x04);
    pub(super) const NO_MATCHING_SUBSCRIBERS: Self = Self(0x10);
    pub(super) const NO_SUBSCRIPTION: Self = Self(0x11);
    /// 3.1.1's only refusal of a filter, too.
    pub(super) const UNSPECIFIED: Self = Self(0x80);
    pub(super) const MALFORMED: Self = Self(0x81);
    pub(super) const PROTOCOL_ERROR: Self = Self(0x82);
    pub(super) const UNSUPPORTED_VERSION: Self = Self(0x84);
    pub(super) const CLIENT_ID: Self = Self(0x85);
    pub(super) const NOT_AUTHORIZED: Self = Self(0x87);
    pub(super) const SHUTTING_DOWN: Self = Self(0x8b);
    pub(super) const AUTHENTICATION_METHOD: Self = Self(0x8c);
    pub(super) const KEEP_ALIVE: Self = Self(0x8d);
    pub(super) const TAKEN_OVER: Self = Self(0x8e);
    pub(super) const TOPIC_FILTER: Self = Self(0x8f);
    pub(super) const TOPIC_NAME: Self = Self(0x90);
    pub(super) const TOPIC_ALIAS: Self = Self(0x94);
    pub(super) const TOO_LARGE: Self = Self(0x95);
    pub(super) const QUOTA: Self = Self(0x97);
    pub(super) const ADMINISTRATIVE: Self = Self(0x98);
    pub(super) const QOS: Self = Self(0x9b);
    pub(super) const SHARED: Self = Self(0x9e);
    pub(super) const CONNECT_TIME: Self = Self(0xa0);
    pub(super) const SUBSCRIPTION_IDS: Self = Self(0xa1);
}

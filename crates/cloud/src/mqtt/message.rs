//! What is published, and how it is told to whoever subscribed.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;

use super::encode;
use super::packet::{Publish, QoS, Version};
use super::properties::{Name, Properties, Value};
use super::topic::Topic;

/// A message that has been published. Subscribers of one version and QoS are told it in the same bytes, but for the
/// packet identifier, and they are written down once.
#[derive(Debug)]
pub(crate) struct Message {
    pub(super) topic: Topic,
    pub(super) payload: Bytes,
    pub(super) properties: Properties,
    pub(super) qos: QoS,
    /// It stays, for whoever subscribes to the topic later.
    pub(super) retain: bool,
    frames: [OnceLock<(Bytes, usize)>; 4],
}

/// A message on its way to a connection.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) message: Arc<Message>,
    /// What was granted, at most what the message was published with.
    pub(super) qos: QoS,
    /// The flag that it is sent with.
    pub(super) retain: bool,
}

/// The properties that travel on to the subscribers. Source: MQTT 5, section 3.3.2.3: the others are between two who
/// speak with each other.
const FORWARDED: &[Name] = &[
    Name::PAYLOAD_FORMAT,
    Name::EXPIRY,
    Name::CONTENT_TYPE,
    Name::RESPONSE_TOPIC,
    Name::CORRELATION,
    Name::USER,
];

impl Message {
    pub(super) fn new(
        topic: Topic,
        payload: Bytes,
        qos: QoS,
        retain: bool,
        properties: Properties,
    ) -> Self {
        let Properties(mut properties) = properties;
        properties.retain(|(name, _)| FORWARDED.contains(name));
        Self {
            topic,
            payload,
            properties: Properties(properties),
            qos,
            retain,
            frames: Default::default(),
        }
    }

    /// A message of the backend's own, QoS 1.
    pub(crate) fn notice(topic: Topic, payload: impl Into<Bytes>) -> Self {
        let qos = QoS::AtLeastOnce;
        Self::new(topic, payload.into(), qos, false, Properties::default())
    }

    /// The same message so many seconds later: what it says of its expiry is what is left of it. Nothing once it has
    /// expired.
    pub(super) fn aged(&self, seconds: i64) -> Option<Self> {
        let mut properties = self.properties.clone();
        for (name, value) in &mut properties.0 {
            if let (&mut Name::EXPIRY, Value::Four(left)) = (name, value) {
                let rest = i64::from(*left) - seconds;
                *left = u32::try_from(rest).ok().filter(|rest| *rest > 0)?;
            }
        }
        let Self {
            topic,
            payload,
            qos,
            retain,
            ..
        } = self;
        Some(Self::new(
            topic.clone(),
            payload.clone(),
            *qos,
            *retain,
            properties,
        ))
    }

    /// The PUBLISH, and where its packet identifier stands above QoS 0.
    pub(super) fn frame(&self, version: Version, qos: QoS) -> &(Bytes, usize) {
        let which = 2 * (version as usize) + usize::from(qos != QoS::AtMostOnce);
        self.frames[which].get_or_init(|| {
            let packet = Publish {
                dup: false,
                qos,
                retain: false,
                topic: self.topic.as_str().to_owned(),
                id: None,
                properties: self.properties.clone(),
                payload: self.payload.clone(),
            };
            encode::publish(&packet, version)
        })
    }
}

impl Delivery {
    /// The bytes for one connection.
    pub(super) fn frame(&self, version: Version, id: Option<u16>) -> Bytes {
        let (frame, place) = self.message.frame(version, self.qos);
        if id.is_none() && !self.retain {
            return frame.clone();
        }
        let mut bytes = frame.to_vec();
        if let Some(id) = id {
            bytes[*place..place + 2].copy_from_slice(&id.to_be_bytes());
        }
        if self.retain {
            bytes[0] |= encode::RETAIN;
        }
        bytes.into()
    }
}

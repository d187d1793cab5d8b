//! What CONNECT comes to.

use std::time::Duration;

use axum::extract::ws::close_code::POLICY;

use super::{Deed, Grants, Output, Session, State, said};
use crate::mqtt::message::Message;
use crate::mqtt::packet::{ConnAck, Connect, Packet, QoS, Reason, Version, Will};
use crate::mqtt::properties::{Name, Properties, Value};
use crate::mqtt::topic::Topic;
use crate::mqtt::unacked::Unacked;

/// Why a connection is refused.
type Refused = (Reason, &'static str);

impl Session {
    /// User name and password are not looked at: whoever connects has signed the URL.
    pub(super) fn connect(&mut self, connect: Connect, may: &Grants<'_>) -> Vec<Output> {
        self.version = connect.version;
        match self.accept(connect, may) {
            Ok(outputs) => outputs,
            Err((reason, why)) => self.refuse(reason, why),
        }
    }

    fn accept(&mut self, connect: Connect, may: &Grants<'_>) -> Result<Vec<Output>, Refused> {
        let Connect {
            version,
            clean,
            keep_alive,
            client_id,
            will,
            properties,
            ..
        } = connect;
        if properties.has(Name::AUTHENTICATION_METHOD) || properties.has(Name::AUTHENTICATION_DATA)
        {
            let why = "there is no further authentication: the URL is signed";
            return Err((Reason::AUTHENTICATION_METHOD, why));
        }
        let number = |name, most: u32| match properties.number(name) {
            Some(0) => Err((Reason::PROTOCOL_ERROR, "a maximum of 0")),
            number => Ok(number.unwrap_or(most).min(most)),
        };
        let window = number(Name::RECEIVE_MAXIMUM, self.limits.unacknowledged.into())?;
        let largest = number(Name::MAXIMUM_PACKET, u32::MAX)?;
        let given = client_id.is_empty();
        if given && !clean && version == Version::V311 {
            return Err((
                Reason::CLIENT_ID,
                "a session that is to last needs a client id",
            ));
        }
        let client_id = if given {
            self.spare_id.clone()
        } else {
            client_id
        };
        if client_id.len() > self.limits.client_id {
            return Err((Reason::CLIENT_ID, "a client id may have 128 bytes"));
        }
        if !may(Deed::Connect(&client_id)) {
            return Err((Reason::NOT_AUTHORIZED, "this client id is not allowed"));
        }
        let will = will.map(|will| self.will(will, may)).transpose()?;
        let told = self.keep_alive(keep_alive);
        self.state = State::Live;
        self.will = will;
        let to_size = |number| usize::try_from(number).unwrap_or(usize::MAX);
        self.largest = to_size(largest);
        self.unacked = Unacked::new(version, to_size(window));
        let properties = match version {
            Version::V311 => Properties::default(),
            Version::V5 => {
                let lasting = properties.number(Name::SESSION_EXPIRY).unwrap_or(0) > 0;
                let assigned = given.then(|| client_id.clone());
                self.terms(lasting, told, assigned)
            }
        };
        let connack = ConnAck {
            session_present: false,
            reason: Reason::SUCCESS,
            properties,
        };
        Ok(vec![
            Output::Enter(client_id),
            Output::Send(Packet::ConnAck(connack)),
        ])
    }

    /// What the client publishes with its last breath, it has to be allowed to publish.
    fn will(&self, will: Will, may: &Grants<'_>) -> Result<Message, Refused> {
        let Will {
            topic,
            payload,
            qos,
            retain,
            properties,
        } = will;
        let topic = Topic::new(&topic).ok_or((Reason::TOPIC_NAME, "the will's topic is none"))?;
        if qos == QoS::ExactlyOnce {
            return Err((Reason::QOS, "there is no QoS 2"));
        }
        if payload.len() > self.limits.payload {
            return Err((Reason::TOO_LARGE, "the will is too large"));
        }
        let name = topic.as_str();
        if !may(Deed::Publish(name)) || (retain && !may(Deed::Retain(name))) {
            return Err((Reason::NOT_AUTHORIZED, "the will is not allowed"));
        }
        Ok(Message::new(topic, payload, qos, retain, properties))
    }

    /// The keep-alive that the client gets; what it is told if that is not the one it asked for.
    fn keep_alive(&mut self, asked: u16) -> Option<u16> {
        let (least, most) = (self.limits.keep_alive_least, self.limits.keep_alive_most);
        let granted = match asked {
            0 => most,
            asked => Duration::from_secs(asked.into()).clamp(least, most),
        };
        self.silence = granted * 3 / 2;
        let seconds = u16::try_from(granted.as_secs()).unwrap_or(u16::MAX);
        (seconds != asked).then_some(seconds)
    }

    /// What a client of MQTT 5 is told of the server. Source: IoT Core developer guide, "MQTT 5 properties".
    fn terms(
        &self,
        lasting: bool,
        keep_alive: Option<u16>,
        assigned: Option<String>,
    ) -> Properties {
        let mut terms = Properties::default()
            .with(
                Name::RECEIVE_MAXIMUM,
                Value::Two(self.limits.unacknowledged),
            )
            .with(Name::MAXIMUM_QOS, Value::Byte(1))
            .with(
                Name::MAXIMUM_PACKET,
                Value::Four(u32::try_from(self.limits.packet).unwrap_or(u32::MAX)),
            )
            .with(Name::ALIAS_MAXIMUM, Value::Two(self.limits.aliases))
            .with(Name::SUBSCRIPTION_IDS_AVAILABLE, Value::Byte(0))
            .with(Name::SHARED_AVAILABLE, Value::Byte(0));
        if lasting {
            terms = terms.with(Name::SESSION_EXPIRY, Value::Four(0));
        }
        if let Some(seconds) = keep_alive {
            terms = terms.with(Name::SERVER_KEEP_ALIVE, Value::Two(seconds));
        }
        if let Some(id) = assigned {
            terms = terms.with(Name::ASSIGNED_CLIENT_ID, Value::Text(id));
        }
        terms
    }

    /// CONNACK with the reason, and the end. For 3.1.1 the reasons are others (section 3.2.2.3), and there are few: what
    /// it has no word for ends without one. A refused policy is 7 there, which 3.1.1 does not have: IoT Core's own.
    pub(super) fn refuse(&mut self, reason: Reason, why: &'static str) -> Vec<Output> {
        let code = match (self.version, reason) {
            (Version::V5, reason) => Some(reason),
            (Version::V311, Reason::UNSUPPORTED_VERSION) => Some(Reason(1)),
            (Version::V311, Reason::CLIENT_ID) => Some(Reason(2)),
            (Version::V311, Reason::NOT_AUTHORIZED) => Some(Reason(7)),
            (Version::V311, _) => None,
        };
        let connack = code.map(|reason| {
            Output::Send(Packet::ConnAck(ConnAck {
                session_present: false,
                reason,
                properties: said(why),
            }))
        });
        connack.into_iter().chain(self.close(POLICY, why)).collect()
    }
}

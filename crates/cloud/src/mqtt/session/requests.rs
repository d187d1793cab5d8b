//! What a connected client's requests come to.

use super::{Deed, Grants, Output, Session};
use crate::mqtt::message::Message;
use crate::mqtt::packet::{
    Answers, Packet, Publish, QoS, Reason, Subscribe, Unsubscribe, Version, Wish,
};
use crate::mqtt::properties::{Name, Properties, Value};
use crate::mqtt::topic::{Filter, Topic};

/// Why a connection ends.
type Failed = (Reason, &'static str);

impl Session {
    pub(super) fn publish(&mut self, publish: Publish, may: &Grants<'_>) -> Vec<Output> {
        match self.taken(publish, may) {
            Ok(output) => vec![output],
            Err((reason, why)) => self.fail(reason, why),
        }
    }

    /// What is refused ends the connection, as IoT Core has it: a PUBACK could say no only in MQTT 5 and QoS 1.
    fn taken(&mut self, publish: Publish, may: &Grants<'_>) -> Result<Output, Failed> {
        let Publish {
            qos,
            retain,
            topic,
            id,
            properties,
            payload,
            ..
        } = publish;
        if qos == QoS::ExactlyOnce {
            return Err((Reason::QOS, "there is no QoS 2"));
        }
        if payload.len() > self.limits.payload {
            return Err((Reason::TOO_LARGE, "a payload may have 128 KB"));
        }
        if properties.has(Name::SUBSCRIPTION_ID) {
            return Err((
                Reason::PROTOCOL_ERROR,
                "clients send no subscription identifiers",
            ));
        }
        if let Some(Value::Text(response)) = properties.get(Name::RESPONSE_TOPIC)
            && Topic::new(response).is_none()
        {
            return Err((Reason::TOPIC_NAME, "a response topic that is none"));
        }
        let topic = self.topic(&topic, properties.number(Name::ALIAS))?;
        let name = topic.as_str();
        if !may(Deed::Publish(name)) || (retain && !may(Deed::Retain(name))) {
            return Err((
                Reason::NOT_AUTHORIZED,
                "publishing to this topic is not allowed",
            ));
        }
        let message = Message::new(topic, payload, qos, retain, properties);
        Ok(Output::Publish(message, id))
    }

    /// The topic, by its name or its alias; both together make an alias.
    fn topic(&mut self, name: &str, alias: Option<u32>) -> Result<Topic, Failed> {
        let named = || Topic::new(name).ok_or((Reason::TOPIC_NAME, "a topic that is none"));
        let Some(alias) = alias else {
            return named();
        };
        let alias = u16::try_from(alias).unwrap_or(0);
        if alias == 0 || alias > self.limits.aliases {
            return Err((Reason::TOPIC_ALIAS, "an alias beyond the maximum"));
        }
        if name.is_empty() {
            let known = self.aliases.get(&alias);
            return known
                .cloned()
                .ok_or((Reason::PROTOCOL_ERROR, "an alias that stands for nothing"));
        }
        let topic = named()?;
        self.aliases.insert(alias, topic.clone());
        Ok(topic)
    }

    /// A refused filter fails alone. Beyond the quota the connection ends as well: IoT Core "might reject" what is too
    /// much, "and the connection is closed". What it does at nine filters is not documented; here the connection ends.
    pub(super) fn subscribe(&mut self, subscribe: Subscribe, may: &Grants<'_>) -> Vec<Output> {
        let Subscribe {
            id,
            filters,
            properties,
        } = subscribe;
        if properties.has(Name::SUBSCRIPTION_ID) {
            let why = "there are no subscription identifiers";
            return self.fail(Reason::SUBSCRIPTION_IDS, why);
        }
        if filters.len() > self.limits.filters {
            return self.fail(Reason::QUOTA, "a SUBSCRIBE may have eight filters");
        }
        let mut outputs = Vec::new();
        let mut reasons = Vec::new();
        for wish in filters {
            reasons.push(match self.granted(wish, may) {
                Ok((qos, subscribe)) => {
                    outputs.push(subscribe);
                    Reason(qos as u8)
                }
                Err(reason) => reason,
            });
        }
        let too_many = reasons.contains(&Reason::QUOTA);
        if self.version == Version::V311 {
            // It has one word for every refusal.
            let refused = reasons.iter_mut().filter(|reason| reason.0 >= 0x80);
            refused.for_each(|reason| *reason = Reason::UNSPECIFIED);
        }
        outputs.push(Output::Send(Packet::SubAck(Answers {
            id,
            reasons,
            properties: Properties::default(),
        })));
        if too_many {
            outputs.extend(self.fail(Reason::QUOTA, "a connection may have 50 subscriptions"));
        }
        outputs
    }

    fn granted(&mut self, wish: Wish, may: &Grants<'_>) -> Result<(QoS, Output), Reason> {
        let filter = Filter::new(&wish.filter).ok_or(Reason::TOPIC_FILTER)?;
        if filter.is_shared() {
            return Err(Reason::SHARED);
        }
        if !may(Deed::Subscribe(filter.as_str())) {
            return Err(Reason::NOT_AUTHORIZED);
        }
        let new = !self.subscriptions.contains(&filter);
        if new && self.subscriptions.len() >= self.limits.subscriptions {
            return Err(Reason::QUOTA);
        }
        self.subscriptions.insert(filter.clone());
        let qos = wish.qos.min(QoS::AtLeastOnce);
        let wish = Wish { qos, ..wish };
        Ok((qos, Output::Subscribe { filter, wish, new }))
    }

    pub(super) fn unsubscribe(&mut self, unsubscribe: Unsubscribe) -> Vec<Output> {
        let Unsubscribe { id, filters, .. } = unsubscribe;
        let mut outputs = Vec::new();
        let mut reasons = Vec::new();
        for filter in filters {
            let known = Filter::new(&filter).and_then(|filter| self.subscriptions.take(&filter));
            reasons.push(match known {
                Some(filter) => {
                    outputs.push(Output::Unsubscribe(filter));
                    Reason::SUCCESS
                }
                None => Reason::NO_SUBSCRIPTION,
            });
        }
        if self.version == Version::V311 {
            reasons.clear();
        }
        outputs.push(Output::Send(Packet::UnsubAck(Answers {
            id,
            reasons,
            properties: Properties::default(),
        })));
        outputs
    }
}

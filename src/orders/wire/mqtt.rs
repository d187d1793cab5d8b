//! Notices of orders: `orders/events` for all of them, `orders/events/<orderId>` for one (systems: orders over MQTT).

use futures::{StreamExt as _, stream};
use iot::{Client, Event, Qos, Topic, TopicFilter};

use super::Ear;
use super::row::unix;
use crate::live::Link;
use crate::live::erased::Changes;
use crate::live::gapless::Incoming;
use crate::live::window::{Notice, Revision};
use crate::orders::model::{Moved, Order, OrderId, Status};

/// Where every order's notices are published.
const EVERY: &str = "orders/events";

/// What the topic of all orders, or of one, tells.
pub(super) fn told(client: &Client, only: Option<&OrderId>, ear: Ear) -> Changes<Order> {
    let name = match only {
        None => EVERY.to_owned(),
        Some(id) => [EVERY, "/", id.as_str()].concat(),
    };
    // Any text can be an id, but not any text a topic; and as a filter some would be others' too.
    let filter = Topic::new(&name).and_then(|topic| TopicFilter::new(topic.as_str()));
    match filter {
        Ok(filter) => {
            let told = client.subscribe(filter, Qos::AtLeastOnce);
            Changes::new(told.map(move |event| incoming(event, &ear)))
        }
        Err(_) => {
            let why = "this id cannot be part of an MQTT topic".to_owned();
            Changes::forgotten(stream::iter([Incoming::Link(Link::Failed { why })]))
        }
    }
}

/// What an event of the subscription means for a view. What cannot be read is a hint to fetch.
fn incoming(event: Event, ear: &Ear) -> Incoming<Order> {
    match event {
        Event::State(state) => Incoming::Link(state.into()),
        Event::Message(message) => match notice(&message.payload) {
            Some(it) => {
                ear.hear(&it.key, it.revision, it.patch.updated);
                Incoming::Notice(it)
            }
            None => Incoming::Hint,
        },
    }
}

/// `{"orderId", "status", "updatedAt", "event", "revision"}`; none if it is not that.
fn notice(payload: &[u8]) -> Option<Notice<Order>> {
    let payload = json::parse(payload).ok()?;
    let text = |name: &str| payload.get(name)?.as_str();
    Some(Notice {
        key: text("orderId")?.into(),
        revision: Revision(payload.get("revision")?.as_i64()?),
        patch: Moved {
            status: Status::named(text("status")?)?,
            updated: unix(text("updatedAt")?).ok()?,
        },
    })
}

#[cfg(test)]
mod tests {
    use net::UnixTime;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn payload(name: &str, value: Value) -> Vec<u8> {
        let mut payload = json!({
            "orderId": "2abc",
            "status": "IN_KITCHEN",
            "updatedAt": "2026-02-02T20:00:00.125Z",
            "event": "UPDATED",
            "revision": 3
        });
        payload[name] = value;
        payload.to_string().into_bytes()
    }

    #[test]
    fn a_payload_becomes_a_notice() {
        let told = Notice {
            key: "2abc".into(),
            revision: Revision(3),
            patch: Moved {
                status: Status::InKitchen,
                updated: UnixTime(1_770_062_400_125),
            },
        };
        assert_eq!(notice(&payload("event", "UPDATED".into())), Some(told));
    }

    #[test]
    fn what_cannot_be_read_is_a_hint() {
        for (name, value) in [
            ("orderId", Value::Null),
            ("status", "LOST".into()),
            ("updatedAt", "today".into()),
            ("revision", "3".into()),
            ("revision", Value::Null),
        ] {
            assert_eq!(notice(&payload(name, value)), None, "{name}");
        }
        assert_eq!(notice(b""), None);
        assert_eq!(notice(b"[]"), None);
    }

    proptest! {
        #[test]
        fn no_payload_panics(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = notice(&payload);
        }
    }
}

//! Who subscribes to what, over all connections.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backend::api::ApiName;
use serde_json::Value;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

use crate::graphql::{Apis, Filter, Subscription};

/// Everyone who listens. Publishing never waits for a reader: each connection has a queue of its own, and a reader who
/// lets it run full is cut off.
#[derive(Default)]
pub struct Hub {
    registry: Arc<Mutex<Registry>>,
}

#[derive(Default)]
struct Registry {
    next: u64,
    /// By API and field of `Subscription`, in the order in which they came.
    listeners: HashMap<(ApiName, String), BTreeMap<u64, Listener>>,
}

struct Listener {
    filter: Filter,
    id: Arc<str>,
    mailbox: Mailbox,
}

/// An event on its way to a connection.
pub(super) struct Delivery {
    /// The client's id of the subscription.
    pub(super) id: Arc<str>,
    pub(super) event: Arc<Event>,
}

/// An event, and what its subscribers are told: those who asked with the same words are told the same, which is worked
/// out and written down once.
pub(super) struct Event {
    value: Value,
    told: Mutex<HashMap<Arc<str>, Arc<str>>>,
}

impl Event {
    fn new(value: Value) -> Self {
        Self {
            value,
            told: Mutex::default(),
        }
    }

    /// What a subscription gets of it, as JSON; nothing if it does not pass its filter.
    pub(super) fn told(&self, subscription: &Subscription, apis: &Apis) -> Option<Arc<str>> {
        if !subscription.filter().passes(&self.value) {
            return None;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = told.get(subscription.words()) {
            return Some(Arc::clone(text));
        }
        let selected = subscription.select(apis, &self.value);
        let text: Arc<str> = serde_json::to_string(&selected).ok()?.into();
        told.insert(Arc::clone(subscription.words()), Arc::clone(&text));
        Some(text)
    }
}

/// A connection's queue, from the publishers' side.
#[derive(Clone)]
pub(super) struct Mailbox {
    queue: mpsc::Sender<Delivery>,
    overflow: Arc<Notify>,
}

impl Mailbox {
    /// A mailbox, its queue, and what says that the queue was full.
    pub(super) fn with_room_for(
        deliveries: usize,
    ) -> (Self, mpsc::Receiver<Delivery>, Arc<Notify>) {
        let (queue, receiver) = mpsc::channel(deliveries);
        let overflow = Arc::new(Notify::new());
        (
            Self {
                queue,
                overflow: Arc::clone(&overflow),
            },
            receiver,
            overflow,
        )
    }
}

/// A registration; it ends when this is dropped.
pub(super) struct Listening {
    registry: Arc<Mutex<Registry>>,
    key: (ApiName, String),
    number: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut registry = lock(&self.registry);
        if let Some(listeners) = registry.listeners.get_mut(&self.key) {
            listeners.remove(&self.number);
        }
    }
}

impl Hub {
    /// Delivers an event to everyone who subscribed to the field and whose filter it passes. Says how many they are.
    pub(crate) fn publish(&self, api: ApiName, field: &str, event: &Value) -> u64 {
        let registry = lock(&self.registry);
        let Some(listeners) = registry.listeners.get(&(api, field.to_owned())) else {
            return 0;
        };
        let event = Arc::new(Event::new(event.clone()));
        let mut reached = 0;
        for listener in listeners
            .values()
            .filter(|listener| listener.filter.passes(&event.value))
        {
            let delivery = Delivery {
                id: Arc::clone(&listener.id),
                event: Arc::clone(&event),
            };
            match listener.mailbox.queue.try_send(delivery) {
                Ok(()) => reached += 1,
                Err(TrySendError::Full(_)) => listener.mailbox.overflow.notify_one(),
                Err(TrySendError::Closed(_)) => {}
            }
        }
        reached
    }

    /// How many subscriptions run.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        lock(&self.registry)
            .listeners
            .values()
            .map(BTreeMap::len)
            .sum()
    }

    pub(super) fn listen(
        &self,
        id: &str,
        subscription: &Subscription,
        mailbox: &Mailbox,
    ) -> Listening {
        let key = (subscription.api(), subscription.field().to_owned());
        let mut registry = lock(&self.registry);
        let number = registry.next;
        registry.next += 1;
        let listener = Listener {
            filter: subscription.filter().clone(),
            id: id.into(),
            mailbox: mailbox.clone(),
        };
        registry
            .listeners
            .entry(key.clone())
            .or_default()
            .insert(number, listener);
        Listening {
            registry: Arc::clone(&self.registry),
            key,
            number,
        }
    }
}

fn lock(registry: &Mutex<Registry>) -> MutexGuard<'_, Registry> {
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use backend::api::Caller;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_words_are_told_the_same_and_others_their_own() {
        let apis = Apis::load().unwrap();
        let read = |query: &str| {
            let data = json!({ "query": query }).to_string();
            Subscription::read(&apis, ApiName::Orders, &Caller::backend(), &data).unwrap()
        };
        let ids = "subscription { onCreateOrUpdateOrder { orderId } }";
        let (one, other) = (read(ids), read(ids));
        let states = read("subscription { onCreateOrUpdateOrder { status } }");
        let none = read("subscription { onCreateOrUpdateOrder(orderId: \"2\") { status } }");

        let event = Event::new(json!({"orderId": "1", "status": "SUBMITTED"}));
        let told = event.told(&one, &apis).unwrap();
        let expected = r#"{"data":{"onCreateOrUpdateOrder":{"orderId":"1"}}}"#;
        assert_eq!(&*told, expected);
        assert!(Arc::ptr_eq(&told, &event.told(&other, &apis).unwrap()));
        let expected = r#"{"data":{"onCreateOrUpdateOrder":{"status":"SUBMITTED"}}}"#;
        assert_eq!(&*event.told(&states, &apis).unwrap(), expected);
        assert_eq!(event.told(&none, &apis), None);
    }
}

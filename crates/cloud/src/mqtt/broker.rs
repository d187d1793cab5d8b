//! Who subscribes to what over all connections, who is connected as whom, and what is retained.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use backend::api::Role;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

use super::message::{Delivery, Message};
use super::packet::{QoS, Retained, Wish};
use super::topic::{Filter, Topic};
use super::tree::Tree;

/// The topics that may have a retained message. IoT Core has half a million an account; here they are in memory.
const MOST_RETAINED: usize = 10_000;

/// Everyone who listens. Publishing never waits for a reader: each connection has a queue of its own, and a reader who
/// lets it run full is cut off.
#[derive(Default, Clone)]
pub struct Broker(Arc<Mutex<Registry>>);

#[derive(Default)]
struct Registry {
    next: u64,
    /// The connection of each client id.
    clients: HashMap<Arc<str>, (u64, Arc<Bells>)>,
    tree: Tree<Subscriber>,
    retained: BTreeMap<Topic, Kept>,
}

/// A retained message, and since when: milliseconds.
struct Kept {
    message: Arc<Message>,
    since: i64,
}

struct Subscriber {
    qos: QoS,
    no_local: bool,
    as_published: bool,
    role: Role,
    mailbox: Mailbox,
}

/// A connection's queue, from the publishers' side.
#[derive(Clone)]
struct Mailbox {
    queue: mpsc::Sender<Delivery>,
    bells: Arc<Bells>,
}

/// What a connection has to be told out of turn.
#[derive(Default)]
pub(super) struct Bells {
    /// Its queue was full.
    pub(super) overflow: Notify,
    /// Another connection has come with its client id.
    pub(super) taken_over: Notify,
}

/// A connected client; its subscriptions end when this is dropped.
pub(super) struct Member {
    broker: Broker,
    number: u64,
    client: Arc<str>,
    role: Role,
    mailbox: Mailbox,
    filters: HashSet<Filter>,
}

/// Who may receive what is published to a topic: `iot:Receive` is asked for each message and role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audience {
    pub(crate) guests: bool,
    pub(crate) backend: bool,
}

impl Audience {
    const fn has(self, role: Role) -> bool {
        match role {
            Role::Guest => self.guests,
            Role::Backend => self.backend,
            // Keys open an API, not the broker.
            Role::ApiKey => false,
        }
    }
}

impl Broker {
    /// A client has connected; whoever had its id is told to go. Its queue has room for so many messages.
    pub(super) fn enter(
        &self,
        client: &str,
        role: Role,
        room: usize,
    ) -> (Member, mpsc::Receiver<Delivery>, Arc<Bells>) {
        let (queue, inbox) = mpsc::channel(room);
        let bells = Arc::<Bells>::default();
        let client: Arc<str> = client.into();
        let mut registry = self.lock();
        let number = registry.next;
        registry.next += 1;
        let entry = (number, Arc::clone(&bells));
        if let Some((_, before)) = registry.clients.insert(Arc::clone(&client), entry) {
            before.taken_over.notify_one();
        }
        let member = Member {
            broker: self.clone(),
            number,
            client,
            role,
            mailbox: Mailbox {
                queue,
                bells: Arc::clone(&bells),
            },
            filters: HashSet::new(),
        };
        (member, inbox, bells)
    }

    /// Delivers a message to everyone in the audience whose filter it passes, and keeps it if it is to be retained. Says
    /// how many connections it was handed to. `now` in milliseconds.
    pub(crate) fn publish(&self, message: Message, audience: Audience, now: i64) -> u64 {
        self.publish_from(None, message, audience, now)
    }

    fn publish_from(
        &self,
        from: Option<u64>,
        message: Message,
        audience: Audience,
        now: i64,
    ) -> u64 {
        let message = Arc::new(message);
        let mut registry = self.lock();
        if message.retain {
            registry.keep(&message, now);
        }
        let found = registry.tree.matching(&message.topic);
        let hand = |number: u64, subscriber: &Subscriber, qos: QoS| {
            let own = subscriber.no_local && from == Some(number);
            if own || !audience.has(subscriber.role) {
                return 0;
            }
            let delivery = Delivery {
                message: Arc::clone(&message),
                qos: qos.min(message.qos),
                retain: message.retain && subscriber.as_published,
            };
            subscriber.mailbox.put(delivery)
        };
        match found[..] {
            [] => 0,
            [one] => one
                .iter()
                .map(|(number, subscriber)| hand(*number, subscriber, subscriber.qos))
                .sum(),
            // Whoever has several filters that it passes gets it once, with the best QoS that any of them was granted.
            // MQTT lets a server choose; what IoT Core does is not documented.
            _ => {
                let mut best: BTreeMap<u64, (&Subscriber, QoS)> = BTreeMap::new();
                for (number, subscriber) in found.into_iter().flatten() {
                    let (_, qos) = best.entry(*number).or_insert((subscriber, subscriber.qos));
                    *qos = subscriber.qos.max(*qos);
                }
                best.into_iter()
                    .map(|(number, (subscriber, qos))| hand(number, subscriber, qos))
                    .sum()
            }
        }
    }

    /// How many subscriptions there are.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.lock().tree.len()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// A message without a payload takes the one away that is there.
    fn keep(&mut self, message: &Arc<Message>, now: i64) {
        if message.payload.is_empty() {
            self.retained.remove(&message.topic);
        } else if self.retained.len() < MOST_RETAINED || self.retained.contains_key(&message.topic)
        {
            let kept = Kept {
                message: Arc::clone(message),
                since: now,
            };
            self.retained.insert(message.topic.clone(), kept);
        } else {
            tracing::warn!(topic = %message.topic, "no room to retain a message");
        }
    }
}

impl Mailbox {
    fn put(&self, delivery: Delivery) -> u64 {
        match self.queue.try_send(delivery) {
            Ok(()) => 1,
            Err(TrySendError::Full(_)) => {
                self.bells.overflow.notify_one();
                0
            }
            Err(TrySendError::Closed(_)) => 0,
        }
    }
}

impl Member {
    /// Subscribes, or changes how. What is retained is sent at once, but never through wildcards. Source: IoT Core
    /// developer guide, "MQTT retained messages".
    pub(super) fn subscribe(
        &mut self,
        filter: Filter,
        wish: &Wish,
        new: bool,
        may_receive: bool,
        now: i64,
    ) {
        let Wish {
            qos,
            no_local,
            as_published,
            retained,
            ..
        } = *wish;
        let subscriber = Subscriber {
            qos,
            no_local,
            as_published,
            role: self.role,
            mailbox: self.mailbox.clone(),
        };
        let mut registry = self.broker.lock();
        registry.tree.insert(&filter, self.number, subscriber);
        let wanted = match retained {
            Retained::Always => true,
            Retained::IfNew => new,
            Retained::Never => false,
        };
        if wanted
            && may_receive
            && !filter.has_wildcards()
            && let Some(topic) = Topic::new(filter.as_str())
            && let Some(kept) = registry.retained.get(&topic)
        {
            match kept.message.aged((now - kept.since) / 1000) {
                Some(message) => {
                    let delivery = Delivery {
                        qos: qos.min(message.qos),
                        message: Arc::new(message),
                        retain: true,
                    };
                    self.mailbox.put(delivery);
                }
                None => drop(registry.retained.remove(&topic)),
            }
        }
        drop(registry);
        self.filters.insert(filter);
    }

    pub(super) fn unsubscribe(&mut self, filter: &Filter) {
        self.broker.lock().tree.remove(filter, self.number);
        self.filters.remove(filter);
    }

    pub(super) fn publish(&self, message: Message, audience: Audience, now: i64) -> u64 {
        self.broker
            .publish_from(Some(self.number), message, audience, now)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut registry = self.broker.lock();
        for filter in &self.filters {
            registry.tree.remove(filter, self.number);
        }
        if registry
            .clients
            .get(&self.client)
            .is_some_and(|(number, _)| *number == self.number)
        {
            registry.clients.remove(&self.client);
        }
    }
}

//! What is missing for everyone to be live, computed anew after each input.

use std::sync::Arc;
use std::time::Duration;

use net::Instant;

use super::connection::Phase;
use super::{
    Connection, ConnectionId, Delivery, LINGER, OPEN_DEADLINE, OVERLAP, OperationId, Output,
    PING_DEADLINE, PROBE_DEADLINE, Purpose, START_DEADLINE, Session, Slot, State, Subscriber,
    SubscriptionId,
};
use crate::wire::Request;

impl Session {
    /// Opens, starts and replaces what is to be opened, started and replaced now.
    pub(super) fn converge(&mut self, now: Instant) {
        if !self.is_wanted() {
            self.retry = None;
            self.overlap = None;
            let connected = self.current.is_some() || self.successor.is_some();
            self.linger = connected.then(|| self.linger.unwrap_or(now + LINGER));
            return;
        }
        self.linger = None;
        self.retry.take_if(|retry| retry.at <= now);
        self.subscriptions
            .values_mut()
            .for_each(|it| drop(it.retry.take_if(|retry| retry.at <= now)));

        if self.current.is_none() && self.retry.is_none() {
            self.current = Some(self.open(now));
        }
        if self.renewal_due().is_some_and(|at| at <= now) {
            self.successor = Some(self.open(now));
        }
        self.replace(now);
        for slot in Slot::BOTH {
            if self.ping_due(slot).is_some_and(|at| at <= now) {
                self.ping(now, slot, PING_DEADLINE);
            }
            for subscription in self.missing(slot) {
                self.begin(now, slot, Purpose::Carry(subscription));
            }
        }
    }

    /// When the current connection is to get a successor.
    pub(super) fn renewal_due(&self) -> Option<Instant> {
        match self.current.as_ref()?.phase {
            Phase::Ready { renew_at, .. } if self.successor.is_none() && self.is_wanted() => {
                Some(renew_at)
            }
            _ => None,
        }
    }

    /// When a connection is to be asked for a sign of life.
    pub(super) fn ping_due(&self, slot: Slot) -> Option<Instant> {
        let interval = self.rules.ping?;
        let connection = self.connection(slot)?;
        let idle = connection.ready_since().is_some() && connection.asked.is_none();
        (idle && self.is_wanted()).then(|| connection.pinged + interval)
    }

    /// Asks a connection for a sign of life within this time; one that has been asked already gets no more of it.
    fn ping(&mut self, now: Instant, slot: Slot, limit: Duration) {
        let Some(connection) = self.connection_mut(slot) else {
            return;
        };
        let id = connection.id;
        let deadline = now + limit;
        match &mut connection.asked {
            Some(asked) => *asked = deadline.min(*asked),
            None => {
                connection.ask(now, deadline);
                self.outputs.say(id, Request::Ping);
            }
        }
    }

    /// At once another attempt where one is waited for; a question to what seems open.
    pub(super) fn wake(&mut self, now: Instant) {
        self.retry = None;
        self.subscriptions
            .values_mut()
            .for_each(|subscriber| subscriber.retry = None);
        self.probe(now);
    }

    /// Asks each connection whether it is alive: an acknowledged one by a ping or else a start, one on the way by a
    /// shorter deadline.
    pub(super) fn probe(&mut self, now: Instant) {
        for slot in Slot::BOTH {
            let Some(connection) = self.connection_mut(slot) else {
                continue;
            };
            connection.hurry(now);
            let (ready, probed) = (connection.ready_since().is_some(), connection.probe());
            let probed = probed.is_some();
            match self.rules.ping {
                _ if !ready || !self.is_wanted() => {}
                Some(_) => self.ping(now, slot, PROBE_DEADLINE),
                None if probed => {}
                None => self.begin(now, slot, Purpose::Probe),
            }
        }
    }

    /// The request that an operation starts. A probe borrows one, of a live subscription if there is any.
    fn body(&self, purpose: Purpose) -> Option<Arc<str>> {
        let subscriber = match purpose {
            Purpose::Carry(id) => self.subscriptions.get(&id),
            Purpose::Probe => {
                let is_live = |id| {
                    self.current
                        .as_ref()
                        .is_some_and(|connection| connection.is_live(id))
                };
                let wanted = || {
                    self.subscriptions
                        .iter()
                        .filter(|(_, subscriber)| subscriber.failed.is_none())
                };
                wanted()
                    .find(|(id, _)| is_live(**id))
                    .or_else(|| wanted().next())
                    .map(|(_, subscriber)| subscriber)
            }
        };
        subscriber.map(|subscriber| Arc::clone(&subscriber.body))
    }

    /// Tells every subscriber what it does not know yet.
    pub(super) fn tell(&mut self) {
        let Self {
            subscriptions,
            current,
            retry,
            online,
            outputs,
            ..
        } = self;
        for (id, subscriber) in subscriptions.iter_mut() {
            let state = if let Some(cause) = &subscriber.failed {
                State::Failed(cause.clone())
            } else if current
                .as_ref()
                .is_some_and(|connection| connection.is_live(*id))
            {
                State::Live
            } else if !*online {
                State::Offline
            } else if let Some(retry) = subscriber.retry.as_ref().or(retry.as_ref()) {
                State::Retrying {
                    at: retry.at,
                    cause: retry.cause.clone(),
                }
            } else {
                State::Connecting
            };
            let anew = std::mem::take(&mut subscriber.fresh) && state == State::Live;
            if anew || subscriber.told.as_ref() != Some(&state) {
                subscriber.told = Some(state.clone());
                outputs.put(Output::Deliver(*id, Delivery::State(state)));
            }
        }
    }

    /// Whether anybody needs a connection.
    fn is_wanted(&self) -> bool {
        self.subscriptions
            .values()
            .any(|subscriber| subscriber.failed.is_none())
    }

    fn open(&mut self, now: Instant) -> Connection {
        let id = ConnectionId(self.next_id());
        self.outputs.put(Output::Open(id));
        Connection::opening(id, now, now + OPEN_DEADLINE)
    }

    fn begin(&mut self, now: Instant, slot: Slot, purpose: Purpose) {
        let Some(body) = self.body(purpose) else {
            return;
        };
        let id = OperationId(self.next_id());
        if let Some(connection) = self.connection_mut(slot) {
            connection.begin(id, purpose, Arc::clone(&body), now + START_DEADLINE);
            if self.rules.signs_starts {
                self.outputs.put(Output::Authorize(id, body));
            } else {
                self.authorized(now, id, String::new(), None);
            }
        }
    }

    /// The subscriptions to start on a connection: on the current one all, on a successor what the current one carries.
    fn missing(&self, slot: Slot) -> Vec<SubscriptionId> {
        let Some(connection) = self
            .connection(slot)
            .filter(|it| it.ready_since().is_some())
        else {
            return Vec::new();
        };
        let due = |id: SubscriptionId, subscriber: &Subscriber| match slot {
            Slot::Current => subscriber.retry.is_none(),
            Slot::Successor => self
                .current
                .as_ref()
                .is_some_and(|current| current.is_live(id)),
        };
        self.subscriptions
            .iter()
            .filter(|(_, subscriber)| subscriber.failed.is_none())
            .filter(|(id, subscriber)| connection.carrier(**id).is_none() && due(**id, subscriber))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Once everything that is live on the current connection is live on the successor too, and both have delivered
    /// for a while, the successor takes over.
    fn replace(&mut self, now: Instant) {
        let (Some(current), Some(successor)) = (&self.current, &self.successor) else {
            return;
        };
        let settled = successor.ready_since().is_some()
            && self
                .subscriptions
                .keys()
                .all(|id| successor.is_live(*id) || !current.is_live(*id));
        match self.overlap {
            Some(at) if settled && at <= now => self.succeed(),
            overlap => self.overlap = settled.then(|| overlap.unwrap_or(now + OVERLAP)),
        }
    }
}

//! The rules of a real-time connection, as a state machine without I/O.
//!
//! A driver feeds [`Input`]s and the time into [`Session::handle`], calls [`Session::handle_timeout`] when
//! [`Session::next_deadline`] comes, and after either does what [`Session::poll_output`] says. The session opens no
//! socket, reads no clock and signs nothing; what needs waiting is asked for by an output and answered by an input.
//! Answers that come too late (for a socket that was closed, for a start that nobody wants any more) are ignored.
//!
//! # The rules
//!
//! - One connection while anybody is subscribed, and for [`LINGER`] after. A second one only during a renewal.
//! - Every step has a deadline: opening, initializing, signing, starting. An open connection that is silent for the
//!   announced time, or for [`SILENCE`], is dead.
//! - A lost connection is opened again after a full-jitter back-off (see [`backoff`](SHORTEST)), at once when the page
//!   is online again, wakes or becomes visible. At such a moment an open connection is probed instead: a live
//!   subscription's operation is started under a new id, and stopped when it is acknowledged. A new connection starts
//!   everything anew under new ids; nothing that was published in between is replayed, hence [`State::Live`]'s promise.
//! - Refused credentials are renewed once and tried again at once; refused again, the subscription has failed (or all
//!   of them, if it was the connection that was refused). Errors that say that they are final are final. Everything
//!   else is tried again: for the one subscription that it is about, without disturbing its siblings.
//! - Between 23 and 23.5 hours (connections are cut at 24) a successor is opened; when every live subscription is
//!   acknowledged on it too, both deliver for [`OVERLAP`], since an acknowledgement does not promise what is published
//!   right after it; then the old one goes and everyone hears a new [`State::Live`]. A successor that fails changes
//!   nothing: it is tried again later.
//!
//! # Reading order
//!
//! `interface.rs` ([`Input`] and [`Output`]); the [`Session`] below; `connection.rs` (one connection and its
//! deadlines); `receive.rs` (what comes from the service); `failure.rs` (what goes wrong, and what then); `converge.rs`
//! (what is missing for everyone to be live); `state.rs` (what a subscriber is told); `backoff.rs`.

mod backoff;
mod connection;
mod converge;
mod failure;
mod interface;
mod receive;

use std::collections::VecDeque;

use std::sync::Arc;
use std::time::Duration;

use net::Instant;

use self::backoff::{Backoff, Rng};
pub use self::backoff::{LONGEST, SHORTEST, STEADY};
use self::connection::{Connection, Purpose, Release};
pub use self::interface::{
    ConnectionId, CredentialsId, Input, OperationId, Output, SubscriptionId, Trouble,
};
use crate::map::Map;
use crate::state::{Cause, Delivery, State};
use crate::wire::{Request, Rules};

/// How long signing and opening a socket may take.
pub const OPEN_DEADLINE: Duration = Duration::from_secs(15);
/// How long the connection's acknowledgement may take.
pub const INIT_DEADLINE: Duration = Duration::from_secs(15);
/// How long the signing of a start may take, and then its acknowledgement.
pub const START_DEADLINE: Duration = Duration::from_secs(15);
/// How long an open connection may take to show that it is alive, when asked.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(5);
/// How long a regular ping may stay without an answer.
pub const PING_DEADLINE: Duration = Duration::from_secs(10);
/// Silence after which a connection is dead whatever the service announced: its keep-alive comes every minute.
pub const SILENCE: Duration = Duration::from_secs(70);
/// How long a connection outlives its last subscriber: views are often torn down to be built up again.
pub const LINGER: Duration = Duration::from_secs(1);
/// The age at which a connection is renewed, at the earliest; then within [`RENEWAL_SPREAD`].
pub const RENEWAL: Duration = Duration::from_secs(23 * 60 * 60);
/// Connections that were opened together are not renewed together.
pub const RENEWAL_SPREAD: Duration = Duration::from_secs(30 * 60);
/// How long the old connection goes on delivering once everything is acknowledged on the new one.
pub const OVERLAP: Duration = Duration::from_secs(5);

/// The state of one endpoint's connection and of all its subscriptions.
#[derive(Debug)]
pub struct Session {
    rules: Rules,
    rng: Rng,
    online: bool,
    subscriptions: Map<SubscriptionId, Subscriber>,
    current: Option<Connection>,
    /// The connection that is to replace the current one.
    successor: Option<Connection>,
    /// When the old one of two connections goes.
    overlap: Option<Instant>,
    /// When and why a connection is opened again.
    retry: Option<Retry>,
    backoff: Backoff,
    renewal_backoff: Backoff,
    /// Whether credentials have been renewed since the last acknowledged connection.
    renewed: bool,
    /// When a connection without subscribers goes.
    linger: Option<Instant>,
    last_id: u64,
    outputs: Outputs,
}

/// One subscriber.
#[derive(Debug)]
struct Subscriber {
    body: Arc<str>,
    /// What it was told last.
    told: Option<State>,
    /// It is live on a connection that has just taken over.
    fresh: bool,
    retry: Option<Retry>,
    backoff: Backoff,
    /// Whether credentials have been renewed for it since it was last acknowledged.
    renewed: bool,
    failed: Option<Cause>,
}

/// What is to be done, in order. Adding to a queue is generated wherever it stands, so it stands here.
#[derive(Debug, Default)]
struct Outputs(VecDeque<Output>);

impl Outputs {
    fn put(&mut self, output: Output) {
        self.0.push_back(output);
    }

    fn say(&mut self, connection: ConnectionId, request: Request) {
        self.put(Output::Send(connection, request));
    }
}

#[derive(Debug)]
struct Retry {
    at: Instant,
    cause: Cause,
}

/// Which of the two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Current,
    Successor,
}

impl Slot {
    const BOTH: [Self; 2] = [Self::Current, Self::Successor];
}

impl Session {
    /// A session without subscribers. The seed makes the jitter.
    #[must_use]
    pub fn new(rules: Rules, seed: u64, online: bool) -> Self {
        Self {
            rules,
            rng: Rng(seed),
            online,
            subscriptions: Map::new(),
            current: None,
            successor: None,
            overlap: None,
            retry: None,
            backoff: Backoff::default(),
            renewal_backoff: Backoff::default(),
            renewed: false,
            linger: None,
            last_id: 0,
            outputs: Outputs::default(),
        }
    }

    /// Something happened.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Subscribe(id, body) => self.subscribe(id, body),
            Input::Unsubscribe(id) => self.unsubscribe(id),
            Input::Opened(id, credentials) => self.opened(now, id, credentials),
            Input::NotOpened(id, trouble) => self.not_opened(now, id, trouble),
            Input::Authorized(id, signed, credentials) => {
                self.authorized(now, id, signed, credentials);
            }
            Input::NotAuthorized(id, trouble) => self.not_authorized(now, id, trouble),
            Input::Received(id, heard) => self.received(now, id, heard),
            Input::Closed {
                connection,
                code,
                reason,
            } => {
                if let Some(slot) = self.slot(connection) {
                    self.lose(now, slot, Cause::Closed { code, reason });
                }
            }
            Input::Online => {
                self.online = true;
                self.wake(now);
            }
            // The browser may be wrong: an open connection is asked.
            Input::Offline => {
                self.online = false;
                self.probe(now);
            }
            Input::Wake => self.wake(now),
        }
        self.handle_timeout(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.expire(now);
        self.converge(now);
        self.tell();
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let mut next = None;
        let mut or_at = |at: Option<Instant>| next = sooner(next, at);
        for slot in Slot::BOTH {
            or_at(self.connection(slot).map(Connection::next_deadline));
            or_at(self.ping_due(slot));
        }
        for subscriber in self.subscriptions.values() {
            or_at(subscriber.retry.as_ref().map(|retry| retry.at));
        }
        or_at(self.retry.as_ref().map(|retry| retry.at));
        or_at(self.linger);
        or_at(self.overlap);
        or_at(self.renewal_due());
        next
    }

    /// The next thing to do; `None` until something happens again.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.0.pop_front()
    }

    /// Whether there is neither a subscriber nor a connection.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.subscriptions.is_empty() && self.current.is_none() && self.successor.is_none()
    }

    fn subscribe(&mut self, id: SubscriptionId, body: Arc<str>) {
        self.linger = None;
        if self.subscriptions.contains_key(&id) {
            return;
        }
        let subscriber = Subscriber {
            body,
            told: None,
            fresh: false,
            retry: None,
            backoff: Backoff::default(),
            renewed: false,
            failed: None,
        };
        self.subscriptions.insert(id, subscriber);
    }

    fn unsubscribe(&mut self, id: SubscriptionId) {
        self.subscriptions.remove(&id);
        self.release(id);
    }

    /// Lets go of whatever carries a subscription.
    fn release(&mut self, id: SubscriptionId) {
        for slot in Slot::BOTH {
            if let Some(connection) = self.connection_mut(slot)
                && let Release::Stop(operation) = connection.release(id)
            {
                let connection = connection.id;
                self.outputs
                    .say(connection, Request::Stop { id: operation });
            }
        }
    }

    fn connection(&self, slot: Slot) -> Option<&Connection> {
        match slot {
            Slot::Current => self.current.as_ref(),
            Slot::Successor => self.successor.as_ref(),
        }
    }

    fn connection_mut(&mut self, slot: Slot) -> Option<&mut Connection> {
        match slot {
            Slot::Current => self.current.as_mut(),
            Slot::Successor => self.successor.as_mut(),
        }
    }

    fn slot(&self, id: ConnectionId) -> Option<Slot> {
        Slot::BOTH.into_iter().find(|slot| {
            self.connection(*slot)
                .is_some_and(|connection| connection.id == id)
        })
    }

    fn slot_of_operation(&self, id: OperationId) -> Option<Slot> {
        let holds = |slot: &Slot| {
            self.connection(*slot)
                .is_some_and(|connection| connection.operation(id).is_some())
        };
        Slot::BOTH.into_iter().find(holds)
    }

    fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// The sooner one of two deadlines; none never comes.
fn sooner(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

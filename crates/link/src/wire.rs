//! What a protocol is to the session: a way to say few things, and to understand what is said.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use net::Pending;
use net::socket::Message;

use crate::keyring::Keyring;
use crate::session::{ConnectionId, CredentialsId, OperationId, Trouble};
use crate::state::Cause;

/// Where the two protocols differ in what they ask of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether each start has a signature of its own.
    pub signs_starts: bool,
    /// How often the client asks for a sign of life. `None` if the service gives signs by itself, and a start is what
    /// asks whether it still listens.
    pub ping: Option<Duration>,
}

/// A protocol and an endpoint: what is the same for all connections.
pub trait Wire: Send + Sync {
    /// Its rules.
    fn rules(&self) -> Rules;

    /// The endpoint's address as it was given.
    fn endpoint(&self) -> &str;

    /// Where to connect now, signed anew for this attempt.
    fn address(self: Arc<Self>) -> Pending<Result<Address, Trouble>>;

    /// Signs a start of what a subscriber asks for. The text is the message, whole.
    fn authorize(
        self: Arc<Self>,
        id: OperationId,
        body: Arc<str>,
    ) -> Pending<Result<(String, Option<CredentialsId>), Trouble>>;

    /// The protocol's side of a new connection.
    fn line(&self, id: ConnectionId) -> Box<dyn Line>;

    /// The credentials that it signs with, if others could be had.
    fn keyring(&self) -> Option<Arc<Keyring>>;
}

/// A signed address.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// `ws:` or `wss:`. It may hold a signature.
    pub url: String,
    /// The subprotocols to offer. They may hold a signature.
    pub protocols: Vec<String>,
    /// What it is signed with, if other credentials could be had.
    pub credentials: Option<CredentialsId>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("Address")
            .field("url", &url)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// The protocol's side of one connection. Pure: messages and wishes in, messages and meanings out.
pub trait Line: Send {
    /// Says what the session wants. What may wait for more of the same is said by [`flush`](Self::flush).
    fn say(&mut self, request: Request, exchange: &mut Exchange);

    /// Says what was kept back: the session wants nothing more at the moment.
    fn flush(&mut self, exchange: &mut Exchange);

    /// Understands a message of the service.
    fn hear(&mut self, message: Message, exchange: &mut Exchange);

    /// The service or the network closed the socket, with this code ([`net::socket::LOST`] if neither said a word).
    fn closed(&mut self, code: u16);
}

/// What came of a turn at a line.
#[derive(Debug, Default)]
pub struct Exchange {
    /// Messages to send, in order.
    pub send: Vec<Message>,
    /// What the session is to know, in order.
    pub heard: Vec<Heard>,
}

impl Exchange {
    /// One more message to send.
    pub fn send(&mut self, message: Message) {
        self.send.push(message);
    }

    /// One more thing to know.
    pub fn hear(&mut self, heard: Heard) {
        self.heard.push(heard);
    }
}

/// What the session wants to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The first thing on an open socket.
    Hello,
    /// Starts what a subscriber asks for.
    Start {
        /// Its id on this connection.
        id: OperationId,
        /// What it asks for.
        body: Arc<str>,
        /// The signed message, where starts are signed.
        signed: String,
    },
    /// Ends an operation.
    Stop {
        /// The id that it was started under.
        id: OperationId,
    },
    /// Asks for a sign of life.
    Ping,
}

/// What a message of the service means.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The connection stands.
    Ready {
        /// How long the service may be silent, if it says so.
        timeout: Option<Duration>,
    },
    /// The connection is refused.
    Refused(Refusal),
    /// A sign of life, and nothing else.
    Alive,
    /// The answer to a ping.
    Pong,
    /// An operation is established.
    Acknowledged(OperationId),
    /// Something was published.
    Published(OperationId, Payload),
    /// An operation ended, asked for or not.
    Completed(OperationId),
    /// A start was refused, an operation ended, or (without an id) something was wrong that nobody can attribute.
    Failed(Option<OperationId>, Refusal),
    /// The connection is of no more use.
    Gone(Cause),
}

/// A refusal, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What to do about it.
    pub verdict: Verdict,
    /// The service's words.
    pub cause: Cause,
}

/// What the service means for the caller by a refusal, the mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Try again later.
    Retry,
    /// It will be the same next time.
    GiveUp,
    /// Try once more with new credentials.
    Renew,
    /// The credentials have expired, or the clocks disagree: with new credentials it succeeds sooner or later, since
    /// nobody has said that it may not.
    Stale,
}

/// What was published, as the protocol's own subscription reads it. Cheap to clone.
#[derive(Clone)]
pub struct Payload(Arc<dyn Any + Send + Sync>);

impl Payload {
    /// Whatever it is.
    pub fn new(content: impl Any + Send + Sync) -> Self {
        Self(Arc::new(content))
    }

    /// What it is, to who knows; taken if nobody else has it.
    #[must_use]
    pub fn into<T: Any + Send + Sync + Clone>(self) -> Option<T> {
        let content = self.0.downcast::<T>().ok()?;
        Some(Arc::unwrap_or_clone(content))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(…)")
    }
}

/// The same one, not one alike.
impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

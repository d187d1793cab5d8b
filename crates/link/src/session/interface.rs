//! What goes into a session and what comes out.

use std::fmt;
use std::sync::Arc;

use crate::state::{Cause, Delivery};
use crate::wire::{Heard, Request};

/// Names a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub u64);

/// Names one attempt at a connection; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Names one started operation on the wire. Never used twice by one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names the credentials that something was signed with, so that their refusal is not held against newer ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialsId(pub u64);

/// Why the driver could not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The reason.
    pub cause: Cause,
    /// Whether it would be the same next time.
    pub permanent: bool,
}

/// What happens to a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Somebody wants the events of what this text asks for, as the protocol reads it.
    Subscribe(SubscriptionId, Arc<str>),
    /// Somebody no longer wants them.
    Unsubscribe(SubscriptionId),
    /// Answers [`Output::Open`]. Credentials are named if others could be had.
    Opened(ConnectionId, Option<CredentialsId>),
    /// Answers [`Output::Open`]. [`Cause::Refused`] if the upgrade failed.
    NotOpened(ConnectionId, Trouble),
    /// Answers [`Output::Authorize`] with the signed message. Credentials are named if others could be had.
    Authorized(OperationId, String, Option<CredentialsId>),
    /// Answers [`Output::Authorize`].
    NotAuthorized(OperationId, Trouble),
    /// The service said something.
    Received(ConnectionId, Heard),
    /// The socket closed.
    Closed {
        /// Which one.
        connection: ConnectionId,
        /// The WebSocket close code.
        code: u16,
        /// The service's reason.
        reason: Arc<str>,
    },
    /// There is a network again.
    Online,
    /// The browser says that there is no network.
    Offline,
    /// The page became visible, or time has passed unnoticed.
    Wake,
}

/// What the driver is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Sign and open a socket; answered by [`Input::Opened`] or [`Input::NotOpened`].
    Open(ConnectionId),
    /// Sign a start of what this text asks for; answered by [`Input::Authorized`] or [`Input::NotAuthorized`].
    Authorize(OperationId, Arc<str>),
    /// Say something to the service.
    Send(ConnectionId, Request),
    /// Close the socket or give up opening it. It may be closed already.
    Close(ConnectionId),
    /// Hand something to a subscriber.
    Deliver(SubscriptionId, Delivery),
    /// An upgrade failed unexplained: look whether the credentials and the clock are right.
    Probe,
    /// The service refused these credentials, in these words: sign with others from now on.
    Renew(CredentialsId, String),
}

//! What a subscriber is told about its link.

use std::sync::Arc;

use net::Instant;

use crate::wire::Payload;

/// The state of one subscription.
///
/// The usual way is `Connecting → Live`, and after a loss `Retrying → Connecting → Live`. Two `Live` may follow each
/// other: each says that the service acknowledged anew, so take a snapshot at each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// On the way: the socket is being opened, or the start waits for its acknowledgement.
    Connecting,
    /// Acknowledged: what is published from now on arrives.
    Live,
    /// Waiting for the next attempt. It may come earlier: when the page becomes visible, wakes or is online again.
    Retrying {
        /// When the next attempt begins.
        at: Instant,
        /// Why the last one did not succeed.
        cause: Cause,
    },
    /// The browser says that there is no network. Attempts go on in the background, since browsers can be wrong.
    Offline,
    /// Given up, finally: the same attempt would fail again.
    Failed(Cause),
}

/// Why a subscription is not live, in words that can be shown. Cheap to clone: everyone on a connection is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The upgrade failed. A browser does not say why (the network, an expired token, a clock, a policy), so neither
    /// does this.
    #[error("refused before opening")]
    Refused,
    /// Something did not come in time.
    #[error("no answer while {0}")]
    NoAnswer(Waiting),
    /// Nothing was heard for so long that the connection counts as dead.
    #[error("the connection went silent")]
    Silent,
    /// The socket closed.
    #[error("the connection was closed ({code}){}{reason}", if reason.is_empty() { "" } else { ": " })]
    Closed {
        /// The WebSocket close code.
        code: u16,
        /// The service's reason, often empty.
        reason: Arc<str>,
    },
    /// The service ended the subscription without a reason.
    #[error("ended by the service")]
    Ended,
    /// The service refused, in its own words.
    #[error("{0}")]
    Service(Arc<ServiceError>),
    /// Another connection has taken this one's name, and with it its place.
    #[error("another client took over this one's name")]
    TakenOver,
    /// The service sent what its protocol does not know.
    #[error("the service sent something that cannot be read")]
    Malformed,
    /// There are no credentials to sign with.
    #[error("no credentials: {0}")]
    Credentials(Arc<str>),
    /// The endpoint's address cannot be used.
    #[error("the address {0:?} cannot be used")]
    Address(Arc<str>),
}

/// An error as a service names and describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceError {
    /// What the service calls it; empty if it does not.
    pub name: String,
    /// The service's words, often none.
    pub message: String,
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.name.is_empty(), self.message.is_empty()) {
            (false, false) => write!(f, "{}: {}", self.name, self.message),
            (false, true) => f.write_str(&self.name),
            (true, false) => f.write_str(&self.message),
            (true, true) => f.write_str("an error without a description"),
        }
    }
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// For credentials and signatures.
    Signing,
    /// For the socket to open.
    Opening,
    /// For the acknowledgement of the connection.
    Initializing,
    /// For the acknowledgement of a subscription.
    Starting,
    /// For a sign of life from a connection that may have died unnoticed.
    Probing,
}

impl std::fmt::Display for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Signing => "signing",
            Self::Opening => "opening the connection",
            Self::Initializing => "setting up the connection",
            Self::Starting => "starting the subscription",
            Self::Probing => "asking whether the connection is alive",
        })
    }
}

/// What a subscriber receives.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// Its state changed, or it is live anew.
    State(State),
    /// Something was published.
    Payload(Payload),
}

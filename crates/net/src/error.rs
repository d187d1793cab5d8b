//! What can go wrong between here and a server.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// What the platform said, kept as the source of an error. A browser says little, for the sake of its user's privacy.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why no answer came. What a server answered is never an error here, whatever its status.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NetError {
    /// The address, a header or a subprotocol is not valid: trying again will not help.
    #[error("not a valid request: {0}")]
    Invalid(#[source] Cause),
    /// The network failed, or the browser would not let us see the answer. Worth trying again.
    #[error("the server could not be reached: {0}")]
    Unreachable(#[source] Cause),
    /// The socket was refused or lost before it opened. A browser cannot see why.
    #[error("the socket was refused before opening: {0}")]
    Refused(#[source] Cause),
    /// The socket is closed.
    #[error("the socket is closed")]
    Closed,
    /// The limit that the caller set has passed.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl NetError {
    /// Whether the same attempt may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        !matches!(self, Self::Invalid(_))
    }
}

/// A cause made of words, which is all that a browser gives.
pub(crate) fn cause(words: impl Into<String>) -> Cause {
    Arc::from(Box::<dyn Error + Send + Sync>::from(words.into()))
}

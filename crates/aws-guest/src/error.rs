//! Why there are no credentials, or no signature.

use std::fmt;
use std::sync::Arc;

use net::{Cause, NetError};

/// Split by what a caller does about it; see [`Error::is_retryable`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The identity service did not answer. Retry.
    #[error("the identity service did not answer: {0}")]
    Network(#[from] NetError),
    /// The identity service wants fewer requests. Retry later.
    #[error("the identity service is busy: {0}")]
    Throttled(Arc<Refusal>),
    /// The identity service failed. Retry.
    #[error("the identity service failed: {0}")]
    Unavailable(Arc<Refusal>),
    /// The identity pool is wrong or closed to guests. Trying again will not help.
    #[error("the identity pool admits no guests: {0}")]
    Refused(Arc<Refusal>),
    /// The answer is not what the identity service gives: another server, or a gateway in between. Retry.
    #[error("the identity service's answer makes no sense: {0}")]
    Malformed(Cause),
    /// The request cannot be signed as it is. Trying again will not help.
    #[error("the request cannot be signed: {0}")]
    Unsignable(&'static str),
    /// The service that the request was for did not answer. Retry.
    #[error("the service did not answer: {0}")]
    Unanswered(NetError),
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Network(error) | Self::Unanswered(error) => error.is_retryable(),
            Self::Throttled(_) | Self::Unavailable(_) | Self::Malformed(_) => true,
            Self::Refused(_) | Self::Unsignable(_) => false,
        }
    }
}

/// What the service said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error's name, such as `NotAuthorizedException`; empty if the answer named none.
    pub code: String,
    /// In the service's words.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            code,
            message,
        } = self;
        match (code.as_str(), message.as_str()) {
            ("", _) => write!(f, "HTTP {status}"),
            (_, "") => write!(f, "{code} (HTTP {status})"),
            _ => write!(f, "{code}: {message} (HTTP {status})"),
        }
    }
}

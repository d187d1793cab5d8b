//! What a link's light shows.

use net::Instant;

/// The state of the link behind a live view: what the socket says, and whether the view has caught up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// On the way: no acknowledgement yet, or the first snapshot since is not complete.
    Connecting,
    /// Acknowledged, and equal to the server since.
    Live,
    /// Something failed; it will be tried again.
    Retrying {
        /// When.
        at: Instant,
        /// What failed.
        why: String,
    },
    /// There is no network.
    Offline,
    /// It cannot succeed; it is not tried again.
    Failed {
        /// What failed.
        why: String,
    },
}

impl From<appsync::State> for Link {
    fn from(state: appsync::State) -> Self {
        match state {
            appsync::State::Connecting => Self::Connecting,
            appsync::State::Live => Self::Live,
            appsync::State::Retrying { at, cause } => Self::Retrying {
                at,
                why: cause.to_string(),
            },
            appsync::State::Offline => Self::Offline,
            appsync::State::Failed(cause) => Self::Failed {
                why: cause.to_string(),
            },
        }
    }
}

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

impl Link {
    /// The one of several that there is most to say about; live, if there are none.
    #[must_use]
    pub fn worst(links: impl IntoIterator<Item = Self>) -> Self {
        let links = links.into_iter();
        links.max_by_key(Self::gravity).unwrap_or(Self::Live)
    }

    const fn gravity(&self) -> u8 {
        match self {
            Self::Live => 0,
            Self::Connecting => 1,
            Self::Retrying { .. } => 2,
            Self::Offline => 3,
            Self::Failed { .. } => 4,
        }
    }
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

//! The calls of one renewal. Pure: an answer goes in, the next call or the outcome comes out.

use crate::{Credentials, Error, IdentityId, Refusal};

/// A call to the identity service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// `GetId`: a new identity in the pool.
    GetId,
    /// `GetCredentialsForIdentity`.
    GetCredentials(IdentityId),
}

/// What a call brought.
#[derive(Debug)]
pub(crate) enum Answer {
    Identity(IdentityId),
    Credentials(Credentials),
}

/// What follows an answer.
#[derive(Debug)]
pub(crate) enum Next {
    Call(Call),
    Land(Result<Credentials, Error>),
}

/// One renewal under way.
#[derive(Debug)]
pub(crate) struct Flight {
    identity: Option<IdentityId>,
    /// Whether the identity is from this flight, so that another one would not be better.
    fresh: bool,
}

impl Flight {
    pub(crate) const fn new(identity: Option<IdentityId>) -> Self {
        Self {
            identity,
            fresh: false,
        }
    }

    pub(crate) fn first(&self) -> Call {
        self.identity
            .clone()
            .map_or(Call::GetId, Call::GetCredentials)
    }

    /// The identity as it stands now: to be kept, or forgotten if there is none.
    pub(crate) const fn identity(&self) -> Option<&IdentityId> {
        self.identity.as_ref()
    }

    pub(crate) fn answered(&mut self, answer: Result<Answer, Error>) -> Next {
        match answer {
            Ok(Answer::Identity(identity)) => {
                self.fresh = true;
                self.identity = Some(identity.clone());
                Next::Call(Call::GetCredentials(identity))
            }
            Ok(Answer::Credentials(credentials)) => {
                self.identity = Some(credentials.identity().clone());
                Next::Land(Ok(credentials))
            }
            Err(Error::Refused(refusal)) if !self.fresh && self.disowns(&refusal) => {
                self.identity = None;
                Next::Call(Call::GetId)
            }
            Err(error) => Next::Land(Err(error)),
        }
    }

    /// Whether a refusal may be about the identity: gone, forbidden, or not even one in the service's eyes. A pool that
    /// is set up wrongly refuses every identity.
    fn disowns(&self, refusal: &Refusal) -> bool {
        self.identity.is_some() && refusal.code != "InvalidIdentityPoolConfigurationException"
    }
}

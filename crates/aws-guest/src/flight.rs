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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use net::UnixTime;

    use super::*;

    fn identity(name: &str) -> IdentityId {
        IdentityId::new(name)
    }

    fn credentials(of: &str) -> Credentials {
        Credentials::new("A", "s", None, UnixTime(0), identity(of))
    }

    fn refused(code: &str) -> Error {
        Error::Refused(Arc::new(Refusal {
            status: 400,
            code: code.to_owned(),
            message: String::new(),
        }))
    }

    fn next_call(next: Next) -> Call {
        match next {
            Next::Call(call) => call,
            Next::Land(outcome) => panic!("{outcome:?}"),
        }
    }

    #[test]
    fn a_first_visit_asks_for_an_identity_and_its_credentials() {
        let mut flight = Flight::new(None);
        assert_eq!(flight.first(), Call::GetId);
        let next = flight.answered(Ok(Answer::Identity(identity("a"))));
        assert_eq!(next_call(next), Call::GetCredentials(identity("a")));
        assert_eq!(flight.identity(), Some(&identity("a")));
        let next = flight.answered(Ok(Answer::Credentials(credentials("a"))));
        assert!(matches!(next, Next::Land(Ok(_))));
    }

    #[test]
    fn a_returning_guest_asks_only_for_credentials_and_takes_the_returned_identity() {
        let mut flight = Flight::new(Some(identity("old")));
        assert_eq!(flight.first(), Call::GetCredentials(identity("old")));
        let next = flight.answered(Ok(Answer::Credentials(credentials("merged"))));
        assert!(matches!(next, Next::Land(Ok(_))));
        assert_eq!(flight.identity(), Some(&identity("merged")));
    }

    #[test]
    fn a_disowned_identity_is_replaced_once() {
        for code in [
            "ResourceNotFoundException",
            "NotAuthorizedException",
            "InvalidParameterException",
        ] {
            let mut flight = Flight::new(Some(identity("old")));
            assert_eq!(next_call(flight.answered(Err(refused(code)))), Call::GetId);
            assert_eq!(flight.identity(), None);
            flight.answered(Ok(Answer::Identity(identity("new"))));
            let next = flight.answered(Err(refused(code)));
            assert!(matches!(next, Next::Land(Err(Error::Refused(_)))), "{code}");
        }
    }

    #[test]
    fn a_pool_that_admits_no_guests_ends_the_flight() {
        let mut first_visit = Flight::new(None);
        let next = first_visit.answered(Err(refused("NotAuthorizedException")));
        assert!(matches!(next, Next::Land(Err(Error::Refused(_)))));

        let mut returning = Flight::new(Some(identity("old")));
        let next = returning.answered(Err(refused("InvalidIdentityPoolConfigurationException")));
        assert!(matches!(next, Next::Land(Err(Error::Refused(_)))));
        assert_eq!(returning.identity(), Some(&identity("old")));
    }

    #[test]
    fn a_network_failure_ends_the_flight_and_keeps_the_identity() {
        let mut flight = Flight::new(Some(identity("old")));
        let next = flight.answered(Err(Error::Network(net::NetError::Closed)));
        assert!(matches!(next, Next::Land(Err(Error::Network(_)))));
        assert_eq!(flight.identity(), Some(&identity("old")));
    }
}

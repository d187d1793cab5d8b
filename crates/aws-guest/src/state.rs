//! When credentials are good, when they are renewed, when a probe is due. Pure: time is an argument.

use std::time::Duration;

use net::{Instant, UnixTime};

use crate::skew::Skew;
use crate::{Credentials, Error, IdentityId};

/// What is known of a guest, for whoever wants to show it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The identity, once there is one.
    pub identity: Option<IdentityId>,
    /// When the credentials at hand end, by the service's clock.
    pub expires_at: Option<UnixTime>,
    /// Whether new ones are being asked for.
    pub renewing: bool,
}

/// What to do for someone who needs credentials.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Use these.
    Use(Credentials),
    /// Wait for the renewal under way.
    Wait,
    /// Start a renewal, and wait for it.
    Renew,
}

/// The credentials at hand and what is known about time.
#[derive(Debug, Default)]
pub(crate) struct State {
    skew: Skew,
    identity: Option<IdentityId>,
    held: Option<Held>,
    renewing: bool,
    probed: Option<Instant>,
}

#[derive(Debug)]
struct Held {
    credentials: Credentials,
    /// By the service's clock, as the next two.
    renew_at: UnixTime,
    ends_at: UnixTime,
}

impl State {
    /// New credentials are asked for this long before the old ones end, or a tenth of their life before, if that is less.
    const MARGIN: Duration = Duration::from_secs(5 * 60);
    /// Between two attempts to renew credentials that are still good.
    const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(10);
    const BETWEEN_PROBES: Duration = Duration::from_secs(60);
    /// What guest credentials last; assumed when our clock is so wrong that new ones look expired.
    const USUAL_LIFE: Duration = Duration::from_secs(60 * 60);

    pub(crate) fn with_identity(identity: Option<IdentityId>) -> Self {
        Self {
            identity,
            ..Self::default()
        }
    }

    /// Someone needs credentials. [`Decision::Renew`] is given to one only, until [`landed`](Self::landed).
    pub(crate) fn ask(&mut self, wall: UnixTime) -> Decision {
        let now = self.skew.signing_time(wall);
        match &self.held {
            Some(held) if now < held.renew_at => Decision::Use(held.credentials.clone()),
            _ => self.renew(),
        }
    }

    /// An upgrade failed without a reason: ask for new credentials in case it was for them, at most once a minute.
    pub(crate) fn probe(&mut self, now: Instant) -> Option<Decision> {
        let due = self
            .probed
            .is_none_or(|last| now >= last + Self::BETWEEN_PROBES);
        due.then(|| {
            self.probed = Some(now);
            self.renew()
        })
    }

    fn renew(&mut self) -> Decision {
        if std::mem::replace(&mut self.renewing, true) {
            Decision::Wait
        } else {
            Decision::Renew
        }
    }

    /// A renewal has ended; what everyone who waited gets. A failure does not take away credentials that are still good.
    pub(crate) fn landed(
        &mut self,
        outcome: Result<Credentials, Error>,
        wall: UnixTime,
    ) -> Result<Credentials, Error> {
        self.renewing = false;
        let now = self.skew.signing_time(wall);
        match outcome {
            Ok(credentials) => {
                self.identity = Some(credentials.identity().clone());
                self.held = Some(Held::new(credentials.clone(), now));
                Ok(credentials)
            }
            Err(error) => match &mut self.held {
                Some(held) if now < held.ends_at => {
                    held.renew_at = held
                        .renew_at
                        .max(now + Self::BETWEEN_ATTEMPTS)
                        .min(held.ends_at);
                    Ok(held.credentials.clone())
                }
                _ => {
                    self.held = None;
                    Err(error)
                }
            },
        }
    }

    /// A renewal went away without an outcome.
    pub(crate) fn lost(&mut self) {
        self.renewing = false;
    }

    /// A service refused these credentials. Nothing happens if newer ones have replaced them already.
    pub(crate) fn refused(&mut self, credentials: &Credentials) {
        self.held
            .take_if(|held| held.credentials.access_key_id() == credentials.access_key_id());
    }

    /// The identity to renew for.
    pub(crate) const fn identity(&self) -> Option<&IdentityId> {
        self.identity.as_ref()
    }

    /// Takes what a renewal found out about the identity on its way.
    pub(crate) fn set_identity(&mut self, identity: Option<IdentityId>) {
        self.identity = identity;
    }

    /// What is known of the service's clock.
    pub(crate) const fn skew(&mut self) -> &mut Skew {
        &mut self.skew
    }

    pub(crate) fn status(&self) -> Status {
        Status {
            identity: self.identity.clone(),
            expires_at: self.held.as_ref().map(|held| held.credentials.expires_at()),
            renewing: self.renewing,
        }
    }
}

impl Held {
    fn new(credentials: Credentials, now: UnixTime) -> Self {
        let ends_at = match credentials.expires_at() {
            expires_at if expires_at > now => expires_at,
            // Nobody hands out credentials that have ended. Our clock is ahead, and no header told how far.
            _ => now + State::USUAL_LIFE,
        };
        let margin = (ends_at.millis_since(now) / 10).min(State::MARGIN.as_millis() as i64);
        Self {
            credentials,
            renew_at: ends_at.plus_millis(-margin),
            ends_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use net::NetError;

    use super::*;

    const START: UnixTime = UnixTime(1_767_323_105_000);
    const HOUR: Duration = Duration::from_secs(3_600);
    const SECOND: Duration = Duration::from_secs(1);

    fn credentials(key: &str, expires_at: UnixTime) -> Credentials {
        Credentials::new(key, "s", None, expires_at, IdentityId::new("eu-west-1:a"))
    }

    /// A state that was given credentials for a while at [`START`].
    fn holding(key: &str, life: Duration) -> State {
        let mut state = State::default();
        assert!(matches!(state.ask(START), Decision::Renew));
        state
            .landed(Ok(credentials(key, START + life)), START)
            .unwrap();
        state
    }

    fn used(decision: Decision) -> String {
        match decision {
            Decision::Use(credentials) => credentials.access_key_id().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn failure() -> Result<Credentials, Error> {
        Err(Error::Network(NetError::Closed))
    }

    #[test]
    fn one_renews_and_the_others_wait() {
        let mut state = State::default();
        assert!(matches!(state.ask(START), Decision::Renew));
        assert!(matches!(state.ask(START), Decision::Wait));
        assert!(state.status().renewing);
        state
            .landed(Ok(credentials("A", START + HOUR)), START)
            .unwrap();
        assert_eq!(used(state.ask(START)), "A");
        assert_eq!(state.identity(), Some(&IdentityId::new("eu-west-1:a")));
    }

    #[test]
    fn credentials_are_renewed_five_minutes_or_a_tenth_of_their_life_before_they_end() {
        for (life, margin) in [(3_600, 300), (36_000, 300), (600, 60), (10, 1)] {
            let life = Duration::from_secs(life);
            let mut state = holding("A", life);
            let renewal = (START + life).plus_millis(-1_000 * margin);
            assert_eq!(used(state.ask(renewal.plus_millis(-1))), "A");
            assert!(matches!(state.ask(renewal), Decision::Renew), "{life:?}");
        }
    }

    #[test]
    fn a_failed_renewal_leaves_good_credentials_in_use_for_a_while() {
        let mut state = holding("A", HOUR);
        let late = START + (HOUR - 200 * SECOND);
        assert!(matches!(state.ask(late), Decision::Renew));
        assert_eq!(state.landed(failure(), late).unwrap().access_key_id(), "A");
        assert_eq!(used(state.ask(late + 9 * SECOND)), "A");
        assert!(matches!(state.ask(late + 10 * SECOND), Decision::Renew));
        assert!(state.landed(failure(), START + HOUR).is_err());
        assert!(matches!(state.ask(START + HOUR), Decision::Renew));
    }

    #[test]
    fn good_credentials_never_outlive_their_end_by_failed_renewals() {
        let mut state = holding("A", HOUR);
        let last = START + (HOUR - 5 * SECOND);
        assert!(matches!(state.ask(last), Decision::Renew));
        state.landed(failure(), last).unwrap();
        assert_eq!(used(state.ask(last)), "A");
        assert!(matches!(state.ask(START + HOUR), Decision::Renew));
    }

    #[test]
    fn refused_credentials_are_dropped_unless_newer_ones_are_there() {
        let mut state = holding("new", HOUR);
        state.refused(&credentials("old", START + HOUR));
        assert_eq!(used(state.ask(START)), "new");
        state.refused(&credentials("new", START + HOUR));
        assert!(matches!(state.ask(START), Decision::Renew));
        assert!(state.landed(failure(), START).is_err());
    }

    #[test]
    fn expiry_is_judged_by_the_services_clock() {
        let behind = START.plus_millis(-2 * 3_600_000);
        let mut state = State::default();
        state.skew().answered(START, behind, behind);
        assert!(matches!(state.ask(behind), Decision::Renew));
        state
            .landed(Ok(credentials("A", START + HOUR)), behind)
            .unwrap();
        assert_eq!(used(state.ask(behind + 54 * 60 * SECOND)), "A");
        assert!(matches!(
            state.ask(behind + 55 * 60 * SECOND),
            Decision::Renew
        ));
    }

    #[test]
    fn new_credentials_that_look_expired_are_used_for_their_usual_life() {
        let ahead = START.plus_millis(2 * 3_600_000);
        let mut state = State::default();
        assert!(matches!(state.ask(ahead), Decision::Renew));
        state
            .landed(Ok(credentials("A", START + HOUR)), ahead)
            .unwrap();
        assert_eq!(used(state.ask(ahead + 54 * 60 * SECOND)), "A");
        assert!(matches!(
            state.ask(ahead + 55 * 60 * SECOND),
            Decision::Renew
        ));
    }

    #[test]
    fn a_probe_renews_good_credentials_at_most_once_a_minute() {
        let mut state = holding("A", HOUR);
        let now = Instant::ZERO + SECOND;
        assert!(matches!(state.probe(now), Some(Decision::Renew)));
        assert_eq!(used(state.ask(START)), "A");
        assert_eq!(state.landed(failure(), START).unwrap().access_key_id(), "A");
        assert!(state.probe(now + 59 * SECOND).is_none());
        assert!(matches!(
            state.probe(now + 60 * SECOND),
            Some(Decision::Renew)
        ));
        state
            .landed(Ok(credentials("B", START + HOUR)), START)
            .unwrap();
        assert_eq!(used(state.ask(START)), "B");
    }

    #[test]
    fn a_lost_renewal_can_be_started_again() {
        let mut state = State::default();
        assert!(matches!(state.ask(START), Decision::Renew));
        state.lost();
        assert!(matches!(state.ask(START), Decision::Renew));
    }
}

//! What is sent until it is answered, always under the same token, so that it counts once; alone, or one after the
//! other. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use net::Instant;

/// Of the sender's own choosing; whoever receives it twice does the work once and answers the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token(pub String);

/// Something on its way.
#[derive(Debug, Clone)]
pub struct Flight<T> {
    /// What is sent.
    pub what: T,
    /// Under which token.
    pub token: Token,
    /// When it is to be sent (again); none while an attempt is on its way.
    due: Option<Instant>,
    failures: u32,
}

impl<T> Flight<T> {
    const FIRST_RETRY: Duration = Duration::from_millis(500);
    const LAST_RETRY: Duration = Duration::from_secs(30);

    /// To be sent now.
    #[must_use]
    pub const fn new(what: T, token: Token, now: Instant) -> Self {
        Self {
            what,
            token,
            due: Some(now),
            failures: 0,
        }
    }

    /// Whether it is to be sent now; then an attempt is on its way.
    pub fn departs(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|at| at <= now);
        if is_due {
            self.due = None;
        }
        is_due
    }

    /// The attempt failed in a way that says nothing about the next one; `unit` is random in [0, 1).
    pub fn failed(&mut self, now: Instant, unit: f64) {
        let ceiling = Self::FIRST_RETRY
            .saturating_mul(1 << self.failures.min(16))
            .min(Self::LAST_RETRY);
        self.failures += 1;
        self.due = Some(now + ceiling.mul_f64(unit.clamp(0.0, 1.0)));
    }

    /// It is not to be sent before then: who got it said so.
    pub const fn delay(&mut self, until: Instant) {
        self.due = Some(until);
    }

    /// There is reason to believe that it will succeed now.
    pub fn hurry(&mut self, now: Instant) {
        self.due = self.due.map(|due| due.min(now));
    }

    /// When to send it, if it is not on its way.
    #[must_use]
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether an attempt has failed.
    #[must_use]
    pub const fn is_delayed(&self) -> bool {
        self.failures > 0
    }
}

/// What is sent one after the other: the next only when the one before is answered.
#[derive(Debug, Clone)]
pub struct Departures<T> {
    flight: Option<Flight<T>>,
    waiting: VecDeque<T>,
}

impl<T: Clone> Departures<T> {
    /// Nothing is on its way.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            flight: None,
            waiting: VecDeque::new(),
        }
    }

    /// To be sent as soon as what was to be sent before is answered.
    pub fn push(&mut self, what: T) {
        self.waiting.push_back(what);
    }

    /// The next to be sent now, and under which token; `token` makes new ones.
    pub fn poll(&mut self, now: Instant, token: impl FnOnce() -> Token) -> Option<(T, Token)> {
        if self.flight.is_none() {
            let next = self.waiting.pop_front()?;
            self.flight = Some(Flight::new(next, token(), now));
        }
        let flight = self.flight.as_mut()?;
        let departs = flight.departs(now);
        departs.then(|| (flight.what.clone(), flight.token.clone()))
    }

    /// When to poll again, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.flight.as_ref()?.due()
    }

    /// The one that was sent is answered: the next may go.
    pub fn landed(&mut self) -> Option<T> {
        self.flight.take().map(|flight| flight.what)
    }

    /// See [`Flight::failed`].
    pub fn failed(&mut self, now: Instant, unit: f64) {
        if let Some(flight) = &mut self.flight {
            flight.failed(now, unit);
        }
    }

    /// See [`Flight::delay`].
    pub const fn delay(&mut self, until: Instant) {
        if let Some(flight) = &mut self.flight {
            flight.delay(until);
        }
    }

    /// See [`Flight::hurry`].
    pub fn hurry(&mut self, now: Instant) {
        if let Some(flight) = &mut self.flight {
            flight.hurry(now);
        }
    }

    /// The one that was sent and is not answered.
    #[must_use]
    pub fn flying(&self) -> Option<&T> {
        self.flight.as_ref().map(|flight| &flight.what)
    }

    /// Whether it could not be sent so far.
    #[must_use]
    pub fn is_delayed(&self) -> bool {
        self.flight.as_ref().is_some_and(Flight::is_delayed)
    }

    /// What is not answered, in order.
    pub fn unanswered(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.flying().into_iter().chain(&self.waiting)
    }

    /// Takes back what was not sent so far, in order.
    pub fn call_off(&mut self) -> impl Iterator<Item = T> {
        self.waiting.drain(..)
    }
}

impl<T: Clone> Default for Departures<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    #[test]
    fn one_attempt_at_a_time_later_and_later() {
        let mut flight = Flight::new("x", Token("t".into()), at(0));
        assert!(flight.departs(at(0)));
        assert!(!flight.departs(at(99_999)), "one is on its way");
        for (now, due) in [(0, 500), (500, 1_500), (1_500, 3_500), (3_500, 7_500)] {
            flight.failed(at(now), 1.0);
            assert_eq!(flight.due(), Some(at(due)));
            assert!(!flight.departs(at(due - 1)));
            assert!(flight.departs(at(due)));
        }
        for _ in 0..40 {
            flight.failed(at(0), 1.0);
        }
        assert_eq!(flight.due(), Some(at(30_000)));
    }

    #[test]
    fn it_hurries_when_there_is_a_reason_but_not_beside_an_attempt() {
        let mut flight = Flight::new("x", Token("t".into()), at(0));
        assert!(flight.departs(at(0)));
        flight.hurry(at(10));
        assert!(!flight.departs(at(10)));
        flight.failed(at(20), 0.9);
        flight.hurry(at(30));
        assert!(flight.departs(at(30)));
    }
}

//! Faults on purpose, for tests and for an audience: what a network, a clock or a service can do to a client, done at
//! will. There are none unless the cloud is started with an admin port ([`crate::admin`]); without one, connections do
//! not even pass through here.
//!
//! `traffic` says what is to happen to bytes and when (pure), `line` carries one connection's bytes accordingly,
//! `listener` puts a line between each accepted connection and the server. Every fault ends by itself.

mod line;
mod listener;
mod restaurant;
mod traffic;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::Duration as Span;
use tokio::sync::watch;
use tokio::time::Instant;

pub(crate) use line::{Line, Lines};
pub(crate) use listener::{FaultyListener, Remote};
pub(crate) use traffic::Traffic;

use crate::surroundings::Surroundings;

/// The faults in force, and the connections that they happen to.
#[derive(Clone)]
pub struct Faults(Arc<Shared>);

struct Shared {
    lines: Lines,
    traffic: watch::Sender<Traffic>,
    skew: Mutex<Option<(Span, Instant)>>,
    /// Grows with each reset: what lasts longer than its request watches it.
    resets: watch::Sender<u64>,
    restaurant: restaurant::Restaurant,
}

/// Which of the open sockets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Which {
    /// Every one.
    All,
    /// So many of them, drawn by lot.
    Count(usize),
    /// This part of them, 0 to 1, rounded up and drawn by lot.
    Share(f64),
}

/// How a connection is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// With a close frame, as a service that restarts does it.
    #[default]
    Close,
    /// By a reset of the TCP connection, as a network that breaks does it.
    Reset,
}

/// What came of dropping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// So many sockets were dropped.
    pub dropped: usize,
    /// So many were open.
    pub of: usize,
}

/// The faults in force and how long they will last, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InForce {
    /// Connections are refused.
    pub refusing: f64,
    /// Everything sent is held back.
    pub holding: f64,
    /// Everything sent takes longer.
    pub slowing: f64,
    /// How far ahead the service's clock claims to be, in seconds.
    pub skew: i64,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared {
            lines: Lines::default(),
            traffic: watch::Sender::default(),
            skew: Mutex::default(),
            resets: watch::Sender::default(),
            restaurant: restaurant::Restaurant::default(),
        }))
    }

    /// Drops sockets.
    #[must_use]
    pub fn drop_sockets(&self, which: Which, how: How, surroundings: &Surroundings) -> Dropped {
        let mut sockets = self.0.lines.sockets();
        let of = sockets.len();
        let wanted = match which {
            Which::All => of,
            Which::Count(count) => count.min(of),
            Which::Share(share) => part(share, of),
        };
        for _ in 0..of - wanted {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "below the number of sockets"
            )]
            let spared = (surroundings.unit() * sockets.len() as f64) as usize;
            sockets.swap_remove(spared);
        }
        sockets.iter().for_each(|line| line.cut(how));
        tracing::warn!(dropped = wanted, of, ?how, "sockets are dropped on purpose");
        Dropped {
            dropped: wanted,
            of,
        }
    }

    /// Resets every new connection for a while, and at once those that carry requests, so that no request gets through
    /// on a connection from before. Sockets stay.
    pub fn refuse(&self, lasting: Duration) {
        self.change(|traffic, now| traffic.refused_until = Some(now + lasting));
        self.0.lines.reset_all_but_sockets();
        tracing::warn!(?lasting, "connections are refused on purpose");
    }

    /// Makes everything that is sent arrive later, in its order, for a while.
    pub fn slow(&self, by: Duration, lasting: Duration) {
        self.change(|traffic, now| traffic.slow = Some((by, now + lasting)));
        tracing::warn!(?by, ?lasting, "what is sent is slowed down on purpose");
    }

    /// Sends nothing for a while, and then all of it.
    pub fn hold(&self, lasting: Duration) {
        self.change(|traffic, now| traffic.held_until = Some(now + lasting));
        tracing::warn!(?lasting, "what is sent is held back on purpose");
    }

    /// Puts the service's clock forward (or back) for a while: the dates that it gives, and those that it accepts. The
    /// pipeline's own clock stays right, or its timers and retries would stand still on the way back.
    pub fn put_clock(&self, forward: Span, lasting: Duration) {
        *self.skewed() = Some((forward, now() + lasting));
        tracing::warn!(%forward, ?lasting, "the service's clock is wrong on purpose");
    }

    /// How far the service's clock is ahead.
    #[must_use]
    pub fn skew(&self) -> Span {
        let in_force = self.skewed().filter(|(_, until)| now() < *until);
        in_force.map_or(Span::ZERO, |(skew, _)| skew)
    }

    /// Ends every fault of the network, the clock and the restaurant.
    pub fn reset(&self) {
        self.change(|traffic, _| *traffic = Traffic::default());
        *self.skewed() = None;
        self.close_restaurant_faults();
        self.0.resets.send_modify(|resets| *resets += 1);
        tracing::info!("faults are over");
    }

    /// Changes with each [`Faults::reset`].
    pub(crate) fn resets(&self) -> watch::Receiver<u64> {
        self.0.resets.subscribe()
    }

    /// What is in force now.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        let (traffic, now) = (*self.0.traffic.borrow(), now());
        let left = |until: Option<Instant>| {
            until.map_or(0.0, |until| {
                until.saturating_duration_since(now).as_secs_f64()
            })
        };
        InForce {
            refusing: left(traffic.refused_until),
            holding: left(traffic.held_until),
            slowing: left(traffic.slow.map(|(_, until)| until)),
            skew: self.skew().whole_seconds(),
        }
    }

    pub(crate) fn lines(&self) -> &Lines {
        &self.0.lines
    }

    fn refuses(&self) -> bool {
        self.0.traffic.borrow().refuses(now())
    }

    fn traffic(&self) -> watch::Receiver<Traffic> {
        self.0.traffic.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut Traffic, Instant)) {
        self.0.traffic.send_modify(|traffic| change(traffic, now()));
    }

    fn skewed(&self) -> std::sync::MutexGuard<'_, Option<(Span, Instant)>> {
        self.0.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> Instant {
    Instant::now()
}

/// A share of so many, rounded up: a share that is not nothing always hits somebody.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a number of sockets, and a part of it"
)]
fn part(share: f64, of: usize) -> usize {
    ((share * of as f64).ceil() as usize).min(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_up() {
        for (share, of, wanted) in [
            (0.0, 9, 0),
            (0.01, 9, 1),
            (0.5, 9, 5),
            (1.0, 9, 9),
            (0.5, 0, 0),
        ] {
            assert_eq!(part(share, of), wanted, "{share} of {of}");
        }
    }

    #[test]
    fn a_wrong_clock_rights_itself() {
        let faults = Faults::new();
        faults.put_clock(Span::seconds(-600), Duration::from_secs(60));
        assert_eq!(faults.skew(), Span::seconds(-600));
        faults.put_clock(Span::seconds(-600), Duration::ZERO);
        assert_eq!(faults.skew(), Span::ZERO);
        assert_eq!(faults.in_force(), InForce::default());
    }
}

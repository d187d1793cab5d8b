//! Two clocks: one that only moves forward, for deadlines, and one on the wall, for dates.

use std::future::Future;
use std::ops::{Add, Sub};
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};

use crate::{NetError, Pending, platform};

/// A moment on the monotonic clock: nanoseconds since the program (or the page) started, as one number, since moments
/// are compared and moved everywhere.
///
/// Only differences mean something. The clock may stand still while the machine sleeps;
/// [`life::Life::Wake`](crate::life::Life::Wake) tells of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Instant {
    /// The start; where a simulated clock begins.
    pub const ZERO: Self = Self(0);

    /// The moment `since_start` after the start.
    #[must_use]
    pub const fn from_start(since_start: Duration) -> Self {
        Self(nanos(since_start))
    }

    /// How much later this is than `earlier`; zero if it is not.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// What is longer than five centuries is that long.
const fn nanos(duration: Duration) -> u64 {
    let seconds = duration.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(duration.subsec_nanos() as u64)
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }
}

/// A time on the wall: milliseconds since the Unix epoch. It jumps when someone sets the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// This time moved by so many milliseconds, which may be negative.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `other` to this; negative if this is earlier.
    #[must_use]
    pub const fn millis_since(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.plus_millis(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The monotonic clock.
#[must_use]
pub fn now() -> Instant {
    Instant::from_start(platform::clock::since_start())
}

/// The clock on the wall, as this machine has it: it may be wrong.
#[must_use]
pub fn wall() -> UnixTime {
    platform::clock::wall()
}

/// Waits. A hidden page may be woken late, by up to a minute.
#[must_use]
pub fn sleep(duration: Duration) -> Pending<()> {
    Box::pin(platform::clock::sleep(duration))
}

/// Waits for the browser's next frame: what changes then is painted in it. A hidden page has none, and a native program
/// neither; they wait for a moment.
#[must_use]
pub fn frame() -> Pending<()> {
    Box::pin(platform::clock::frame())
}

/// Waits until a moment of the monotonic clock.
#[must_use]
pub fn sleep_until(moment: Instant) -> Pending<()> {
    sleep(moment.saturating_since(now()))
}

/// The outcome of `work`, or [`NetError::TimedOut`] if that takes longer than `limit`; the work is then dropped.
///
/// # Errors
/// Only [`NetError::TimedOut`].
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, NetError> {
    match select(pin!(work), sleep(limit)).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(((), _)) => Err(NetError::TimedOut(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_never_goes_below_the_start() {
        let second = Duration::from_secs(1);
        let later = Instant::ZERO + second;
        assert_eq!(later.saturating_since(Instant::ZERO), second);
        assert_eq!(Instant::ZERO.saturating_since(later), Duration::ZERO);
        assert_eq!(Instant::ZERO - second, Instant::ZERO);
    }

    #[test]
    fn a_unix_time_counts_milliseconds_both_ways() {
        let time = UnixTime(1_000) + Duration::from_secs(2);
        assert_eq!(time, UnixTime(3_000));
        assert_eq!(UnixTime(1_000).millis_since(time), -2_000);
        assert_eq!(UnixTime(i64::MAX) + Duration::MAX, UnixTime(i64::MAX));
    }
}

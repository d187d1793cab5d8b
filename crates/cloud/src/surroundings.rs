//! The clock and the randomness a cloud is handed at start-up: the machine's, or a test's own.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

/// Where time and randomness come from.
#[derive(Clone)]
pub struct Surroundings {
    clock: Arc<Clock>,
    random: Arc<Random>,
}

type Clock = dyn Fn() -> OffsetDateTime + Send + Sync;
type Random = dyn Fn(&mut [u8]) + Send + Sync;

impl Surroundings {
    /// The machine's own.
    #[must_use]
    pub fn machine() -> Self {
        Self {
            clock: Arc::new(machine_time),
            random: Arc::new(machine_random),
        }
    }

    /// A clock that stands still until it is told to move, and randomness from a seed: for tests.
    #[must_use]
    pub fn simulated(start: OffsetDateTime, seed: u64) -> (Self, SimulatedClock) {
        let clock = SimulatedClock(Arc::new(AtomicI64::new(millis(start))));
        let state = Mutex::new(seed);
        let surroundings = Self {
            clock: Arc::new({
                let clock = clock.clone();
                move || clock.now()
            }),
            random: Arc::new(move |bytes| {
                let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                for chunk in bytes.chunks_mut(8) {
                    chunk.copy_from_slice(&split_mix(&mut state).to_le_bytes()[..chunk.len()]);
                }
            }),
        };
        (surroundings, clock)
    }

    /// Now, in UTC.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        (self.clock)()
    }

    /// Now, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_millis(&self) -> i64 {
        millis(self.now())
    }

    /// Fills the buffer with random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        (self.random)(bytes);
    }

    /// A number in `[0, 1)`.
    #[must_use]
    pub fn unit(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    /// A UUID of version 4, in lower case.
    #[must_use]
    pub fn uuid(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = hex::encode(bytes);
        format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )
    }
}

/// A clock that stands still until it is told to move.
#[derive(Clone)]
pub struct SimulatedClock(Arc<AtomicI64>);

impl SimulatedClock {
    /// What it shows.
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        from_millis(self.0.load(Ordering::SeqCst))
    }

    /// Moves it.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(
            i64::try_from(by.as_millis()).unwrap_or(i64::MAX),
            Ordering::SeqCst,
        );
    }
}

/// Milliseconds since the Unix epoch, as the database keeps times.
#[must_use]
pub fn millis(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}

/// Back from milliseconds; what no calendar holds becomes the epoch.
#[must_use]
pub fn from_millis(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[allow(
    clippy::disallowed_methods,
    reason = "the one place where the cloud's clock comes from"
)]
fn machine_time() -> OffsetDateTime {
    OffsetDateTime::from(std::time::SystemTime::now())
}

#[allow(
    clippy::expect_used,
    reason = "a machine without randomness must not sign anything"
)]
fn machine_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives randomness");
}

/// Sebastiano Vigna's SplitMix64: enough for tests, and the same everywhere.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_one_sequence() {
        let draw = |seed| {
            Surroundings::simulated(OffsetDateTime::UNIX_EPOCH, seed)
                .0
                .uuid()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_eq!(draw(7).as_bytes()[14], b'4');
    }

    #[test]
    fn milliseconds_go_there_and_back() {
        for at in [0, 1, 1_767_225_600_123] {
            assert_eq!(millis(from_millis(at)), at);
        }
    }
}

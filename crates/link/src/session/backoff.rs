//! Full-jitter back-off, and the randomness for it.

use std::time::Duration;

use net::Instant;

/// The longest first wait.
pub const SHORTEST: Duration = Duration::from_millis(500);
/// The longest wait of all.
pub const LONGEST: Duration = Duration::from_secs(30);
/// What stood for so long was a success. (An acknowledgement alone is not: a service that accepts and closes at once
/// would be hammered.)
pub const STEADY: Duration = Duration::from_secs(5);

/// Each wait is a random part of a ceiling that doubles from [`SHORTEST`] to [`LONGEST`] with each failure ("full
/// jitter": those who were cut off together do not come back together).
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// What failed now: when to try again. `since` is when it had begun to work, if it had.
    pub(super) fn next(&mut self, now: Instant, since: Option<Instant>, rng: &mut Rng) -> Instant {
        if since.is_some_and(|since| now.saturating_since(since) >= STEADY) {
            self.failures = 0;
        }
        let ceiling = SHORTEST
            .saturating_mul(2u32.saturating_pow(self.failures))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        now + ceiling.mul_f64(rng.unit())
    }
}

/// SplitMix64: jitter needs no more, and the seed makes a session repeatable.
#[derive(Debug)]
pub(super) struct Rng(pub(super) u64);

impl Rng {
    /// A number in `[0, 1)`.
    pub(super) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_longest_and_a_steady_success_resets_it() {
        let (mut backoff, mut rng) = (Backoff::default(), Rng(7));
        for ceiling in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let wait = backoff
                .next(Instant::ZERO, None, &mut rng)
                .saturating_since(Instant::ZERO);
            assert!(
                wait <= Duration::from_secs_f64(ceiling),
                "{wait:?} is above {ceiling} s"
            );
        }
        let now = Instant::ZERO + STEADY;
        assert!(
            backoff
                .next(now, Some(Instant::ZERO), &mut rng)
                .saturating_since(now)
                <= SHORTEST
        );
        // A second that did not last does not count.
        assert_eq!(backoff.failures, 1);
        backoff.next(now, Some(now), &mut rng);
        assert_eq!(backoff.failures, 2);
    }

    #[test]
    fn the_jitter_is_full() {
        let mut rng = Rng(1);
        let units: Vec<f64> = (0..1000).map(|_| rng.unit()).collect();
        assert!(units.iter().all(|unit| (0.0..1.0).contains(unit)));
        assert!(units.iter().any(|unit| *unit < 0.05) && units.iter().any(|unit| *unit > 0.95));
    }
}

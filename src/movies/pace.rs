//! How long rounds are, learned from their ends, and how much of the present one is left. Pure.

use net::UnixTime;

use super::model::{Movie, Round};

/// The pace of the rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The round seen last, and when it ends.
    last: Option<(Round, UnixTime)>,
    /// How long a round is, in milliseconds.
    length: i64,
}

impl Pace {
    /// As rounds are unless somebody set them otherwise.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last: None,
            length: 10_000,
        }
    }

    /// The movie is this. The ends of two rounds, one after the other, tell how long the second is.
    pub fn observe(&mut self, movie: &Movie) {
        let Some(ends) = movie.ends else {
            self.last = None;
            return;
        };
        if let Some((round, before)) = self.last
            && movie.round.0 == round.0 + 1
            && ends > before
        {
            self.length = ends.millis_since(before);
        }
        self.last = Some((movie.round, ends));
    }

    /// What is left of the round, in milliseconds; none while nothing rotates.
    #[must_use]
    pub fn left(&self, now: UnixTime) -> Option<i64> {
        let (_, ends) = self.last?;
        Some(ends.millis_since(now).max(0))
    }

    /// The same in hundredths of the whole.
    #[must_use]
    pub fn share(&self, now: UnixTime) -> Option<i64> {
        self.left(now)
            .map(|left| (left * 100 / self.length).min(100))
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movies::model::tests::film;

    #[test]
    fn the_length_is_learned_from_one_round_to_the_next() {
        let mut pace = Pace::new();
        assert_eq!(pace.left(UnixTime(0)), None);
        pace.observe(&film(7, Some(20_000)));
        let at = UnixTime(17_500);
        assert_eq!((pace.left(at), pace.share(at)), (Some(2_500), Some(25)));
        pace.observe(&film(8, Some(40_000)));
        let at = UnixTime(35_000);
        assert_eq!((pace.left(at), pace.share(at)), (Some(5_000), Some(25)));
        // One missed: the ends are two rounds apart.
        pace.observe(&film(10, Some(80_000)));
        assert_eq!(pace.share(UnixTime(75_000)), Some(25));
        assert_eq!(pace.share(UnixTime(0)), Some(100));
        assert_eq!(pace.left(UnixTime(90_000)), Some(0));
        pace.observe(&film(11, None));
        assert_eq!(pace.share(UnixTime(0)), None);
    }
}

//! When the queue is asked how full it is: soon after something has changed, every second while it works, and now and then
//! otherwise, since nobody is told of what others put there or of what dies. Pure.

use std::time::Duration;

use net::Instant;

/// How full the pipeline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Orders that wait for the consumer.
    pub depth: i64,
    /// Orders that are taken and not finished.
    pub in_flight: i64,
    /// Orders in the dead-letter queue.
    pub dead: i64,
}

impl Figures {
    /// Whether nothing in it moves.
    #[must_use]
    pub const fn is_still(&self) -> bool {
        self.depth == 0 && self.in_flight == 0
    }
}

/// The figures, and when to ask for them again.
#[derive(Debug, Clone)]
pub struct Gauge {
    shown: Option<Figures>,
    due: Option<Instant>,
    /// When it was asked last.
    asked: Option<Instant>,
    is_asking: bool,
    /// Whether something has changed since.
    is_stale: bool,
}

impl Gauge {
    /// Between two questions at the least, and while something moves.
    pub const BUSY: Duration = Duration::from_secs(1);
    /// Between two questions while nothing does, and after one that was not answered.
    pub const IDLE: Duration = Duration::from_secs(5);

    /// Nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            shown: None,
            due: None,
            asked: None,
            is_asking: false,
            is_stale: false,
        }
    }

    /// Something has changed, or may have: it is asked as soon as the rate allows.
    pub fn changed(&mut self, now: Instant) {
        self.is_stale = true;
        if !self.is_asking {
            self.due = Some(self.soonest(now));
        }
    }

    /// Whether to ask now. Where nobody looks, or nobody would answer, nothing is asked until something has
    /// [changed](Self::changed).
    pub fn poll(&mut self, now: Instant, is_wanted: bool) -> bool {
        if self.due.is_none_or(|due| due > now) {
            return false;
        }
        self.due = None;
        if is_wanted {
            (self.asked, self.is_asking, self.is_stale) = (Some(now), true, false);
        }
        is_wanted
    }

    /// When to poll again, if nothing happens before.
    #[must_use]
    pub const fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// What was answered, if anything was. What was known before stays until there is something newer.
    pub fn answered(&mut self, figures: Option<Figures>, now: Instant) {
        self.is_asking = false;
        let moves = figures.is_some_and(|figures| !figures.is_still());
        self.shown = figures.or(self.shown);
        self.due = Some(if moves || (self.is_stale && figures.is_some()) {
            self.soonest(now)
        } else {
            now + Self::IDLE
        });
    }

    /// What is known.
    #[must_use]
    pub const fn figures(&self) -> Option<Figures> {
        self.shown
    }

    /// When it was asked last, if nothing was in it then.
    #[must_use]
    pub fn empty(&self) -> Option<Instant> {
        let is_still = self.shown.is_some_and(|figures| figures.is_still());
        self.asked.filter(|_| is_still && !self.is_asking)
    }

    fn soonest(&self, now: Instant) -> Instant {
        self.asked.map_or(now, |asked| now.max(asked + Self::BUSY))
    }
}

impl Default for Gauge {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    fn figures(depth: i64) -> Option<Figures> {
        Some(Figures {
            depth,
            ..Figures::default()
        })
    }

    #[test]
    fn it_asks_once_a_second_while_something_moves_and_every_five_seconds_otherwise() {
        let mut gauge = Gauge::new();
        assert_eq!(gauge.deadline(), None, "nobody has looked");
        gauge.changed(at(0));
        assert!(gauge.poll(at(0), true));
        assert!(!gauge.poll(at(5_000), true), "one question at a time");
        gauge.answered(figures(3), at(100));
        assert_eq!(gauge.figures(), figures(3));
        assert_eq!(gauge.deadline(), Some(at(1_000)));
        assert!(gauge.poll(at(1_000), true));
        gauge.answered(figures(0), at(1_100));
        assert_eq!(gauge.deadline(), Some(at(6_100)));
        gauge.changed(at(1_200));
        assert_eq!(gauge.deadline(), Some(at(2_000)));
    }

    #[test]
    fn what_changes_while_it_asks_is_asked_for_again() {
        let mut gauge = Gauge::new();
        gauge.changed(at(0));
        assert!(gauge.poll(at(0), true));
        gauge.changed(at(50));
        gauge.answered(figures(0), at(100));
        assert_eq!(gauge.deadline(), Some(at(1_000)));
    }

    #[test]
    fn it_knows_when_it_was_seen_to_be_empty() {
        let mut gauge = Gauge::new();
        gauge.changed(at(0));
        assert!(gauge.poll(at(0), true));
        assert_eq!(gauge.empty(), None);
        gauge.answered(figures(0), at(100));
        assert_eq!(gauge.empty(), Some(at(0)));
        gauge.changed(at(100));
        assert_eq!(gauge.deadline(), Some(at(1_000)));
        assert!(gauge.poll(at(1_000), true));
        gauge.answered(figures(1), at(1_100));
        assert_eq!(gauge.empty(), None);
    }

    #[test]
    fn where_nobody_looks_or_answers_it_is_left_alone() {
        let mut gauge = Gauge::new();
        gauge.changed(at(0));
        assert!(!gauge.poll(at(0), false));
        assert_eq!(gauge.deadline(), None);
        gauge.changed(at(10));
        assert!(gauge.poll(at(10), true));
        gauge.changed(at(11));
        gauge.answered(None, at(20));
        assert_eq!(gauge.figures(), None);
        assert_eq!(gauge.deadline(), Some(at(5_020)));
    }

    proptest! {
        /// Whatever happens, two questions are a second apart, and one is on its way at a time.
        #[test]
        fn the_rate_is_bounded(happens in proptest::collection::vec((0..4_u8, 0..700_u64), 1..200)) {
            let (mut gauge, mut now, mut last, mut asking) = (Gauge::new(), 0, None, false);
            for (what, passes) in happens {
                now += passes;
                match what {
                    0 => gauge.changed(at(now)),
                    1 if asking => {
                        asking = false;
                        gauge.answered(figures(i64::try_from(now % 2).unwrap()), at(now));
                    }
                    _ => {
                        if gauge.poll(at(now), true) {
                            prop_assert!(!asking);
                            prop_assert!(last.is_none_or(|last| now >= last + 1_000));
                            (last, asking) = (Some(now), true);
                        }
                    }
                }
            }
        }
    }
}

//! What is to happen to connections and bytes, and when. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// The network's faults in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traffic {
    /// New connections are reset till then.
    pub(crate) refused_until: Option<Instant>,
    /// Till then, what is sent takes so much longer.
    pub(crate) slow: Option<(Duration, Instant)>,
    /// Nothing is sent before.
    pub(crate) held_until: Option<Instant>,
}

impl Traffic {
    /// Whether a new connection is refused.
    pub(crate) fn refuses(&self, now: Instant) -> bool {
        self.refused_until.is_some_and(|until| now < until)
    }

    /// When to send what the server wrote at this time. Never earlier for what was written later, so order is kept;
    /// when a fault ends, so does every wait that it caused.
    pub(crate) fn release(&self, written: Instant) -> Instant {
        let slowed = self.slow.map_or(written, |(by, until)| {
            (written + by).min(until.max(written))
        });
        self.held_until.map_or(slowed, |held| slowed.max(held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_written_is_released() {
        let now = Instant::now();
        let at = |seconds: u32| now + SECOND * seconds;
        let quiet = Traffic::default();
        assert_eq!(quiet.release(now), now);
        let slow = Traffic {
            slow: Some((SECOND * 3, at(10))),
            ..quiet
        };
        // Later by as much as it says, and no later than its end.
        assert_eq!(slow.release(at(1)), at(4));
        assert_eq!(slow.release(at(9)), at(10));
        assert_eq!(slow.release(at(11)), at(11));
        let both = Traffic {
            held_until: Some(at(6)),
            ..slow
        };
        assert_eq!(both.release(at(1)), at(6));
        assert_eq!(both.release(at(5)), at(8));
        let refusing = Traffic {
            refused_until: Some(at(2)),
            ..quiet
        };
        assert!(refusing.refuses(at(1)) && !refusing.refuses(at(2)));
    }

    #[test]
    fn order_is_kept() {
        let now = Instant::now();
        let traffic = Traffic {
            slow: Some((SECOND * 3, now + SECOND * 5)),
            held_until: Some(now + SECOND * 2),
            refused_until: None,
        };
        let released: Vec<_> = (0..12)
            .map(|at| traffic.release(now + SECOND * at))
            .collect();
        assert!(released.is_sorted(), "{released:?}");
    }
}

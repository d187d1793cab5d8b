//! How busy it is: changes a second, and how long they took.

use net::UnixTime;

use super::model::Order;
use crate::live::window::Entry;

/// Changes in each of the last seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// Changes so far.
    total: u64,
    /// The oldest first.
    seconds: [u64; Self::SECONDS],
}

impl Rate {
    /// So many seconds are remembered.
    pub const SECONDS: usize = 60;

    /// None so far.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            total: 0,
            seconds: [0; Self::SECONDS],
        }
    }

    /// So many seconds have passed (a hidden page hears of them late), and there have been so many changes in all.
    pub fn passed(&mut self, seconds: usize, total: u64) {
        let seconds = seconds.clamp(1, Self::SECONDS);
        self.seconds.rotate_left(seconds);
        let changes = total - self.total;
        self.seconds[Self::SECONDS - seconds..].fill(changes / seconds as u64);
        self.total = total;
    }

    /// Changes in the last second.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.seconds[Self::SECONDS - 1]
    }

    /// Changes in each second, the oldest first.
    #[must_use]
    pub const fn seconds(&self) -> &[u64; Self::SECONDS] {
        &self.seconds
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self::new()
    }
}

/// The median time from write to arrival, in milliseconds, of what arrived since a time; none if nothing did.
#[must_use]
pub fn median_delay(rows: &[Entry<Order>], since: UnixTime) -> Option<i64> {
    let mut delays = Vec::new();
    for entry in rows {
        let Some(received) = entry.received.filter(|at| *at >= since) else {
            continue;
        };
        let delay = received.millis_since(entry.row.updated).max(0);
        // A few hundred at most, once a second: a sort would weigh more than it saves.
        delays.insert(delays.partition_point(|less| *less < delay), delay);
    }
    delays.get(delays.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::window::{Change, Window};
    use crate::orders::model::Status;
    use crate::orders::model::tests::order;

    #[test]
    fn seconds_pass_and_are_forgotten() {
        let mut rate = Rate::new();
        rate.passed(1, 5);
        rate.passed(1, 5);
        rate.passed(1, 9);
        assert_eq!(rate.now(), 4);
        assert_eq!(rate.seconds()[57..], [5, 0, 4]);
        rate.passed(4, 29);
        assert_eq!(rate.seconds()[54..], [0, 4, 5, 5, 5, 5]);
        rate.passed(1_000, 29);
        assert_eq!(rate.seconds(), &[0; 60]);
        for _ in 0..60 {
            rate.passed(1, 29);
        }
        assert_eq!(rate.seconds(), &[0; 60]);
    }

    #[test]
    fn the_median_is_of_what_arrived_lately() {
        let mut window = Window::new(10);
        for (id, delay) in [("a", 40), ("b", 2), ("c", 9), ("d", -3), ("e", 70_000)] {
            let mut order = order(1, Status::Submitted);
            order.id = id.into();
            let received = UnixTime(100_000);
            order.updated = received.plus_millis(-delay);
            window.apply(Change::Put(order), received);
        }
        assert_eq!(median_delay(window.rows(), UnixTime(0)), Some(9));
        assert_eq!(median_delay(window.rows(), UnixTime(100_001)), None);
    }
}

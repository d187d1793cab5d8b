//! What goes wrong in the restaurant on purpose: orders that no handler takes, payments, and a consumer that is killed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Faults, now};

/// The faults in force.
#[derive(Default)]
pub(super) struct Restaurant {
    poison: Mutex<Option<(String, Instant)>>,
    chance: Mutex<Option<(f64, Instant)>>,
    kills: watch::Sender<Kills>,
    held: AtomicBool,
    rest: Mutex<Option<Instant>>,
}

/// The kills of the queues' consumers.
#[derive(Debug, Clone, Copy, Default)]
struct Kills {
    /// Whether whoever has a batch, or gets the next one, is to be killed.
    wanted: bool,
    /// Batches that were lost so.
    lost: u64,
}

impl Faults {
    /// No handler takes an order whose name has this text in it, for a while.
    pub fn poison(&self, name: String, lasting: Duration) {
        tracing::warn!(name, ?lasting, "orders are poisoned on purpose");
        *locked(&self.0.restaurant.poison) = Some((name, now() + lasting));
    }

    /// Whether no handler takes an order of this name.
    #[must_use]
    pub fn is_poison(&self, name: &str) -> bool {
        let poison = locked(&self.0.restaurant.poison);
        let in_force = poison.as_ref().filter(|(_, until)| now() < *until);
        in_force.is_some_and(|(poison, _)| name.contains(poison))
    }

    /// So many payments succeed for a while, 0 to 1.
    pub fn pay(&self, chance: f64, lasting: Duration) {
        tracing::warn!(chance, ?lasting, "payments go otherwise on purpose");
        *locked(&self.0.restaurant.chance) = Some((chance, now() + lasting));
    }

    /// How many payments succeed, if not as many as it is set.
    #[must_use]
    pub fn chance(&self) -> Option<f64> {
        let in_force = *locked(&self.0.restaurant.chance);
        in_force
            .filter(|(_, until)| now() < *until)
            .map(|(chance, _)| chance)
    }

    /// Kills a queue's consumer in the middle of the batch that it has, or else of the next one that it gets; it begins
    /// anew at once. Says how many batches were lost so until now.
    pub fn kill_consumers(&self) -> u64 {
        tracing::warn!("a queue's consumer is killed on purpose, with what it has or gets next");
        let kills = &self.0.restaurant.kills;
        kills.send_modify(|kills| kills.wanted = true);
        kills.borrow().lost
    }

    /// How many batches were lost by kills.
    #[must_use]
    pub fn lost_batches(&self) -> u64 {
        self.0.restaurant.kills.borrow().lost
    }

    /// Comes back when whoever has a batch is to be killed.
    pub(crate) async fn killed(&self) {
        let kills = &self.0.restaurant.kills;
        let mut wanted = kills.subscribe();
        if wanted.wait_for(|kills| kills.wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// A batch was lost by a kill.
    pub(crate) fn has_killed(&self) {
        self.0.restaurant.kills.send_modify(|kills| {
            kills.wanted = false;
            kills.lost += 1;
        });
    }

    /// The queues' consumers take nothing for a while.
    pub fn rest_consumers(&self, lasting: Duration) {
        tracing::warn!(?lasting, "the queues' consumers rest on purpose");
        *locked(&self.0.restaurant.rest) = Some(now() + lasting);
    }

    /// Keeps the queues' consumers from taking anything, or no longer.
    pub(crate) fn hold_consumers(&self, held: bool) {
        self.0.restaurant.held.store(held, Ordering::SeqCst);
    }

    pub(crate) fn holds_consumers(&self) -> bool {
        let rest = *locked(&self.0.restaurant.rest);
        rest.is_some_and(|until| now() < until) || self.0.restaurant.held.load(Ordering::SeqCst)
    }

    pub(super) fn close_restaurant_faults(&self) {
        *locked(&self.0.restaurant.poison) = None;
        *locked(&self.0.restaurant.chance) = None;
        *locked(&self.0.restaurant.rest) = None;
        let kills = &self.0.restaurant.kills;
        kills.send_modify(|kills| kills.wanted = false);
        self.hold_consumers(false);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poison_and_payments_right_themselves() {
        let faults = Faults::new();
        let long = Duration::from_secs(60);
        assert!(!faults.is_poison("Soup") && faults.chance().is_none());
        faults.poison("ou".to_owned(), long);
        faults.pay(0.0, long);
        faults.rest_consumers(long);
        assert!(faults.is_poison("Soup") && !faults.is_poison("Pie") && faults.holds_consumers());
        assert_eq!(faults.chance(), Some(0.0));
        faults.reset();
        assert!(
            !faults.is_poison("Soup") && faults.chance().is_none() && !faults.holds_consumers()
        );
        faults.poison("ou".to_owned(), Duration::ZERO);
        faults.pay(0.0, Duration::ZERO);
        faults.rest_consumers(Duration::ZERO);
        assert!(
            !faults.is_poison("Soup") && faults.chance().is_none() && !faults.holds_consumers()
        );
    }
}

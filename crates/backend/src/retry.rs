//! Trying again what others got in front of.

use std::time::Duration;

use crate::ids;
use crate::ports::{Pause, Random};

/// How often a write is tried before whoever asked is told.
const ATTEMPTS: u32 = 10;
const FIRST: Duration = Duration::from_millis(4);
const LONGEST: Duration = Duration::from_millis(400);

/// The tries of one write. Each wait is drawn between zero and a bound that doubles (full jitter), so that those who
/// got in each other's way do not do so again.
#[derive(Debug, Default)]
pub(crate) struct Tries(u32);

impl Tries {
    /// Waits for the next try. `false` if there is none.
    pub(crate) async fn again<P: Random + Pause>(&mut self, ports: &P) -> bool {
        self.0 += 1;
        if self.0 >= ATTEMPTS {
            return false;
        }
        let bound = FIRST.saturating_mul(1 << self.0).min(LONGEST);
        ports.pause(bound.mul_f64(ids::unit(ports))).await;
        true
    }
}

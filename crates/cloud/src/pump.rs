//! What the pumps have in common: how they rest, and how they try again.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use backend::event::HandlerError;
use futures::FutureExt as _;
use tokio::sync::watch;

use crate::world::World;

/// How long a pump rests when nothing is due: long enough to cost nothing, short enough for what another process has
/// put into the database.
pub(crate) const POLL: Duration = Duration::from_millis(500);

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Rung when there is something to do. A ring between looking and resting is not lost.
pub(crate) struct Bell(watch::Sender<()>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.0.send_replace(());
    }
}

/// A pump's rest between two looks.
pub(crate) struct Rest {
    stop: watch::Receiver<bool>,
    bell: watch::Receiver<()>,
}

impl Rest {
    pub(crate) fn new(stop: watch::Receiver<bool>, bell: &Bell) -> Self {
        Self {
            stop,
            bell: bell.0.subscribe(),
        }
    }

    /// Whether the pump is to stop.
    pub(crate) fn over(&self) -> bool {
        *self.stop.borrow() || self.stop.has_changed().is_err()
    }

    /// Rests until the bell rings, at most as long as said.
    pub(crate) async fn until(&mut self, at_most: Duration) {
        tokio::select! {
            _ = self.stop.wait_for(|stop| *stop) => {}
            _ = self.bell.changed() => {}
            () = tokio::time::sleep(at_most) => {}
        }
    }
}

/// Runs a handler. One that panics has failed like one that says so: it is tried again and ends in the dead letters,
/// and what is delivered beside it goes on.
pub(crate) async fn guarded<T>(
    handler: impl Future<Output = Result<T, HandlerError>>,
) -> Result<T, HandlerError> {
    let said = |panic: &(dyn Any + Send)| {
        let text = panic.downcast_ref::<&str>().copied();
        text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("without a word")
            .to_owned()
    };
    AssertUnwindSafe(handler)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| {
            let cause = format!("the handler panicked: {}", said(&*panic));
            Err(HandlerError::Retry(cause))
        })
}

/// What a failed attempt leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another one, at this time (milliseconds).
    Again(i64),
    /// None: the retry window is over.
    GiveUp,
}

/// What follows the failure number `attempts`, when the first one was at `first_failed`: exponential back-off with
/// half of it drawn, until the retry window is over. The last attempt falls on the window's end.
pub(crate) fn after_failure(world: &World, attempts: u32, first_failed: i64) -> Next {
    let now = world.surroundings.now_millis();
    let end = first_failed.saturating_add(milliseconds(world.settings.retry_window));
    if now >= end {
        return Next::GiveUp;
    }
    let doubled = FIRST_PAUSE
        .saturating_mul(1 << attempts.saturating_sub(1).min(10))
        .min(LONGEST_PAUSE);
    let pause = doubled.mul_f64(0.5 + world.surroundings.unit() / 2.0);
    Next::Again(now.saturating_add(milliseconds(pause)).min(end))
}

/// A duration as the database keeps times.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// And back; what lies in the past is no time at all.
pub(crate) fn duration(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

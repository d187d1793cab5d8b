//! What brings a feature back to what it has on its way: a time, or a reason to believe that it will succeed now.

use std::sync::{Mutex, MutexGuard, PoisonError};

use net::Instant;
use net::life::{self, Life};

/// Comes back at a time.
pub struct Alarm(Mutex<Option<Instant>>);

impl Alarm {
    /// One that is not set.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Does this at that time, unless it comes back before that anyway.
    pub fn set(&'static self, at: Instant, come: impl FnOnce() + Send + 'static) {
        self.arm(at, Box::new(come));
    }

    fn arm(&'static self, at: Instant, come: Box<dyn FnOnce() + Send>) {
        let mut armed = self.armed();
        if armed.is_some_and(|armed| armed <= at) {
            return;
        }
        *armed = Some(at);
        net::spawn(async move {
            net::sleep_until(at).await;
            let mut armed = self.armed();
            if *armed == Some(at) {
                *armed = None;
            }
            drop(armed);
            come();
        });
    }

    fn armed(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Alarm {
    fn default() -> Self {
        Self::new()
    }
}

/// Does something whenever the page is back: in sight, in a network, awake.
pub fn on_return(come: impl FnMut() + 'static) {
    returns(Box::new(come));
}

fn returns(mut come: Box<dyn FnMut()>) {
    super::each(life::events(), move |event| {
        if matches!(event, Life::Online | Life::Wake | Life::Visible) {
            come();
        }
    });
}

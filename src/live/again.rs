//! What brings a feature back to what it has on its way: a time, or a reason to believe that it will succeed now.

use leptos::prelude::{StoredValue, UpdateValue as _};
use net::Instant;
use net::life::{self, Life};

/// Comes back at a time. A handle, gone with the owner that it was made under.
#[derive(Clone, Copy)]
pub struct Alarm(StoredValue<Option<Instant>>);

impl Alarm {
    /// One that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self(StoredValue::new(None))
    }

    /// Does this at that time, unless it comes back before that anyway.
    pub fn set(self, at: Instant, come: impl FnOnce() + Send + 'static) {
        self.arm(at, Box::new(come));
    }

    fn arm(self, at: Instant, come: Box<dyn FnOnce() + Send>) {
        let is_armed = |armed: &mut Option<Instant>| {
            let is_armed = armed.is_some_and(|armed| armed <= at);
            if !is_armed {
                *armed = Some(at);
            }
            is_armed
        };
        if self.0.try_update_value(is_armed) == Some(false) {
            net::spawn(async move {
                net::sleep_until(at).await;
                let _ = self.0.try_update_value(|armed| {
                    if *armed == Some(at) {
                        *armed = None;
                    }
                });
                come();
            });
        }
    }
}

impl Default for Alarm {
    fn default() -> Self {
        Self::new()
    }
}

/// Does something whenever the page is back: in sight, in a network, awake.
pub fn on_return(mut come: impl FnMut() + 'static) {
    super::each(life::events(), move |event| {
        if matches!(event, Life::Online | Life::Wake | Life::Visible) {
            come();
        }
    });
}

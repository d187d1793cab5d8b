//! A second hand for whatever counts.

use std::time::Duration;

use crate::ui::signal::{ReadSignal, signal};
use leptos::prelude::*;

use crate::live;

/// Changes each second.
#[derive(Debug, Clone, Copy)]
pub struct Ticker(ReadSignal<u32>);

impl Ticker {
    /// Starts it, for as long as the current owner lives, and lets everything below have it.
    pub fn provide() -> Self {
        let (second, set) = signal(0);
        live::task(async move {
            loop {
                net::sleep(Duration::from_secs(1)).await;
                let _ = set.try_update(|second| *second += 1);
            }
        });
        let ticker = Self(second);
        provide_context(ticker);
        ticker
    }

    /// The one that was provided above; one that stands still if none was.
    #[must_use]
    pub fn here() -> Self {
        use_context().unwrap_or_else(|| Self(signal(0).0))
    }

    /// Whoever calls this runs anew each second.
    pub fn track(self) {
        self.0.track();
    }
}

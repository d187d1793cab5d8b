//! Orders over AppSync and table streams: a simulation to start, the live table, and one order followed on its own.

pub mod filter;
pub mod list;
pub mod model;
pub mod rate;
pub mod simulation;
pub mod view;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use crate::live::{self, View};
use crate::ui::ReadLink;
use model::Order;
use rate::Rate;
use wire::{Api, Orders};

/// The live table holds the newest orders, so many.
pub const WINDOW: usize = 500;

/// What the page knows of orders, whatever screen is shown.
#[derive(Clone)]
pub struct Live {
    /// Where they come from.
    pub api: Api,
    /// The newest.
    pub view: ReadSignal<View<Order>>,
    /// How busy it is.
    pub rate: ReadSignal<Rate>,
}

impl Live {
    /// Follows the orders for as long as the current owner lives.
    #[must_use]
    pub fn start(api: Api) -> Self {
        let view = live::follow(Orders::every(api.clone()), WINDOW);
        let (rate, set) = signal(Rate::new());
        live::task(async move {
            let mut last = net::now();
            loop {
                net::sleep(Duration::from_secs(1)).await;
                let passed = net::now().saturating_since(last).as_secs();
                last = last + Duration::from_secs(passed);
                let total = view.with_untracked(|view| view.changes);
                let _ = set.try_update(|rate| rate.passed(passed as usize, total));
            }
        });
        Self { api, view, rate }
    }

    /// Whether so much happens that marking each change would be one flicker, and cost more than the rest of the page.
    pub fn is_busy(&self) -> impl Fn() -> bool + use<> {
        /// Changes a second that an eye can still follow.
        const CALM: u64 = 40;
        let rate = self.rate;
        move || rate.with(|rate| rate.now() > CALM)
    }

    /// The state of the link behind them.
    #[must_use]
    pub fn link(&self) -> ReadLink {
        let view = self.view;
        Arc::new(move || view.with(|view| view.link.clone()))
    }
}

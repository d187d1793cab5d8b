//! Orders over AppSync and over MQTT, both told by one table's stream: a simulation to start, the live tables, one order
//! followed on its own, and the two ways compared.

pub mod compare;
pub mod filter;
pub mod list;
pub mod model;
pub mod rate;
pub mod simulation;
pub mod view;
pub mod way;
pub mod wire;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::ui::signal::{ReadSignal, RwSignal, signal};

use crate::live::{self, View};
use crate::ui::ReadLink;
use compare::{Compare, Figures};
use model::Order;
use rate::Rate;
use way::Way;
use wire::{Api, Orders};

/// The live table holds the newest orders, so many.
pub const WINDOW: usize = 500;

/// The ways are compared on the events of this time, in milliseconds.
const LATELY: i64 = 5 * 60 * 1000;

/// What the page knows of orders, whatever screen is shown.
pub struct Live {
    /// The orders as each way tells them.
    feeds: [Feed; 2],
    /// The ways compared, anew each second.
    pub figures: ReadSignal<Figures>,
}

/// The orders as one way tells them.
pub struct Feed {
    /// Which way.
    pub way: Way,
    /// Where they come from.
    pub api: &'static Api,
    /// The newest.
    pub view: ReadSignal<View<Order>>,
    /// How busy it is.
    pub rate: RwSignal<Rate>,
}

impl Live {
    /// Follows the orders by both ways for as long as the page is open. To be called once, under the page's own owner.
    #[must_use]
    pub fn start(api: Api) -> &'static Self {
        let api: &Api = live::forever(api);
        // Told of every arrival, shown once a second: a signal would keep only the last.
        let compare: &Mutex<Compare> = live::forever(Mutex::default());
        let compare = || compare.lock().unwrap_or_else(PoisonError::into_inner);
        let (figures, show) = signal(Figures::default());
        let feeds = Way::ALL.map(|way| {
            let orders = Orders::every(api.clone(), way);
            let orders = orders.heard_by(move |arrival| compare().arrived(arrival));
            Feed {
                way,
                api,
                view: live::follow(orders, WINDOW),
                rate: RwSignal::new(Rate::new()),
            }
        });
        let orders: &Self = live::forever(Self { feeds, figures });
        live::task(async move {
            let mut last = net::now();
            loop {
                net::sleep(Duration::from_secs(1)).await;
                let passed = net::now().saturating_since(last).as_secs();
                last = last + Duration::from_secs(passed);
                for feed in &orders.feeds {
                    let total = feed.view.with_untracked(|view| view.changes);
                    feed.rate.update(|rate| rate.passed(passed as usize, total));
                }
                let now = compare().figures(api.guest().now().plus_millis(-LATELY));
                if figures.with_untracked(|before| *before != now) {
                    show.set(now);
                }
            }
        });
        orders
    }

    /// The orders as this way tells them.
    #[must_use]
    pub const fn by(&'static self, way: Way) -> &'static Feed {
        &self.feeds[way as usize]
    }
}

impl Feed {
    /// Whether so much happens that marking each change would be one flicker, and cost more than the rest of the page.
    pub fn is_busy(&self) -> bool {
        /// Changes a second that an eye can still follow.
        const CALM: u64 = 40;
        self.rate.with(|rate| rate.now() > CALM)
    }

    /// The state of the link behind them.
    #[must_use]
    pub fn link(&self) -> ReadLink {
        live::link_of(self.view)
    }
}

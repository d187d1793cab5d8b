//! Restaurant orders: placed on a queue, paid or not in a workflow, and their customers told.

pub mod form;
pub mod gauge;
pub mod list;
pub mod model;
pub mod outbox;
pub mod view;
pub mod wire;

use std::time::Duration;

use crate::ui::signal::{ReadSignal, RwSignal, once};
use leptos::prelude::{GetValue as _, StoredValue};

use crate::live::again::{self, Alarm};
use crate::live::flight::Token;
use crate::live::{self, Link, View};
use crate::ui::{ReadLink, effect};
use form::Fault;
use gauge::{Figures, Gauge};
use list::{Key, Line};
use model::{Order, OrderId, Ordered};
use outbox::{Outbox, Outcome};
use wire::{Api, Orders};

/// The list holds the newest orders, so many.
pub const WINDOW: usize = 200;
/// Longer than that nobody waits for an answer: it is sent again, or somebody is told.
const PATIENCE: Duration = Duration::from_secs(10);

/// What came of a change.
type Written = Result<(), Fault>;

/// What the page knows of the restaurant's orders, whatever screen is shown. Handles only.
#[derive(Clone, Copy)]
pub struct Live {
    /// Where they come from.
    api: StoredValue<Api>,
    /// The newest.
    pub view: ReadSignal<View<Order>>,
    /// The visitor's orders on their way.
    pub outbox: RwSignal<Outbox>,
    /// How full the queue is.
    pub gauge: RwSignal<Gauge>,
    /// When what is on its way is looked after next.
    alarm: Alarm,
}

impl Live {
    /// Follows them for as long as the current owner lives.
    #[must_use]
    pub fn start(api: Api) -> Self {
        let restaurant = Self {
            view: live::follow(Orders(api.clone()), WINDOW),
            api: StoredValue::new(api),
            outbox: RwSignal::new(Outbox::new()),
            gauge: RwSignal::new(Gauge::new()),
            alarm: Alarm::new(),
        };
        let (mut was_live, mut seen) = (false, 0);
        effect(move || {
            let (is_live, told) = restaurant.with(|view| {
                restaurant
                    .outbox
                    .maybe_update(|outbox| outbox.observe(&view.window));
                (
                    view.link == Link::Live,
                    view.changes + view.window.caught_up(),
                )
            });
            // What failed is sent again at once when there is a reason to.
            if is_live && !was_live {
                restaurant.hurry();
            } else if told != seen {
                restaurant.ask();
            }
            (was_live, seen) = (is_live, told);
        });
        again::on_return(move || restaurant.hurry());
        restaurant
    }

    /// Reads what is shown, and runs anew when that changes. A closure that reads a signal weighs far more in the page
    /// than one that is handed what is in it.
    pub fn with<T: Default>(self, read: impl FnOnce(&View<Order>) -> T) -> T {
        once(|read| self.look(read), read)
    }

    fn look(self, read: &mut dyn FnMut(&View<Order>)) {
        self.view.with(|view| read(view));
    }

    /// The state of the link behind them.
    #[must_use]
    pub fn link(self) -> ReadLink {
        live::link_of(self.view)
    }

    /// The lines of the list.
    #[must_use]
    pub fn lines(self) -> Vec<(Key, Line)> {
        let empty = self.gauge.with(Gauge::empty);
        self.outbox.with(|outbox| {
            self.with(|view| {
                let empty = empty.filter(|_| view.link == Link::Live);
                list::lines(view.window.rows(), outbox, empty)
            })
        })
    }

    /// How full the queue is, if that is known.
    #[must_use]
    pub fn figures(self) -> Option<Figures> {
        self.gauge.with(Gauge::figures)
    }

    /// Places an order.
    pub fn place(self, ordered: Ordered) {
        self.outbox.update(|outbox| outbox.place(ordered));
        self.send();
    }

    /// Changes what was ordered, or deletes the order where nothing else is wanted; then tells what came of it.
    fn write(self, id: OrderId, ordered: Option<Ordered>, told: RwSignal<Option<Written>>) {
        let api = self.api.get_value();
        net::spawn(async move {
            let written = net::within(PATIENCE, async {
                match ordered {
                    Some(ordered) => api.change(id, ordered).await,
                    None => api.delete(id).await,
                }
            });
            let written = written.await.unwrap_or_else(|error| {
                let why = error.to_string();
                Err(Fault::read(&why))
            });
            // Whoever wanted it may be gone by now.
            let _ = told.try_set(Some(written));
        });
    }

    /// There is reason to believe that what failed will succeed now.
    fn hurry(self) {
        let now = net::now();
        self.outbox.update_untracked(|outbox| outbox.hurry(now));
        self.ask();
    }

    /// Something has changed: the queue is asked how full it is.
    fn ask(self) {
        let now = net::now();
        self.gauge.update_untracked(|gauge| gauge.changed(now));
        self.send();
    }

    /// Sends what is due, and comes back when the next is. Signals may be gone with their owner: then nothing is.
    fn send(self) {
        let Some(api) = self.api.try_get_value() else {
            return;
        };
        let now = net::now();
        let order = self.outbox.try_maybe_update(|outbox| {
            let sent = outbox.poll(now, api.now(), || Token(net::random::uuid()));
            (sent.is_some(), sent)
        });
        if let Some(Some((ordered, token))) = order {
            let api = api.clone();
            net::spawn(async move {
                let placed = net::within(PATIENCE, api.place(ordered, token)).await;
                let outcome = placed.unwrap_or(Outcome::Unknown);
                let (now, unit) = (net::now(), net::random::unit());
                let _ = self
                    .outbox
                    .try_update(|outbox| outbox.answered(outcome, now, unit));
                let _ = self.gauge.try_update_untracked(|gauge| gauge.changed(now));
                self.send();
            });
        }
        let is_live = self.view.with_untracked(|view| view.link == Link::Live);
        let is_wanted = is_live && net::life::is_visible();
        let asks = |gauge: &mut Gauge| gauge.poll(now, is_wanted);
        if self.gauge.try_update_untracked(asks) == Some(true) {
            net::spawn(async move {
                let figures = net::within(PATIENCE, api.pipeline()).await;
                let figures = figures.ok().flatten();
                let now = net::now();
                let _ = self
                    .gauge
                    .try_update_untracked(|gauge| gauge.answered(figures, now));
                // Where an order is neither in the queue nor in the list, it is soon known to be lost.
                let empty = self.gauge.try_with_untracked(Gauge::empty).flatten();
                let awaits = self.outbox.try_with_untracked(|outbox| {
                    outbox.accepted(empty).any(|(_, is_lost)| !is_lost)
                });
                let _ = self.gauge.try_update(|gauge| {
                    if awaits == Some(true) && figures.is_some() {
                        gauge.changed(now);
                    }
                });
                self.send();
            });
        }
        self.arm();
    }

    /// Comes back when something is due, unless that will happen anyway.
    fn arm(self) {
        let outbox = self.outbox.try_with_untracked(Outbox::deadline).flatten();
        let gauge = self.gauge.try_with_untracked(Gauge::deadline).flatten();
        let Some(at) = outbox.into_iter().chain(gauge).min() else {
            return;
        };
        self.alarm.set(at, move || self.send());
    }
}

//! Restaurant orders: placed on a queue, paid or not in a workflow, and their customers told.

pub mod form;
pub mod gauge;
pub mod letters;
pub mod list;
pub mod model;
pub mod outbox;
pub mod view;
pub mod wire;

use crate::ui::signal::{ReadSignal, RwSignal, once};

use crate::live::again::{self, Alarm};
use crate::live::flight::Token;
use crate::live::{self, Link, View};
use crate::ui::{ReadLink, effect};
use gauge::{Figures, Gauge};
use letters::Letters;
use list::{Key, Line};
use model::{Order, OrderId, Ordered};
use outbox::{Outbox, Outcome};
use wire::{Api, Orders, Written};

/// The list holds the newest orders, so many.
pub const WINDOW: usize = 200;

/// What the page knows of the restaurant's orders, whatever screen is shown.
pub struct Live {
    /// Where they come from.
    api: Api,
    /// The newest.
    pub view: ReadSignal<View<Order>>,
    /// The visitor's orders on their way.
    pub outbox: RwSignal<Outbox>,
    /// What customers are told.
    pub letters: RwSignal<Letters>,
    /// How full the queue is.
    pub gauge: RwSignal<Gauge>,
    /// When what is on its way is looked after next.
    alarm: Alarm,
}

impl Live {
    /// Follows them for as long as the page is open. To be called once, under the page's own owner.
    #[must_use]
    pub fn start(api: Api) -> &'static Self {
        let restaurant = live::forever(Self {
            view: live::follow(Orders(api.clone()), WINDOW),
            api,
            outbox: RwSignal::new(Outbox::new()),
            letters: RwSignal::new(Letters::new()),
            gauge: RwSignal::new(Gauge::new()),
            alarm: Alarm::new(),
        });
        let (mut was_live, mut seen) = (false, 0);
        effect(move || {
            let (is_live, told) = restaurant.with(|view| {
                restaurant
                    .outbox
                    .maybe_update(|outbox| outbox.observe(&view.window));
                restaurant
                    .letters
                    .maybe_update(|letters| letters.observe(view.window.rows()));
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
    pub fn with<T: Default>(&self, read: impl FnOnce(&View<Order>) -> T) -> T {
        once(|read| self.look(read), read)
    }

    fn look(&self, read: &mut dyn FnMut(&View<Order>)) {
        self.view.with(|view| read(view));
    }

    /// The state of the link behind them.
    #[must_use]
    pub fn link(&self) -> ReadLink {
        live::link_of(self.view)
    }

    /// The lines of the list.
    #[must_use]
    pub fn lines(&self) -> Vec<(Key, Line)> {
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
    pub fn figures(&self) -> Option<Figures> {
        self.gauge.with(Gauge::figures)
    }

    /// Places an order.
    pub fn place(&'static self, ordered: Ordered) {
        let now = net::now();
        self.outbox.update(|outbox| outbox.place(ordered, now));
        self.send();
    }

    /// Changes what was ordered, or deletes the order where nothing else is wanted; then tells what came of it. Whoever
    /// wanted it may be gone by then.
    fn write(
        &self,
        id: &OrderId,
        ordered: Option<Ordered>,
        told: impl FnOnce(Written) + Send + 'static,
    ) {
        let written = match ordered {
            Some(ordered) => self.api.change(id, ordered),
            None => self.api.delete(id),
        };
        written.told(told);
    }

    /// There is reason to believe that what failed will succeed now.
    fn hurry(&'static self) {
        let now = net::now();
        self.outbox.update_untracked(|outbox| outbox.hurry(now));
        self.ask();
    }

    /// Something has changed: the queue is asked how full it is.
    fn ask(&'static self) {
        let now = net::now();
        self.gauge.update_untracked(|gauge| gauge.changed(now));
        self.send();
    }

    /// Sends what is due, and comes back when the next is.
    fn send(&'static self) {
        let now = net::now();
        let order = self.outbox.try_maybe_update(|outbox| {
            let sent = outbox.poll(now, self.api.now(), || Token(net::random::uuid()));
            (sent.is_some(), sent)
        });
        if let Some(Some((ordered, token))) = order {
            let place = self.api.place(ordered, token);
            place.told(|outcome| self.placed(outcome));
        }
        let is_live = self.view.with_untracked(|view| view.link == Link::Live);
        let is_wanted = is_live && net::life::is_visible();
        if self
            .gauge
            .update_untracked(|gauge| gauge.poll(now, is_wanted))
        {
            self.api.pipeline().told(|figures| self.gauged(figures));
        }
        let outbox = self.outbox.with_untracked(Outbox::deadline);
        let gauge = self.gauge.with_untracked(Gauge::deadline);
        if let Some(at) = outbox.into_iter().chain(gauge).min() {
            self.alarm.set(at, || self.send());
        }
    }

    fn placed(&'static self, outcome: Outcome) {
        let (now, unit) = (net::now(), net::random::unit());
        self.outbox
            .update(|outbox| outbox.answered(outcome, now, unit));
        self.ask();
    }

    fn gauged(&'static self, figures: Option<Figures>) {
        let now = net::now();
        self.gauge
            .update_untracked(|gauge| gauge.answered(figures, now));
        // Where an order is neither in the queue nor in the list, it is soon known to be lost.
        let empty = self.gauge.with_untracked(Gauge::empty);
        let awaits = self
            .outbox
            .with_untracked(|outbox| outbox.accepted(empty).any(|(_, is_lost)| !is_lost));
        self.gauge.update(|gauge| {
            if awaits && figures.is_some() {
                gauge.changed(now);
            }
        });
        self.send();
    }
}

//! The calendar: events made through a signed function address, heard by subscription, with public holidays.

pub mod form;
pub mod holidays;
pub mod ics;
pub mod kept;
pub mod layout;
pub mod look;
pub mod model;
pub mod outbox;
pub mod shown;
pub mod view;
pub mod wire;

use std::cmp::Reverse;
use std::time::Duration;

use crate::ui::signal::{Memo, ReadSignal, RwSignal};
use leptos::prelude::{GetValue as _, StoredValue, WithValue as _};
use net::UnixTime;

use crate::live::again::{self, Alarm};
use crate::live::flight::Token;
use crate::live::{self, Link, View};
use crate::ui::{ReadLink, Ticker, effect, locale};
use kept::Kept;
use look::{Look, Mode};
use model::{Event, EventId, UserId};
use net::civil::when::{Date, Local, Weekday};
use outbox::{Action, Number, Outbox, Outcome};
use wire::{Api, Events};

/// As many events as a calendar shows: the first of them, should it ever have more.
const WINDOW: usize = 10_000;
/// Longer than that nobody waits for an answer: it is sent again.
const PATIENCE: Duration = Duration::from_secs(10);

/// What of the calendar an address asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The calendar alone.
    Calendar,
    /// The form for a new event beside it.
    New,
    /// One event, opened beside it.
    Event(EventId),
}

/// What the page knows of the calendar, whatever screen is shown. Handles only.
#[derive(Clone, Copy)]
pub struct Live {
    api: StoredValue<Api>,
    /// The events.
    pub view: ReadSignal<View<Event>>,
    /// Those that have just arrived.
    pub fresh: Memo<Vec<EventId>>,
    /// What is being written into it.
    pub outbox: RwSignal<Outbox>,
    /// Which part of it is looked at.
    pub look: RwSignal<Look>,
    /// Today, where the visitor is.
    pub today: Memo<Date>,
    /// The holidays.
    pub kept: Kept,
    /// On which day a new event begins, where one was pointed at.
    pub pointed: RwSignal<Option<Date>>,
    /// What was done last, where the form that did it has gone.
    pub word: RwSignal<String>,
    /// When what is on its way is looked after next.
    alarm: Alarm,
}

impl Live {
    /// Follows the calendar for as long as the current owner lives.
    #[must_use]
    pub fn start(api: Api) -> Self {
        let view = live::follow(Events(api.clone()), WINDOW);
        let (ticker, api) = (Ticker::here(), StoredValue::new(api));
        let today = Memo::new(move |_| {
            ticker.track();
            locale::local(api.with_value(Api::now)).date()
        });
        let fresh = Memo::new(move |_| {
            // What is fresh does not stay so.
            ticker.track();
            let now = api.with_value(Api::now);
            view.with(|view| shown::fresh(view.window.rows(), now))
        });
        let look = RwSignal::new(Look {
            mode: Mode::default(),
            day: today.get_untracked(),
            first: Weekday::iso(locale::first_weekday()).unwrap_or(Weekday::MONDAY),
        });
        let is_live = Memo::new(move |_| view.with(|view| view.link == Link::Live));
        let live = Self {
            api,
            view,
            fresh,
            outbox: RwSignal::new(Outbox::default()),
            look,
            today,
            kept: Kept::start(api, look, move || is_live.get()),
            pointed: RwSignal::new(None),
            word: RwSignal::new(String::new()),
            alarm: Alarm::new(),
        };
        effect(move || {
            if is_live.get() {
                live.hurry();
            }
        });
        again::on_return(move || live.hurry());
        live
    }

    /// The state of the link behind it.
    #[must_use]
    pub fn link(self) -> ReadLink {
        live::link_of(self.view)
    }

    /// Whose calendar it is.
    #[must_use]
    pub fn user(self) -> UserId {
        self.api.with_value(Api::user)
    }

    /// The time, as the cloud has it.
    #[must_use]
    pub fn time(self) -> UnixTime {
        self.api.with_value(Api::now)
    }

    /// The time where the visitor is.
    #[must_use]
    pub fn now(self) -> Local {
        locale::local(self.time())
    }

    /// An event.
    #[must_use]
    pub fn event(self, id: EventId) -> Option<Event> {
        self.view.with(|view| {
            let entry = view.window.get(&Reverse(id));
            entry.map(|entry| (*entry.row).clone())
        })
    }

    /// Has something done about an event of this name.
    pub fn ask(self, action: Action, name: String) -> Number {
        let (token, now) = (Token(net::random::uuid()), net::now());
        let mut number = Number::default();
        self.outbox
            .update(|outbox| number = outbox.put(action, name, token, now));
        self.send();
        number
    }

    fn hurry(self) {
        let now = net::now();
        self.outbox.update_untracked(|outbox| outbox.hurry(now));
        self.send();
    }

    /// Sends what is due, and comes back when the next is. Signals may be gone with their owner: then nothing is.
    fn send(self) {
        let Some(api) = self.api.try_get_value() else {
            return;
        };
        let poll = || {
            let poll = |outbox: &mut Outbox| outbox.poll(net::now());
            self.outbox.try_update_untracked(poll).flatten()
        };
        while let Some((number, action, token)) = poll() {
            let api = api.clone();
            net::spawn(async move {
                let answer = net::within(PATIENCE, api.ask(&action, &token)).await;
                let outcome =
                    answer.unwrap_or_else(|_| Outcome::Unknown("nobody answered".to_owned()));
                let (now, unit) = (net::now(), net::random::unit());
                let _ = self
                    .outbox
                    .try_update(|outbox| outbox.answered(number, outcome, now, unit));
                self.send();
            });
        }
        self.arm();
    }

    /// Sends again when something is due, unless that will happen anyway.
    fn arm(self) {
        let deadline = self.outbox.try_with_untracked(Outbox::deadline);
        let Some(at) = deadline.flatten() else {
            return;
        };
        self.alarm.set(at, move || self.send());
    }
}

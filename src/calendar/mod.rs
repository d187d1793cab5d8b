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

use crate::ui::signal::{Memo, ReadSignal, RwSignal};
use net::UnixTime;

use crate::live::again::{self, Alarm};
use crate::live::flight::Token;
use crate::live::{self, Link, View};
use crate::ui::{ReadLink, Ticker, effect, locale};
use kept::Kept;
use look::{Look, Mode};
use model::{Event, EventId, UserId};
use net::civil::when::{Date, Local, Weekday};
use outbox::{Action, Number, Outbox};
use wire::{Api, Events};

/// As many events as a calendar shows: the first of them, should it ever have more.
const WINDOW: usize = 10_000;

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

/// What the page knows of the calendar, whatever screen is shown.
pub struct Live {
    api: &'static Api,
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
    pub kept: &'static Kept,
    /// On which day a new event begins, where one was pointed at.
    pub pointed: RwSignal<Option<Date>>,
    /// What was done last, where the form that did it has gone; until something else is done, arrives or is looked at.
    pub word: RwSignal<String>,
    /// When what is on its way is looked after next.
    alarm: Alarm,
}

impl Live {
    /// Follows the calendar for as long as the page is open. To be called once, under the page's own owner.
    #[must_use]
    pub fn start(api: Api) -> &'static Self {
        let view = live::follow(Events(api.clone()), WINDOW);
        let (ticker, api) = (Ticker::here(), live::forever(api));
        let today = Memo::new(move |_| {
            ticker.track();
            locale::local(api.now()).date()
        });
        let fresh = Memo::new(move |_| {
            // What is fresh does not stay so.
            ticker.track();
            let now = api.now();
            view.with(|view| shown::fresh(view.window.rows(), now))
        });
        let look = RwSignal::new(Look {
            mode: Mode::default(),
            day: today.get_untracked(),
            first: Weekday::iso(locale::first_weekday()).unwrap_or(Weekday::MONDAY),
        });
        let is_live = Memo::new(move |_| view.with(|view| view.link == Link::Live));
        let live: &Self = live::forever(Self {
            api,
            view,
            fresh,
            outbox: RwSignal::new(Outbox::default()),
            look,
            today,
            kept: Kept::start(api, look, is_live),
            pointed: RwSignal::new(None),
            word: RwSignal::new(String::new()),
            alarm: Alarm::new(),
        });
        effect(move || {
            if is_live.get() {
                live.hurry();
            }
        });
        effect(move || {
            look.track();
            live.forget();
        });
        let mut before = Vec::new();
        effect(move || {
            let fresh = fresh.get();
            if fresh.iter().any(|id| !before.contains(id)) {
                live.forget();
            }
            before = fresh;
        });
        again::on_return(move || live.hurry());
        live
    }

    /// The state of the link behind it.
    #[must_use]
    pub fn link(&self) -> ReadLink {
        live::link_of(self.view)
    }

    /// Whose calendar it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.api.user()
    }

    /// The time, as the cloud has it.
    #[must_use]
    pub fn time(&self) -> UnixTime {
        self.api.now()
    }

    /// The time where the visitor is.
    #[must_use]
    pub fn now(&self) -> Local {
        locale::local(self.time())
    }

    /// An event.
    #[must_use]
    pub fn event(&self, id: EventId) -> Option<Event> {
        self.view.with(|view| {
            let entry = view.window.get(&Reverse(id));
            entry.map(|entry| (*entry.row).clone())
        })
    }

    /// Has something done about an event of this name.
    pub fn ask(&'static self, action: Action, name: String) -> Number {
        let (token, now) = (Token(net::random::uuid()), net::now());
        let mut number = Number::default();
        self.outbox
            .update(|outbox| number = outbox.put(action, name, token, now));
        self.send();
        number
    }

    /// What was done last is no news any more.
    pub fn forget(&self) {
        self.word.set(String::new());
    }

    fn hurry(&'static self) {
        let now = net::now();
        self.outbox.update_untracked(|outbox| outbox.hurry(now));
        self.send();
    }

    /// Sends what is due, and comes back when the next is.
    fn send(&'static self) {
        let poll = |outbox: &mut Outbox| outbox.poll(net::now());
        while let Some((number, action, token)) = self.outbox.update_untracked(poll) {
            let answer = self.api.ask(&action, &token);
            answer.told(move |outcome| {
                let (now, unit) = (net::now(), net::random::unit());
                self.outbox
                    .update(|outbox| outbox.answered(number, outcome, now, unit));
                self.send();
            });
        }
        if let Some(at) = self.outbox.with_untracked(Outbox::deadline) {
            self.alarm.set(at, || self.send());
        }
    }
}

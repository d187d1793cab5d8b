//! The calendar's screen: a month, a week or an agenda, and beside it the form.

mod agenda;
mod bar;
mod chip;
mod form;
mod month;
mod now;
mod week;

use crate::ui::signal::{Memo, ReadSignal};
use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::{on_cleanup, request_animation_frame, window_event_listener};
use net::civil::when::{Date, Local};

use super::look::{Look, Mode};
use super::model::Event;
use super::{Live, Place};
use crate::live::{Link, View};
use crate::route::Route;
use crate::ui::flow::flow;
use crate::ui::light::lit;
use crate::ui::locale::{self, Part};
use crate::ui::{self, El, aim, el, template};
pub use now::now;

/// The calendar's screen; the route says what is open beside it.
#[must_use]
pub fn screen(calendar: &'static Live, route: ReadSignal<Route>) -> El {
    let place = Memo::new(move |_| match route.get() {
        Route::Calendar(place) => place,
        _ => Place::Calendar,
    });
    let mode = Memo::new(move |_| calendar.look.with(|look| look.mode));
    let panel = el("section")
        .class("panel calendar-panel")
        .set("data-testid", "calendar")
        .set("aria-labelledby", "period")
        .set("aria-keyshortcuts", "ArrowLeft ArrowRight t m w a")
        .set("tabindex", "-1")
        .flag("aria-busy", || !calendar.view.with(|view| view.loaded))
        .on("keydown", keys(calendar, Look::key))
        .child(bar::bar(calendar))
        .slot(told(calendar.view))
        .slot(move || {
            Some(match mode.get() {
                Mode::Month => month::month(calendar),
                Mode::Week => week::week(calendar),
                Mode::Agenda => agenda::agenda(calendar),
            })
        });
    let body = el("div")
        .class("calendar-body")
        .child(panel)
        .slot(move || match place.get() {
            Place::Calendar => None,
            Place::New => Some(form::new(calendar)),
            Place::Event(id) => Some(form::opened(calendar, id)),
        });
    let changes = move || 1 + calendar.view.with(|view| view.changes.cast_signed());
    // After the page was opened nothing has the focus yet.
    let anywhere = keys(calendar, Look::key);
    let anywhere = window_event_listener(ev::keydown, move |event| {
        if aim::is_at(&event, "body") {
            anywhere(event);
        }
    });
    on_cleanup(move || anywhere.remove());
    lit(ui::screen().class("page calendar"), &calendar.link())
        // Letters are for whoever is in the calendar; arrows for whoever is on its screen.
        .on("keydown", keys(calendar, |look, key, _| look.step(key)))
        .child(template("calendar-head"))
        .child(body)
        .child(flow(template("pattern-calendar"), Box::new(changes)))
}

/// Follows what a key means, if it means anything here.
fn keys(
    calendar: &'static Live,
    means: fn(Look, &str, Date) -> Option<Look>,
) -> impl Fn(KeyboardEvent) {
    move |event| {
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        if !is_plain || event.default_prevented() || aim::is_at(&event, "input, select, textarea") {
            return;
        }
        // A week that is wider than its window is scrolled by arrows.
        if event.key().starts_with("Arrow") && aim::is_wide(&event) {
            return;
        }
        let (look, today) = (calendar.look, calendar.today.get_untracked());
        if let Some(there) = means(look.get_untracked(), &event.key(), today) {
            event.prevent_default();
            look.set(there);
            request_animation_frame(|| {
                // What had the focus may be out of sight.
                aim::refocus(&[".calendar-panel"]);
            });
        }
    }
}

/// Goes to a place of the calendar.
fn go(place: Place) {
    ui::history::go(&Route::Calendar(place).path());
}

/// What stands above where not all can be shown, by why that is so.
fn told(view: ReadSignal<View<Event>>) -> impl FnMut() -> Option<El> {
    let why = Memo::new(move |_| view.with(why));
    move || Some(why.get()).filter(|why| !why.is_empty()).map(template)
}

fn why(view: &View<Event>) -> &'static str {
    match &view.link {
        _ if view.window.is_cut() => "calendar-full",
        _ if !view.window.rows().is_empty() => "",
        Link::Failed { .. } => "calendar-denied",
        _ if view.refused => "calendar-denied",
        Link::Retrying { .. } if !view.reached && !view.loaded => "no-cloud",
        _ => "",
    }
}

/// A day in words, for ears and titles.
fn words(date: Date) -> String {
    locale::date(date.start(), Part::Day)
}

fn time(moment: Local) -> String {
    locale::date(moment, Part::Time)
}

fn small(words: &str) -> El {
    el("button")
        .class("button is-small")
        .set("type", "button")
        .text(words)
}

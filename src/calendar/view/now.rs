//! The calendar's panel on the overview: what comes next.

use crate::ui::signal::Memo;

use super::chip::chip;
use crate::calendar::Live;
use crate::calendar::shown;
use crate::ui::locale::{self, Part};
use crate::ui::{El, Ticker, el, light, template};

/// So many are shown.
const NEXT: usize = 5;

/// What comes next.
#[must_use]
pub fn now(calendar: &'static Live) -> El {
    let (view, ticker) = (calendar.view, Ticker::here());
    let next = Memo::new(move |_| {
        // What is over goes.
        ticker.track();
        let (now, fresh) = (calendar.now(), calendar.fresh.get());
        view.with(|view| shown::coming(view.window.rows(), &fresh, now, NEXT))
    });
    let nothing = Memo::new(move |_| next.with(Vec::is_empty) && view.with(|view| view.loaded));
    let list = el("ol").class("agenda-events").list(
        move || next.get(),
        |_, value| {
            let day = move || value.with(|chip| locale::date(chip.event.start, Part::Short));
            el("li")
                .child(el("span").class("quiet numeric").live(day))
                .child(chip(value))
        },
    );
    let panel = template("calendar-now");
    let _ = panel
        .find(".panel-head")
        .child(light("calendar", &calendar.link()));
    let _ = panel
        .find(".panel")
        .child(list)
        .slot(move || nothing.get().then(|| template("no-events")));
    panel
}

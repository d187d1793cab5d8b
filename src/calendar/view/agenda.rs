//! A month's events, one after the other.

use crate::ui::signal::Memo;
use net::civil::when::Date;

use super::chip::chip;
use super::month::today;
use super::words;
use crate::calendar::Live;
use crate::calendar::shown;
use crate::ui::{El, el};

pub(super) fn agenda(calendar: &'static Live) -> El {
    let view = calendar.view;
    let days = Memo::new(move |_| {
        let (look, fresh) = (calendar.look.get(), calendar.fresh.get());
        let is_kept = |date| !calendar.kept.on(date).names.is_empty();
        view.with(|view| shown::agenda(&look, view.window.rows(), &fresh, &is_kept))
    });
    let list = el("ol").class("agenda").list(
        move || days.get(),
        move |date, chips| {
            heading(calendar, date.0).child(
                el("div")
                    .class("agenda-events")
                    .list(move || chips.get(), |_, value| chip(value)),
            )
        },
    );
    let nothing = Memo::new(move |_| days.with(Vec::is_empty) && view.with(|view| view.loaded));
    el("div")
        .class("rows agenda-rows")
        .set("role", "region")
        .set("tabindex", "0")
        .set("aria-label", "Agenda")
        .child(list)
        .slot(move || nothing.get().then(|| crate::ui::template("no-events")))
}

fn heading(calendar: &'static Live, date: Date) -> El {
    let kept = move || calendar.kept.on(date).names;
    today(calendar, date, el("li")).child(
        el("h3")
            .text(&words(date))
            .child(el("small").class("holiday").live(kept)),
    )
}

//! A week, hour by hour.

use crate::ui::signal::Memo;
use leptos::prelude::request_animation_frame;
use net::civil::when::{Date, Local};

use super::chip::chip;
use super::month::{names, row, today};
use crate::calendar::Live;
use crate::calendar::shown;
use crate::ui::locale::{self, Part};
use crate::ui::{El, Ticker, el};

/// The hour that is on top when the week is opened.
const MORNING: i32 = 7;

pub(super) fn week(calendar: &'static Live) -> El {
    let both = Memo::new(move |_| {
        let (look, fresh) = (calendar.look.get(), calendar.fresh.get());
        let view = calendar.view;
        view.with(|view| shown::week(&look, view.window.rows(), &fresh))
    });
    let above = move || vec![((), both.with(|(row, _)| row.clone()))];
    let days = move || both.with(|(_, days)| days.clone());
    let columns = el("div").class("columns").list(days, move |date, chips| {
        today(calendar, date.0, el("div").class("column"))
            .list(move || chips.get(), |_, value| chip(value))
            .slot(hand(calendar, date.0))
    });
    let hours = (1..24).map(|hour| {
        let at = Local::default().plus(hour * 3_600);
        el("span").text(&locale::date(at, Part::Hour))
    });
    let hours = el("div")
        .class("hours quiet numeric")
        .set("aria-hidden", "true")
        .children(hours);
    let above = el("div")
        .class("above")
        .list(above, move |(), week| row(calendar, week).class("week"));
    let top = el("div")
        .class("week-top")
        .child(names(calendar))
        .child(above);
    // In one with what scrolls, so that both are as wide.
    let view = el("div")
        .class("rows week-view")
        .set("role", "region")
        .set("tabindex", "0")
        .set("aria-label", "Hours")
        .child(top)
        .child(
            el("div")
                .class("week-hours")
                .child(hours)
                .child(columns.clone()),
        );
    let scroll = view.clone();
    request_animation_frame(move || {
        let (scroll, day) = (scroll.raw(), columns.raw().client_height());
        scroll.set_scroll_top(day * MORNING / 24);
        // Where a week is wider than the window.
        let today = columns.find("[data-today='true']");
        scroll.set_scroll_left(today.left() - columns.left());
    });
    view
}

/// Where the time is now, on the day that is today.
fn hand(calendar: &'static Live, date: Date) -> impl FnMut() -> Option<El> + use<> {
    let ticker = Ticker::here();
    let minute = Memo::new(move |_| {
        ticker.track();
        let now = calendar.now();
        (now.date() == date).then(|| now.of_day() / 60)
    });
    move || {
        let hand = el("div").class("hand").set("aria-hidden", "true");
        hand.style("--first", &minute.get()?.to_string());
        Some(hand)
    }
}

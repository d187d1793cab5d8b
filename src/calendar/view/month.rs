//! A month, week by week.

use std::cmp::Reverse;

use crate::ui::signal::{Memo, ReadSignal};
use leptos::ev::MouseEvent;
use leptos::prelude::request_animation_frame;
use net::civil::when::Date;

use super::chip::chip;
use super::{go, words};
use crate::calendar::look::Mode;
use crate::calendar::shown::{self, Cell, Row};
use crate::calendar::{Live, Place};
use crate::ui::locale::{self, Part};
use crate::ui::{El, Words, aim, el};

pub(super) fn month(calendar: &'static Live) -> El {
    let weeks = move || {
        let (look, fresh) = (calendar.look.get(), calendar.fresh.get());
        let view = calendar.view;
        view.with(|view| shown::month(&look, view.window.rows(), &fresh))
    };
    el("div")
        .class("month")
        .child(names(calendar))
        .list(weeks, move |_, week| row(calendar, week).class("week"))
}

/// The names of the days of the week.
pub(super) fn names(calendar: &'static Live) -> El {
    let first = Memo::new(move |_| {
        let look = calendar.look.get();
        look.day.first_of_week(look.first)
    });
    let name = |at: i32| {
        el("span").live(move || locale::date(first.get().plus_days(at).start(), Part::Weekday))
    };
    el("div")
        .class("week-names quiet")
        .set("aria-hidden", "true")
        .children((0..7).map(name))
}

/// Seven days and their bars.
pub(super) fn row(calendar: &'static Live, week: ReadSignal<Row>) -> El {
    let cells = move || {
        let cells = week.with(|week| week.cells.clone());
        let cells = cells.into_iter().map(|cell| (Reverse(cell.date), cell));
        cells.collect::<Vec<_>>()
    };
    let chips = move || week.with(|week| week.chips.clone());
    let lanes = move || week.with(Row::lanes).to_string();
    el("div")
        .bind_style("--lanes", lanes)
        .child(
            el("div")
                .class("cells")
                .list(cells, move |date, cell| day(calendar, date.0, cell)),
        )
        .child(el("div").class("chips").list(chips, |_, value| chip(value)))
}

fn day(calendar: &'static Live, date: Date, cell: ReadSignal<Cell>) -> El {
    let kept = Memo::new(move |_| calendar.kept.on(date));
    let number = el("button")
        .class("day-number numeric")
        .set("type", "button")
        .set("aria-label", &["New event on ", &words(date)].concat())
        .text(&date.parts().2.to_string())
        .on("click", move |_: MouseEvent| {
            calendar.pointed.set(Some(date));
            go(Place::New);
        });
    let holiday = move || {
        kept.with(|kept| match (kept.names.is_empty(), kept.everywhere) {
            (true, _) => "",
            (false, true) => "all",
            (false, false) => "some",
        })
    };
    let names = move || Words::from(kept.with(|kept| kept.names.clone()));
    let weekend = date.weekday().is_weekend();
    today(calendar, date, el("div").class("day"))
        .set("data-weekend", if weekend { "true" } else { "false" })
        .flag("data-inside", move || cell.with(|cell| cell.is_inside))
        .bind("data-holiday", holiday)
        .child(number)
        .child(el("span").class("holiday").bind("title", names).live(names))
        .slot(move || {
            let more = cell.with(|cell| cell.more);
            (more > 0).then(|| self::more(calendar, date, more))
        })
}

/// An element of a day, which says if it is today.
pub(super) fn today(calendar: &'static Live, date: Date, element: El) -> El {
    let today = calendar.today;
    element
        .set("data-date", &date.text())
        .flag("data-today", move || today.get() == date)
}

/// What leads to the events that there is no room for.
fn more(calendar: &'static Live, date: Date, more: usize) -> El {
    let more = more.to_string();
    el("button")
        .class("more numeric")
        .set("type", "button")
        .set("aria-label", &[&more, " more on ", &words(date)].concat())
        .text(&["+", &more].concat())
        .on("click", move |_: MouseEvent| {
            let look = calendar.look;
            look.update(|look| (look.mode, look.day) = (Mode::Agenda, date));
            let day = ["[data-date='", &date.text(), "']"].concat();
            request_animation_frame(move || {
                // To the top: how tall the days around it are is known only when they are drawn.
                aim::show(&day);
                aim::focus(&[&[&day, " .chip"].concat()]);
            });
        })
}

//! What is above the days: which part of the calendar, how it is laid out, and what has just happened to it.

use std::cmp::Reverse;

use crate::ui::signal::ReadSignal;
use leptos::ev::{Event as Changed, MouseEvent};
use net::civil::when::Date;

use super::{small, time};
use crate::calendar::holidays::Country;
use crate::calendar::look::{Look, Mode};
use crate::calendar::model::Event;
use crate::calendar::outbox::{Notice, Number, Outbox};
use crate::calendar::{Live, ics};
use crate::ui::locale::{self, Part};
use crate::ui::save::save;
use crate::ui::{El, Words, effect, el, light, template};

pub(super) fn bar(calendar: &'static Live) -> El {
    let bar = template("calendar-bar");
    let (look, today) = (calendar.look, calendar.today);
    let _ = bar.find("h2").live(move || title(look.get()));
    let step = |name: &str, to: fn(Look, Date) -> Look| {
        let button = bar.find(&["[data-step='", name, "']"].concat());
        let _ = button.on("click", move |_: MouseEvent| {
            look.update(|look| *look = to(*look, today.get_untracked()));
        });
    };
    step("previous", |look, _| look.moved(-1));
    step("today", |look, today| Look { day: today, ..look });
    step("next", |look, _| look.moved(1));
    let modes = Mode::ALL.map(|mode| {
        small(mode.name())
            .flag("aria-pressed", move || look.with(|look| look.mode == mode))
            .on("click", move |_: MouseEvent| {
                look.update(|look| look.mode = mode);
            })
    });
    let _ = bar.find(".modes").children(modes);
    let _ = bar
        .find(".panel-head")
        .child(light("calendar", &calendar.link()));
    let news = el("span")
        .flag("data-new", || !calendar.fresh.with(Vec::is_empty))
        .live(news(calendar));
    let _ = bar.find(".news").child(news);
    countries(calendar, bar.find("select"));
    let year = move || look.with(|look| look.day.parts().0);
    let _ = bar.find(".kept").live(move || calendar.kept.told(year()));
    let _ = bar
        .find(".export")
        .on("click", move |_: MouseEvent| export(calendar));
    let notices = move || calendar.outbox.with(Outbox::notices);
    let _ = bar.find(".waiting").list(notices, move |number, notice| {
        waiting(calendar, *number, notice)
    });
    bar
}

/// What is looked at, in words.
fn title(look: Look) -> String {
    let (first, days) = look.days();
    if look.mode != Mode::Week {
        return locale::date(look.day.first_of_month().start(), Part::Month);
    }
    let last = first.plus_days(days as i32 - 1);
    let year = last.parts().0.to_string();
    let short = |date: Date| locale::date(date.start(), Part::Short);
    [&short(first), " to ", &short(last), ", ", &year].concat()
}

/// The choice of a country.
fn countries(calendar: &'static Live, select: El) {
    let kept = calendar.kept;
    let options = move || {
        let all = kept.countries.get().into_iter().enumerate();
        all.map(|(at, country)| (Reverse(at), country)).collect()
    };
    let option = |_: &Reverse<usize>, country: ReadSignal<Country>| {
        country.with(|country| el("option").set("value", &country.code).text(&country.name))
    };
    let select = select.list(options, option);
    let (chosen, shown) = (select.clone(), select.clone());
    effect(move || {
        kept.countries.track();
        shown.write(&kept.country.get());
    });
    let _ = select.on("change", move |_: Changed| kept.choose(chosen.value()));
}

/// Gives the visitor the month that is looked at.
fn export(calendar: &'static Live) {
    let mode = Mode::Agenda;
    let month = Look {
        mode,
        ..calendar.look.get_untracked()
    };
    let (from, to) = month.span();
    let text = calendar.view.with_untracked(|view| {
        let events = view.window.rows().iter().map(|entry| &*entry.row);
        let events = events.filter(|event| event.touches(from, to));
        let text = ics::calendar(calendar.user(), events, calendar.time());
        // Half a month would pass for a whole one.
        text.filter(|_| view.loaded)
    });
    let Some(text) = text else {
        let words = "No events of this month are here: there is nothing to export.";
        return calendar.word.set(words.to_owned());
    };
    let name = ["calendar-", &from.date().text()[..7], ".ics"].concat();
    let _ = save(&name, "text/calendar", &text);
}

/// What has just happened, or how much there is.
fn news(calendar: &'static Live) -> impl FnMut() -> Words {
    move || {
        let word = calendar.word.get();
        if !word.is_empty() {
            return word.into();
        }
        let newest = calendar.fresh.with(|fresh| fresh.last().copied());
        if let Some(event) = newest.and_then(|id| calendar.event(id)) {
            return arrived(&event).into();
        }
        let (from, to) = calendar.look.with(Look::span);
        calendar.view.with(|view| {
            let events = view.window.rows().iter();
            let count = events.filter(|entry| entry.row.touches(from, to)).count();
            match (view.loaded, count) {
                (false, _) => "The events are on their way…".into(),
                (true, 0) => "Nothing is planned here.".into(),
                (true, 1) => "1 event".into(),
                (true, count) => [&count.to_string(), " events"].concat().into(),
            }
        })
    }
}

fn arrived(event: &Event) -> String {
    let what = if event.revision.0 == 1 {
        "New: "
    } else {
        "Changed: "
    };
    let day = locale::date(event.start, Part::Short);
    [what, &event.name, ", ", &day, ", ", &time(event.start)].concat()
}

/// Something that is not in the calendar yet, or never will be.
fn waiting(calendar: &'static Live, number: Number, notice: ReadSignal<Notice>) -> El {
    let words = move || {
        notice.with(|notice| {
            let is = if notice.refused {
                "” was refused: "
            } else {
                "” waits to be sent: "
            };
            [notice.doing, " “", &notice.name, is, &notice.why].concat()
        })
    };
    let dismiss = move || {
        notice.with(|notice| notice.refused).then(|| {
            small("Dismiss").on("click", move |_: MouseEvent| {
                calendar.outbox.update(|outbox| outbox.dismiss(number));
            })
        })
    };
    el("li")
        .flag("data-refused", move || notice.with(|notice| notice.refused))
        .child(el("span").live(words))
        .slot(dismiss)
}

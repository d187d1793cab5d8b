//! An event, small: a bar over days, a block in a day's hours, or a line.

use crate::ui::signal::ReadSignal;
use net::civil::when::{DAY, Local};

use super::{time, words};
use crate::calendar::model::Event;
use crate::calendar::shown::{Chip, Place};
use crate::route::Route;
use crate::ui::locale::{self, Part};
use crate::ui::{El, effect, el};

/// What is shorter, in seconds, has one line in a day's hours.
const ROOMY: i64 = 45 * 60;

/// An event's chip: a link that opens it. One effect shows all of it, since a month can have hundreds.
pub(super) fn chip(value: ReadSignal<Chip>) -> El {
    let parts = ["chip-time numeric", "chip-name", "chip-place", "hidden"];
    let parts = parts.map(|class| el("span").class(class));
    let chip = el("a").children(parts.clone());
    let shown = chip.clone();
    effect(move || {
        value.with(|chip| {
            let event = &chip.event;
            let id = event.id.0.to_string();
            let path = Route::Calendar(crate::calendar::Place::Event(event.id)).path();
            let set = |name: &str, value: &str| drop(shown.clone().set(name, value));
            set("class", &classes(chip));
            set("href", &path);
            set("data-event-id", &id);
            stand(&shown, chip.place);
            let [time, name, place, all] = &parts;
            write(time, &told(chip));
            write(name, &event.name);
            write(place, &event.location);
            // For ears: where it is drawn says nothing to them.
            write(all, &said(event));
        });
    });
    chip
}

fn write(element: &El, text: &str) {
    element.raw().set_text_content(Some(text));
}

fn classes(chip: &Chip) -> String {
    let mut classes = "chip".to_owned();
    let is_short = matches!(chip.place, Place::Hours((from, to), _) if to - from < ROOMY);
    let all = [
        (is_short, " is-short"),
        (chip.is_fresh, " is-fresh"),
        (chip.goes_on.0, " is-from-before"),
        (chip.goes_on.1, " is-beyond"),
    ];
    for (_, class) in all.into_iter().filter(|(is, _)| *is) {
        classes.push_str(class);
    }
    classes
}

/// The numbers that a style places it by.
fn stand(chip: &El, place: Place) {
    let numbers = match place {
        Place::Lane(first, days, lane) => [first + 1, days, lane + 2, 1, 1],
        Place::Hours((from, to), (column, wide, all)) => {
            let (from, to) = (from as usize / 60, to as usize / 60);
            [from, to - from, column, all, wide]
        }
        Place::Line => return,
    };
    let names = ["--first", "--span", "--lane", "--lanes", "--wide"];
    for (name, number) in names.into_iter().zip(numbers) {
        chip.style(name, &number.to_string());
    }
}

/// The time it tells by itself: where it is drawn says the rest.
fn told(chip: &Chip) -> String {
    let Event { start, end, .. } = chip.event;
    match (chip.place, chip.goes_on) {
        (Place::Lane(..), _) if end.since(start) >= DAY => String::new(),
        (Place::Line, (true, true)) => "all day".to_owned(),
        (Place::Line, (true, false)) => ["until ", &time(end)].concat(),
        (Place::Line, (false, true)) => ["from ", &time(start)].concat(),
        (Place::Line, (false, false)) => [&time(start), "–", &time(end)].concat(),
        _ => time(start),
    }
}

/// When an event is, in words.
pub(super) fn when(start: Local, end: Local) -> String {
    let (from, to) = (words(start.date()), time(end));
    let to = if start.date() == end.date() {
        to
    } else {
        [&locale::date(end, Part::Short), ", ", &to].concat()
    };
    [&from, ", ", &time(start), " to ", &to].concat()
}

fn said(event: &Event) -> String {
    let place = match event.location.as_str() {
        "" => String::new(),
        place => [", ", place].concat(),
    };
    [", ", &when(event.start, event.end), &place].concat()
}

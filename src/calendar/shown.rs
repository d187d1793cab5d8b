//! What is drawn of the part that is looked at. Pure: events and holidays in, cells and chips out.

use std::cmp::Reverse;

use net::UnixTime;

use super::layout::{day, sorted, week};
use super::look::{Look, Mode};
use super::model::{Event, EventId};
use crate::live::window::Entry;
use net::civil::when::{DAY, Date, Local};

/// As many lanes as a week of a month has room for.
pub const ROOM: usize = 4;
/// What has just arrived draws the eye for so long, in milliseconds.
pub const FRESH: i64 = 6_000;

/// A row of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its days.
    pub cells: Vec<Cell>,
    /// Its bars.
    pub chips: Chips,
}

impl Row {
    /// How many lanes its bars take.
    #[must_use]
    pub fn lanes(&self) -> usize {
        let lanes = self.chips.iter().map(|(_, chip)| match chip.place {
            Place::Lane(.., lane) => lane + 1,
            _ => 0,
        });
        lanes.max().unwrap_or_default()
    }
}

/// A day of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// The day.
    pub date: Date,
    /// Whether it is in the month that is looked at.
    pub is_inside: bool,
    /// How many of its events there is no room for.
    pub more: usize,
}

/// Chips in the order of time; lists want falling keys.
pub type Key = (Reverse<Local>, Reverse<EventId>);

/// Chips, by their keys.
pub type Chips = Vec<(Key, Chip)>;

/// An event's bar or block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// The event.
    pub event: Event,
    /// Whether it has just arrived.
    pub is_fresh: bool,
    /// Where it is.
    pub place: Place,
    /// Whether it goes on from before, and beyond.
    pub goes_on: (bool, bool),
}

/// Where an event is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// From this day of a row, over so many, in this lane.
    Lane(usize, usize, usize),
    /// Within a day: from and to in seconds; the column, how many columns, of how many.
    Hours((i64, i64), (usize, usize, usize)),
    /// In a list.
    Line,
}

fn key(event: &Event) -> Key {
    (Reverse(event.start), Reverse(event.id))
}

/// What has just arrived, the latest last.
#[must_use]
pub fn fresh(entries: &[Entry<Event>], now: UnixTime) -> Vec<EventId> {
    let arrived = entries.iter().filter_map(|entry| {
        let at = entry.received?;
        (now.millis_since(at) < FRESH).then_some((at, entry.row.id))
    });
    let arrived = sorted(arrived, |arrived| *arrived);
    arrived.into_iter().map(|(_, id)| id).collect()
}

fn chip(event: &Event, fresh: &[EventId], place: Place, goes_on: (bool, bool)) -> Chip {
    Chip {
        event: event.clone(),
        is_fresh: fresh.contains(&event.id),
        place,
        goes_on,
    }
}

fn row(events: &[&Event], fresh: &[EventId], first: Date, room: usize, month: Date) -> Row {
    let week::Lanes { bars, more } = week::lanes(first, 7, room, events.iter().copied());
    let next = month.plus_months(1);
    let cells = more.into_iter().enumerate().map(|(at, more)| {
        let date = first.plus_days(at as i32);
        Cell {
            date,
            is_inside: month <= date && date < next,
            more,
        }
    });
    let chips = bars.into_iter().map(|bar| {
        let place = Place::Lane(bar.first, bar.days, bar.lane);
        (key(bar.event), chip(bar.event, fresh, place, bar.goes_on))
    });
    let chips = sorted(chips, |(key, _)| Reverse(*key));
    Row {
        cells: cells.collect(),
        chips,
    }
}

/// The weeks of a month, the first one first.
#[must_use]
pub fn month(
    look: &Look,
    entries: &[Entry<Event>],
    fresh: &[EventId],
) -> Vec<(Reverse<Date>, Row)> {
    let (first, days) = look.days();
    let (from, to) = look.span();
    let events = touching(entries, from, to);
    let month = look.day.first_of_month();
    let weeks = (0..days as i32 / 7).map(|week| {
        let first = first.plus_days(7 * week);
        (Reverse(first), row(&events, fresh, first, ROOM, month))
    });
    weeks.collect()
}

/// Whether an event is drawn over whole days rather than hours.
fn is_long(event: &Event) -> bool {
    event.end.since(event.start) >= DAY
}

/// A week: what lasts for days above, and the hours of each day.
#[must_use]
pub fn week(
    look: &Look,
    entries: &[Entry<Event>],
    fresh: &[EventId],
) -> (Row, Vec<(Reverse<Date>, Chips)>) {
    let look = Look {
        mode: Mode::Week,
        ..*look
    };
    let (first, _) = look.days();
    let (from, to) = look.span();
    let (long, short): (Vec<_>, Vec<_>) = touching(entries, from, to)
        .into_iter()
        .partition(|event| is_long(event));
    let above = row(&long, fresh, first, 2 * ROOM, look.day.first_of_month());
    let days = (0..7).map(|at| {
        let date = first.plus_days(at);
        let blocks = day::day(date, short.iter().copied());
        let chips = blocks.into_iter().map(|block| {
            let place = Place::Hours(block.span, block.columns);
            (
                key(block.event),
                chip(block.event, fresh, place, block.goes_on),
            )
        });
        let chips = sorted(chips, |(key, _)| Reverse(*key));
        (Reverse(date), chips)
    });
    (above, days.collect())
}

/// What is on from now on: the first so many, in the order of time.
#[must_use]
pub fn coming(entries: &[Entry<Event>], fresh: &[EventId], now: Local, count: usize) -> Chips {
    let events = entries.iter().map(|entry| &*entry.row);
    let time = |event: &Event| (event.start, event.id);
    // In one pass, since the clock asks for it each second.
    let mut first: Vec<&Event> = Vec::new();
    for event in events.filter(|event| event.end >= now) {
        let at = first.partition_point(|other| time(other) < time(event));
        if at < count {
            first.insert(at, event);
            first.truncate(count);
        }
    }
    first
        .into_iter()
        .map(|event| {
            // When it ends is told only where that is within a day.
            let goes_on = (false, is_long(event));
            (key(event), chip(event, fresh, Place::Line, goes_on))
        })
        .collect()
}

/// A month's days that have something, each with its events.
#[must_use]
pub fn agenda(
    look: &Look,
    entries: &[Entry<Event>],
    fresh: &[EventId],
    is_kept: &dyn Fn(Date) -> bool,
) -> Vec<(Reverse<Date>, Chips)> {
    let look = Look {
        mode: Mode::Agenda,
        ..*look
    };
    let (first, days) = look.days();
    let (from, to) = look.span();
    let events = touching(entries, from, to);
    let mut list: Vec<(Reverse<Date>, Chips)> = Vec::new();
    for at in 0..days as i32 {
        let date = first.plus_days(at);
        let (from, to) = (date.start(), date.plus_days(1).start());
        let of_day = events.iter().filter(|event| event.touches(from, to));
        let chips = of_day.map(|event| {
            let goes_on = (event.start < from, event.end > to);
            (key(event), chip(event, fresh, Place::Line, goes_on))
        });
        let chips = sorted(chips, |(key, _)| Reverse(*key));
        if !chips.is_empty() || is_kept(date) {
            list.push((Reverse(date), chips));
        }
    }
    list
}

fn touching(entries: &[Entry<Event>], from: Local, to: Local) -> Vec<&Event> {
    let events = entries.iter().map(|entry| &*entry.row);
    events.filter(|event| event.touches(from, to)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::model::tests::event;
    use super::*;
    use crate::live::window::{Change, Window};
    use net::civil::when::Weekday;

    fn entries() -> Window<Event> {
        let mut window = Window::new(100);
        for (event, at) in [
            (event(1, "2026-02-02T20:00", "2026-02-02T21:00"), 0),
            (event(2, "2026-02-02T09:00", "2026-02-04T09:00"), 9_000),
            (event(3, "2026-03-02T09:00", "2026-03-02T10:00"), 9_000),
        ] {
            window.apply(Change::Put(event), UnixTime(at));
        }
        window
    }

    fn look(mode: Mode) -> Look {
        Look {
            mode,
            day: Date::parse("2026-02-14").unwrap(),
            first: Weekday::MONDAY,
        }
    }

    fn ids(chips: &[(Key, Chip)]) -> Vec<(i64, bool)> {
        chips
            .iter()
            .map(|(_, chip)| (chip.event.id.0, chip.is_fresh))
            .collect()
    }

    proptest! {
        #[test]
        fn what_comes_next_is_the_first_of_all_in_the_order_of_time(hours in proptest::collection::vec(0_i64..200, 0..30)) {
            let mut window = Window::new(100);
            for (id, hour) in (1..).zip(&hours) {
                let mut event = event(id, "2026-02-02T00:00", "2026-02-02T00:00");
                event.start = event.start.plus(hour * 3_600);
                event.end = event.start.plus(3_600);
                window.apply(Change::Put(event), UnixTime(0));
            }
            let now = Local::parse("2026-02-05T00:00").unwrap();
            let rows = window.rows().iter().map(|entry| &*entry.row);
            let mut all: Vec<_> = rows.filter(|event| event.end >= now).collect();
            all.sort_by_key(|event| (event.start, event.id));
            all.truncate(5);
            let next = coming(window.rows(), &[], now, 5);
            let next: Vec<_> = next.iter().map(|(_, chip)| &chip.event).collect();
            prop_assert_eq!(next, all);
        }
    }

    #[test]
    fn each_layout_shows_what_is_in_sight_in_the_order_of_time() {
        let window = entries();
        let fresh = fresh(window.rows(), UnixTime(10_000));
        assert_eq!(fresh, [EventId(2), EventId(3)]);
        let weeks = month(&look(Mode::Month), window.rows(), &fresh);
        assert_eq!(weeks.len(), 5);
        assert_eq!(ids(&weeks[1].1.chips), [(2, true), (1, false)]);
        assert!(!weeks[0].1.cells[0].is_inside && weeks[0].1.cells[6].is_inside);
        let there = Look {
            day: Date::parse("2026-02-02").unwrap(),
            ..look(Mode::Week)
        };
        let (above, days) = week(&there, window.rows(), &fresh);
        assert_eq!(ids(&above.chips), [(2, true)]);
        assert_eq!(ids(&days[0].1), [(1, false)]);
        assert!(days[1..].iter().all(|(_, chips)| chips.is_empty()));
        let now = Local::parse("2026-02-02T22:00").unwrap();
        let next = coming(window.rows(), &fresh, now, 1);
        assert_eq!(ids(&next), [(2, true)], "what is over has gone");
        assert_eq!(next[0].1.goes_on, (false, true));
        let kept = Date::parse("2026-02-20").unwrap();
        let days = agenda(&look(Mode::Agenda), window.rows(), &fresh, &|date| {
            date == kept
        });
        let dates: Vec<_> = days
            .iter()
            .map(|(date, chips)| (date.0.text(), chips.len()))
            .collect();
        let expected = [
            ("2026-02-02", 2),
            ("2026-02-03", 1),
            ("2026-02-04", 1),
            ("2026-02-20", 0),
        ];
        assert_eq!(
            dates,
            expected.map(|(date, count)| (date.to_owned(), count))
        );
        assert!(
            days.windows(2).all(|pair| pair[0].0 > pair[1].0),
            "keys fall"
        );
    }
}

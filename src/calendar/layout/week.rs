//! A row of days, as in a month: each event a bar over the days that it is on, bars below each other in lanes.

use std::cmp::Reverse;

use super::sorted;

use super::super::model::Event;
use net::civil::when::Date;

/// An event's bar in a row of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its first day in the row, from 0.
    pub first: usize,
    /// How many days it takes.
    pub days: usize,
    /// Which lane it is in, from 0 at the top.
    pub lane: usize,
    /// Whether it goes on from before the row, and beyond it.
    pub goes_on: (bool, bool),
}

/// A row of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lanes<'a> {
    /// The bars.
    pub bars: Vec<Bar<'a>>,
    /// For each day, how many of its events have no lane here.
    pub more: Vec<usize>,
}

/// The last day that an event is on. What ends at midnight is not on the day that begins then.
#[must_use]
pub fn last_day(event: &Event) -> Date {
    let last = event.end.date();
    if event.end > event.start && event.end.of_day() == 0 {
        last.plus_days(-1)
    } else {
        last
    }
}

/// Lays out so many days from the first on, in so many lanes.
#[must_use]
pub fn lanes<'a>(
    first: Date,
    days: usize,
    room: usize,
    events: impl IntoIterator<Item = &'a Event>,
) -> Lanes<'a> {
    let index = |date: Date| date.days_since(first);
    let width = days as i32;
    let bars = events.into_iter().filter_map(|event| {
        let (from, to) = (index(event.start.date()), index(last_day(event)));
        let is_here = from < width && to >= 0;
        is_here.then(|| {
            let (start, end) = (from.max(0), to.min(width - 1));
            Bar {
                event,
                first: start as usize,
                days: (end - start + 1) as usize,
                lane: 0,
                goes_on: (from < 0, to >= width),
            }
        })
    });
    // The longest on top, then the earliest: bars stay in their lane from day to day.
    let mut bars: Vec<Bar<'a>> = sorted(bars, |bar| {
        (bar.first, Reverse(bar.days), bar.event.start, bar.event.id)
    });
    let mut more = vec![0; days];
    // The first day that is free, by lane.
    let mut free: Vec<usize> = Vec::new();
    bars.retain_mut(|bar| {
        let lane = free
            .iter()
            .position(|free| *free <= bar.first)
            .unwrap_or(free.len());
        let next = bar.first + bar.days;
        if lane >= room {
            more[bar.first..next].iter_mut().for_each(|more| *more += 1);
            return false;
        }
        match free.get_mut(lane) {
            Some(free) => *free = next,
            None => free.push(next),
        }
        bar.lane = lane;
        true
    });
    Lanes { bars, more }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::model::tests::event;
    use super::*;
    use net::civil::when::Local;

    fn monday() -> Date {
        Date::parse("2026-02-02").unwrap()
    }

    #[test]
    fn what_lasts_for_days_is_one_bar_and_what_has_no_room_is_counted() {
        let events = [
            event(1, "2026-02-03T10:00", "2026-02-03T11:00"),
            event(2, "2026-02-01T20:00", "2026-02-04T00:00"),
            event(3, "2026-02-03T09:00", "2026-02-03T10:00"),
            event(4, "2026-02-08T22:00", "2026-02-09T02:00"),
        ];
        let Lanes { bars, more } = lanes(monday(), 7, 2, &events);
        let seen: Vec<_> = bars
            .iter()
            .map(|bar| (bar.event.id.0, bar.first, bar.days, bar.lane, bar.goes_on))
            .collect();
        assert_eq!(
            seen,
            [
                // To midnight: not on Wednesday.
                (2, 0, 2, 0, (true, false)),
                (3, 1, 1, 1, (false, false)),
                (4, 6, 1, 0, (false, true)),
            ]
        );
        assert_eq!(more, [0, 1, 0, 0, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn no_bar_is_over_another_and_nothing_is_forgotten(
            times in proptest::collection::vec((-96_i64..9 * 24, 0_i64..120), 0..80),
            room in 0_usize..8,
        ) {
            let base = Local::parse("2026-02-02T00:00").unwrap();
            let events: Vec<Event> = (1..).zip(times).map(|(id, (from, hours))| {
                let start = base.plus(from * 3_600);
                Event { start, end: start.plus(hours * 3_600), ..event(id, "2026-01-31T00:00", "2026-01-31T00:00") }
            }).collect();
            let Lanes { bars, more } = lanes(monday(), 7, room, &events);
            for (at, bar) in bars.iter().enumerate() {
                prop_assert!(bar.lane < room && bar.first + bar.days <= 7);
                for other in &bars[at + 1..] {
                    let meet = bar.first < other.first + other.days && other.first < bar.first + bar.days;
                    prop_assert!(!meet || bar.lane != other.lane);
                }
            }
            for (day, more) in more.into_iter().enumerate() {
                let (from, to) = (monday().plus_days(day as i32).start(), monday().plus_days(day as i32 + 1).start());
                let shown = bars.iter().filter(|bar| (bar.first..bar.first + bar.days).contains(&day)).count();
                let all = events.iter().filter(|event| event.touches(from, to)).count();
                prop_assert_eq!(shown + more, all, "on day {}", day);
            }
        }
    }
}

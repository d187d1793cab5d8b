//! One day's hours: what overlaps stands side by side.

use std::cmp::Reverse;

use super::sorted;

use super::super::model::Event;
use net::civil::when::{DAY, Date};

/// So much is drawn of an event at least, in seconds: its name has to be readable.
const SHORTEST: i64 = 30 * 60;

/// An event's box in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// The event.
    pub event: &'a Event,
    /// From where to where, in seconds since the day began.
    pub span: (i64, i64),
    /// The column it begins in, how many it takes, and how many there are.
    pub columns: (usize, usize, usize),
    /// Whether it goes on from the day before, and into the next.
    pub goes_on: (bool, bool),
}

impl Block<'_> {
    fn meets(&self, other: &Self) -> bool {
        self.span.0 < other.span.1 && other.span.0 < self.span.1
    }

    fn shares_a_column_with(&self, other: &Self) -> bool {
        let ((from, wide, _), (start, broad, _)) = (self.columns, other.columns);
        from < start + broad && start < from + wide
    }
}

/// Lays out what a day has of these events.
#[must_use]
pub fn day<'a>(date: Date, events: impl IntoIterator<Item = &'a Event>) -> Vec<Block<'a>> {
    let (from, to) = (date.start(), date.plus_days(1).start());
    let within = |event: &&Event| event.touches(from, to);
    let blocks = events.into_iter().filter(within).map(|event| {
        let start = event.start.since(from).clamp(0, DAY - SHORTEST);
        let end = event.end.since(from).clamp(start + SHORTEST, DAY);
        Block {
            event,
            span: (start, end),
            columns: (0, 1, 1),
            goes_on: (event.start < from, event.end > to),
        }
    });
    // The longer of two that begin together stands first.
    let mut blocks: Vec<Block<'a>> = sorted(blocks, |block| {
        (block.span.0, Reverse(block.span.1), block.event.id)
    });
    let mut rest = blocks.as_mut_slice();
    while !rest.is_empty() {
        let (group, others) = rest.split_at_mut(group(rest));
        arrange(group);
        rest = others;
    }
    blocks
}

/// How many of the blocks hang together: the first, what it meets, what that meets.
fn group(blocks: &[Block<'_>]) -> usize {
    let mut end = 0;
    let breaks = blocks.iter().position(|block| {
        let is_apart = end > 0 && block.span.0 >= end;
        end = end.max(block.span.1);
        is_apart
    });
    breaks.unwrap_or(blocks.len())
}

/// Gives each block of a group the first column that is free, and then what is free to its right.
fn arrange(group: &mut [Block<'_>]) {
    let mut ends: Vec<i64> = Vec::new();
    for block in group.iter_mut() {
        let free = ends.iter().position(|end| *end <= block.span.0);
        let column = free.unwrap_or(ends.len());
        match ends.get_mut(column) {
            Some(end) => *end = block.span.1,
            None => ends.push(block.span.1),
        }
        block.columns.0 = column;
    }
    for at in 0..group.len() {
        let mut block = group[at];
        block.columns.2 = ends.len();
        while block.columns.0 + block.columns.1 < ends.len() {
            let wider = Block {
                columns: (block.columns.0, block.columns.1 + 1, ends.len()),
                ..block
            };
            let mut others = group.iter().enumerate().filter(|(other, _)| *other != at);
            if others.any(|(_, other)| other.meets(&wider) && other.shares_a_column_with(&wider)) {
                break;
            }
            block = wider;
        }
        group[at] = block;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::model::tests::event;
    use super::*;
    use net::civil::when::Local;

    fn laid_out(events: &[Event]) -> Vec<(i64, (usize, usize, usize))> {
        let date = Date::parse("2026-02-02").unwrap();
        let blocks = day(date, events);
        blocks
            .iter()
            .map(|block| (block.event.id.0, block.columns))
            .collect()
    }

    #[test]
    fn what_overlaps_stands_side_by_side_and_what_does_not_has_the_whole_width() {
        let events = [
            event(1, "2026-02-02T09:00", "2026-02-02T11:00"),
            event(2, "2026-02-02T10:00", "2026-02-02T12:00"),
            event(3, "2026-02-02T11:00", "2026-02-02T12:00"),
            event(4, "2026-02-02T12:00", "2026-02-02T13:00"),
        ];
        assert_eq!(
            laid_out(&events),
            [
                (1, (0, 1, 2)),
                (2, (1, 1, 2)),
                (3, (0, 1, 2)),
                (4, (0, 1, 1))
            ]
        );
    }

    #[test]
    fn a_block_takes_the_room_that_is_free_beside_it() {
        let events = [
            event(1, "2026-02-02T09:00", "2026-02-02T10:00"),
            event(2, "2026-02-02T09:00", "2026-02-02T10:00"),
            event(3, "2026-02-02T09:00", "2026-02-02T12:00"),
            event(4, "2026-02-02T11:00", "2026-02-02T12:00"),
        ];
        // The longest comes first; the last has the two columns beside it.
        assert_eq!(
            laid_out(&events),
            [
                (3, (0, 1, 3)),
                (1, (1, 1, 3)),
                (2, (2, 1, 3)),
                (4, (1, 2, 3))
            ]
        );
    }

    #[test]
    fn an_event_past_midnight_is_on_both_days() {
        let late = event(1, "2026-02-02T23:00", "2026-02-03T01:00");
        let on = |date: &str| {
            let blocks = day(Date::parse(date).unwrap(), [&late]);
            blocks.first().map(|block| (block.span, block.goes_on))
        };
        assert_eq!(on("2026-02-02"), Some(((23 * 3_600, DAY), (false, true))));
        assert_eq!(on("2026-02-03"), Some(((0, 3_600), (true, false))));
        assert_eq!(on("2026-02-04"), None);
    }

    fn some_events() -> impl Strategy<Value = Vec<Event>> {
        // On a few days, in quarters of an hour, so that much of it meets.
        let times = (0_i64..4 * 96, 0_i64..200);
        proptest::collection::vec(times, 0..60).prop_map(|times| {
            let base = Local::parse("2026-01-31T00:00").unwrap();
            let event = |(id, (from, quarters))| {
                let start = base.plus(from * 900);
                Event {
                    start,
                    end: start.plus(quarters * 900),
                    ..event(id, "2026-01-31T00:00", "2026-01-31T00:00")
                }
            };
            (1..).zip(times).map(event).collect()
        })
    }

    proptest! {
        #[test]
        fn nothing_is_drawn_over_another_and_everything_in_its_time(events in some_events()) {
            for days in 0..7 {
                let date = Date::parse("2026-01-30").unwrap().plus_days(days);
                let (from, to) = (date.start(), date.plus_days(1).start());
                let blocks = day(date, &events);
                let expected = events.iter().filter(|event| event.touches(from, to)).count();
                prop_assert_eq!(blocks.len(), expected);
                for (at, block) in blocks.iter().enumerate() {
                    let (start, end) = block.span;
                    prop_assert!(0 <= start && start + SHORTEST <= end && end <= DAY);
                    // It covers its time; only what is too short for words is longer.
                    let inside = (block.event.start.since(from).max(0), block.event.end.since(from).min(DAY));
                    prop_assert!(start <= inside.0 && end >= inside.1);
                    prop_assert!(end - start == inside.1 - inside.0 || end - start == SHORTEST);
                    let (column, wide, all) = block.columns;
                    prop_assert!(wide >= 1 && column + wide <= all);
                    for other in &blocks[at + 1..] {
                        prop_assert!(!(block.meets(other) && block.shares_a_column_with(other)), "{block:?} over {other:?}");
                        // Side by side, they are measured alike.
                        prop_assert!(!block.meets(other) || all == other.columns.2);
                    }
                }
            }
        }
    }
}

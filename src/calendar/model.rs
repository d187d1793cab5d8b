//! What an event is.

use std::cmp::Reverse;

use crate::live::window::{Revision, Row};
use net::civil::when::Local;

/// Whose calendar it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

/// Names an event of a user; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub i64);

/// An event, at local times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// What it is.
    pub name: String,
    /// When it begins.
    pub start: Local,
    /// When it ends: not before it begins.
    pub end: Local,
    /// Where it is; may be empty.
    pub location: String,
    /// Grows with each write.
    pub revision: Revision,
}

impl Event {
    /// Whether any of it is within this time. What takes no time is where it begins.
    #[must_use]
    pub fn touches(&self, from: Local, to: Local) -> bool {
        self.start < to && (self.end > from || self.start == self.end && self.start >= from)
    }
}

impl Row for Event {
    type Key = EventId;
    /// The server lists them in the order of their ids, the first one first.
    type Position = Reverse<EventId>;
    type Patch = std::convert::Infallible;

    fn key(&self) -> &EventId {
        &self.id
    }

    fn position(&self) -> Reverse<EventId> {
        Reverse(self.id)
    }

    fn revision(&self) -> Revision {
        self.revision
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An event, its times as text.
    pub(crate) fn event(id: i64, start: &str, end: &str) -> Event {
        Event {
            id: EventId(id),
            name: format!("Event {id}"),
            start: Local::parse(start).unwrap(),
            end: Local::parse(end).unwrap(),
            location: String::new(),
            revision: Revision(1),
        }
    }

    #[test]
    fn an_event_touches_what_it_is_in_and_no_neighbour() {
        let at = |text| Local::parse(text).unwrap();
        let (noon, two) = (at("2026-02-02T12:00"), at("2026-02-02T14:00"));
        for (start, end, touches) in [
            ("2026-02-02T12:00", "2026-02-02T14:00", true),
            ("2026-02-02T10:00", "2026-02-02T12:00", false),
            ("2026-02-02T14:00", "2026-02-02T15:00", false),
            ("2026-02-01T10:00", "2026-02-03T10:00", true),
            ("2026-02-02T12:00", "2026-02-02T12:00", true),
            ("2026-02-02T14:00", "2026-02-02T14:00", false),
        ] {
            assert_eq!(
                event(1, start, end).touches(noon, two),
                touches,
                "{start} to {end}"
            );
        }
    }
}

//! What an event is, and where its row lies.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::event::HandlerError;
use crate::json::{from_map, to_map};
use crate::ports::Item;

/// The listing's one partition.
pub(super) const LISTING: &str = "all";

/// A user, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i32);

/// An event of a user: 1, 2, 3 and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub i32);

/// An event as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Whose it is.
    pub user_id: UserId,
    /// Of the user's events; never used twice.
    pub id: EventId,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// Starts at 1 and grows by one with each write, the deletion among them.
    pub revision: u32,
}

/// What people write into an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What it is: 1 to 200 characters, without space around them.
    pub name: String,
    /// When it begins.
    pub dt_start: Local,
    /// When it ends; not before it begins.
    pub dt_end: Local,
    /// Where it is, if that is said: at most 200 characters, without space around them.
    pub location: Option<String>,
}

/// A date and time without a zone, to the second: what a clock on the wall shows wherever the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Local(PrimitiveDateTime);

impl Local {
    /// From a date and a time of day, which is cut to the second.
    #[must_use]
    pub fn new(date: Date, hour: u8, minute: u8) -> Option<Self> {
        let time = Time::from_hms(hour, minute, 0).ok()?;
        Some(Self(PrimitiveDateTime::new(date, time)))
    }

    /// Reads `2026-02-02T20:00:00`, or without the seconds, as forms write it; nothing else, and nothing that does not
    /// exist. Source: HTML, "valid local date and time string".
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 16 && bytes.len() != 19 {
            return None;
        }
        let number = |at: usize, digits: usize| {
            bytes
                .get(at..at + digits)?
                .iter()
                .try_fold(0_u16, |sum, byte| {
                    byte.is_ascii_digit()
                        .then(|| sum * 10 + u16::from(byte - b'0'))
                })
        };
        let pair = |at| u8::try_from(number(at, 2)?).ok();
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        let marked = |(at, mark): &(usize, u8)| bytes.get(*at).is_none_or(|byte| byte == mark);
        if !marks.iter().all(marked) {
            return None;
        }
        let month = Month::try_from(pair(5)?).ok()?;
        // The first year is 1.
        let year = number(0, 4).filter(|year| *year > 0)?;
        let date = Date::from_calendar_date(year.into(), month, pair(8)?).ok()?;
        let second = if bytes.len() == 19 { pair(17)? } else { 0 };
        let time = Time::from_hms(pair(11)?, pair(14)?, second).ok()?;
        Some(Self(PrimitiveDateTime::new(date, time)))
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, (hour, minute, second)) = (self.0.date(), self.0.time().as_hms());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )
    }
}

impl Serialize for Local {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Local {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no local date and time"))
    }
}

/// An event's key: sorts by user, then by id.
#[must_use]
pub(super) fn key(user: UserId, id: EventId) -> String {
    format!("{:010}#{:010}", user.0, id.0)
}

/// Whether a text is such a key.
pub(super) fn is_key(text: &str) -> bool {
    let ten = |part: &str| part.len() == 10 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('#')
        .is_some_and(|(user, id)| ten(user) && ten(id))
}

impl Event {
    /// Its row's key.
    pub(super) fn key(&self) -> String {
        key(self.user_id, self.id)
    }

    /// As it is kept.
    ///
    /// # Errors
    /// Never; the types cannot say so.
    pub(super) fn to_row(&self) -> Result<Item, HandlerError> {
        let mut row = to_map(self)?;
        row.insert("key".to_owned(), self.key().into());
        row.insert("listing".to_owned(), LISTING.into());
        row.insert("user".to_owned(), self.user_id.0.to_string().into());
        Ok(row)
    }

    /// From its row.
    ///
    /// # Errors
    /// [`HandlerError::Dead`] if the row is no event.
    pub(super) fn from_row(row: Item) -> Result<Self, HandlerError> {
        from_map(row, "event")
    }

    /// What is told of its end: as it was last, with one more revision.
    pub(super) fn ended(self) -> Self {
        Self {
            revision: self.revision + 1,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_that_exist_are_read_and_written_alike() {
        for (text, read) in [
            ("2026-02-02T20:00:00", Some("2026-02-02T20:00:00")),
            ("2026-02-02T20:00", Some("2026-02-02T20:00:00")),
            ("2024-02-29T23:59:59", Some("2024-02-29T23:59:59")),
            ("2000-02-29T00:00", Some("2000-02-29T00:00:00")),
            ("2026-02-29T20:00:00", None),
            ("2100-02-29T20:00:00", None),
            ("2026-04-31T20:00:00", None),
            ("2026-13-01T20:00:00", None),
            ("2026-00-01T20:00:00", None),
            ("2026-02-02T24:00:00", None),
            ("2026-02-02T23:59:60", None),
            ("2026-02-02T20:00:00Z", None),
            ("2026-02-02T20:00:00+01:00", None),
            ("2026-02-02 20:00:00", None),
            ("2026-02-02", None),
            ("0001-01-01T00:00", Some("0001-01-01T00:00:00")),
            ("0000-12-31T20:00", None),
            ("26-02-02T20:00:00", None),
            ("+026-02-02T20:00", None),
            ("2026-02-02T20:00:0é", None),
            ("", None),
        ] {
            let moment = Local::parse(text).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), read, "{text}");
        }
    }

    #[test]
    fn keys_sort_as_numbers_do() {
        let keys = [(1, 2), (1, 10), (2, 1), (10, 1)].map(|(u, i)| key(UserId(u), EventId(i)));
        assert!(keys.is_sorted());
        assert!(keys.iter().all(|key| is_key(key)));
        assert!(!is_key("1#2") && !is_key("") && !is_key("0000000001#000000000x"));
    }
}

//! Days and moments on a wall clock without a zone: 20:00 is 20:00, wherever it is read and whatever daylight saving does.

use super::Civil;
use crate::UnixTime;

const MILLIS: i64 = 1_000;
/// Seconds of a day. A wall clock without a zone knows no others.
pub const DAY: i64 = 86_400;

/// A day of the Gregorian calendar, as days since 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// A day of the week, Monday first, as ISO 8601 counts them: 0 to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekday(u8);

/// A moment on a wall clock without a zone, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Local(i64);

impl Weekday {
    /// Monday.
    pub const MONDAY: Self = Self(0);
    /// Sunday.
    pub const SUNDAY: Self = Self(6);

    /// The day of this ISO number, 1 (Monday) to 7 (Sunday).
    #[must_use]
    pub const fn iso(number: u8) -> Option<Self> {
        match number {
            1..=7 => Some(Self(number - 1)),
            _ => None,
        }
    }

    /// Whether it is Saturday or Sunday.
    #[must_use]
    pub const fn is_weekend(self) -> bool {
        self.0 >= 5
    }
}

impl Date {
    /// The day of a year, a month (1 to 12) and a day (1 to 31), if the calendar has it.
    #[must_use]
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let civil = Civil {
            year,
            month,
            day,
            hour: 0,
            minute: 0,
            second: 0,
        };
        civil.time().map(|time| Local(time.0 / MILLIS).date())
    }

    /// Reads `2026-02-02`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(Local::parse(&[text, "T00:00"].concat())?.date())
    }

    /// Year, month (1 to 12) and day (1 to 31).
    #[must_use]
    pub const fn parts(self) -> (i32, u8, u8) {
        let civil = Civil::at(self.start().pseudo());
        (civil.year, civil.month, civil.day)
    }

    /// As `2026-02-02`.
    #[must_use]
    pub fn text(self) -> String {
        let (year, month, day) = self.parts();
        [
            &digits(year, 4),
            "-",
            &digits(month.into(), 2),
            "-",
            &digits(day.into(), 2),
        ]
        .concat()
    }

    /// The day of the week.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        // The first of January 1970 was a Thursday.
        Weekday((self.0 + 3).rem_euclid(7) as u8)
    }

    /// Its first moment.
    #[must_use]
    pub const fn start(self) -> Local {
        Local(self.0 as i64 * DAY)
    }

    /// So many days later, or earlier.
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Days from `other` to this.
    #[must_use]
    pub const fn days_since(self, other: Self) -> i32 {
        self.0 - other.0
    }

    /// The first day of its month.
    #[must_use]
    pub const fn first_of_month(self) -> Self {
        let (_, _, day) = self.parts();
        self.plus_days(1 - day as i32)
    }

    /// So many months later, or earlier: on the same day, or the last one that the month has.
    #[must_use]
    pub fn plus_months(self, months: i32) -> Self {
        let (year, month, day) = self.parts();
        let at = year * 12 + i32::from(month) - 1 + months;
        let (year, month) = (at.div_euclid(12), (at.rem_euclid(12) + 1) as u8);
        let last = (28..=day).rev().find_map(|day| Self::new(year, month, day));
        last.or_else(|| Self::new(year, month, day)).unwrap_or(self)
    }

    /// The first day of its week, if weeks begin on this day.
    #[must_use]
    pub const fn first_of_week(self, first: Weekday) -> Self {
        let back = (self.weekday().0 + 7 - first.0) % 7;
        self.plus_days(-(back as i32))
    }
}

impl Local {
    /// Reads `2026-02-02T20:00:00`, or without the seconds, as forms write it. The first year is 1, as in forms (HTML,
    /// "valid local date and time string").
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let whole = match text.len() {
            16 => [text, ":00Z"].concat(),
            19 => [text, "Z"].concat(),
            _ => return None,
        };
        // The same digits as a time in UTC; a leap second is none on a wall.
        if !whole.contains('T') || whole.ends_with("60Z") || whole.starts_with("0000") {
            return None;
        }
        super::rfc3339(&whole).map(|time| Self(time.0 / MILLIS))
    }

    /// As `2026-02-02T20:00:00`.
    #[must_use]
    pub fn text(self) -> String {
        let civil = Civil::at(self.pseudo());
        let pair = |number: u8| digits(number.into(), 2);
        let (hour, minute, second) = (pair(civil.hour), pair(civil.minute), pair(civil.second));
        [&self.date().text(), "T", &hour, ":", &minute, ":", &second].concat()
    }

    /// The moment that a wall clock shows which is this far from UTC, in seconds east of it.
    #[must_use]
    pub const fn at(time: UnixTime, offset: i64) -> Self {
        Self(time.0.div_euclid(MILLIS) + offset)
    }

    /// The day it is on.
    #[must_use]
    pub const fn date(self) -> Date {
        Date(self.0.div_euclid(DAY) as i32)
    }

    /// Seconds since its day began.
    #[must_use]
    pub const fn of_day(self) -> i64 {
        self.0.rem_euclid(DAY)
    }

    /// So many seconds later, or earlier.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `other` to this.
    #[must_use]
    pub const fn since(self, other: Self) -> i64 {
        self.0 - other.0
    }

    /// The time at which a wall clock in UTC shows this: what formats that know UTC write right.
    #[must_use]
    pub const fn pseudo(self) -> UnixTime {
        UnixTime(self.0 * MILLIS)
    }
}

/// A number with so many digits at least.
fn digits(number: i32, wanted: usize) -> String {
    let plain = number.to_string();
    let missing = wanted.saturating_sub(plain.len());
    ["0".repeat(missing), plain].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn only_moments_that_the_calendar_and_the_clock_have_are_read() {
        for good in [
            "2026-02-02T20:00:00",
            "2026-02-02T20:00",
            "2024-02-29T00:00:00",
            "0001-01-01T23:59:59",
        ] {
            let text = Local::parse(good).map(Local::text).unwrap();
            assert!(text.starts_with(good), "{text}");
        }
        for bad in [
            "",
            "2026-02-02",
            "2026-02-29T10:00",
            "2026-02-02T24:00",
            "2026-02-02T23:59:60",
            "2026-2-2T10:00",
            "2026-02-02 20:00",
            "2026-02-02T20:00Z",
            "0000-12-31T20:00",
            "20é6-02-02T20:00",
        ] {
            assert_eq!(Local::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn weeks_begin_where_they_are_said_to() {
        // 1 February 2026 was a Sunday.
        let day = date("2026-02-01");
        assert_eq!(day.weekday(), Weekday::SUNDAY);
        assert_eq!(day.first_of_week(Weekday::MONDAY), date("2026-01-26"));
        assert_eq!(day.first_of_week(Weekday::SUNDAY), day);
        let saturday = Weekday::iso(6).unwrap();
        assert_eq!(day.first_of_week(saturday), date("2026-01-31"));
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last() {
        for (from, months, to) in [
            ("2026-01-31", 1, "2026-02-28"),
            ("2024-01-31", 1, "2024-02-29"),
            ("2026-01-15", -1, "2025-12-15"),
            ("2026-03-31", -13, "2025-02-28"),
            ("2026-12-01", 1, "2027-01-01"),
        ] {
            assert_eq!(
                date(from).plus_months(months),
                date(to),
                "{from} and {months} months"
            );
        }
    }

    proptest! {
        #[test]
        fn days_are_written_and_read(days in -700_000_i32..2_900_000) {
            let day = Date(days);
            let (year, month, number) = day.parts();
            prop_assert_eq!(Date::new(year, month, number), Some(day));
            prop_assume!((1..=9_999).contains(&year));
            prop_assert_eq!(Date::parse(&day.text()), Some(day));
            prop_assert_eq!(day.first_of_month().parts(), (year, month, 1));
            prop_assert!((0..7).contains(&day.days_since(day.first_of_week(Weekday::MONDAY))));
        }

        #[test]
        fn moments_are_written_and_read(seconds in -62_135_596_800_i64..253_402_300_800) {
            let moment = Local(seconds);
            prop_assert_eq!(Local::parse(&moment.text()), Some(moment));
            prop_assert_eq!(moment.date().start().plus(moment.of_day()), moment);
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = (Local::parse(&text), Date::parse(&text));
        }
    }
}

//! Dates as people and protocols write them, in UTC on the Gregorian calendar.
//!
//! Of all that the `time` crate does, clients need this much; all of it would be a fortieth of the page. The tests
//! compare the two.

pub mod when;

pub use when::Local;

use crate::UnixTime;

const SECONDS_A_DAY: i64 = 86_400;

/// A date and a time of day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year, such as 2026.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59: a leap second counts as the one before it.
    pub second: u8,
}

impl Civil {
    /// The date at a time, to the second.
    #[must_use]
    pub const fn at(time: UnixTime) -> Self {
        let seconds = time.0.div_euclid(1_000);
        let (year, month, day) = date(seconds.div_euclid(SECONDS_A_DAY));
        let of_day = seconds.rem_euclid(SECONDS_A_DAY);
        Self {
            year,
            month,
            day,
            hour: (of_day / 3_600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        }
    }

    /// The time of the date; `None` if the calendar or the clock has no such moment.
    #[must_use]
    pub fn time(self) -> Option<UnixTime> {
        let days = days(self.year, self.month, self.day);
        let is_on_calendar = date(days) == (self.year, self.month, self.day);
        let is_on_clock = self.hour < 24 && self.minute < 60 && self.second < 60;
        let of_day =
            i64::from(self.hour) * 3_600 + i64::from(self.minute) * 60 + i64::from(self.second);
        (is_on_calendar && is_on_clock).then_some(UnixTime((days * SECONDS_A_DAY + of_day) * 1_000))
    }
}

/// Reads a time such as `2026-02-02T20:00:00.125Z` or `…+01:00` (RFC 3339, years 0 to 9999), to the millisecond.
#[must_use]
pub fn rfc3339(text: &str) -> Option<UnixTime> {
    let (stamp, rest) = text.split_at_checked(19)?;
    let stamp = stamp.as_bytes();
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    // RFC 3339 lets the T be small.
    let is_there =
        |&(at, byte): &(usize, u8)| stamp[at] == byte || byte == b'T' && stamp[at] == b't';
    if !separators.iter().all(is_there) {
        return None;
    }
    let pair = |at: usize| number(stamp.get(at..at + 2)?);
    let civil = Civil {
        year: i32::from(pair(0)?) * 100 + i32::from(pair(2)?),
        month: pair(5)?,
        day: pair(8)?,
        hour: pair(11)?,
        minute: pair(14)?,
        second: match pair(17)? {
            60 => 59,
            second => second,
        },
    };
    let rest = rest.as_bytes();
    let (millis, zone) = match rest {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, zone) = rest.split_at_checked(digits)?;
            let value = |place: usize| {
                fraction
                    .get(place)
                    .map_or(0, |digit| i64::from(digit - b'0'))
            };
            (
                value(0) * 100 + value(1) * 10 + value(2),
                (digits > 0).then_some(zone)?,
            )
        }
        _ => (0, rest),
    };
    let minutes = match zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let minutes = i64::from(hours) * 60 + i64::from(minutes);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    Some(civil.time()?.plus_millis(millis - minutes * 60_000))
}

/// Two digits.
fn number(digits: &[u8]) -> Option<u8> {
    match digits {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some((a - b'0') * 10 + (b - b'0')),
        _ => None,
    }
}

/// Years are counted from March, so that the leap day comes last, and in eras of 400, after which the calendar repeats.
const DAYS_AN_ERA: i64 = 146_097;
/// From 1 March of the year 0 to 1 January 1970.
const EPOCH: i64 = 719_468;

/// Days since 1 January 1970.
const fn days(year: i32, month: u8, day: u8) -> i64 {
    let months = (month as i64 + 9) % 12;
    let year = year as i64 - (months >= 10) as i64;
    let of_era = year.rem_euclid(400);
    let of_year = (153 * months + 2) / 5 + day as i64 - 1;
    year.div_euclid(400) * DAYS_AN_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

/// Year, month and day so many days after 1 January 1970.
const fn date(days: i64) -> (i32, u8, u8) {
    let days = days + EPOCH;
    let of_era = days.rem_euclid(DAYS_AN_ERA);
    // The last day of 4, 100 and 400 years is a leap day: it does not begin another year.
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let months = (5 * of_year + 2) / 153;
    let day = of_year - (153 * months + 2) / 5 + 1;
    let month = if months < 10 { months + 3 } else { months - 9 };
    let year = year + days.div_euclid(DAYS_AN_ERA) * 400 + (month <= 2) as i64;
    (year as i32, month as u8, day as u8)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;
    use time::format_description::well_known::Rfc3339;
    use time::{Date, Month, OffsetDateTime};

    use super::*;

    /// The years that the `time` crate knows, in milliseconds.
    fn moment() -> impl Strategy<Value = i64> {
        -62_167_219_200_000_i64..253_402_300_800_000
    }

    proptest! {
        #[test]
        fn a_time_has_the_date_that_the_time_crate_says(millis in moment()) {
            let civil = Civil::at(UnixTime(millis));
            let theirs = OffsetDateTime::from_unix_timestamp(millis.div_euclid(1_000)).unwrap();
            prop_assert_eq!(
                (civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second),
                (theirs.year(), theirs.month().into(), theirs.day(), theirs.hour(), theirs.minute(), theirs.second())
            );
            prop_assert_eq!(civil.time(), Some(UnixTime(millis.div_euclid(1_000) * 1_000)));
        }

        #[test]
        fn only_dates_that_exist_have_a_time(year in 0..=9_999, month in 0_u8..=15, day in 0_u8..=33, hour in 0_u8..=26) {
            let civil = Civil { year, month, day, hour, minute: 0, second: 0 };
            let exists = Month::try_from(month)
                .is_ok_and(|month| Date::from_calendar_date(year, month, day).is_ok());
            prop_assert_eq!(civil.time().is_some(), exists && hour < 24);
        }

        #[test]
        fn what_the_time_crate_writes_is_read(millis in moment(), offset in -1_439_i32..1_440) {
            let offset = time::UtcOffset::from_whole_seconds(offset * 60).unwrap();
            let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap();
            if let Some(time) = time.checked_to_offset(offset)
                && (0..=9_999).contains(&time.year())
            {
                let text = time.format(&Rfc3339).unwrap();
                prop_assert_eq!(rfc3339(&text), Some(UnixTime(millis)), "{}", text);
            }
        }

        #[test]
        fn nothing_is_read_that_the_time_crate_refuses(text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,9})?(Z|z|[+-][0-2][0-9]:[0-6][0-9])?.?") {
            let theirs = OffsetDateTime::parse(&text, &Rfc3339).ok();
            // A leap second is the one thing read differently: here any minute may have one.
            if !text.contains(":60") {
                let theirs = theirs.map(|time| UnixTime((time.unix_timestamp_nanos().div_euclid(1_000_000)) as i64));
                prop_assert_eq!(rfc3339(&text), theirs, "{}", text);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = rfc3339(&text);
        }
    }
}

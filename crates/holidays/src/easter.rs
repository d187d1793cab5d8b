//! Easter Sunday of the western churches.

use time::{Date, Month};

/// Easter Sunday of a year of the Gregorian calendar.
/// Source: the "anonymous Gregorian algorithm" (Nature, 20 April 1876), in Meeus, "Astronomical Algorithms", chapter 8.
pub(crate) fn sunday(year: i32) -> Option<Date> {
    let golden = year % 19;
    let (century, rest) = (year / 100, year % 100);
    let correction = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    let month = Month::try_from(u8::try_from(days / 31).ok()?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(days % 31 + 1).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_is_where_the_tables_have_it() {
        // The earliest and the latest of the range, and a few between.
        for known in [
            "2000-04-23",
            "2008-03-23",
            "2011-04-24",
            "2024-03-31",
            "2026-04-05",
            "2035-03-25",
            "2038-04-25",
            "2049-04-18",
        ] {
            let year = known[..4].parse().unwrap();
            assert_eq!(sunday(year).unwrap().to_string(), known);
        }
    }
}

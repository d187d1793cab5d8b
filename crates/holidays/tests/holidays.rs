//! What the interface shows, and some days that people know. `compare.py` beside this compares every date.
#![allow(clippy::unwrap_used, reason = "all of it is a test")]

use holidays::{HolidaysError, YEARS, available_countries, public_holidays};
use serde_json::json;

#[test]
fn a_holiday_reads_as_nager_date_writes_it() {
    let year = public_holidays(2026, "de").unwrap();
    assert_eq!(
        serde_json::to_value(&year[0]).unwrap(),
        json!({
            "date": "2026-01-01",
            "localName": "Neujahr",
            "name": "New Year's Day",
            "countryCode": "DE",
            "fixed": true,
            "global": true,
            "counties": null,
            "launchYear": null,
            "types": ["Public"],
        })
    );
    assert_eq!(
        serde_json::to_value(&year[2]).unwrap(),
        json!({
            "date": "2026-03-08",
            "localName": "Internationaler Frauentag",
            "name": "International Women's Day",
            "countryCode": "DE",
            "fixed": true,
            "global": false,
            "counties": ["DE-BE"],
            "launchYear": 2019,
            "types": ["Public"],
        })
    );
}

#[test]
fn there_are_twelve_countries_by_code_and_each_has_holidays_in_each_year() {
    let countries = available_countries();
    assert_eq!(countries.len(), 12);
    assert!(countries.is_sorted_by_key(|country| country.country_code));
    assert_eq!(
        serde_json::to_value(countries[0]).unwrap(),
        json!({"countryCode": "AT", "name": "Austria"})
    );
    for country in countries {
        for year in YEARS {
            let holidays = public_holidays(year, country.country_code).unwrap();
            assert!(holidays.len() >= 9, "{country:?} {year}");
            assert!(holidays.is_sorted_by_key(|holiday| holiday.date));
            assert!(holidays.iter().all(|holiday| holiday.date.year() == year));
        }
    }
}

#[test]
fn what_is_outside_says_so() {
    assert_eq!(
        public_holidays(2026, "XX"),
        Err(HolidaysError::UnknownCountry)
    );
    assert_eq!(public_holidays(1999, "DE"), Err(HolidaysError::YearOutside));
    assert_eq!(public_holidays(2051, "XX"), Err(HolidaysError::YearOutside));
}

/// The English names of a day's holidays.
fn on(country: &str, date: &str) -> Vec<&'static str> {
    let year = date[..4].parse().unwrap();
    public_holidays(year, country)
        .unwrap()
        .into_iter()
        .filter(|holiday| holiday.date.to_string() == date)
        .map(|holiday| holiday.name)
        .collect()
}

#[test]
fn holidays_move_where_the_law_moves_them() {
    assert_eq!(on("US", "2021-12-31"), ["New Year's Day (observed)"]);
    assert_eq!(on("GB", "2021-12-28"), ["Boxing Day (substitute day)"]);
    assert_eq!(on("NL", "2014-04-26"), ["King's Day"]);
    assert_eq!(on("NL", "2014-04-27"), [""; 0]);
    assert_eq!(on("JP", "2009-09-22"), ["National Holiday"]);
    assert_eq!(on("JP", "2026-05-06"), ["Substitute Holiday"]);
    assert_eq!(on("IE", "2030-02-01"), ["Saint Brigid's Day"]);
    assert_eq!(on("DE", "2008-05-01"), ["Labour Day", "Ascension Day"]);
}

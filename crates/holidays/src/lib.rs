//! Public holidays of twelve countries, 2000 to 2050, from rules in code and in the terms of Nager.Date's third
//! version, so that a calendar has them without a network.
//!
//! A rule says how a law does on which day a holiday lies: a fixed date, days after Easter, the n-th weekday of a month,
//! moved where the law moves it, in the years in which it holds and in the counties that have it. Counties are complete
//! for Germany (without Augsburg's own day and Bavaria's Assumption Day, which go by municipality) and the United
//! Kingdom; France has Alsace and Moselle beside the whole and nothing overseas, Italy has South Tyrol; the other
//! countries' are nation-wide, the United States' federal. `tests/compare.py` compares each date with another
//! collection; `tests/differences.txt` says where we differ and why.
#![forbid(unsafe_code)]

mod countries;
mod easter;
mod rule;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde::{Serialize, Serializer};
use time::Date;

use countries::COUNTRIES;
use rule::Rule;

/// The years that the rules are right for.
pub const YEARS: RangeInclusive<i32> = 2000..=2050;

/// A public holiday, as Nager.Date's `PublicHolidays` shows it.
/// Source: the API's version 3, schema `PublicHolidayV3Dto`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holiday {
    /// The day, shown as `2026-01-01`.
    #[serde(serialize_with = "day")]
    pub date: Date,
    /// The name in the country's language.
    pub local_name: &'static str,
    /// The name in English.
    pub name: &'static str,
    /// ISO 3166-1, two letters.
    pub country_code: &'static str,
    /// Whether it is on the same date each year.
    pub fixed: bool,
    /// Whether the whole country has it.
    pub global: bool,
    /// Who has it, as ISO 3166-2, unless the whole country does.
    pub counties: Option<&'static [&'static str]>,
    /// The year since which it is one, where that is later than 2000.
    pub launch_year: Option<i32>,
    /// Always `Public`: banks', schools' and customary days are not in this collection.
    pub types: &'static [&'static str],
}

/// A country, as Nager.Date's `AvailableCountries` shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Country {
    /// ISO 3166-1, two letters.
    pub country_code: &'static str,
    /// In English.
    pub name: &'static str,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HolidaysError {
    /// No rules for this country.
    #[error("there are no rules for this country")]
    UnknownCountry,
    /// Outside [`YEARS`].
    #[error("the rules are for the years {} to {}", YEARS.start(), YEARS.end())]
    YearOutside,
}

/// A country's public holidays of a year, by date. The code may be in small letters, as Nager.Date takes it.
///
/// # Errors
/// The year is looked at first: [`HolidaysError::YearOutside`], then [`HolidaysError::UnknownCountry`].
pub fn public_holidays(year: i32, country: &str) -> Result<Vec<Holiday>, HolidaysError> {
    if !YEARS.contains(&year) {
        return Err(HolidaysError::YearOutside);
    }
    let book = COUNTRIES
        .iter()
        .find(|book| book.code.eq_ignore_ascii_case(country))
        .ok_or(HolidaysError::UnknownCountry)?;
    let mut holidays: Vec<Holiday> = book
        .rules
        .iter()
        .flat_map(|rule| {
            rule.dates(year)
                .map(|date| Holiday::of(book.code, rule, date))
        })
        .collect();
    if let Some(derive) = book.derived {
        let days: BTreeSet<Date> = holidays.iter().map(|holiday| holiday.date).collect();
        holidays.extend(
            derive(year, &days)
                .into_iter()
                .map(|(date, rule)| Holiday::of(book.code, rule, date)),
        );
    }
    // Stable: on one day the order of the rules.
    holidays.sort_by_key(|holiday| holiday.date);
    Ok(holidays)
}

/// The countries that there are rules for, by code.
#[must_use]
pub fn available_countries() -> Vec<Country> {
    COUNTRIES
        .iter()
        .map(|book| Country {
            country_code: book.code,
            name: book.name,
        })
        .collect()
}

impl Holiday {
    fn of(country_code: &'static str, rule: &Rule, date: Date) -> Self {
        let global = rule.counties.is_empty();
        Self {
            date,
            local_name: rule.local,
            name: rule.name,
            country_code,
            fixed: rule.is_fixed(),
            global,
            counties: (!global).then_some(rule.counties),
            launch_year: (rule.since > *YEARS.start()).then_some(rule.since),
            types: &["Public"],
        }
    }
}

fn day<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

//! The Netherlands. Source: Algemene termijnenwet, article 3, which puts Good Friday on a par with the holidays; the
//! fifth of May is a day off every fifth year, as the collective agreements and the government as an employer have it.

use time::Date;
use time::Month::{April, December, January, May};
use time::Weekday::Sunday;

use crate::rule::{Moves, Rule, computed, easter, fixed};

/// The monarch's birthday is not celebrated on a Sunday.
const DAY_BEFORE_SUNDAY: Moves = &[(Sunday, -1)];

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Nieuwjaarsdag", "New Year's Day"),
    easter(-2, "Goede Vrijdag", "Good Friday"),
    easter(0, "Eerste paasdag", "Easter Sunday"),
    easter(1, "Tweede paasdag", "Easter Monday"),
    fixed(April, 30, "Koninginnedag", "Queen's Day")
        .until(2013)
        .instead(DAY_BEFORE_SUNDAY),
    fixed(April, 27, "Koningsdag", "King's Day")
        .since(2014)
        .instead(DAY_BEFORE_SUNDAY),
    computed(liberation, "Bevrijdingsdag", "Liberation Day"),
    easter(39, "Hemelvaartsdag", "Ascension Day"),
    easter(49, "Eerste pinksterdag", "Pentecost"),
    easter(50, "Tweede pinksterdag", "Whit Monday"),
    fixed(December, 25, "Eerste kerstdag", "Christmas Day"),
    fixed(December, 26, "Tweede kerstdag", "St. Stephen's Day"),
];

fn liberation(year: i32) -> Option<Date> {
    Date::from_calendar_date(year, May, 5)
        .ok()
        .filter(|_| year % 5 == 0)
}

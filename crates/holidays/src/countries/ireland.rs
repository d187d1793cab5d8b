//! Ireland. Source: Organisation of Working Time Act 1997, second schedule, and the regulations under it. A holiday on
//! a weekend stays there; what an employee gets for it is another day's pay or leave.

use time::Date;
use time::Month::{August, December, February, January, June, March, May, October};
use time::Weekday::{Friday, Monday};

use crate::rule::{Rule, computed, easter, fixed, last, nth, once};

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Lá Caille", "New Year's Day"),
    computed(brigid, "Lá Fhéile Bríde", "Saint Brigid's Day").since(2023),
    fixed(March, 17, "Lá Fhéile Pádraig", "Saint Patrick's Day"),
    once(
        2022,
        March,
        18,
        "Lá Cuimhneacháin agus Aitheantais",
        "Day of Remembrance and Recognition",
    ),
    easter(1, "Luan Cásca", "Easter Monday"),
    nth(1, Monday, May, "Lá Bealtaine", "May Day"),
    nth(
        1,
        Monday,
        June,
        "Lá Saoire i mí an Mheithimh",
        "June Holiday",
    ),
    nth(1, Monday, August, "Lá Saoire i mí Lúnasa", "August Holiday"),
    last(
        Monday,
        October,
        "Lá Saoire i mí Dheireadh Fómhair",
        "October Holiday",
    ),
    fixed(December, 25, "Lá Nollag", "Christmas Day"),
    fixed(December, 26, "Lá Fhéile Stiofáin", "St. Stephen's Day"),
];

/// The first Monday of February, unless the first of February is a Friday: then that day.
fn brigid(year: i32) -> Option<Date> {
    let first = Date::from_calendar_date(year, February, 1).ok()?;
    if first.weekday() == Friday {
        return Some(first);
    }
    (0..7)
        .filter_map(|days| first.checked_add(time::Duration::days(days)))
        .find(|date| date.weekday() == Monday)
}

//! The United Kingdom. Sources: Banking and Financial Dealings Act 1971, schedule 1, and the proclamations under it;
//! St Andrew's Day Bank Holiday (Scotland) Act 2007. Christmas Day and Good Friday are holidays by common law in most
//! of it. Where the day falls on a weekend the day itself is named as well as the one that is free in its stead.

use time::Month;
use time::Month::{April, August, December, January, July, June, March, May, November, September};
use time::Weekday::{Monday, Saturday, Sunday};

use crate::rule::{Moves, Rule, easter, fixed, last, nth, once};

const ENGLAND_WALES_NI: &[&str] = &["GB-ENG", "GB-WLS", "GB-NIR"];
const NORTHERN_IRELAND: &[&str] = &["GB-NIR"];
const SCOTLAND: &[&str] = &["GB-SCT"];

/// The Monday after the weekend.
const MONDAY: Moves = &[(Saturday, 2), (Sunday, 1)];
/// The same, where the day beside it needs a substitute too, or is one.
const TWO_ON: Moves = &[(Saturday, 2), (Sunday, 2)];

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "New Year's Day", "New Year's Day"),
    substitute(January, 1, "New Year's Day (substitute day)", MONDAY).only(ENGLAND_WALES_NI),
    substitute(January, 1, "New Year's Day (substitute day)", TWO_ON).only(SCOTLAND),
    fixed(January, 2, "2 January", "2 January").only(SCOTLAND),
    substitute(January, 2, "2 January (substitute day)", TWO_ON).only(SCOTLAND),
    fixed(March, 17, "Saint Patrick's Day", "Saint Patrick's Day").only(NORTHERN_IRELAND),
    substitute(March, 17, "Saint Patrick's Day (substitute day)", MONDAY).only(NORTHERN_IRELAND),
    easter(-2, "Good Friday", "Good Friday"),
    easter(1, "Easter Monday", "Easter Monday").only(ENGLAND_WALES_NI),
    once(
        2011,
        April,
        29,
        "Royal Wedding Bank Holiday",
        "Royal Wedding Bank Holiday",
    ),
    nth(
        1,
        Monday,
        May,
        "Early May Bank Holiday",
        "Early May Bank Holiday",
    )
    .not_in(&[2020]),
    once(
        2020,
        May,
        8,
        "Early May Bank Holiday (VE day)",
        "Early May Bank Holiday (VE day)",
    ),
    once(
        2023,
        May,
        8,
        "Coronation Bank Holiday",
        "Coronation Bank Holiday",
    ),
    last(Monday, May, "Spring Bank Holiday", "Spring Bank Holiday").not_in(&[2002, 2012, 2022]),
    once(2002, June, 4, "Spring Bank Holiday", "Spring Bank Holiday"),
    once(
        2002,
        June,
        3,
        "Golden Jubilee Bank Holiday",
        "Golden Jubilee Bank Holiday",
    ),
    once(2012, June, 4, "Spring Bank Holiday", "Spring Bank Holiday"),
    once(
        2012,
        June,
        5,
        "Diamond Jubilee Bank Holiday",
        "Diamond Jubilee Bank Holiday",
    ),
    once(2022, June, 2, "Spring Bank Holiday", "Spring Bank Holiday"),
    once(
        2022,
        June,
        3,
        "Platinum Jubilee Bank Holiday",
        "Platinum Jubilee Bank Holiday",
    ),
    once(
        2026,
        June,
        15,
        "World Cup Bank Holiday",
        "World Cup Bank Holiday",
    )
    .only(SCOTLAND),
    fixed(July, 12, "Battle of the Boyne", "Battle of the Boyne").only(NORTHERN_IRELAND),
    substitute(July, 12, "Battle of the Boyne (substitute day)", MONDAY).only(NORTHERN_IRELAND),
    nth(
        1,
        Monday,
        August,
        "Summer Bank Holiday",
        "Summer Bank Holiday",
    )
    .only(SCOTLAND),
    last(Monday, August, "Summer Bank Holiday", "Summer Bank Holiday").only(ENGLAND_WALES_NI),
    once(
        2022,
        September,
        19,
        "Bank Holiday for the State Funeral of Queen Elizabeth II",
        "Bank Holiday for the State Funeral of Queen Elizabeth II",
    ),
    fixed(November, 30, "Saint Andrew's Day", "Saint Andrew's Day")
        .since(2006)
        .only(SCOTLAND),
    substitute(November, 30, "Saint Andrew's Day (substitute day)", MONDAY)
        .since(2006)
        .only(SCOTLAND),
    fixed(December, 25, "Christmas Day", "Christmas Day"),
    substitute(December, 25, "Christmas Day (substitute day)", TWO_ON),
    fixed(December, 26, "Boxing Day", "Boxing Day"),
    substitute(December, 26, "Boxing Day (substitute day)", TWO_ON),
];

const fn substitute(month: Month, day: u8, name: &'static str, moves: Moves) -> Rule {
    fixed(month, day, name, name).substitute(moves)
}

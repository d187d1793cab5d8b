//! The United States: the federal holidays. Sources: 5 U.S.C. 6103; Executive Order 11582 for the days that are
//! observed in the stead of those on a weekend. The states' own are not here.

use time::Month::{December, February, January, July, June, May, November, October, September};
use time::Weekday::{Monday, Saturday, Sunday, Thursday};

use crate::rule::{Moves, Rule, fixed, last, nth};

const OBSERVED: Moves = &[(Saturday, -1), (Sunday, 1)];

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "New Year's Day", "New Year's Day"),
    fixed(
        January,
        1,
        "New Year's Day (observed)",
        "New Year's Day (observed)",
    )
    .substitute(OBSERVED),
    nth(
        3,
        Monday,
        January,
        "Martin Luther King, Jr. Day",
        "Martin Luther King, Jr. Day",
    ),
    nth(
        3,
        Monday,
        February,
        "Washington's Birthday",
        "Washington's Birthday",
    ),
    last(Monday, May, "Memorial Day", "Memorial Day"),
    fixed(
        June,
        19,
        "Juneteenth National Independence Day",
        "Juneteenth National Independence Day",
    )
    .since(2021),
    fixed(
        June,
        19,
        "Juneteenth National Independence Day (observed)",
        "Juneteenth National Independence Day (observed)",
    )
    .since(2021)
    .substitute(OBSERVED),
    fixed(July, 4, "Independence Day", "Independence Day"),
    fixed(
        July,
        4,
        "Independence Day (observed)",
        "Independence Day (observed)",
    )
    .substitute(OBSERVED),
    nth(1, Monday, September, "Labor Day", "Labor Day"),
    nth(2, Monday, October, "Columbus Day", "Columbus Day"),
    fixed(November, 11, "Veterans Day", "Veterans Day"),
    fixed(
        November,
        11,
        "Veterans Day (observed)",
        "Veterans Day (observed)",
    )
    .substitute(OBSERVED),
    nth(
        4,
        Thursday,
        November,
        "Thanksgiving Day",
        "Thanksgiving Day",
    ),
    fixed(December, 25, "Christmas Day", "Christmas Day"),
    fixed(
        December,
        25,
        "Christmas Day (observed)",
        "Christmas Day (observed)",
    )
    .substitute(OBSERVED),
];

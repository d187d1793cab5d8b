//! Japan. Source: 国民の祝日に関する法律 (Act on National Holidays, 1948) with its changes, of which those of 1998 and
//! 2001 move days to Mondays, that of 2005 makes the fourth of May a holiday of its own from 2007 on, and those of 2018
//! and 2020 move days for the Olympic Games.

use std::collections::BTreeSet;

use time::Month::{
    April, August, December, February, January, July, March, May, November, October, September,
};
use time::Weekday::{Monday, Sunday};
use time::{Date, Month};

use crate::rule::{Rule, computed, fixed, nth, once};

const OLYMPIC: &[i32] = &[2020, 2021];

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "元日", "New Year's Day"),
    nth(2, Monday, January, "成人の日", "Coming of Age Day"),
    fixed(February, 11, "建国記念の日", "Foundation Day"),
    fixed(February, 23, "天皇誕生日", "The Emperor's Birthday").since(2020),
    computed(vernal_equinox, "春分の日", "Vernal Equinox Day"),
    fixed(April, 29, "みどりの日", "Greenery Day").until(2006),
    fixed(April, 29, "昭和の日", "Shōwa Day").since(2007),
    once(2019, May, 1, "天皇の即位の日", "Enthronement Day"),
    fixed(May, 3, "憲法記念日", "Constitution Memorial Day"),
    fixed(May, 4, "みどりの日", "Greenery Day").since(2007),
    fixed(May, 5, "こどもの日", "Children's Day"),
    fixed(July, 20, "海の日", "Marine Day").until(2002),
    nth(3, Monday, July, "海の日", "Marine Day")
        .since(2003)
        .not_in(OLYMPIC),
    once(2020, July, 23, "海の日", "Marine Day"),
    once(2021, July, 22, "海の日", "Marine Day"),
    fixed(August, 11, "山の日", "Mountain Day")
        .since(2016)
        .not_in(OLYMPIC),
    once(2020, August, 10, "山の日", "Mountain Day"),
    once(2021, August, 8, "山の日", "Mountain Day"),
    fixed(September, 15, "敬老の日", "Respect for the Aged Day").until(2002),
    nth(3, Monday, September, "敬老の日", "Respect for the Aged Day").since(2003),
    computed(autumnal_equinox, "秋分の日", "Autumnal Equinox Day"),
    nth(2, Monday, October, "体育の日", "Health and Sports Day").until(2019),
    nth(2, Monday, October, "スポーツの日", "Sports Day").since(2022),
    once(2020, July, 24, "スポーツの日", "Sports Day"),
    once(2021, July, 23, "スポーツの日", "Sports Day"),
    once(
        2019,
        October,
        22,
        "即位礼正殿の儀",
        "Enthronement Ceremony Day",
    ),
    fixed(November, 3, "文化の日", "Culture Day"),
    fixed(November, 23, "勤労感謝の日", "Labour Thanksgiving Day"),
    fixed(December, 23, "天皇誕生日", "The Emperor's Birthday").until(2018),
];

/// Only their names are used: [`derived`] says on which days they lie.
static SUBSTITUTE: Rule = computed(never, "振替休日", "Substitute Holiday");
static BETWEEN: Rule = computed(never, "国民の休日", "National Holiday");

/// The days that article 3 makes free: the one after a holiday on a Sunday (from 2007 on the first one after it that is
/// no holiday), and a day that lies between two holidays.
pub(super) fn derived(year: i32, holidays: &BTreeSet<Date>) -> Vec<(Date, &'static Rule)> {
    let free = |date: &Date| !holidays.contains(date);
    let following = |date: Date| std::iter::successors(date.next_day(), |date| date.next_day());
    let mut derived: Vec<(Date, &'static Rule)> = holidays
        .iter()
        .filter(|date| date.weekday() == Sunday)
        .filter_map(|date| {
            let mut after = following(*date);
            if year < 2007 {
                after.next().filter(free)
            } else {
                after.find(free)
            }
        })
        .map(|date| (date, &SUBSTITUTE))
        .collect();
    let between = holidays.iter().filter_map(|date| {
        let middle = date.next_day()?;
        let enclosed = free(&middle) && holidays.contains(&middle.next_day()?);
        let taken = derived.iter().any(|(date, _)| *date == middle);
        (enclosed && !taken && middle.weekday() != Sunday).then_some((middle, &BETWEEN))
    });
    let between: Vec<_> = between.collect();
    derived.extend(between);
    derived
}

/// Good for 1980 to 2099. Source: 海上保安庁水路部, "新こよみ便利帳" (1991).
fn vernal_equinox(year: i32) -> Option<Date> {
    equinox(year, March, 20.8431)
}

fn autumnal_equinox(year: i32) -> Option<Date> {
    equinox(year, September, 23.2488)
}

fn equinox(year: i32, month: Month, at_1980: f64) -> Option<Date> {
    let years = year - 1980;
    let day = at_1980 + 0.242_194 * f64::from(years) - f64::from(years.div_euclid(4));
    let day = (1..=31).rev().find(|whole| f64::from(*whole) <= day)?;
    Date::from_calendar_date(year, month, day).ok()
}

const fn never(_: i32) -> Option<Date> {
    None
}

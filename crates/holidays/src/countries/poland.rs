//! Poland. Sources: ustawa z dnia 18 stycznia 1951 r. o dniach wolnych od pracy, with its changes of 2010 (Epiphany) and
//! 2024 (Christmas Eve); ustawa z dnia 7 listopada 2018 r. (the hundredth anniversary of independence).

use time::Month::{August, December, January, May, November};

use crate::rule::{Rule, easter, fixed, once};

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Nowy Rok", "New Year's Day"),
    fixed(January, 6, "Święto Trzech Króli", "Epiphany").since(2011),
    easter(0, "Wielkanoc", "Easter Sunday"),
    easter(1, "Poniedziałek Wielkanocny", "Easter Monday"),
    fixed(May, 1, "Święto Państwowe", "May Day"),
    fixed(May, 3, "Święto Narodowe Trzeciego Maja", "Constitution Day"),
    easter(49, "Zielone Świątki", "Pentecost"),
    easter(60, "Boże Ciało", "Corpus Christi"),
    fixed(
        August,
        15,
        "Wniebowzięcie Najświętszej Maryi Panny",
        "Assumption Day",
    ),
    fixed(November, 1, "Wszystkich Świętych", "All Saints' Day"),
    fixed(
        November,
        11,
        "Narodowe Święto Niepodległości",
        "Independence Day",
    ),
    once(
        2018,
        November,
        12,
        "Święto Narodowe z okazji Setnej Rocznicy Odzyskania Niepodległości",
        "100th Anniversary of Independence",
    ),
    fixed(December, 24, "Wigilia Bożego Narodzenia", "Christmas Eve").since(2025),
    fixed(December, 25, "Boże Narodzenie", "Christmas Day"),
    fixed(
        December,
        26,
        "Drugi dzień Bożego Narodzenia",
        "St. Stephen's Day",
    ),
];

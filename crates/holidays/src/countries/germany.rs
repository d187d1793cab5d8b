//! Germany: German Unity Day by the Unification Treaty, article 2; everything else by the laws of the sixteen states.

use time::Month::{August, December, January, June, March, May, November, October, September};
use time::Weekday::Wednesday;

use crate::rule::{Rule, easter, fixed, on_or_after, once};

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Neujahr", "New Year's Day"),
    fixed(January, 6, "Heilige Drei Könige", "Epiphany").only(&["DE-BW", "DE-BY", "DE-ST"]),
    fixed(
        March,
        8,
        "Internationaler Frauentag",
        "International Women's Day",
    )
    .since(2019)
    .only(&["DE-BE"]),
    fixed(
        March,
        8,
        "Internationaler Frauentag",
        "International Women's Day",
    )
    .since(2023)
    .only(&["DE-MV"]),
    easter(-2, "Karfreitag", "Good Friday"),
    easter(0, "Ostersonntag", "Easter Sunday").only(&["DE-BB"]),
    easter(1, "Ostermontag", "Easter Monday"),
    fixed(May, 1, "Tag der Arbeit", "Labour Day"),
    once(2020, May, 8, "Tag der Befreiung", "Liberation Day").only(&["DE-BE"]),
    once(2025, May, 8, "Tag der Befreiung", "Liberation Day").only(&["DE-BE"]),
    easter(39, "Christi Himmelfahrt", "Ascension Day"),
    easter(49, "Pfingstsonntag", "Pentecost").only(&["DE-BB"]),
    easter(50, "Pfingstmontag", "Whit Monday"),
    easter(60, "Fronleichnam", "Corpus Christi")
        .only(&["DE-BW", "DE-BY", "DE-HE", "DE-NW", "DE-RP", "DE-SL"]),
    once(
        2028,
        June,
        17,
        "75. Jahrestag des Volksaufstandes 1953",
        "75th anniversary of the uprising of 1953",
    )
    .only(&["DE-BE"]),
    fixed(August, 15, "Mariä Himmelfahrt", "Assumption Day").only(&["DE-SL"]),
    fixed(September, 20, "Weltkindertag", "World Children's Day")
        .since(2019)
        .only(&["DE-TH"]),
    fixed(October, 3, "Tag der Deutschen Einheit", "German Unity Day"),
    fixed(October, 31, "Reformationstag", "Reformation Day")
        .not_in(&[2017])
        .only(&["DE-BB", "DE-MV", "DE-SN", "DE-ST", "DE-TH"]),
    // Five hundred years after: everywhere.
    once(2017, October, 31, "Reformationstag", "Reformation Day"),
    fixed(October, 31, "Reformationstag", "Reformation Day")
        .since(2018)
        .only(&["DE-HB", "DE-HH", "DE-NI", "DE-SH"]),
    fixed(November, 1, "Allerheiligen", "All Saints' Day")
        .only(&["DE-BW", "DE-BY", "DE-NW", "DE-RP", "DE-SL"]),
    on_or_after(
        Wednesday,
        November,
        16,
        "Buß- und Bettag",
        "Repentance and Prayer Day",
    )
    .only(&["DE-SN"]),
    fixed(December, 25, "Erster Weihnachtstag", "Christmas Day"),
    fixed(December, 26, "Zweiter Weihnachtstag", "St. Stephen's Day"),
];

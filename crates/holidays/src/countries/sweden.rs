//! Sweden. Source: lag (1989:253) om allmänna helgdagar, changed by 2004:1320 (the National Day instead of Whit Monday).
//! The eves of Midsummer, Christmas and New Year are days off by custom, not holidays.

use time::Month::{December, January, June, May, October};
use time::Weekday::Saturday;

use crate::rule::{Rule, easter, fixed, on_or_after};

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Nyårsdagen", "New Year's Day"),
    fixed(January, 6, "Trettondedag jul", "Epiphany"),
    easter(-2, "Långfredagen", "Good Friday"),
    easter(0, "Påskdagen", "Easter Sunday"),
    easter(1, "Annandag påsk", "Easter Monday"),
    fixed(May, 1, "Första maj", "May Day"),
    easter(39, "Kristi himmelsfärdsdag", "Ascension Day"),
    easter(49, "Pingstdagen", "Pentecost"),
    easter(50, "Annandag pingst", "Whit Monday").until(2004),
    fixed(June, 6, "Sveriges nationaldag", "National Day of Sweden").since(2005),
    on_or_after(Saturday, June, 20, "Midsommardagen", "Midsummer Day"),
    on_or_after(Saturday, October, 31, "Alla helgons dag", "All Saints' Day"),
    fixed(December, 25, "Juldagen", "Christmas Day"),
    fixed(December, 26, "Annandag jul", "St. Stephen's Day"),
];

//! Austria. Source: Feiertagsruhegesetz 1957 and Arbeitsruhegesetz, § 7, paragraph 2. Good Friday was some churches'
//! only, and is nobody's since 2019.

use time::Month::{August, December, January, May, November, October};

use crate::rule::{Rule, easter, fixed};

pub(super) static RULES: &[Rule] = &[
    fixed(January, 1, "Neujahr", "New Year's Day"),
    fixed(January, 6, "Heilige Drei Könige", "Epiphany"),
    easter(1, "Ostermontag", "Easter Monday"),
    fixed(May, 1, "Staatsfeiertag", "National Holiday"),
    easter(39, "Christi Himmelfahrt", "Ascension Day"),
    easter(50, "Pfingstmontag", "Whit Monday"),
    easter(60, "Fronleichnam", "Corpus Christi"),
    fixed(August, 15, "Mariä Himmelfahrt", "Assumption Day"),
    fixed(October, 26, "Nationalfeiertag", "National Day"),
    fixed(November, 1, "Allerheiligen", "All Saints' Day"),
    fixed(December, 8, "Mariä Empfängnis", "Immaculate Conception"),
    fixed(December, 25, "Weihnachten", "Christmas Day"),
    fixed(December, 26, "Stefanitag", "St. Stephen's Day"),
];

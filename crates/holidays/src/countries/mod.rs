//! The countries' laws, one a file.

mod austria;
mod britain;
mod denmark;
mod france;
mod germany;
mod ireland;
mod italy;
mod japan;
mod netherlands;
mod poland;
mod sweden;
mod usa;

use std::collections::BTreeSet;

use time::Date;

use crate::rule::Rule;

/// A country's holidays.
pub(crate) struct Book {
    /// ISO 3166-1, two letters.
    pub(crate) code: &'static str,
    /// In English.
    pub(crate) name: &'static str,
    pub(crate) rules: &'static [Rule],
    /// Days that are free because of others, from the year and its holidays.
    pub(crate) derived: Option<Derive>,
}

/// From a year and its holidays to the days that are free because of them, each with the rule that names it.
type Derive = fn(i32, &BTreeSet<Date>) -> Vec<(Date, &'static Rule)>;

const fn book(code: &'static str, name: &'static str, rules: &'static [Rule]) -> Book {
    Book {
        code,
        name,
        rules,
        derived: None,
    }
}

/// By code.
pub(crate) static COUNTRIES: &[Book] = &[
    book("AT", "Austria", austria::RULES),
    book("DE", "Germany", germany::RULES),
    book("DK", "Denmark", denmark::RULES),
    book("FR", "France", france::RULES),
    book("GB", "United Kingdom", britain::RULES),
    book("IE", "Ireland", ireland::RULES),
    book("IT", "Italy", italy::RULES),
    Book {
        code: "JP",
        name: "Japan",
        rules: japan::RULES,
        derived: Some(japan::derived),
    },
    book("NL", "Netherlands", netherlands::RULES),
    book("PL", "Poland", poland::RULES),
    book("SE", "Sweden", sweden::RULES),
    book("US", "United States", usa::RULES),
];

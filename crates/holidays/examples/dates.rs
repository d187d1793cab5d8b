//! Prints every date of the collection, for `tests/compare.py`: a country, or a country and a county, and the date. A
//! date that all counties of a country have, under whatever names, is the country's too.
#![allow(clippy::print_stdout, reason = "it is what the program is for")]

use std::collections::BTreeSet;

use holidays::{YEARS, available_countries, public_holidays};

/// Countries of which every county is known.
const COMPLETE: &[(&str, usize)] = &[("DE", 16), ("GB", 4)];

fn main() -> Result<(), holidays::HolidaysError> {
    for country in available_countries() {
        let code = country.country_code;
        let all = COMPLETE.iter().find(|(complete, _)| *complete == code);
        let holidays = YEARS
            .map(|year| public_holidays(year, code))
            .collect::<Result<Vec<_>, _>>()?
            .concat();
        let mut nationwide: BTreeSet<_> = holidays
            .iter()
            .filter(|holiday| holiday.global)
            .map(|holiday| holiday.date)
            .collect();
        let mut local: BTreeSet<_> = holidays
            .iter()
            .flat_map(|holiday| {
                holiday
                    .counties
                    .into_iter()
                    .flatten()
                    .map(|county| (holiday.date, *county))
            })
            .collect();
        let days: BTreeSet<_> = local.iter().map(|(day, _)| *day).collect();
        nationwide.extend(days.into_iter().filter(|day| {
            let having = local.iter().filter(|(other, _)| other == day).count();
            all.is_some_and(|(_, counties)| having == *counties)
        }));
        local.retain(|(day, _)| !nationwide.contains(day));
        for date in nationwide {
            println!("{code} {date}");
        }
        for (date, county) in local {
            println!("{county} {date}");
        }
    }
    Ok(())
}

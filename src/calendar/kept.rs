//! The holidays that come into sight: asked for once a country and year, of the country that was chosen last.

use std::sync::atomic::{AtomicBool, Ordering};

use super::holidays::{Country, Holiday};
use super::look::Look;
use super::wire::Api;
use crate::live;
use crate::ui::signal::{Memo, RwSignal};
use crate::ui::{effect, locale};
use net::civil::when::Date;

/// Where the chosen country is remembered.
const COUNTRY: &str = "eddy.calendar.country";

/// Holidays.
pub struct Kept {
    api: &'static Api,
    /// The countries to choose from.
    pub countries: RwSignal<Vec<Country>>,
    /// The country whose holidays are shown; empty for none.
    pub country: RwSignal<String>,
    /// The years that are known, or being asked for.
    years: RwSignal<Vec<Year>>,
    /// Whether what was asked for last could not be had.
    failed: RwSignal<bool>,
    /// Whether the countries are being asked for.
    asking: AtomicBool,
}

struct Year {
    country: String,
    year: i32,
    /// None while they are being asked for.
    days: Option<Vec<Holiday>>,
}

/// What a day is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Day {
    /// Its holidays' names; empty if it has none.
    pub names: String,
    /// Whether the whole country keeps one of them.
    pub everywhere: bool,
}

impl Kept {
    /// Knows the holidays of what is looked at, for as long as the page is open. While there is no link, what could not be
    /// had is not asked for again.
    pub(super) fn start(
        api: &'static Api,
        look: RwSignal<Look>,
        is_live: Memo<bool>,
    ) -> &'static Self {
        let kept: &Self = live::forever(Self {
            api,
            countries: RwSignal::new(Vec::new()),
            country: RwSignal::new(net::storage::get(COUNTRY).unwrap_or_default()),
            years: RwSignal::new(Vec::new()),
            failed: RwSignal::new(false),
            asking: AtomicBool::new(false),
        });
        effect(move || {
            // Tracked: to be asked again after a break.
            is_live.track();
            if kept.countries.with_untracked(Vec::is_empty) {
                kept.ask_for_countries();
            }
            let country = kept.country.get();
            let (first, days) = look.with(Look::days);
            let last = first.plus_days(days as i32 - 1);
            for year in first.parts().0..=last.parts().0 {
                if !country.is_empty() {
                    kept.ask_for(country.clone(), year);
                }
            }
        });
        kept
    }

    /// Shows another country's holidays, now and on the next visit.
    pub fn choose(&self, country: String) {
        net::storage::set(COUNTRY, &country);
        self.failed.set(false);
        self.country.set(country);
    }

    /// Which holidays a day has.
    #[must_use]
    pub fn on(&self, date: Date) -> Day {
        let (year, ..) = date.parts();
        let mut day = Day::default();
        let country = self.country.get();
        self.years.with(|known| {
            let of_year = known.iter().find(|it| it.is(&country, year));
            let days = of_year.and_then(|it| it.days.as_deref());
            let days = days.unwrap_or_default();
            for holiday in days.iter().filter(|holiday| holiday.date == date) {
                if !day.names.is_empty() {
                    day.names.push_str(", ");
                }
                day.names.push_str(&holiday.name);
                day.everywhere |= holiday.everywhere;
            }
        });
        day
    }

    /// What there is to say where a year shows none; else nothing.
    #[must_use]
    pub fn told(&self, year: i32) -> &'static str {
        if self.failed.get() {
            return "Holidays cannot be reached.";
        }
        let country = self.country.get();
        let is_empty =
            |it: &Year| it.is(&country, year) && it.days.as_ref().is_some_and(Vec::is_empty);
        if self.years.with(|known| known.iter().any(is_empty)) {
            "No holidays are known for this year."
        } else {
            ""
        }
    }

    /// The first visit begins with the visitor's own country.
    fn ask_for_countries(&'static self) {
        if self.asking.swap(true, Ordering::Relaxed) {
            return;
        }
        self.api.countries().told(|countries| {
            self.asking.store(false, Ordering::Relaxed);
            self.failed.set(countries.is_none());
            let Some(countries) = countries else {
                return;
            };
            let own = locale::country();
            let is_known = countries.iter().any(|country| country.code == own);
            self.countries.set(countries);
            if is_known && net::storage::get(COUNTRY).is_none() {
                self.country.set(own);
            }
        });
    }

    fn ask_for(&'static self, country: String, year: i32) {
        let is_asked = self.years.update_untracked(|known| {
            let is_asked = known.iter().any(|it| it.is(&country, year));
            if !is_asked {
                let (country, days) = (country.clone(), None);
                known.push(Year {
                    country,
                    year,
                    days,
                });
            }
            is_asked
        });
        if is_asked {
            return;
        }
        let holidays = self.api.holidays(&country, year);
        holidays.told(move |days| {
            self.failed.set(days.is_none());
            self.years.update(|known| {
                let at = known.iter().position(|it| it.is(&country, year));
                match at {
                    Some(at) if days.is_some() => known[at].days = days,
                    // To be asked for again.
                    Some(at) => drop(known.swap_remove(at)),
                    None => {}
                }
            });
        });
    }
}

impl Year {
    fn is(&self, country: &str, year: i32) -> bool {
        self.country == country && self.year == year
    }
}

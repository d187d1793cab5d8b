//! Times and money as the visitor's locale writes them.

use net::UnixTime;
use net::civil::Local;

/// A time of day, such as `22:37:05`.
#[must_use]
pub fn clock_time(at: UnixTime) -> String {
    platform::clock_time(at)
}

/// How long something took, in fitting units: `85 ms`, `1.2 s`, `3 min`.
#[must_use]
pub fn span(millis: i64) -> String {
    let (value, unit) = match millis {
        // Two clocks never agree to the millisecond.
        ..1_000 => (millis.max(0), " ms"),
        1_000..60_000 => {
            let tenths = (millis / 100 % 10).to_string();
            return [&(millis / 1_000).to_string(), ".", &tenths, " s"].concat();
        }
        60_000..3_600_000 => (millis / 60_000, " min"),
        _ => (millis / 3_600_000, " h"),
    };
    value.to_string() + unit
}

/// An amount in a currency (ISO 4217), such as `€12.50`.
#[must_use]
pub fn money(amount: f64, currency: &str) -> String {
    // Anything else makes the browser throw.
    let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_alphabetic());
    let known = if is_code {
        platform::money(amount, currency)
    } else {
        None
    };
    known.unwrap_or_else(|| plain(amount, currency))
}

/// The amount in hundredths and the code. (Formatting a float would weigh ten kilobytes in the page, for a case that
/// hardly occurs.)
fn plain(amount: f64, currency: &str) -> String {
    #[allow(clippy::cast_possible_truncation)]
    let cents = (amount * 100.0).round() as i64;
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    format!("{sign}{}.{:02} {currency}", cents / 100, cents % 100)
}

/// How much of a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Such as `February 2026`.
    Month,
    /// Such as `Mon`.
    Weekday,
    /// Such as `Monday 2 February 2026`.
    Day,
    /// Such as `Mon 2 Feb`.
    Short,
    /// Such as `20:00`.
    Time,
    /// Such as `20` or `8 PM`.
    Hour,
}

/// A moment of a wall clock without a zone, as the locale writes it.
#[must_use]
pub fn date(moment: Local, part: Part) -> String {
    platform::date(moment, part)
}

/// What the visitor's wall clock shows at a time.
#[must_use]
pub fn local(at: UnixTime) -> Local {
    Local::at(at, platform::offset(at))
}

/// The day that the visitor's weeks begin with, as ISO 8601 counts: 1 is Monday, 7 Sunday.
#[must_use]
pub fn first_weekday() -> u8 {
    platform::first_weekday().unwrap_or_else(|| first_weekday_in(&country()))
}

/// The visitor's country, by its ISO 3166-1 code, as far as the locale tells; else empty.
#[must_use]
pub fn country() -> String {
    let language = platform::language();
    let region = language.rsplit_once('-').map_or("", |(_, region)| region);
    let is_code = region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_code {
        region.to_ascii_uppercase()
    } else {
        String::new()
    }
}

/// For browsers that do not say. Source: the Unicode CLDR's week data, for the larger countries.
fn first_weekday_in(country: &str) -> u8 {
    const SUNDAY: &str = "US CA MX BR CO PE VE JP KR TW HK IN ID PH TH SG IL ZA KE PK BD SA";
    const SATURDAY: &str = "EG AF DZ IQ IR JO KW LY OM QA SD SY AE BH";
    let is_in = |list: &str| list.split(' ').any(|code| code == country);
    match () {
        () if is_in(SUNDAY) => 7,
        () if is_in(SATURDAY) => 6,
        () => 1,
    }
}

#[cfg(target_arch = "wasm32")]
mod platform {
    use std::cell::RefCell;

    use js_sys::Intl::{DateTimeFormat, NumberFormat};
    use js_sys::{Array, Date, Function, Object, Reflect};
    use leptos::prelude::window;
    use net::UnixTime;
    use wasm_bindgen::{JsCast as _, JsValue};

    use super::{Local, Part};

    // A format takes the browser longer to make than to use.
    thread_local! {
        static TIME: Function = {
            let options = options(&[("hour", "2-digit"), ("minute", "2-digit"), ("second", "2-digit")]);
            DateTimeFormat::new(&Array::new(), &options).format()
        };
        /// Of the currency asked for last: a page hardly shows two.
        static MONEY: RefCell<Option<(String, Function)>> = const { RefCell::new(None) };
    }

    pub(super) fn clock_time(at: UnixTime) -> String {
        // Exact up to the year 287396.
        #[allow(clippy::cast_precision_loss)]
        let millis = at.0 as f64;
        TIME.with(|format| apply(format, millis))
            .unwrap_or_default()
    }

    pub(super) fn date(moment: Local, part: Part) -> String {
        thread_local! {
            static PARTS: RefCell<[Option<Function>; 6]> = const { RefCell::new([const { None }; 6]) };
        }
        let words: &[(&str, &str)] = match part {
            Part::Month => &[("month", "long"), ("year", "numeric")],
            Part::Weekday => &[("weekday", "short")],
            Part::Day => &[
                ("weekday", "long"),
                ("day", "numeric"),
                ("month", "long"),
                ("year", "numeric"),
            ],
            Part::Short => &[("weekday", "short"), ("day", "numeric"), ("month", "short")],
            Part::Time => &[("timeStyle", "short")],
            Part::Hour => &[("hour", "numeric")],
        };
        // Exact up to the year 287396.
        #[allow(clippy::cast_precision_loss)]
        let millis = moment.pseudo().0 as f64;
        PARTS.with_borrow_mut(|parts| {
            let format = parts[part as usize].get_or_insert_with(|| {
                let options = options(words);
                let _ = Reflect::set(&options, &"timeZone".into(), &"UTC".into());
                // The days beside it are those of this calendar, whatever the locale's own is.
                let _ = Reflect::set(&options, &"calendar".into(), &"gregory".into());
                DateTimeFormat::new(&Array::new(), &options).format()
            });
            apply(format, millis).unwrap_or_default()
        })
    }

    pub(super) fn offset(at: UnixTime) -> i64 {
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let minutes = Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset() as i64;
        -60 * minutes
    }

    pub(super) fn language() -> String {
        window().navigator().language().unwrap_or_default()
    }

    /// `new Intl.Locale(…).getWeekInfo().firstDay`, or the property that older browsers have in its place.
    pub(super) fn first_weekday() -> Option<u8> {
        let get = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
        let locale: Function = get(&get(&js_sys::global(), "Intl")?, "Locale")?
            .dyn_into()
            .ok()?;
        let locale = Reflect::construct(&locale, &Array::of1(&language().into())).ok()?;
        let weeks = match get(&locale, "getWeekInfo")?.dyn_into::<Function>() {
            Ok(weeks) => weeks.call0(&locale).ok()?,
            Err(_) => get(&locale, "weekInfo")?,
        };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        get(&weeks, "firstDay")?.as_f64().map(|day| day as u8)
    }

    pub(super) fn money(amount: f64, currency: &str) -> Option<String> {
        MONEY.with_borrow_mut(|last| {
            if last.as_ref().is_none_or(|(of, _)| of != currency) {
                let options = options(&[("style", "currency"), ("currency", currency)]);
                let format = NumberFormat::new(&Array::new(), &options).format();
                *last = Some((currency.to_owned(), format));
            }
            last.as_ref().and_then(|(_, format)| apply(format, amount))
        })
    }

    fn apply(format: &Function, value: f64) -> Option<String> {
        format
            .call1(&JsValue::NULL, &value.into())
            .ok()?
            .as_string()
    }

    fn options(entries: &[(&str, &str)]) -> Object {
        let options = Object::new();
        for (key, value) in entries {
            // Setting a property of a plain object does not fail.
            let _ = Reflect::set(&options, &(*key).into(), &(*value).into());
        }
        options
    }
}

/// Tests see no locale: UTC, and the code for a symbol.
#[cfg(not(target_arch = "wasm32"))]
mod platform {
    use net::UnixTime;

    use super::{Local, Part};

    pub(super) fn date(moment: Local, part: Part) -> String {
        let text = moment.text();
        match part {
            Part::Time => text[11..16].to_owned(),
            Part::Hour => text[11..13].to_owned(),
            Part::Month => text[..7].to_owned(),
            Part::Weekday | Part::Day | Part::Short => text[..10].to_owned(),
        }
    }

    pub(super) const fn offset(_: UnixTime) -> i64 {
        0
    }

    pub(super) fn language() -> String {
        String::new()
    }

    pub(super) const fn first_weekday() -> Option<u8> {
        None
    }

    pub(super) fn clock_time(at: UnixTime) -> String {
        let seconds = at.0.div_euclid(1_000).rem_euclid(86_400);
        format!(
            "{:02}:{:02}:{:02}",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )
    }

    pub(super) fn money(_: f64, _: &str) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_fitting_units() {
        assert_eq!(
            [-7, 0, 85, 999].map(span),
            ["0 ms", "0 ms", "85 ms", "999 ms"]
        );
        assert_eq!(
            [1_000, 1_290, 59_999, 60_000].map(span),
            ["1.0 s", "1.2 s", "59.9 s", "1 min"]
        );
        assert_eq!([3_599_999, 7_200_000].map(span), ["59 min", "2 h"]);
    }

    #[test]
    fn weeks_begin_where_they_do_in_the_country() {
        assert_eq!(["US", "NL", "EG", ""].map(first_weekday_in), [7, 1, 6, 1]);
    }

    #[test]
    fn without_a_locale_times_are_utc_and_money_has_its_code() {
        assert_eq!(clock_time(UnixTime(1_770_062_400_125)), "20:00:00");
        assert_eq!(money(12.5, "EUR"), "12.50 EUR");
        assert_eq!(money(-0.05, "points"), "-0.05 points");
    }
}

//! Times and money as the visitor's locale writes them.

use net::UnixTime;

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

#[cfg(target_arch = "wasm32")]
mod platform {
    use std::cell::RefCell;

    use js_sys::Intl::{DateTimeFormat, NumberFormat};
    use js_sys::{Array, Function, Object, Reflect};
    use net::UnixTime;
    use wasm_bindgen::JsValue;

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
    fn without_a_locale_times_are_utc_and_money_has_its_code() {
        assert_eq!(clock_time(UnixTime(1_770_062_400_125)), "20:00:00");
        assert_eq!(money(12.5, "EUR"), "12.50 EUR");
        assert_eq!(money(-0.05, "points"), "-0.05 points");
    }
}

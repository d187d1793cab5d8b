//! Public holidays, as Nager.Date's interface tells them.

use json::Value;

use net::civil::when::Date;

/// A country, by its ISO 3166-1 code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country {
    /// Such as `NL`.
    pub code: String,
    /// Such as `Netherlands`.
    pub name: String,
}

/// A day that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// Its name where it is kept, and where that is, if not everywhere.
    pub name: String,
    /// Whether the whole country keeps it.
    pub everywhere: bool,
}

/// Reads a year of a country. What cannot be read is left out.
#[must_use]
pub fn holidays(answer: &Value) -> Vec<Holiday> {
    let read = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let name = text("localName").or_else(|| text("name"))?;
        let parts = value.get("counties").and_then(Value::as_array);
        let parts = parts.unwrap_or_default().iter();
        let parts: Vec<_> = parts.filter_map(Value::as_str).collect();
        Some(Holiday {
            date: Date::parse(text("date")?)?,
            name: match parts.join(", ") {
                all if all.is_empty() => name.to_owned(),
                some => [name, " (", &some, ")"].concat(),
            },
            everywhere: value.get("global").and_then(Value::as_bool).unwrap_or(true),
        })
    };
    list(answer, read)
}

/// Reads the countries, by name.
#[must_use]
pub fn countries(answer: &Value) -> Vec<Country> {
    let read = |value: &Value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Country {
            code: text("countryCode")?,
            name: text("name")?,
        })
    };
    list(answer, read)
}

fn list<T>(answer: &Value, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    let values = answer.as_array().unwrap_or_default();
    values.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_year_is_read_and_what_makes_no_sense_left_out() {
        let answer = json!([
            {"date": "2026-04-27", "localName": "Koningsdag", "name": "King's Day", "countryCode": "NL", "global": true, "counties": null},
            {"date": "2026-02-30", "localName": "Never", "name": "Never"},
            {"date": "2026-01-06", "name": "Epiphany", "global": false, "counties": ["DE-BW", "DE-BY"]},
            "nonsense",
        ]);
        let seen: Vec<_> = holidays(&answer.into())
            .into_iter()
            .map(|day| (day.date.text(), day.name, day.everywhere))
            .collect();
        assert_eq!(
            seen,
            [
                ("2026-04-27".into(), "Koningsdag".into(), true),
                ("2026-01-06".into(), "Epiphany (DE-BW, DE-BY)".into(), false)
            ]
        );
        assert_eq!(holidays(&json!({"status": 404}).into()), []);
        let known = json!([{"countryCode": "NL", "name": "Netherlands"}, {"name": "Nowhere"}]);
        assert_eq!(
            countries(&known.into()),
            [Country {
                code: "NL".into(),
                name: "Netherlands".into()
            }]
        );
    }
}

//! Public holidays, as Nager.Date's third version answers: to everyone, from the rules in the crate `holidays`.
//! Sources: Nager.Date, API v3; its errors are ASP.NET's problem details (RFC 9457).

use axum::extract::Path;
use axum::response::Response;
use holidays::{HolidaysError, YEARS, available_countries, public_holidays};
use serde_json::{Value, json};

use super::json as answer;

const JSON: &str = "application/json; charset=utf-8";
const PROBLEM: &str = "application/problem+json; charset=utf-8";

/// `PublicHolidays/<year>/<country>`
pub(crate) async fn of_year(Path((year, country)): Path<(String, String)>) -> Response {
    let Ok(number) = year.parse() else {
        return not_valid(&format!("The value '{year}' is not valid."));
    };
    match public_holidays(number, &country) {
        Ok(holidays) => answer(200, JSON, None, &holidays),
        Err(HolidaysError::YearOutside) => not_valid(&format!(
            "The field year must be between {} and {}.",
            YEARS.start(),
            YEARS.end()
        )),
        Err(HolidaysError::UnknownCountry) => unknown().await,
    }
}

/// `AvailableCountries`
pub(crate) async fn countries() -> Response {
    answer(200, JSON, None, &available_countries())
}

/// What is not there.
pub(crate) async fn unknown() -> Response {
    problem(404, "15.5.5", "Not Found", None)
}

fn not_valid(year: &str) -> Response {
    let title = "One or more validation errors occurred.";
    problem(400, "15.5.1", title, Some(json!({"year": [year]})))
}

fn problem(status: u16, section: &str, title: &str, errors: Option<Value>) -> Response {
    let mut body = json!({
        "type": format!("https://tools.ietf.org/html/rfc9110#section-{section}"),
        "title": title,
        "status": status,
    });
    if let (Some(body), Some(errors)) = (body.as_object_mut(), errors) {
        body.insert("errors".to_owned(), errors);
    }
    answer(status, PROBLEM, None, &body)
}

//! What the HTTP endpoints share: reading a request as it was signed, answering in a service's shape, CORS.

pub(crate) mod function;
pub(crate) mod graphql;
pub(crate) mod holidays;
pub(crate) mod mqtt;
pub(crate) mod realtime;
pub(crate) mod simulation;
pub(crate) mod unknown;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, DATE, HeaderName};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use std::time::Duration;
use time::OffsetDateTime;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use crate::server::Front;
use crate::sigv4;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// A request, taken apart the way a signature sees it.
pub(crate) struct Incoming {
    method: Method,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// The body is larger than the service takes.
pub(crate) struct TooLarge;

impl Incoming {
    pub(crate) async fn read(request: Request, limit: usize) -> Result<Self, TooLarge> {
        let (head, body) = request.into_parts();
        let headers = head.headers.iter();
        Ok(Self {
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: headers
                .map(|(name, value)| {
                    (
                        name.to_string(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            method: head.method,
            body: to_bytes(body, limit).await.map_err(|_| TooLarge)?,
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn as_signed(&self) -> sigv4::Request<'_> {
        sigv4::Request {
            method: self.method.as_str(),
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body: &self.body,
        }
    }
}

/// An answer in JSON; an error's name also goes into `x-amzn-errortype`.
pub(crate) fn json(
    status: u16,
    content_type: &'static str,
    error: Option<&str>,
    body: &impl Serialize,
) -> Response {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(error) = error.and_then(|error| HeaderValue::from_str(error).ok()) {
        response.headers_mut().insert(ERROR_TYPE, error);
    }
    response
}

/// Every answer of a service carries an id, which stands in the log too.
pub(crate) async fn request_id(
    State(front): State<Front>,
    request: Request,
    next: Next,
) -> Response {
    let id = front.world.surroundings.uuid();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    tracing::debug!(%id, %method, path, status = response.status().as_u16(), "answered");
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// While the service's clock is wrong on purpose, answers carry its date; else the server writes the true one.
pub(crate) async fn skewed_date(
    State(front): State<Front>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if !front.skew().is_zero() {
        let date = HeaderValue::from_str(&http_date(front.now()));
        response.headers_mut().extend(date.map(|date| (DATE, date)));
    }
    response
}

/// Such as `Sun, 06 Nov 1994 08:49:37 GMT`. Source: RFC 9110, section 5.6.7.
fn http_date(at: OffsetDateTime) -> String {
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    format!(
        "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
        &weekday[..3],
        at.day(),
        &month[..3],
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// As the services answer preflights: any origin, any header that is asked for, and the headers that browsers' clients
/// need to see. `Date` among them, so that a client can learn how wrong its clock is.
pub(crate) fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([DATE, ERROR_TYPE, REQUEST_ID])
        .max_age(Duration::from_secs(172_800))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_http_has_them() {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}

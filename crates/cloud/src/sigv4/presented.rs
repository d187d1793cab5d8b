//! What a caller presents: the parts of a signature, from the headers or from the query.

use std::collections::HashMap;

use time::{Date, Duration, Month, OffsetDateTime, Time};

use super::canonical::parameters;
use super::{Refusal, Request, Scope};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A signature and what it says about itself; nothing of it is verified yet.
pub(super) struct Presented {
    pub(super) access_key_id: String,
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    pub(super) date: OffsetDateTime,
    /// Presigned URLs say how long they are valid.
    pub(super) expires: Option<Duration>,
    pub(super) session_token: Option<String>,
    scope: String,
}

impl Presented {
    /// # Errors
    /// If there is no signature or a part of it is missing or malformed.
    pub(super) fn read(request: &Request<'_>) -> Result<Self, Refusal> {
        if let Some(authorization) = request.headers_named("authorization").next() {
            return Self::from_header(request, authorization);
        }
        let query: HashMap<Vec<u8>, Vec<u8>> = parameters(request.query).collect();
        if query.contains_key(&b"X-Amz-Signature"[..]) {
            Self::from_query(&query)
        } else {
            Err(Refusal::Missing)
        }
    }

    fn from_header(request: &Request<'_>, authorization: &str) -> Result<Self, Refusal> {
        let fields = authorization
            .trim()
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| unsupported(authorization))?;
        let fields: HashMap<&str, &str> = fields
            .split(',')
            .filter_map(|field| field.trim().split_once('='))
            .collect();
        let field = |name: &str| {
            fields.get(name).copied().ok_or_else(|| {
                Refusal::Incomplete(format!("Authorization header requires '{name}' parameter."))
            })
        };
        let header = |name| request.headers_named(name).next();
        let date = header("x-amz-date").ok_or_else(|| {
            Refusal::Incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".into(),
            )
        })?;
        Self::assemble(
            field("Credential")?,
            field("SignedHeaders")?,
            field("Signature")?,
            date,
            None,
            header("x-amz-security-token").map(str::to_owned),
        )
    }

    fn from_query(query: &HashMap<Vec<u8>, Vec<u8>>) -> Result<Self, Refusal> {
        let parameter = |name: &str| {
            query
                .get(name.as_bytes())
                .and_then(|value| std::str::from_utf8(value).ok())
                .ok_or_else(|| {
                    Refusal::Incomplete(format!(
                        "AWS query-string parameters must include '{name}'"
                    ))
                })
        };
        let algorithm = parameter("X-Amz-Algorithm")?;
        if algorithm != ALGORITHM {
            return Err(unsupported(algorithm));
        }
        let expires = match parameter("X-Amz-Expires") {
            Ok(seconds) => {
                let seconds: u32 = seconds
                    .parse()
                    .map_err(|_| Refusal::Incomplete("X-Amz-Expires should be a number".into()))?;
                Some(Duration::seconds(seconds.into()))
            }
            Err(_) => None,
        };
        Self::assemble(
            parameter("X-Amz-Credential")?,
            parameter("X-Amz-SignedHeaders")?,
            parameter("X-Amz-Signature")?,
            parameter("X-Amz-Date")?,
            expires,
            parameter("X-Amz-Security-Token").ok().map(str::to_owned),
        )
    }

    fn assemble(
        credential: &str,
        signed_headers: &str,
        signature: &str,
        date: &str,
        expires: Option<Duration>,
        session_token: Option<String>,
    ) -> Result<Self, Refusal> {
        let (access_key_id, scope) = credential.split_once('/').ok_or_else(|| {
            Refusal::Incomplete("Credential must have exactly 5 slash-delimited elements".into())
        })?;
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            signed_headers: signed_headers
                .split(';')
                .map(str::to_ascii_lowercase)
                .collect(),
            signature: signature.to_owned(),
            date: parse_date(date).ok_or_else(|| {
                Refusal::Incomplete(format!(
                    "Date must be in ISO-8601 'basic format'. Got '{date}'."
                ))
            })?,
            expires,
            session_token,
            scope: scope.to_owned(),
        })
    }

    /// # Errors
    /// If the signature was made for another day, region or service.
    pub(super) fn check_scope(&self, expected: &Scope<'_>) -> Result<(), Refusal> {
        let parts: Vec<&str> = self.scope.split('/').collect();
        let [day, region, service, "aws4_request"] = parts[..] else {
            return Err(Refusal::Incomplete(
                "Credential must have exactly 5 slash-delimited elements, the last of them 'aws4_request'".into(),
            ));
        };
        let wrong = if *day != basic_date(self.date)[..8] {
            format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: '{day}'."
            )
        } else if region != expected.region {
            format!("Credential should be scoped to a valid region, not '{region}'.")
        } else if service != expected.service {
            format!(
                "Credential should be scoped to correct service: '{}'.",
                expected.service
            )
        } else {
            return Ok(());
        };
        Err(Refusal::Scope(wrong))
    }
}

fn unsupported(found: &str) -> Refusal {
    let algorithm = found.split_ascii_whitespace().next().unwrap_or_default();
    Refusal::Incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'."))
}

/// `20150830T123600Z`.
pub(super) fn basic_date(at: OffsetDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!(
        "{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z",
        u8::from(month)
    )
}

fn parse_date(text: &str) -> Option<OffsetDateTime> {
    let (day, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if day.len() != 8 || clock.len() != 6 || !digits(day) || !digits(clock) {
        return None;
    }
    let number = |text: &str| text.parse::<u8>().ok();
    let month = Month::try_from(number(&day[4..6])?).ok()?;
    let date = Date::from_calendar_date(day[..4].parse().ok()?, month, number(&day[6..])?).ok()?;
    let time = Time::from_hms(
        number(&clock[..2])?,
        number(&clock[2..4])?,
        number(&clock[4..])?,
    )
    .ok()?;
    Some(OffsetDateTime::new_utc(date, time))
}

//! What can go wrong with a query, and the service's own errors.

use std::fmt;
use std::sync::Arc;

use json::{Malformed, Mismatch, Value};
use link::wire::{Refusal, Verdict};
use link::{Cause, ServiceError};

/// One error as the service describes it, in an answer or in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GraphQlError {
    /// AppSync's `errorType`, for example `Unauthorized`; empty if the service gave none.
    pub error_type: String,
    /// The service's words.
    pub message: String,
    /// AppSync's `errorCode`: an HTTP status.
    pub code: Option<u16>,
    /// The field that it is about, from the root; indices in decimal.
    pub path: Vec<String>,
}

impl GraphQlError {
    /// Reads one error of whatever shape: an object, a bare text, or anything else.
    pub(crate) fn from_value(value: &Value) -> Self {
        let Value::Object(fields) = value else {
            return Self {
                message: plain(value),
                ..Self::default()
            };
        };
        let text = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| fields.get(name)?.as_str())
                .unwrap_or("")
                .to_owned()
        };
        let code = fields.get("errorCode").and_then(|code| match code {
            Value::String(text) => text.parse().ok(),
            number => number.as_u64().and_then(|code| u16::try_from(code).ok()),
        });
        let path = fields.get("path").and_then(Value::as_array);
        Self {
            error_type: text(&["errorType", "__type"]),
            message: text(&["message", "Message"]),
            code,
            path: path
                .map(|path| path.iter().map(plain).collect())
                .unwrap_or_default(),
        }
    }

    /// Reads `errors` as services really send them: a list, one object, a text; beside or instead of a payload.
    pub(crate) fn list(payload: &Value) -> Vec<Self> {
        match payload.get("errors").unwrap_or(payload) {
            Value::Null => Vec::new(),
            Value::Array(errors) => errors.iter().map(Self::from_value).collect(),
            Value::Object(fields) if fields.is_empty() => Vec::new(),
            one => vec![Self::from_value(one)],
        }
    }

    /// As whoever watches a link is told.
    #[must_use]
    pub fn described(self) -> Arc<ServiceError> {
        Arc::new(ServiceError {
            name: self.error_type,
            message: self.message,
        })
    }

    /// What to do about it. The name decides before the code, since a limit may come with a 400.
    pub(crate) fn verdict(&self) -> Verdict {
        let name = self.error_type.rsplit('#').next().unwrap_or_default();
        let name = name
            .strip_suffix("Exception")
            .or_else(|| name.strip_suffix("Error"))
            .unwrap_or(name);
        match (name, self.code) {
            ("ExpiredToken" | "RequestTimeTooSkewed", _) => Verdict::Stale,
            ("Unauthorized" | "UnrecognizedClient" | "InvalidSignature", _)
                if self.is_about_time() =>
            {
                Verdict::Stale
            }
            // The exception is about the caller's credentials; the bare word is AppSync's for a field that this role
            // may not use, which new credentials of the same role do not change.
            ("Unauthorized", _) if self.error_type.ends_with("Unauthorized") => Verdict::GiveUp,
            (
                "Unauthorized"
                | "UnrecognizedClient"
                | "InvalidSignature"
                | "IncompleteSignature"
                | "MissingAuthenticationToken"
                | "AccessDenied"
                | "NotAuthorized",
                _,
            ) => Verdict::Renew,
            (
                "MaxSubscriptionsReached"
                | "LimitExceeded"
                | "TooManyRequests"
                | "Throttling"
                | "Throttled",
                _,
            ) => Verdict::Retry,
            ("BadRequest" | "MalformedHttpRequest" | "Validation" | "UnsupportedOperation", _) => {
                Verdict::GiveUp
            }
            (_, Some(401 | 403)) => Verdict::Renew,
            (_, Some(408 | 409 | 429)) => Verdict::Retry,
            (_, Some(400..500)) => Verdict::GiveUp,
            _ => Verdict::Retry,
        }
    }

    /// Whether what is refused would have been good at another time. Only the words tell: "The security token included
    /// in the request is expired", "Signature expired: …", "Signature not yet current: …".
    fn is_about_time(&self) -> bool {
        ["is expired", "Signature expired", "not yet current"]
            .iter()
            .any(|words| holds(&self.message, words))
    }
}

/// Whether a text holds another. The standard library's way is faster in long texts, and weighs four kilobytes of wasm.
fn holds(text: &str, words: &str) -> bool {
    let mut windows = text.as_bytes().windows(words.len());
    windows.any(|window| window == words.as_bytes())
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.text(),
    }
}

/// What is published and is not what the schema says, as if the service had said so.
impl From<Mismatch> for GraphQlError {
    fn from(mismatch: Mismatch) -> Self {
        Self {
            message: mismatch.to_string(),
            ..Self::default()
        }
    }
}

impl fmt::Display for GraphQlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.clone().described().fmt(f)
    }
}

/// What several errors mean together; the first speaks for all.
pub(crate) fn refusal(errors: Vec<GraphQlError>) -> Refusal {
    Refusal {
        verdict: verdict(&errors),
        cause: errors
            .into_iter()
            .next()
            .map_or(Cause::Ended, |error| Cause::Service(error.described())),
    }
}

/// The strongest of several verdicts: a chance with new credentials before giving up, giving up before trying again.
pub(crate) fn verdict(errors: &[GraphQlError]) -> Verdict {
    errors
        .iter()
        .map(GraphQlError::verdict)
        .max()
        .unwrap_or(Verdict::Retry)
}

/// Why a query or mutation has no result. Split by what a caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service was not reached, or its answer was lost: try again. (A mutation may have been executed.)
    #[error("the service cannot be reached")]
    Network(#[from] net::NetError),
    /// The service cannot answer now (HTTP 429 or 5xx): try again later.
    #[error("the service cannot answer now (HTTP {status})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// No credentials to sign with; the source says whether to try again.
    #[error("no guest credentials")]
    Credentials(#[from] aws_guest::Error),
    /// Refused, and refused again with new credentials (which the client asked for by itself): give up, unless it was
    /// for the time.
    #[error("not authorized: {}", join(.0))]
    Unauthorized(Vec<GraphQlError>),
    /// The service took the request and answered with errors: give up, or act on their `error_type`.
    #[error("{}", join(.0))]
    GraphQl(Vec<GraphQlError>),
    /// The answer is not what the schema says: give up.
    #[error("the answer cannot be read: {0}")]
    Malformed(#[from] Mismatch),
    /// The answer is not even JSON: something else answered. Give up.
    #[error("the answer cannot be read: {0}")]
    NoJson(#[from] Malformed),
}

impl Error {
    /// Whether the same request can succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Network(_) | Self::Unavailable { .. } => true,
            Self::Credentials(error) => error.is_retryable(),
            Self::Unauthorized(errors) => verdict(errors) == Verdict::Stale,
            Self::GraphQl(_) | Self::Malformed(_) | Self::NoJson(_) => false,
        }
    }
}

fn join(errors: &[GraphQlError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

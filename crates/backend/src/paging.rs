//! Pages by a key that never changes: how many rows, and after which.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::api::{FieldError, bad_request};

/// How many rows a page may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Where nobody says.
    pub(crate) default: usize,
    /// At most.
    pub(crate) greatest: usize,
}

impl Limits {
    /// The argument `limit`.
    ///
    /// # Errors
    /// `BadRequestException` where it is out of bounds.
    pub(crate) fn read(self, arguments: &Map<String, Value>) -> Result<usize, FieldError> {
        let Some(value) = arguments.get("limit").filter(|value| !value.is_null()) else {
            return Ok(self.default);
        };
        let greatest = self.greatest;
        value
            .as_u64()
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| (1..=greatest).contains(limit))
            .ok_or_else(|| bad_request("limit", &format!("between 1 and {greatest}, not {value}")))
    }
}

/// The sort key that the argument `nextToken` leads beyond: nothing for an absent one. What is not one of ours is an
/// error, not the first page.
///
/// # Errors
/// `BadRequestException` for a token that no page gave.
pub(crate) fn after(
    arguments: &Map<String, Value>,
    is_a_key: fn(&str) -> bool,
) -> Result<Option<String>, FieldError> {
    let Some(token) = arguments.get("nextToken").filter(|token| !token.is_null()) else {
        return Ok(None);
    };
    let key = token
        .as_str()
        .and_then(|token| URL_SAFE_NO_PAD.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|key| is_a_key(key));
    match key {
        Some(key) => Ok(Some(key)),
        None => Err(bad_request(
            "nextToken",
            "not a token that an earlier page gave",
        )),
    }
}

/// The token that leads beyond a sort key.
pub(crate) fn token(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

//! What the mutations are given.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::{FieldError, bad_request};

/// The argument `input`, which the schema has been checked against already.
pub(crate) fn input<T: DeserializeOwned>(arguments: &Map<String, Value>) -> Result<T, FieldError> {
    let input = arguments.get("input").cloned().unwrap_or_default();
    serde_path_to_error::deserialize(input)
        .map_err(|error| bad_request("input", &error.to_string()))
}

/// The argument `id`. GraphQL takes integers for an ID as well.
pub(crate) fn id(arguments: &Map<String, Value>) -> Result<String, FieldError> {
    match arguments.get("id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(id.clone()),
        Some(Value::Number(id)) => Ok(id.to_string()),
        _ => Err(bad_request("id", "an id is needed")),
    }
}

/// An ID as it may stand in an input.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Id(pub(crate) String);

impl TryFrom<Value> for Id {
    type Error = &'static str;

    fn try_from(id: Value) -> Result<Self, Self::Error> {
        match id {
            Value::String(id) if (1..=128).contains(&id.len()) => Ok(Self(id)),
            Value::Number(id) => Ok(Self(id.to_string())),
            _ => Err("an id of 1 to 128 characters is needed"),
        }
    }
}

/// A write that asked for a row to be there or not to be there.
pub(crate) fn condition_failed(message: String) -> FieldError {
    FieldError {
        error_type: "DynamoDB:ConditionalCheckFailedException",
        message,
    }
}

/// Too many wrote the same row at once.
pub(crate) fn too_busy() -> FieldError {
    FieldError {
        error_type: "TransactionConflict",
        message: "too many are writing the same at once: nothing was written, send it again"
            .to_owned(),
    }
}

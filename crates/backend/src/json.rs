//! Rows and inputs as types, and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::event::HandlerError;

/// A value's fields as a map.
pub(crate) fn to_map<T: Serialize>(value: &T) -> Result<Map<String, Value>, HandlerError> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(HandlerError::Dead("not an object".to_owned())),
        Err(error) => Err(HandlerError::Dead(error.to_string())),
    }
}

/// A value from a row's attributes. `what` names it in the error, which says which attribute is wrong.
pub(crate) fn from_map<T: DeserializeOwned>(
    row: Map<String, Value>,
    what: &str,
) -> Result<T, HandlerError> {
    serde_path_to_error::deserialize(Value::Object(row))
        .map_err(|error| HandlerError::Dead(format!("the row is no {what}: {error}")))
}

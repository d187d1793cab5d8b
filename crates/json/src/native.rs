//! To and from serde_json's values, for programs that have the room.

use crate::read::{FromJson, Reading};
use crate::value::{Object, Value};

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(is) => Self::Bool(is),
            serde_json::Value::Number(number) => Self::Number(crate::Number(number.to_string())),
            serde_json::Value::String(text) => Self::String(text),
            serde_json::Value::Array(values) => values.into(),
            serde_json::Value::Object(fields) => {
                let mut object = Object::default();
                for (name, value) in fields {
                    object.push(name, value.into());
                }
                Self::Object(object)
            }
        }
    }
}

/// A number that is too large for one is null.
impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(is) => Self::Bool(*is),
            Value::Number(number) => serde_json::from_str(&number.0).unwrap_or_default(),
            Value::String(text) => Self::String(text.clone()),
            Value::Array(values) => values.iter().map(Self::from).collect(),
            Value::Object(object) => {
                let fields = object.fields();
                fields
                    .map(|(name, value)| (name.to_owned(), Self::from(value)))
                    .collect()
            }
        }
    }
}

impl FromJson for serde_json::Value {
    fn from_json(value: &Value, _: &mut Reading) -> Self {
        value.into()
    }
}

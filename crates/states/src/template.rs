//! Payload templates (Parameters, ResultSelector): plain JSON in which a field whose name ends in `.$` takes its value
//! from a path or an intrinsic function.

use serde_json::{Map, Value};

use crate::error::{DocumentError, Fault, names};
use crate::intrinsic::Call;
use crate::path::Path;

/// What paths and functions see.
pub(crate) struct Scope<'a> {
    /// `$`.
    pub(crate) data: &'a Value,
    /// `$$`.
    pub(crate) context: &'a Value,
    /// For UUIDs and random numbers.
    pub(crate) random: &'a mut dyn FnMut(&mut [u8]),
}

/// A payload template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    /// As it stands.
    Plain(Value),
    /// With a value of its own for each field.
    Object(Vec<(String, Template)>),
    /// With a value of its own for each element.
    Array(Vec<Template>),
    /// What takes its value from elsewhere.
    Drawn(Expression),
}

/// A path or an intrinsic function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Path(Path),
    Call(Call),
}

impl Expression {
    pub(crate) fn parse(text: &str, at: &str) -> Result<Self, DocumentError> {
        if text.starts_with('$') {
            Path::parse(text, at).map(Self::Path)
        } else {
            Call::parse(text, at).map(Self::Call)
        }
    }

    pub(crate) fn evaluate(&self, scope: &mut Scope<'_>) -> Result<Value, Fault> {
        match self {
            Self::Path(path) => path.get(scope.data, scope.context).cloned().ok_or_else(|| {
                Fault::of(
                    names::PARAMETER_PATH_FAILURE,
                    format!("the path `{}` selects nothing", path.text()),
                )
            }),
            Self::Call(call) => call.evaluate(scope),
        }
    }
}

impl Template {
    pub(crate) fn parse(value: &Value, at: &str) -> Result<Self, DocumentError> {
        match value {
            Value::Object(object) => {
                let mut fields = Vec::with_capacity(object.len());
                for (name, value) in object {
                    let at = format!("{at}/{name}");
                    fields.push(match name.strip_suffix(".$") {
                        Some(name) => {
                            let text = value.as_str().ok_or_else(|| {
                                DocumentError::malformed(&at, "has to be a path or a function")
                            })?;
                            (name.to_owned(), Self::Drawn(Expression::parse(text, &at)?))
                        }
                        None => (name.clone(), Self::parse(value, &at)?),
                    });
                }
                let plain = fields
                    .iter()
                    .all(|(_, field)| matches!(field, Self::Plain(_)));
                Ok(if plain {
                    Self::Plain(value.clone())
                } else {
                    Self::Object(fields)
                })
            }
            Value::Array(array) => {
                let elements = array
                    .iter()
                    .enumerate()
                    .map(|(index, value)| Self::parse(value, &format!("{at}/{index}")))
                    .collect::<Result<Vec<_>, _>>()?;
                let plain = elements
                    .iter()
                    .all(|element| matches!(element, Self::Plain(_)));
                Ok(if plain {
                    Self::Plain(value.clone())
                } else {
                    Self::Array(elements)
                })
            }
            _ => Ok(Self::Plain(value.clone())),
        }
    }

    pub(crate) fn evaluate(&self, scope: &mut Scope<'_>) -> Result<Value, Fault> {
        Ok(match self {
            Self::Plain(value) => value.clone(),
            Self::Object(fields) => {
                let mut object = Map::new();
                for (name, field) in fields {
                    object.insert(name.clone(), field.evaluate(scope)?);
                }
                Value::Object(object)
            }
            Self::Array(elements) => Value::Array(
                elements
                    .iter()
                    .map(|element| element.evaluate(scope))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Drawn(expression) => expression.evaluate(scope)?,
        })
    }
}

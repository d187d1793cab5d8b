//! Values into types.
//!
//! What serde derives is generated anew for each type, two kilobytes of wasm each; this weighs a call a field. What makes
//! the difference is that reading does not stop at a mismatch: the first one is noted, the type is made of whatever is
//! there, and the one who asked gets the mismatch instead.

use std::fmt;

use crate::value::{Number, Value};

/// What an answer has that the schema does not say, or lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The field, as far as it is known.
    field: String,
    problem: &'static str,
}

impl Mismatch {
    /// A field's problem, such as `is missing`.
    #[must_use]
    pub fn of(field: &str, problem: &'static str) -> Self {
        Self {
            field: field.to_owned(),
            problem,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            f.write_str(&self.field)?;
            f.write_str(" ")?;
        }
        f.write_str(self.problem)
    }
}

impl std::error::Error for Mismatch {}

/// What can be read from an answer.
pub trait FromJson: Sized {
    /// Reads a value. If it is something else, that is noted and anything of the type returned.
    fn from_json(value: &Value, reading: &mut Reading) -> Self;
}

/// Reads a type.
///
/// # Errors
/// The first [`Mismatch`].
pub fn read<T: FromJson>(value: &Value) -> Result<T, Mismatch> {
    let mut reading = Reading::default();
    let read = T::from_json(value, &mut reading);
    match reading.mismatch {
        None => Ok(read),
        Some(mismatch) => Err(mismatch),
    }
}

/// What stands for a field that is not there; known by its address.
static ABSENT: Value = Value::Null;

const TYPE: &str = "is of another type";
const RANGE: &str = "is out of range";
const MISSING: &str = "is missing";

/// How far reading has come.
#[derive(Debug, Default)]
pub struct Reading {
    path: Vec<&'static str>,
    mismatch: Option<Mismatch>,
}

impl Reading {
    /// Reads a field of an object. Where it is missing there is nothing to be had but an option.
    pub fn field<T: FromJson>(&mut self, of: &Value, name: &'static str) -> T {
        let value = self.enter(of, name);
        let field = T::from_json(value, self);
        self.path.pop();
        field
    }

    /// Reads what the fields of an object have, whatever their names.
    pub fn fields<T: FromJson>(&mut self, of: &Value) -> Vec<T> {
        let mut list = Vec::new();
        match of {
            Value::Object(object) => {
                for (_, value) in object.fields() {
                    list.push(T::from_json(value, self));
                }
            }
            other => self.wrong(other, TYPE),
        }
        list
    }

    fn enter<'a>(&mut self, of: &'a Value, name: &'static str) -> &'a Value {
        let value = match of {
            Value::Object(object) => object.get(name),
            other => {
                self.wrong(other, TYPE);
                None
            }
        };
        self.path.push(name);
        value.unwrap_or(&ABSENT)
    }

    /// Notes that here is something else. The first mismatch is the one that is told.
    fn wrong(&mut self, value: &Value, problem: &'static str) {
        if self.mismatch.is_none() {
            let is_absent = std::ptr::eq(value, &raw const ABSENT);
            let problem = if is_absent { MISSING } else { problem };
            self.mismatch = Some(Mismatch::of(&self.path.join("."), problem));
        }
    }
}

impl FromJson for Value {
    fn from_json(value: &Value, _: &mut Reading) -> Self {
        value.clone()
    }
}

impl FromJson for String {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let text = value.as_str();
        if text.is_none() {
            reading.wrong(value, TYPE);
        }
        text.unwrap_or_default().to_owned()
    }
}

impl FromJson for bool {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let is = value.as_bool();
        if is.is_none() {
            reading.wrong(value, TYPE);
        }
        is.unwrap_or_default()
    }
}

impl FromJson for i64 {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let number = value.as_i64();
        if number.is_none() {
            let is_whole = value.as_number().is_some_and(Number::is_whole);
            reading.wrong(value, if is_whole { RANGE } else { TYPE });
        }
        number.unwrap_or_default()
    }
}

impl FromJson for f64 {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let number = value.as_f64();
        if number.is_none() {
            reading.wrong(value, TYPE);
        }
        number.unwrap_or_default()
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        (!value.is_null()).then(|| T::from_json(value, reading))
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let Value::Array(values) = value else {
            reading.wrong(value, TYPE);
            return Self::new();
        };
        let mut list = Self::with_capacity(values.len());
        for value in values {
            list.push(T::from_json(value, reading));
        }
        list
    }
}

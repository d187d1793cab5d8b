//! An object whose fields are asked for one by one; what nobody asked for is not known, and refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use time::Duration;

use super::Seconds;
use crate::error::DocumentError;
use crate::path::Path;

/// The longest wait and timeout: the service's, in seconds.
const LONGEST: i64 = 99_999_999;

pub(super) struct Fields<'a> {
    pub(super) at: String,
    object: &'a Map<String, Value>,
    known: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value, at: String) -> Result<Self, DocumentError> {
        let Some(object) = value.as_object() else {
            return Err(DocumentError::malformed(&at, "has to be an object"));
        };
        Ok(Self {
            at,
            object,
            // Comments are for people, wherever they stand.
            known: ["Comment"].into(),
        })
    }

    /// Where a field stands.
    pub(super) fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.at)
    }

    pub(super) fn wrong(&self, name: &str, why: &str) -> DocumentError {
        DocumentError::malformed(&self.place(name), why)
    }

    pub(super) fn optional(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.insert(name);
        self.object.get(name)
    }

    pub(super) fn required(&mut self, name: &'static str) -> Result<&'a Value, DocumentError> {
        self.optional(name)
            .ok_or_else(|| DocumentError::malformed(&self.at, format!("`{name}` is missing")))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<&'a str>, DocumentError> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "has to be a text")),
        }
    }

    pub(super) fn required_text(&mut self, name: &'static str) -> Result<&'a str, DocumentError> {
        self.required(name)?;
        Ok(self.text(name)?.unwrap_or_default())
    }

    pub(super) fn list(
        &mut self,
        name: &'static str,
    ) -> Result<Vec<(String, &'a Value)>, DocumentError> {
        let Some(value) = self.optional(name) else {
            return Ok(Vec::new());
        };
        match value.as_array() {
            Some(array) if !array.is_empty() => Ok(array
                .iter()
                .enumerate()
                .map(|(index, value)| (format!("{}/{name}/{index}", self.at), value))
                .collect()),
            _ => Err(self.wrong(name, "has to be an array with at least one element")),
        }
    }

    /// A path, `null`, or `$` where there is none.
    pub(super) fn path(
        &mut self,
        name: &'static str,
        data: bool,
    ) -> Result<Option<Path>, DocumentError> {
        let text = match self.optional(name) {
            Some(Value::Null) => return Ok(None),
            None => "$",
            Some(_) => self.text(name)?.unwrap_or_default(),
        };
        let at = self.place(name);
        if data {
            Path::parse_data(text, &at)
        } else {
            Path::parse(text, &at)
        }
        .map(Some)
    }

    /// Whole seconds within bounds.
    pub(super) fn seconds(
        &mut self,
        name: &'static str,
        least: i64,
    ) -> Result<Option<Duration>, DocumentError> {
        let Some(value) = self.optional(name) else {
            return Ok(None);
        };
        match value
            .as_i64()
            .filter(|seconds| (least..=LONGEST).contains(seconds))
        {
            Some(seconds) => Ok(Some(Duration::seconds(seconds))),
            None => Err(self.wrong(
                name,
                &format!("has to be a whole number from {least} to {LONGEST}"),
            )),
        }
    }

    /// Whole seconds, as they stand or by a path.
    pub(super) fn seconds_or_path(
        &mut self,
        name: &'static str,
        path_name: &'static str,
        least: i64,
    ) -> Result<Option<Seconds>, DocumentError> {
        let fixed = self.seconds(name, least)?;
        let path = self.text(path_name)?;
        match (fixed, path) {
            (Some(_), Some(_)) => {
                Err(self.wrong(path_name, &format!("stands beside `{name}`: one is enough")))
            }
            (Some(fixed), None) => Ok(Some(Seconds::Fixed(fixed))),
            (None, Some(path)) => Ok(Some(Seconds::Path(Path::parse(
                path,
                &self.place(path_name),
            )?))),
            (None, None) => Ok(None),
        }
    }

    /// Every field has been asked for.
    pub(super) fn end(self) -> Result<(), DocumentError> {
        match self
            .object
            .keys()
            .find(|name| !self.known.contains(name.as_str()))
        {
            None => Ok(()),
            Some(unknown) => Err(DocumentError::unsupported(
                &self.place(unknown),
                format!("the field `{unknown}`"),
            )),
        }
    }
}

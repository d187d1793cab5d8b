//! Reference paths: `$`, `$.a.b[0]`, `$['a b']`, and `$$…` into the context object. A path that may select several
//! values is refused.

use serde_json::{Map, Value};

use crate::error::DocumentError;

/// A path to at most one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    text: String,
    root: Root,
    steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Root {
    /// `$`: the state's data.
    Data,
    /// `$$`: the context object.
    Context,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
}

/// A result cannot be put where its path says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoPlace;

impl Path {
    pub(crate) fn parse(text: &str, at: &str) -> Result<Self, DocumentError> {
        let unsupported =
            || DocumentError::unsupported(at, format!("the path `{text}` (not a reference path)"));
        let malformed = || DocumentError::malformed(at, format!("`{text}` is no path"));
        let rest = text.strip_prefix('$').ok_or_else(malformed)?;
        let (root, mut rest) = match rest.strip_prefix('$') {
            Some(rest) => (Root::Context, rest),
            None => (Root::Data, rest),
        };
        if rest.starts_with(|first: char| first.is_alphanumeric() || first == '_') {
            return Err(DocumentError::unsupported(
                at,
                format!("the variable `{text}`"),
            ));
        }
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            (step, rest) = if let Some(quoted) = rest.strip_prefix("['") {
                let (name, rest) = quoted.split_once("']").ok_or_else(malformed)?;
                (Step::Field(name.to_owned()), rest)
            } else if let Some(bracket) = rest.strip_prefix('[') {
                let (index, rest) = bracket.split_once(']').ok_or_else(malformed)?;
                let index = index.trim().parse().map_err(|_| unsupported())?;
                (Step::Index(index), rest)
            } else {
                let name = rest.strip_prefix('.').ok_or_else(malformed)?;
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (name, rest) = name.split_at(end);
                if name.is_empty() && rest.starts_with('.') || name == "*" {
                    return Err(unsupported());
                }
                let plain = |letter: char| letter.is_alphanumeric() || "_-$".contains(letter);
                if name.is_empty() || !name.chars().all(plain) {
                    return Err(if name.contains('(') {
                        unsupported()
                    } else {
                        malformed()
                    });
                }
                (Step::Field(name.to_owned()), rest)
            };
            steps.push(step);
        }
        Ok(Self {
            text: text.to_owned(),
            root,
            steps,
        })
    }

    /// A path into the state's data.
    pub(crate) fn parse_data(text: &str, at: &str) -> Result<Self, DocumentError> {
        let path = Self::parse(text, at)?;
        match path.root {
            Root::Data => Ok(path),
            Root::Context => Err(DocumentError::malformed(
                at,
                format!("`{text}` leads into the context object, which cannot be written"),
            )),
        }
    }

    /// As it stands in the document.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value, if there is one.
    pub(crate) fn get<'a>(&self, data: &'a Value, context: &'a Value) -> Option<&'a Value> {
        let root = match self.root {
            Root::Data => data,
            Root::Context => context,
        };
        self.steps.iter().try_fold(root, |value, step| match step {
            Step::Field(name) => value.as_object()?.get(name),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// The data with a value put where the path leads: fields that are missing are made, what stands there is replaced.
    pub(crate) fn put(&self, mut data: Value, value: Value) -> Result<Value, NoPlace> {
        let mut place = &mut data;
        for step in &self.steps {
            place = match step {
                Step::Field(name) => place
                    .as_object_mut()
                    .ok_or(NoPlace)?
                    .entry(name.clone())
                    .or_insert_with(|| Value::Object(Map::new())),
                Step::Index(index) => place
                    .as_array_mut()
                    .and_then(|array| array.get_mut(*index))
                    .ok_or(NoPlace)?,
            };
        }
        *place = value;
        Ok(data)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_path_finds_one_value() {
        let data = json!({"a": {"b": [1, {"c d": 2}]}, "x-y": null});
        let context = json!({"State": {"Name": "Pay"}});
        for (path, found) in [
            ("$", Some(data.clone())),
            ("$.a.b[0]", Some(json!(1))),
            ("$.a['b'][1]['c d']", Some(json!(2))),
            ("$.x-y", Some(Value::Null)),
            ("$.a.b[2]", None),
            ("$.a.b.c", None),
            ("$.none", None),
            ("$$.State.Name", Some(json!("Pay"))),
        ] {
            let path = Path::parse(path, "").unwrap();
            assert_eq!(path.get(&data, &context), found.as_ref(), "{path:?}");
        }
    }

    #[test]
    fn what_may_select_several_values_is_refused_by_name() {
        for path in [
            "$..a",
            "$.a[*]",
            "$.*",
            "$.a[0:2]",
            "$.a[-1]",
            "$.a[?(@.b)]",
            "$.length()",
            "$variable",
        ] {
            let refused = Path::parse(path, "/States/A").unwrap_err().to_string();
            assert!(
                refused.contains(path) && refused.ends_with("is not supported"),
                "{refused}"
            );
        }
        for path in ["", "a", "$.", "$a.b c", "$.a.", "$[", "$['a"] {
            assert!(Path::parse(path, "").is_err(), "{path}");
        }
    }

    #[test]
    fn a_result_is_put_where_its_path_leads() {
        let put = |path: &str, data: Value| Path::parse(path, "").unwrap().put(data, json!(7));
        assert_eq!(put("$", json!({"a": 1})), Ok(json!(7)));
        assert_eq!(
            put("$.b.c", json!({"a": 1})),
            Ok(json!({"a": 1, "b": {"c": 7}}))
        );
        assert_eq!(
            put("$.a[1]", json!({"a": [1, 2]})),
            Ok(json!({"a": [1, 7]}))
        );
        assert_eq!(put("$.a[2]", json!({"a": [1, 2]})), Err(NoPlace));
        assert_eq!(put("$.a.b", json!({"a": "text"})), Err(NoPlace));
        assert_eq!(put("$.a", json!([1])), Err(NoPlace));
    }
}

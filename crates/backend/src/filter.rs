//! The filters that AppSync generates for a model: for each field some comparisons, all of which have to hold, and
//! `and`, `or`, `not` of whole filters.
//! Source: Amplify, GraphQL transformer, `Model…FilterInput`; DynamoDB developer guide, "Comparison operator reference".

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::api::{FieldError, bad_request};

/// A filter, read once for a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter(Vec<Term>);

#[derive(Debug, Clone, PartialEq)]
enum Term {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Filter),
    Field(String, Map<String, Value>),
}

impl Filter {
    /// From the argument; nothing filters nothing.
    pub(crate) fn read(argument: Option<&Value>) -> Result<Self, FieldError> {
        let Some(Value::Object(fields)) = argument else {
            return Ok(Self(Vec::new()));
        };
        let mut terms = Vec::new();
        for (name, value) in fields {
            let all = || match value {
                Value::Array(filters) => filters.iter().map(|it| Self::read(Some(it))).collect(),
                // As GraphQL coerces one of a list.
                one => Self::read(Some(one)).map(|one| vec![one]),
            };
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("and", _) => terms.push(Term::All(all()?)),
                ("or", _) => terms.push(Term::Any(all()?)),
                ("not", _) => terms.push(Term::Not(Self::read(Some(value))?)),
                (field, Value::Object(comparisons)) => {
                    terms.push(Term::Field(field.to_owned(), comparisons.clone()));
                }
                (field, _) => return Err(bad_request("filter", &format!("{field} is no filter"))),
            }
        }
        Ok(Self(terms))
    }

    /// Whether a row is one of those.
    ///
    /// # Errors
    /// `BadRequestException` for a comparison that there is not.
    pub(crate) fn passes(&self, row: &Value) -> Result<bool, FieldError> {
        for term in &self.0 {
            let holds = match term {
                Term::All(filters) => count(filters, row)? == filters.len(),
                Term::Any(filters) => count(filters, row)? > 0,
                Term::Not(filter) => !filter.passes(row)?,
                Term::Field(name, comparisons) => {
                    let value = row.get(name).unwrap_or(&Value::Null);
                    let mut all = true;
                    for (comparison, operand) in comparisons {
                        all &= compare(comparison, value, operand)?;
                    }
                    all
                }
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn count(filters: &[Filter], row: &Value) -> Result<usize, FieldError> {
    let mut passed = 0;
    for filter in filters {
        passed += usize::from(filter.passes(row)?);
    }
    Ok(passed)
}

fn compare(comparison: &str, value: &Value, operand: &Value) -> Result<bool, FieldError> {
    let is = |wanted: fn(Ordering) -> bool| order(value, operand).is_some_and(wanted);
    Ok(match comparison {
        "eq" => value == operand || is(Ordering::is_eq),
        "ne" => !(value == operand || is(Ordering::is_eq)),
        // A comparison with nothing is none.
        _ if operand.is_null() => true,
        "lt" => is(Ordering::is_lt),
        "le" => is(Ordering::is_le),
        "gt" => is(Ordering::is_gt),
        "ge" => is(Ordering::is_ge),
        "contains" => texts(value, operand).is_some_and(|(text, part)| text.contains(&part)),
        "notContains" => !texts(value, operand).is_some_and(|(text, part)| text.contains(&part)),
        "beginsWith" => texts(value, operand).is_some_and(|(text, part)| text.starts_with(&part)),
        "between" => match operand.as_array().map(Vec::as_slice) {
            Some([from, to]) => {
                order(value, from).is_some_and(Ordering::is_ge)
                    && order(value, to).is_some_and(Ordering::is_le)
            }
            _ => return Err(bad_request("filter", "between takes two values")),
        },
        other => return Err(bad_request("filter", &format!("there is no {other}"))),
    })
}

/// Numbers by size, texts as bytes; an ID may travel as a number.
fn order(value: &Value, operand: &Value) -> Option<Ordering> {
    match (value, operand) {
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        _ => texts(value, operand).map(|(a, b)| a.cmp(&b)),
    }
}

fn texts(value: &Value, operand: &Value) -> Option<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    Some((text(value)?, text(operand)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_as_they_are_generated() {
        let row = json!({"id": "3", "type": "meh", "votes": 7, "topMovie": null, "topVotes": 0});
        for (filter, passes) in [
            (json!(null), true),
            (json!({}), true),
            (json!({"id": {"eq": "3"}}), true),
            (json!({"id": {"eq": 3}}), true),
            (json!({"id": {"ne": "3"}}), false),
            (json!({"votes": {"eq": 7}}), true),
            (json!({"votes": {"gt": 6, "lt": 8}}), true),
            (json!({"votes": {"gt": 7}}), false),
            (json!({"votes": {"ge": 7, "le": 7}}), true),
            (json!({"votes": {"between": [7, 9]}}), true),
            (json!({"votes": {"between": [8, 9]}}), false),
            (json!({"type": {"contains": "e"}}), true),
            (json!({"type": {"notContains": "e"}}), false),
            (json!({"type": {"beginsWith": "me"}}), true),
            (json!({"type": {"beginsWith": "eh"}}), false),
            (json!({"type": {"lt": "mez"}}), true),
            (json!({"topMovie": {"eq": null}}), true),
            (json!({"topMovie": {"ne": null}}), false),
            (json!({"topMovie": {"ne": "x"}}), true),
            (json!({"topMovie": {"lt": "x"}}), false),
            (json!({"type": {"lt": null}}), true),
            (json!({"type": null}), true),
            (
                json!({"and": [{"votes": {"gt": 1}}, {"id": {"eq": "3"}}]}),
                true,
            ),
            (
                json!({"and": [{"votes": {"gt": 1}}, {"id": {"eq": "4"}}]}),
                false,
            ),
            (
                json!({"or": [{"votes": {"gt": 9}}, {"id": {"eq": "3"}}]}),
                true,
            ),
            (json!({"or": []}), false),
            (json!({"or": {"id": {"eq": "3"}}}), true),
            (json!({"not": {"id": {"eq": "3"}}}), false),
            (
                json!({"not": {"not": {"id": {"eq": "3"}}}, "votes": {"eq": 7}}),
                true,
            ),
        ] {
            let read = Filter::read(Some(&filter)).unwrap();
            assert_eq!(read.passes(&row), Ok(passes), "{filter}");
        }
        for wrong in [
            json!({"votes": {"between": [1]}}),
            json!({"votes": {"near": 1}}),
        ] {
            let error = Filter::read(Some(&wrong))
                .unwrap()
                .passes(&row)
                .unwrap_err();
            assert_eq!(error.error_type, "BadRequestException");
        }
    }
}

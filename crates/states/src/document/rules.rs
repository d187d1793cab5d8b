//! From JSON to the rules of a Choice.

use serde_json::Value;

use super::fields::Fields;
use crate::choice::{Kind, Operand, Order, Rule, Shape, Test, timestamp};
use crate::error::DocumentError;
use crate::path::Path;

/// The comparisons: with a value, with a path, and what they ask.
const COMPARISONS: [(&str, &str, Kind, Order); 17] = [
    ("StringEquals", "StringEqualsPath", Kind::Text, Order::Equal),
    (
        "StringLessThan",
        "StringLessThanPath",
        Kind::Text,
        Order::Less,
    ),
    (
        "StringGreaterThan",
        "StringGreaterThanPath",
        Kind::Text,
        Order::Greater,
    ),
    (
        "StringLessThanEquals",
        "StringLessThanEqualsPath",
        Kind::Text,
        Order::LessOrEqual,
    ),
    (
        "StringGreaterThanEquals",
        "StringGreaterThanEqualsPath",
        Kind::Text,
        Order::GreaterOrEqual,
    ),
    (
        "NumericEquals",
        "NumericEqualsPath",
        Kind::Number,
        Order::Equal,
    ),
    (
        "NumericLessThan",
        "NumericLessThanPath",
        Kind::Number,
        Order::Less,
    ),
    (
        "NumericGreaterThan",
        "NumericGreaterThanPath",
        Kind::Number,
        Order::Greater,
    ),
    (
        "NumericLessThanEquals",
        "NumericLessThanEqualsPath",
        Kind::Number,
        Order::LessOrEqual,
    ),
    (
        "NumericGreaterThanEquals",
        "NumericGreaterThanEqualsPath",
        Kind::Number,
        Order::GreaterOrEqual,
    ),
    (
        "BooleanEquals",
        "BooleanEqualsPath",
        Kind::Truth,
        Order::Equal,
    ),
    (
        "TimestampEquals",
        "TimestampEqualsPath",
        Kind::Time,
        Order::Equal,
    ),
    (
        "TimestampLessThan",
        "TimestampLessThanPath",
        Kind::Time,
        Order::Less,
    ),
    (
        "TimestampGreaterThan",
        "TimestampGreaterThanPath",
        Kind::Time,
        Order::Greater,
    ),
    (
        "TimestampLessThanEquals",
        "TimestampLessThanEqualsPath",
        Kind::Time,
        Order::LessOrEqual,
    ),
    (
        "TimestampGreaterThanEquals",
        "TimestampGreaterThanEqualsPath",
        Kind::Time,
        Order::GreaterOrEqual,
    ),
    ("StringMatches", "", Kind::Text, Order::Equal),
];

const SHAPES: [(&str, Shape); 6] = [
    ("IsPresent", Shape::Present),
    ("IsNull", Shape::Null),
    ("IsString", Shape::Text),
    ("IsNumeric", Shape::Number),
    ("IsBoolean", Shape::Truth),
    ("IsTimestamp", Shape::Time),
];

/// A rule with the state that it leads to.
pub(super) fn top(value: &Value, at: String) -> Result<(Rule, String), DocumentError> {
    let mut fields = Fields::of(value, at)?;
    let next = fields.required_text("Next")?.to_owned();
    Ok((rule(fields)?, next))
}

fn nested(value: &Value, at: String) -> Result<Rule, DocumentError> {
    rule(Fields::of(value, at)?)
}

fn rule(mut fields: Fields<'_>) -> Result<Rule, DocumentError> {
    let mut found = Vec::new();
    for (name, made) in [
        ("And", Rule::And as fn(Vec<Rule>) -> Rule),
        ("Or", Rule::Or),
    ] {
        let parts = fields.list(name)?;
        if !parts.is_empty() {
            let parts = parts.into_iter().map(|(at, value)| nested(value, at));
            found.push(made(parts.collect::<Result<_, _>>()?));
        }
    }
    if let Some(value) = fields.optional("Not") {
        found.push(Rule::Not(Box::new(nested(value, fields.place("Not"))?)));
    }
    if let Some(variable) = fields.text("Variable")? {
        let variable = Path::parse(variable, &fields.place("Variable"))?;
        for test in tests(&mut fields)? {
            found.push(Rule::Test {
                variable: variable.clone(),
                test,
            });
        }
    }
    let at = fields.at.clone();
    fields.end()?;
    match (found.pop(), found.pop()) {
        (Some(rule), None) => Ok(rule),
        _ => Err(DocumentError::malformed(
            &at,
            "has exactly one of `And`, `Or`, `Not`, or a `Variable` with one comparison",
        )),
    }
}

fn tests(fields: &mut Fields<'_>) -> Result<Vec<Test>, DocumentError> {
    let mut tests = Vec::new();
    for (name, path_name, kind, order) in COMPARISONS {
        if let Some(value) = fields.optional(name) {
            let fits = match kind {
                Kind::Text => value.is_string(),
                Kind::Number => value.is_number(),
                Kind::Truth => value.is_boolean(),
                Kind::Time => timestamp(value).is_some(),
            };
            if !fits {
                return Err(fields.wrong(name, "compares with a value of its kind"));
            }
            tests.push(match value {
                Value::String(pattern) if name == "StringMatches" => Test::Matches(pattern.clone()),
                value => Test::Compares(kind, order, Operand::Value(value.clone())),
            });
        }
        if path_name.is_empty() {
            continue;
        }
        if let Some(path) = fields.text(path_name)? {
            let path = Path::parse(path, &fields.place(path_name))?;
            tests.push(Test::Compares(kind, order, Operand::Path(path)));
        }
    }
    for (name, shape) in SHAPES {
        match fields.optional(name) {
            None => {}
            Some(Value::Bool(wanted)) => tests.push(Test::Is(shape, *wanted)),
            Some(_) => return Err(fields.wrong(name, "has to be true or false")),
        }
    }
    Ok(tests)
}

//! The rules of a Choice.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::error::{Fault, names};
use crate::path::Path;

/// A rule or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    And(Vec<Rule>),
    Or(Vec<Rule>),
    Not(Box<Rule>),
    Test { variable: Path, test: Test },
}

/// What is asked of a variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// Whether it compares so with a value of the same kind; a value of another kind does not.
    Compares(Kind, Order, Operand),
    /// Whether a text matches a pattern in which `*` stands for any letters and `\*` for itself.
    Matches(String),
    /// Whether it is of a kind, or is not.
    Is(Shape, bool),
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Truth,
    Time,
}

/// Which comparison holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

/// What a variable is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Value(Value),
    Path(Path),
}

/// What a variable may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Present,
    Null,
    Text,
    Number,
    Truth,
    Time,
}

impl Rule {
    /// Whether it holds.
    ///
    /// # Errors
    /// A path selects nothing, where the rule does not ask just that.
    pub(crate) fn holds(&self, data: &Value, context: &Value) -> Result<bool, Fault> {
        match self {
            Self::And(rules) => {
                for rule in rules {
                    if !rule.holds(data, context)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(rules) => {
                for rule in rules {
                    if rule.holds(data, context)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(rule) => Ok(!rule.holds(data, context)?),
            Self::Test { variable, test } => {
                if let Test::Is(Shape::Present, wanted) = test {
                    return Ok(variable.get(data, context).is_some() == *wanted);
                }
                let value = select(variable, data, context)?;
                Ok(match test {
                    Test::Compares(kind, order, Operand::Value(with)) => {
                        order.holds(*kind, value, with)
                    }
                    Test::Compares(kind, order, Operand::Path(path)) => {
                        order.holds(*kind, value, select(path, data, context)?)
                    }
                    Test::Matches(pattern) => {
                        value.as_str().is_some_and(|text| matches(text, pattern))
                    }
                    Test::Is(shape, wanted) => shape.fits(value) == *wanted,
                })
            }
        }
    }
}

fn select<'a>(path: &Path, data: &'a Value, context: &'a Value) -> Result<&'a Value, Fault> {
    path.get(data, context).ok_or_else(|| {
        let why = format!(
            "invalid path `{}`: the choice state's condition path references an invalid value",
            path.text()
        );
        Fault::of(names::RUNTIME, why)
    })
}

impl Order {
    fn holds(self, kind: Kind, value: &Value, with: &Value) -> bool {
        let ordering = match kind {
            Kind::Text => value
                .as_str()
                .zip(with.as_str())
                .map(|(value, with)| value.cmp(with)),
            Kind::Truth => value
                .as_bool()
                .zip(with.as_bool())
                .map(|(value, with)| value.cmp(&with)),
            Kind::Time => timestamp(value)
                .zip(timestamp(with))
                .map(|(value, with)| value.cmp(&with)),
            Kind::Number => match (value.as_i64(), with.as_i64()) {
                (Some(value), Some(with)) => Some(value.cmp(&with)),
                _ => value
                    .as_f64()
                    .zip(with.as_f64())
                    .and_then(|(value, with)| value.partial_cmp(&with)),
            },
        };
        ordering.is_some_and(|ordering| match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::Greater => ordering.is_gt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::GreaterOrEqual => ordering.is_ge(),
        })
    }
}

impl Shape {
    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Present => true,
            Self::Null => value.is_null(),
            Self::Text => value.is_string(),
            Self::Number => value.is_number(),
            Self::Truth => value.is_boolean(),
            Self::Time => timestamp(value).is_some(),
        }
    }
}

/// A time in RFC 3339, `T` and `Z` in capitals.
pub(crate) fn timestamp(value: &Value) -> Option<OffsetDateTime> {
    let text = value.as_str()?;
    if text.contains(['t', 'z', ' ']) {
        return None;
    }
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// Whether a text matches a pattern: what stands between stars is found from left to right.
fn matches(text: &str, pattern: &str) -> bool {
    let mut parts = vec![String::new()];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => parts.push(String::new()),
            letter => {
                let letter = if letter == '\\' {
                    letters.next()
                } else {
                    Some(letter)
                };
                if let Some(part) = parts.last_mut() {
                    part.extend(letter);
                }
            }
        }
    }
    let [first, middle @ .., last] = parts.as_slice() else {
        return parts.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text
        .strip_prefix(first.as_str())
        .and_then(|rest| rest.strip_suffix(last.as_str()))
    else {
        return false;
    };
    middle
        .iter()
        .all(|part| match rest.split_once(part.as_str()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, text, expected) in [
            ("log-*.txt", "log-1.txt", true),
            ("log-*.txt", "log-.txt", true),
            ("log-*.txt", "log-1.txt2", false),
            ("*", "", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("a*a", "a", false),
            ("*b*d*", "abcd", true),
            ("*d*b*", "abcd", false),
            (r"a\*b", "a*b", true),
            (r"a\*b", "axb", false),
            (r"a\\*", r"a\x", true),
        ] {
            assert_eq!(matches(text, pattern), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn times_are_compared_as_times() {
        let time = |text: &str| Value::from(text);
        assert!(Order::Equal.holds(
            Kind::Time,
            &time("2026-01-01T01:00:00+01:00"),
            &time("2026-01-01T00:00:00.000Z")
        ));
        assert!(!Order::Equal.holds(Kind::Time, &time("2026-01-01"), &time("2026-01-01")));
        assert!(timestamp(&time("2026-01-01t00:00:00z")).is_none());
    }
}

//! Intrinsic functions: `States.Format('Order {}', $.id)`. Calls may be nested.
//! Source: Amazon States Language specification, appendix B; AWS Step Functions developer guide, "Intrinsic functions".

mod functions;

use serde_json::Value;

use crate::error::{DocumentError, Fault, names};
use crate::path::Path;
use crate::template::Scope;
use functions::Function;

/// The deepest nesting of calls: the service's.
const DEEPEST: usize = 10;

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    Value(Value),
    Path(Path),
    Call(Call),
}

impl Call {
    pub(crate) fn parse(text: &str, at: &str) -> Result<Self, DocumentError> {
        let mut reader = Reader {
            text,
            rest: text,
            at,
        };
        let call = reader.call(0)?;
        if reader.rest.trim().is_empty() {
            Ok(call)
        } else {
            Err(reader.malformed())
        }
    }

    pub(crate) fn evaluate(&self, scope: &mut Scope<'_>) -> Result<Value, Fault> {
        let mut values = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            values.push(match argument {
                Argument::Value(value) => value.clone(),
                Argument::Path(path) => {
                    path.get(scope.data, scope.context)
                        .cloned()
                        .ok_or_else(|| {
                            self.failed(&format!("the path `{}` selects nothing", path.text()))
                        })?
                }
                Argument::Call(call) => call.evaluate(scope)?,
            });
        }
        self.function
            .apply(values, scope.random)
            .map_err(|why| self.failed(&why))
    }

    fn failed(&self, why: &str) -> Fault {
        let name = self.function.name();
        Fault::of(names::INTRINSIC_FAILURE, format!("{name}: {why}"))
    }
}

/// Reads a call from the left.
struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    at: &'a str,
}

impl<'a> Reader<'a> {
    fn malformed(&self) -> DocumentError {
        let why = format!("`{}` is neither a path nor a call of a function", self.text);
        DocumentError::malformed(self.at, why)
    }

    fn eat(&mut self, letter: char) -> bool {
        self.rest = self.rest.trim_start();
        let eaten = self.rest.strip_prefix(letter);
        self.rest = eaten.unwrap_or(self.rest);
        eaten.is_some()
    }

    /// What stands before the first letter that does not fit.
    fn word(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|letter| !fits(letter));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn call(&mut self, depth: usize) -> Result<Call, DocumentError> {
        let name = self.word(|letter| letter.is_ascii_alphanumeric() || letter == '.');
        if !name.starts_with("States.") || !self.eat('(') {
            return Err(self.malformed());
        }
        let unsupported =
            |construct: &str| DocumentError::unsupported(self.at, construct.to_owned());
        let function =
            Function::named(name).ok_or_else(|| unsupported(&format!("the function {name}")))?;
        if depth == DEEPEST {
            let why = format!("calls are nested more than {DEEPEST} deep");
            return Err(DocumentError::malformed(self.at, why));
        }
        let mut arguments = Vec::new();
        if !self.eat(')') {
            loop {
                arguments.push(self.argument(depth)?);
                if self.eat(')') {
                    break;
                }
                if !self.eat(',') {
                    return Err(self.malformed());
                }
            }
        }
        if !function.takes(arguments.len()) {
            let why = format!("{name} does not take {} arguments", arguments.len());
            return Err(DocumentError::malformed(self.at, why));
        }
        let hash = match arguments.get(1) {
            Some(Argument::Value(Value::String(algorithm))) if function == Function::Hash => {
                Some(algorithm)
            }
            _ => None,
        };
        if let Some(algorithm) =
            hash.filter(|algorithm| !functions::HASHES.contains(&algorithm.as_str()))
        {
            let construct = format!("the hash {algorithm} of {name}");
            return Err(DocumentError::unsupported(self.at, construct));
        }
        Ok(Call {
            function,
            arguments,
        })
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, DocumentError> {
        if self.eat('\'') {
            return self.quoted().map(|text| Argument::Value(text.into()));
        }
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('$') {
            return Path::parse(self.path(), self.at).map(Argument::Path);
        }
        if self.rest.starts_with("States.") {
            return self.call(depth + 1).map(Argument::Call);
        }
        let word = self.word(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
        match serde_json::from_str(word) {
            Ok(value) => Ok(Argument::Value(value)),
            Err(_) => Err(self.malformed()),
        }
    }

    /// A path ends where its argument ends; commas and parentheses in brackets are its own.
    fn path(&mut self) -> &'a str {
        let mut brackets = 0_u32;
        let end = self.rest.find(|letter| {
            match letter {
                '[' => brackets += 1,
                ']' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            brackets == 0 && matches!(letter, ',' | ')' | ' ')
        });
        let (path, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        path
    }

    /// Up to the closing quote. `\'` is a quote, `\\` a backslash; `\{` and `\}` are left for States.Format.
    fn quoted(&mut self) -> Result<String, DocumentError> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\'' => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(text);
                }
                '\\' => match letters.next() {
                    Some((_, escaped @ ('\'' | '\\'))) => text.push(escaped),
                    Some((_, brace @ ('{' | '}'))) => text.extend(['\\', brace]),
                    _ => return Err(self.malformed()),
                },
                letter => text.push(letter),
            }
        }
        Err(self.malformed())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluate(text: &str, data: &Value) -> Result<Value, Fault> {
        let mut counter = 0_u8;
        let mut random = |bytes: &mut [u8]| {
            bytes.fill_with(|| {
                counter = counter.wrapping_add(1);
                counter
            });
        };
        let call = Call::parse(text, "").unwrap_or_else(|error| panic!("{text}: {error}"));
        call.evaluate(&mut Scope {
            data,
            context: &Value::Null,
            random: &mut random,
        })
    }

    #[test]
    fn each_function_does_what_it_is_for() {
        let data = json!({"n": 3, "s": "a b", "list": [1, 2, 2, 3, 1], "o": {"x": 1}, "j": "{\"y\": [1]}"});
        for (call, result) in [
            ("States.Format('{} is {}', $.s, $.n)", json!("a b is 3")),
            (
                r"States.Format('it\'s \{{}\} \\', null)",
                json!(r"it's {null} \"),
            ),
            ("States.StringToJson($.j)", json!({"y": [1]})),
            ("States.JsonToString($.o)", json!(r#"{"x":1}"#)),
            (
                "States.Array($.n, 'x', true, States.Array())",
                json!([3, "x", true, []]),
            ),
            (
                "States.ArrayPartition($.list, 2)",
                json!([[1, 2], [2, 3], [1]]),
            ),
            ("States.ArrayContains($.list, $.n)", json!(true)),
            ("States.ArrayContains($.list, '3')", json!(false)),
            ("States.ArrayRange(1, 9, 3)", json!([1, 4, 7])),
            ("States.ArrayRange(3, 1, -1)", json!([3, 2, 1])),
            ("States.ArrayGetItem($.list, 3)", json!(3)),
            ("States.ArrayLength($.list)", json!(5)),
            ("States.ArrayUnique($.list)", json!([1, 2, 3])),
            ("States.Base64Encode($.s)", json!("YSBi")),
            ("States.Base64Decode('YSBi')", json!("a b")),
            (
                "States.Hash('', 'SHA-256')",
                json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ),
            (
                "States.JsonMerge($.o, States.StringToJson($.j), false)",
                json!({"x": 1, "y": [1]}),
            ),
            ("States.MathAdd($.n, -1)", json!(2)),
            ("States.StringSplit('a.b,c', '.,')", json!(["a", "b", "c"])),
        ] {
            assert_eq!(evaluate(call, &data), Ok(result), "{call}");
        }
    }

    #[test]
    fn randomness_is_what_was_handed_in() {
        assert_eq!(
            evaluate("States.UUID()", &Value::Null),
            Ok(json!("01020304-0506-4708-890a-0b0c0d0e0f10"))
        );
        for _ in 0..100 {
            let drawn = evaluate("States.MathRandom(5, 7)", &Value::Null).unwrap();
            assert!(drawn == json!(5) || drawn == json!(6), "{drawn}");
        }
    }

    #[test]
    fn what_a_function_cannot_do_is_an_intrinsic_failure() {
        let data = json!({"list": [1]});
        for call in [
            "States.Format('{}')",
            "States.Format('{}', 1, 2)",
            "States.StringToJson('{')",
            "States.ArrayGetItem($.list, 1)",
            "States.ArrayPartition($.list, 0)",
            "States.ArrayRange(1, 2, 0)",
            "States.ArrayRange(1, 100000, 1)",
            "States.ArrayLength('x')",
            "States.Base64Decode('?')",
            "States.JsonMerge($.list, $.list, false)",
            "States.JsonMerge($, $, true)",
            "States.MathAdd('1', 2)",
            "States.MathAdd(2147483647, 1)",
            "States.MathRandom(2, 2)",
            "States.Format($.none, 1)",
        ] {
            let fault = evaluate(call, &data).unwrap_err();
            assert_eq!(
                fault.error.as_deref(),
                Some(names::INTRINSIC_FAILURE),
                "{call}"
            );
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_name() {
        for (call, named) in [
            ("States.Sum(1)", "States.Sum"),
            ("States.Hash('x', 'MD5')", "MD5"),
            ("States.Format('{}', $.a[*])", "$.a[*]"),
        ] {
            let refused = Call::parse(call, "/at").unwrap_err().to_string();
            assert!(
                refused.contains(named) && refused.ends_with("is not supported"),
                "{refused}"
            );
        }
        for call in [
            "",
            "Format('x')",
            "States.UUID",
            "States.UUID(1)",
            "States.Format('x)",
            "States.Array(1,)",
            "States.UUID() x",
            "States.Array(x)",
        ] {
            assert!(Call::parse(call, "").is_err(), "{call}");
        }
        let deep = "States.Array(".repeat(12) + &")".repeat(12);
        assert!(Call::parse(&deep, "").is_err());
    }
}

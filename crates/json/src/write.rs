//! Values into text.

use std::fmt;

use crate::value::Value;

/// The shortest text of it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Value {
    /// The shortest text of it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        write(self, &mut text);
        text
    }
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => text.push_str(&number.0),
        Value::String(string) => quote(string, text),
        Value::Array(values) => {
            let mut before = "[";
            for value in values {
                text.push_str(before);
                write(value, text);
                before = ",";
            }
            text.push_str(if values.is_empty() { "[]" } else { "]" });
        }
        Value::Object(object) => {
            let mut before = "{";
            for (name, value) in object.fields() {
                text.push_str(before);
                quote(name, text);
                text.push(':');
                write(value, text);
                before = ",";
            }
            text.push_str(if object.is_empty() { "{}" } else { "}" });
        }
    }
}

/// Escaped is what has to be (RFC 8259, section 7).
fn quote(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        let short = match character {
            '"' | '\\' => character,
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\0'..' ' => {
                text.push_str("\\u00");
                let digit = |digit| char::from_digit(digit, 16).unwrap_or('0');
                text.push(digit(character as u32 / 16));
                text.push(digit(character as u32 % 16));
                continue;
            }
            _ => {
                text.push(character);
                continue;
            }
        };
        text.push('\\');
        text.push(short);
    }
    text.push('"');
}

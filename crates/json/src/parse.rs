//! Text into values.

use std::fmt;

use crate::value::{Number, Object, Value};

/// Lists and objects in each other: what nobody writes by hand, and a stack still bears.
const DEEPEST: u8 = 127;

/// A text that is not JSON, from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The byte in that line, from 1.
    pub column: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column } = self;
        write!(f, "not JSON at line {line} column {column}")
    }
}

impl std::error::Error for Malformed {}

/// Reads a text in UTF-8 that is one value.
///
/// # Errors
/// Where it stops being that.
pub fn parse(text: &[u8]) -> Result<Value, Malformed> {
    let mut parser = Parser { text, at: 0 };
    parser.whole().ok_or_else(|| {
        let before = &text[..parser.at.min(text.len())];
        let lines = before.iter().filter(|byte| **byte == b'\n').count();
        let line = before.rsplit(|byte| *byte == b'\n').next();
        Malformed {
            line: lines + 1,
            column: line.unwrap_or_default().len() + 1,
        }
    })
}

/// Nothing where the text goes wrong, which is then where it stands.
struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn whole(&mut self) -> Option<Value> {
        let value = self.value(DEEPEST)?;
        self.space();
        (self.at == self.text.len()).then_some(value)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Goes on if this comes next.
    fn took(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.took(byte).then_some(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: u8) -> Option<Value> {
        self.space();
        Some(match self.peek()? {
            b'n' => self.word("null", Value::Null)?,
            b't' => self.word("true", Value::Bool(true))?,
            b'f' => self.word("false", Value::Bool(false))?,
            b'"' => Value::String(self.string()?),
            b'[' => {
                let mut values = Vec::new();
                self.list(depth, b']', |parser, depth| {
                    values.push(parser.value(depth)?);
                    Some(())
                })?;
                Value::Array(values)
            }
            b'{' => {
                let mut fields = Object::default();
                self.list(depth, b'}', |parser, depth| {
                    parser.space();
                    let name = parser.string()?;
                    parser.space();
                    parser.take(b':')?;
                    fields.push(name, parser.value(depth)?);
                    Some(())
                })?;
                Value::Object(fields)
            }
            _ => Value::Number(self.number()?),
        })
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        for byte in word.bytes() {
            self.take(byte)?;
        }
        Some(value)
    }

    /// What stands between a bracket and its end, separated by commas.
    fn list(
        &mut self,
        depth: u8,
        end: u8,
        mut one: impl FnMut(&mut Self, u8) -> Option<()>,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.at += 1;
        self.space();
        if self.took(end) {
            return Some(());
        }
        loop {
            one(self, depth)?;
            self.space();
            if self.took(end) {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = String::new();
        loop {
            let from = self.at;
            while !matches!(self.peek()?, b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            let plain = std::str::from_utf8(&self.text[from..self.at]);
            // At its start, if it is not UTF-8.
            self.at = if plain.is_ok() { self.at } else { from };
            text.push_str(plain.ok()?);
            if self.took(b'"') {
                return Some(text);
            }
            self.take(b'\\')?;
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let escaped = match self.peek()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return None,
        };
        self.at += 1;
        Some(escaped)
    }

    /// A character by its number in UTF-16, where some are two.
    fn unicode(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !matches!(first, 0xd800..0xdc00) {
            return char::from_u32(first);
        }
        self.take(b'\\')?;
        self.take(b'u')?;
        let low = self.unit()?.checked_sub(0xdc00)?;
        let high = first - 0xd800;
        (low < 0x400).then(|| char::from_u32(0x1_0000 + (high << 10) + low))?
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.peek()?).to_digit(16)?;
            self.at += 1;
        }
        Some(unit)
    }

    fn number(&mut self) -> Option<Number> {
        let from = self.at;
        self.took(b'-');
        // Nothing follows a zero that leads.
        if !self.took(b'0') {
            self.digits()?;
        }
        if self.took(b'.') {
            self.digits()?;
        }
        if self.took(b'e') || self.took(b'E') {
            let _ = self.took(b'+') || self.took(b'-');
            self.digits()?;
        }
        let text = std::str::from_utf8(&self.text[from..self.at]).ok()?;
        Some(Number(text.to_owned()))
    }

    /// At least one.
    fn digits(&mut self) -> Option<()> {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > from).then_some(())
    }
}

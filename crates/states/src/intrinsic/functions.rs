//! What each intrinsic function does. Limits are the service's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The hashes that are known.
pub(super) const HASHES: [&str; 3] = ["SHA-256", "SHA-384", "SHA-512"];
/// The most elements of a range.
const LONGEST_RANGE: i64 = 1000;
/// The most letters that are encoded, decoded or hashed.
const LONGEST_TEXT: usize = 10_000;

macro_rules! functions {
    ($($function:ident takes $arguments:pat),* $(,)?) => {
        /// A function, by its name after `States.`.
        #[expect(clippy::upper_case_acronyms, reason = "the names are the language's")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($function),* }

        impl Function {
            /// The function of this full name.
            pub(super) fn named(name: &str) -> Option<Self> {
                $(if name == concat!("States.", stringify!($function)) {
                    return Some(Self::$function);
                })*
                None
            }

            /// Its full name.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$function => concat!("States.", stringify!($function))),* }
            }

            /// Whether it can be called with so many arguments.
            pub(super) fn takes(self, arguments: usize) -> bool {
                match self { $(Self::$function => matches!(arguments, $arguments)),* }
            }
        }
    };
}

functions! {
    Format takes 1..,
    StringToJson takes 1,
    JsonToString takes 1,
    Array takes _,
    ArrayPartition takes 2,
    ArrayContains takes 2,
    ArrayRange takes 3,
    ArrayGetItem takes 2,
    ArrayLength takes 1,
    ArrayUnique takes 1,
    Base64Encode takes 1,
    Base64Decode takes 1,
    Hash takes 2,
    JsonMerge takes 3,
    // A third argument would be a seed, for a generator that nobody describes.
    MathRandom takes 2,
    MathAdd takes 2,
    StringSplit takes 2,
    UUID takes 0,
}

impl Function {
    /// Its value. `arguments` are as many as it takes.
    ///
    /// # Errors
    /// In words, where an argument is not what it takes.
    pub(super) fn apply(
        self,
        arguments: Vec<Value>,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Value, String> {
        match (self, arguments.as_slice()) {
            (Self::Format, [template, values @ ..]) => {
                format(text(template)?, values).map(Value::from)
            }
            (Self::StringToJson, [value]) => {
                serde_json::from_str(text(value)?).map_err(|error| error.to_string())
            }
            (Self::JsonToString, [value]) => Ok(value.to_string().into()),
            (Self::Array, _) => Ok(arguments.into()),
            (Self::ArrayPartition, [value, size]) => {
                let size = usize::try_from(integer(size)?).unwrap_or(0);
                if size == 0 {
                    return Err("a part has at least one element".to_owned());
                }
                Ok(array(value)?.chunks(size).map(Value::from).collect())
            }
            (Self::ArrayContains, [value, wanted]) => Ok(array(value)?.contains(wanted).into()),
            (Self::ArrayRange, [first, last, step]) => {
                range(integer(first)?, integer(last)?, integer(step)?)
            }
            (Self::ArrayGetItem, [value, index]) => {
                let index = integer(index)?;
                let item = usize::try_from(index)
                    .ok()
                    .and_then(|index| Some(array(value).ok()?.get(index)?.clone()));
                item.ok_or_else(|| format!("there is no element {index}"))
            }
            (Self::ArrayLength, [value]) => Ok(array(value)?.len().into()),
            (Self::ArrayUnique, [value]) => {
                let mut unique = Vec::new();
                for element in array(value)? {
                    if !unique.contains(element) {
                        unique.push(element.clone());
                    }
                }
                Ok(unique.into())
            }
            (Self::Base64Encode, [value]) => Ok(STANDARD.encode(short(value)?).into()),
            (Self::Base64Decode, [value]) => {
                let bytes = STANDARD
                    .decode(short(value)?)
                    .map_err(|error| error.to_string())?;
                String::from_utf8(bytes)
                    .map(Value::from)
                    .map_err(|_| "what it decodes to is no text".to_owned())
            }
            (Self::Hash, [value, algorithm]) => hash(short(value)?, text(algorithm)?),
            (
                Self::JsonMerge,
                [
                    Value::Object(first),
                    Value::Object(second),
                    Value::Bool(false),
                ],
            ) => {
                let mut merged = first.clone();
                merged.extend(second.clone());
                Ok(merged.into())
            }
            (Self::JsonMerge, _) => {
                Err("takes two objects and false: it merges no deeper".to_owned())
            }
            (Self::MathRandom, [start, end]) => between(integer(start)?, integer(end)?, random),
            (Self::MathAdd, [first, second]) => {
                let sum = i32::try_from(integer(first)? + integer(second)?);
                sum.map(Value::from)
                    .map_err(|_| "the sum has more than 32 bits".to_owned())
            }
            (Self::StringSplit, [value, delimiters]) => {
                let delimiters = text(delimiters)?;
                let parts = text(value)?.split(|letter| delimiters.contains(letter));
                Ok(parts
                    .filter(|part| !part.is_empty())
                    .map(Value::from)
                    .collect())
            }
            (Self::UUID, _) => Ok(uuid(random).into()),
            _ => Err("does not take these arguments".to_owned()),
        }
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{value} is no text"))
}

fn short(value: &Value) -> Result<&str, String> {
    let text = text(value)?;
    if text.chars().count() > LONGEST_TEXT {
        return Err(format!("the text has more than {LONGEST_TEXT} letters"));
    }
    Ok(text)
}

fn array(value: &Value) -> Result<&[Value], String> {
    value
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| format!("{value} is no array"))
}

/// Of 32 bits, as the service has it; a fraction is rounded.
fn integer(value: &Value) -> Result<i64, String> {
    let number = value
        .as_f64()
        .ok_or_else(|| format!("{value} is no number"))?
        .round();
    if number.abs() > f64::from(i32::MAX) + 1.0 {
        return Err(format!("{value} has more than 32 bits"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and of 32 bits")]
    Ok(number as i64)
}

/// Each `{}` takes the next value; `\{` and `\}` are braces.
fn format(template: &str, values: &[Value]) -> Result<String, String> {
    let mut formatted = String::new();
    let mut values = values.iter();
    let mut letters = template.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\\', Some('{' | '}')) => formatted.extend(letters.next()),
            ('{', Some('}')) => {
                letters.next();
                match values.next().ok_or("there are more {} than values")? {
                    Value::String(text) => formatted.push_str(text),
                    Value::Array(_) | Value::Object(_) => {
                        return Err(
                            "arrays and objects have no form: use States.JsonToString".to_owned()
                        );
                    }
                    value => formatted.push_str(&value.to_string()),
                }
            }
            _ => formatted.push(letter),
        }
    }
    match values.next() {
        None => Ok(formatted),
        Some(_) => Err("there are more values than {}".to_owned()),
    }
}

fn range(first: i64, last: i64, step: i64) -> Result<Value, String> {
    if step == 0 {
        return Err("a range has a step other than 0".to_owned());
    }
    let count = ((last - first) / step + 1).max(0);
    if (last - first).signum() * step.signum() < 0 {
        return Ok(json!([]));
    }
    if count > LONGEST_RANGE {
        return Err(format!("a range has at most {LONGEST_RANGE} elements"));
    }
    Ok((0..count)
        .map(|index| Value::from(first + index * step))
        .collect())
}

fn hash(text: &str, algorithm: &str) -> Result<Value, String> {
    let digest = match algorithm {
        "SHA-256" => hex::encode(Sha256::digest(text)),
        "SHA-384" => hex::encode(Sha384::digest(text)),
        "SHA-512" => hex::encode(Sha512::digest(text)),
        other => return Err(format!("{other} is none of {}", HASHES.join(", "))),
    };
    Ok(digest.into())
}

/// From `start` on, below `end`.
fn between(start: i64, end: i64, random: &mut dyn FnMut(&mut [u8])) -> Result<Value, String> {
    let span = u64::try_from(end - start).unwrap_or(0);
    if span == 0 {
        return Err("the end has to be above the start".to_owned());
    }
    let mut bytes = [0; 8];
    random(&mut bytes);
    // Spans have at most 33 bits, so that the remainder of 64 leans towards no value that anybody could notice.
    let offset = u64::from_le_bytes(bytes) % span;
    Ok((start + i64::try_from(offset).unwrap_or(0)).into())
}

/// Version 4, variant 1.
fn uuid(random: &mut dyn FnMut(&mut [u8])) -> String {
    let mut bytes = [0; 16];
    random(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

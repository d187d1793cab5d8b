//! What there is in JSON.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// Whether or not.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Fields.
    Object(Object),
}

/// A number, as it is written. Two that are written in different ways are different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(pub(crate) String);

/// Fields in their order. Of several with one name the last one counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Object(Vec<(String, Value)>);

impl Value {
    /// The field of this name, if this is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// The same, taken out; null if there is none.
    pub fn take(&mut self, name: &str) -> Self {
        match self {
            Self::Object(object) => object.find_mut(name).map(std::mem::take),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Whether or not, if it is that.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(is) => Some(*is),
            _ => None,
        }
    }

    /// The number, if it is a whole one (written without point and exponent) in this range.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.as_number()?.whole()? {
            (true, digits) => 0_i64.checked_sub_unsigned(digits),
            (false, digits) => i64::try_from(digits).ok(),
        }
    }

    /// The number, if it is a whole one (written without point and exponent) in this range.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let (is_negative, digits) = self.as_number()?.whole()?;
        (!is_negative).then_some(digits)
    }

    /// The number, if it is one; see [`Number::as_f64`].
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.as_number()?.as_f64()
    }

    /// The number, if it is one.
    #[must_use]
    pub const fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) => Some(values),
            _ => None,
        }
    }

    /// The fields, if it is an object.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl Number {
    /// Whether it is written without point and exponent, of whatever size.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.parts().is_whole
    }

    /// The number, unless it is too large for one: exactly, up to fifteen digits and 22 places, and with fourteen right
    /// digits beyond. The standard library's parser is always exact, and weighs twice as much as all of this package.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        let mut parts = self.parts();
        let mut number = parts.digits as f64;
        // In steps of which each power is exact.
        while parts.scale != 0 && number != 0.0 && number.is_finite() {
            let step = parts.scale.clamp(-22, 22);
            let power = (0..step.abs()).fold(1.0, |power, _| power * 10.0);
            number = if step < 0 {
                number / power
            } else {
                number * power
            };
            parts.scale -= step;
        }
        let number = if parts.is_negative { -number } else { number };
        number.is_finite().then_some(number)
    }

    /// What is written without point and exponent, as far as it fits: its sign and the rest.
    fn whole(&self) -> Option<(bool, u64)> {
        let parts = self.parts();
        (parts.is_whole && parts.scale == 0).then_some((parts.is_negative, parts.digits))
    }

    fn parts(&self) -> Parts {
        let mut parts = Parts {
            is_negative: self.0.starts_with('-'),
            digits: 0,
            scale: 0,
            is_whole: true,
        };
        let (mut places, mut exponent, mut sign) = (0, None::<i32>, 1);
        for byte in self.0.bytes() {
            match (byte, &mut exponent) {
                (b'0'..=b'9', None) => {
                    let digit = u64::from(byte - b'0');
                    let next = parts.digits.checked_mul(10);
                    match next.and_then(|next| next.checked_add(digit)) {
                        Some(next) => {
                            parts.digits = next;
                            parts.scale -= places;
                        }
                        // Beyond what is exact anyway.
                        None => parts.scale += 1 - places,
                    }
                }
                // Whatever has so many is beyond every number, or next to nothing.
                (b'0'..=b'9', Some(exponent)) => {
                    *exponent = (*exponent * 10 + i32::from(byte - b'0')).min(9_999);
                }
                (b'.', _) => {
                    parts.is_whole = false;
                    places = 1;
                }
                (b'e' | b'E', _) => {
                    parts.is_whole = false;
                    exponent = Some(0);
                }
                (b'-', Some(_)) => sign = -1,
                _ => {}
            }
        }
        parts.scale += sign * exponent.unwrap_or(0);
        parts
    }
}

/// `digits` times ten to the power of `scale`.
struct Parts {
    is_negative: bool,
    digits: u64,
    scale: i32,
    is_whole: bool,
}

impl Object {
    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut fields = self.0.iter().rev();
        fields.find(|(is, _)| is == name).map(|(_, value)| value)
    }

    fn find_mut(&mut self, name: &str) -> Option<&mut Value> {
        let mut fields = self.0.iter_mut().rev();
        fields.find(|(is, _)| is == name).map(|(_, value)| value)
    }

    /// Adds a field. Null is set too: it is not the same as leaving it out.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.push(name.to_owned(), value.into());
    }

    /// Adds a field if there is something to set it to.
    pub fn set_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.push(name.to_owned(), value.into());
        }
    }

    pub(crate) fn push(&mut self, name: String, value: Value) {
        self.0.push((name, value));
    }

    /// Names and values, in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Bool(is)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Number(number.to_string()))
    }
}

/// What is no number is null.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(Number(number.to_string()))
        } else {
            Self::Null
        }
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(values: Vec<T>) -> Self {
        Self::Array(values.into_iter().map(T::into).collect())
    }
}

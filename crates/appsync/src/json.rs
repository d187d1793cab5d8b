//! JSON into the generated types, and variables into JSON.
//!
//! The types have serde's derives as well, which say the same (tests compare them), but a page does not use those: they
//! are generated anew for each type and weigh two kilobytes of wasm each, where these weigh a call a field. What makes
//! the difference is that reading does not stop at a mismatch: the first one is noted, the type is made of whatever is
//! there, and the one who asked gets the mismatch instead.

use std::fmt;

use serde_json::Map;
pub use serde_json::Value;

/// What an answer has that the schema does not say, or lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The field, as far as it is known.
    field: String,
    problem: &'static str,
}

impl Mismatch {
    pub(crate) fn of(field: &str, problem: &'static str) -> Self {
        Self {
            field: field.to_owned(),
            problem,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            f.write_str(&self.field)?;
            f.write_str(" ")?;
        }
        f.write_str(self.problem)
    }
}

impl std::error::Error for Mismatch {}

/// What can be read from an answer.
pub trait FromJson: Sized {
    /// Reads a value. If it is something else, that is noted and anything of the type returned.
    fn from_json(value: &Value, reading: &mut Reading) -> Self;
}

/// What can be a variable, or a part of one.
pub trait IntoJson {
    /// The JSON of it.
    fn into_json(self) -> Value;
}

/// Reads a type.
///
/// # Errors
/// The first [`Mismatch`].
pub fn read<T: FromJson>(value: &Value) -> Result<T, Mismatch> {
    let mut reading = Reading::default();
    let read = T::from_json(value, &mut reading);
    match reading.mismatch {
        None => Ok(read),
        Some(mismatch) => Err(mismatch),
    }
}

/// What stands for a field that is not there; known by its address.
static ABSENT: Value = Value::Null;

const TYPE: &str = "is of another type";
const RANGE: &str = "is out of range";
const MISSING: &str = "is missing";

/// How far reading has come.
#[derive(Debug, Default)]
pub struct Reading {
    path: Vec<&'static str>,
    mismatch: Option<Mismatch>,
}

impl Reading {
    /// Reads a field of an object. Where it is missing there is nothing to be had but an option.
    pub fn field<T: FromJson>(&mut self, of: &Value, name: &'static str) -> T {
        let value = self.enter(of, name);
        let field = T::from_json(value, self);
        self.path.pop();
        field
    }

    /// Reads what the fields of an object have, whatever their names.
    pub fn fields<T: FromJson>(&mut self, of: &Value) -> Vec<T> {
        let mut list = Vec::new();
        match of {
            Value::Object(fields) => {
                for value in fields.values() {
                    list.push(T::from_json(value, self));
                }
            }
            other => self.wrong(other, TYPE),
        }
        list
    }

    fn enter<'a>(&mut self, of: &'a Value, name: &'static str) -> &'a Value {
        let value = match of {
            Value::Object(fields) => fields.get(name),
            other => {
                self.wrong(other, TYPE);
                None
            }
        };
        self.path.push(name);
        value.unwrap_or(&ABSENT)
    }

    /// Notes that here is something else. The first mismatch is the one that is told.
    fn wrong(&mut self, value: &Value, problem: &'static str) {
        if self.mismatch.is_none() {
            let is_absent = std::ptr::eq(value, &raw const ABSENT);
            let problem = if is_absent { MISSING } else { problem };
            self.mismatch = Some(Mismatch::of(&self.path.join("."), problem));
        }
    }
}

impl FromJson for Value {
    fn from_json(value: &Value, _: &mut Reading) -> Self {
        value.clone()
    }
}

impl FromJson for String {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let text = value.as_str();
        if text.is_none() {
            reading.wrong(value, TYPE);
        }
        text.unwrap_or_default().to_owned()
    }
}

impl FromJson for bool {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let is = value.as_bool();
        if is.is_none() {
            reading.wrong(value, TYPE);
        }
        is.unwrap_or_default()
    }
}

impl FromJson for i64 {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let number = value.as_i64();
        if number.is_none() {
            reading.wrong(value, if value.is_u64() { RANGE } else { TYPE });
        }
        number.unwrap_or_default()
    }
}

impl FromJson for f64 {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let number = value.as_f64();
        if number.is_none() {
            reading.wrong(value, TYPE);
        }
        number.unwrap_or_default()
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        (!value.is_null()).then(|| T::from_json(value, reading))
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value, reading: &mut Reading) -> Self {
        let Value::Array(values) = value else {
            reading.wrong(value, TYPE);
            return Self::new();
        };
        let mut list = Self::with_capacity(values.len());
        for value in values {
            list.push(T::from_json(value, reading));
        }
        list
    }
}

/// An object that is being put together.
#[derive(Debug, Default)]
pub struct Object(Map<String, Value>);

impl Object {
    /// Sets a field, to null too, which is not the same as leaving it out.
    pub fn set(&mut self, name: &'static str, value: impl IntoJson) {
        self.insert(name, value.into_json());
    }

    /// Sets a field if there is something to set it to.
    pub fn set_some(&mut self, name: &'static str, value: Option<impl IntoJson>) {
        if let Some(value) = value {
            self.insert(name, value.into_json());
        }
    }

    fn insert(&mut self, name: &'static str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl IntoJson for Object {
    fn into_json(self) -> Value {
        Value::Object(self.0)
    }
}

/// Nothing: no variables.
impl IntoJson for () {
    fn into_json(self) -> Value {
        Value::Null
    }
}

macro_rules! into_json {
    ($($scalar:ty)*) => {
        $(impl IntoJson for $scalar {
            fn into_json(self) -> Value {
                self.into()
            }
        })*
    };
}

into_json!(Value String bool i64 f64);

impl<T: IntoJson> IntoJson for Option<T> {
    fn into_json(self) -> Value {
        self.map_or(Value::Null, T::into_json)
    }
}

impl<T: IntoJson> IntoJson for Vec<T> {
    fn into_json(self) -> Value {
        Value::Array(self.into_iter().map(T::into_json).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// As the build writes them.
    #[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Order {
        order_id: String,
        total: f64,
        revision: i64,
        small: Option<i64>,
        done: Option<bool>,
        items: Vec<Option<Item>>,
        anything: Option<Value>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize, serde::Serialize)]
    struct Item {
        quantity: i64,
    }

    impl FromJson for Order {
        fn from_json(value: &Value, reading: &mut Reading) -> Self {
            Self {
                order_id: reading.field(value, "orderId"),
                total: reading.field(value, "total"),
                revision: reading.field(value, "revision"),
                small: reading.field(value, "small"),
                done: reading.field(value, "done"),
                items: reading.field(value, "items"),
                anything: reading.field(value, "anything"),
            }
        }
    }

    impl FromJson for Item {
        fn from_json(value: &Value, reading: &mut Reading) -> Self {
            Self {
                quantity: reading.field(value, "quantity"),
            }
        }
    }

    impl IntoJson for Order {
        fn into_json(self) -> Value {
            let mut object = Object::default();
            object.set("orderId", self.order_id);
            object.set("total", self.total);
            object.set("revision", self.revision);
            object.set("small", self.small);
            object.set("done", self.done);
            object.set("items", self.items);
            object.set("anything", self.anything);
            object.into_json()
        }
    }

    impl IntoJson for Item {
        fn into_json(self) -> Value {
            let mut object = Object::default();
            object.set("quantity", self.quantity);
            object.into_json()
        }
    }

    fn order(change: impl FnOnce(&mut Value)) -> Value {
        let mut order = json!({
            "orderId": "2abc", "total": 7, "revision": 3, "small": null, "unknown": {"a": [1]},
            "items": [{"quantity": 2}, null], "anything": {"b": [true, 1.5, "x"]}
        });
        change(&mut order);
        order
    }

    #[test]
    fn a_whole_answer_is_read() {
        let order: Order = read(&order(|_| {})).unwrap();
        assert_eq!(order.items, [Some(Item { quantity: 2 }), None]);
        assert_eq!(order.anything, Some(json!({"b": [true, 1.5, "x"]})));
    }

    #[test]
    fn a_mismatch_names_the_field() {
        let told = |change: fn(&mut Value)| read::<Order>(&order(change)).unwrap_err().to_string();
        let whole = json!([]);
        for (change, words) in [
            (
                (|it| it["total"] = json!("7")) as fn(&mut Value),
                "total is of another type",
            ),
            (|it| it["total"] = json!(null), "total is of another type"),
            (|it| it["small"] = json!(u64::MAX), "small is out of range"),
            (
                |it| it["revision"] = json!(3.0),
                "revision is of another type",
            ),
            (
                |it| it["items"] = json!([{"quantity": 1}, {}]),
                "items.quantity is missing",
            ),
            (
                |it| it["items"] = json!([{"quantity": 1}, 7]),
                "items is of another type",
            ),
            (
                |it| drop(it.as_object_mut().unwrap().remove("orderId")),
                "orderId is missing",
            ),
            (
                |it| drop(it.as_object_mut().unwrap().remove("items")),
                "items is missing",
            ),
        ] {
            assert_eq!(told(change), words);
        }
        let told = read::<Order>(&whole).unwrap_err().to_string();
        assert_eq!(told, "is of another type");
    }

    #[test]
    fn the_first_mismatch_is_told() {
        let error = read::<Order>(&json!({"orderId": 7})).unwrap_err();
        assert_eq!(error.to_string(), "orderId is of another type");
    }

    #[test]
    fn a_field_without_a_value_is_null_or_left_out() {
        let mut object = Object::default();
        object.set("a", None::<String>);
        object.set_some("b", None::<String>);
        object.set_some("c", Some(1));
        assert_eq!(object.into_json(), json!({"a": null, "c": 1}));
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[A-Za-z]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("quantity|b", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// What serde reads. Its structs may come as lists as well, which no object of GraphQL does.
    fn theirs(order: &Value) -> Option<Order> {
        let items = order["items"].as_array().map(Vec::as_slice);
        let has_list = items.unwrap_or_default().iter().any(Value::is_array);
        let read = serde_json::from_value(order.clone()).ok();
        read.filter(|_| !has_list)
    }

    proptest! {
        /// Whatever stands in one field, both readers agree on what is there, or that nothing is.
        #[test]
        fn reads_what_serde_reads(
            field in prop::sample::select(vec!["orderId", "total", "revision", "small", "done", "items", "anything"]),
            value in anything(),
        ) {
            let order = order(|order| order[field] = value);
            prop_assert_eq!(read::<Order>(&order).ok(), theirs(&order));
        }

        /// What is written is what serde writes, and is read back.
        #[test]
        fn writes_what_serde_writes(value in anything(), total in -1e9..1e9, revision: i64, small: Option<i64>) {
            let order = order(|order| {
                order["anything"] = value;
                order["total"] = json!(total);
                order["revision"] = json!(revision);
                order["small"] = json!(small);
            });
            let order: Order = read(&order).unwrap();
            let theirs = serde_json::to_value(&order).unwrap();
            let ours = order.into_json();
            prop_assert_eq!(&ours, &theirs);
            prop_assert_eq!(read::<Order>(&ours).unwrap().into_json(), theirs);
        }
    }
}

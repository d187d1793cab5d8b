//! JSON into the generated types.
//!
//! As `serde_json::from_value`, with errors that name a field and nothing more: serde_json's tell what was there instead
//! and are a tenth of a page. An object is a map and never a list, since GraphQL's never are.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde_json::{Map, Number, Value};

/// What an answer has that the schema does not say, or lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The field, as far as it is known.
    field: Option<String>,
    problem: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            f.write_str(field)?;
            f.write_str(" ")?;
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Mismatch {}

impl Mismatch {
    fn is(problem: &str) -> Self {
        Self {
            field: None,
            problem: problem.to_owned(),
        }
    }

    fn at(mut self, field: &str) -> Self {
        self.field = Some(match self.field {
            Some(inner) => [field, ".", &inner].concat(),
            None => field.to_owned(),
        });
        self
    }
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self::is(&problem.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::is("is of another type")
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::is("is out of range")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::is("has another length")
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::is("is none of the known values")
    }

    fn missing_field(field: &'static str) -> Self {
        Self::is("is missing").at(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::is("is there twice").at(field)
    }
}

/// Reads a type.
///
/// # Errors
/// The first [`Mismatch`].
pub(crate) fn decode<T: DeserializeOwned>(value: Value) -> Result<T, Mismatch> {
    T::deserialize(Json(value))
}

struct Json(Value);

fn number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Mismatch> {
    if let Some(whole) = number.as_i64() {
        visitor.visit_i64(whole)
    } else if let Some(whole) = number.as_u64() {
        visitor.visit_u64(whole)
    } else {
        visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
    }
}

/// Each kind by itself, so that a visitor brings along only the code for what it may be given.
macro_rules! one_kind {
    ($($method:ident)* = $pattern:pat => |$visitor:ident| $visit:expr) => {
        $(fn $method<V: Visitor<'de>>(self, $visitor: V) -> Result<V::Value, Mismatch> {
            match self.0 {
                $pattern => $visit,
                _ => Err(Mismatch::is("is of another type")),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Json {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(value) => number(&value, visitor),
            Value::String(value) => visitor.visit_string(value),
            Value::Array(values) => visitor.visit_seq(List(values.into_iter())),
            Value::Object(fields) => visitor.visit_map(Fields::of(fields)),
        }
    }

    one_kind!(deserialize_bool = Value::Bool(value) => |visitor| visitor.visit_bool(value));
    one_kind!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64 = Value::Number(value) => |visitor| number(&value, visitor));
    one_kind!(deserialize_char deserialize_str deserialize_string deserialize_identifier =
        Value::String(value) => |visitor| visitor.visit_string(value));
    one_kind!(deserialize_seq = Value::Array(values) => |visitor| visitor.visit_seq(List(values.into_iter())));
    one_kind!(deserialize_map = Value::Object(fields) => |visitor| visitor.visit_map(Fields::of(fields)));
    one_kind!(deserialize_unit = Value::Null => |visitor| visitor.visit_unit());

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.deserialize_map(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::String(variant) => {
                let variant: StringDeserializer<Mismatch> = variant.into_deserializer();
                variant.deserialize_enum(name, variants, visitor)
            }
            _ => Err(Mismatch::is("is of another type")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { bytes byte_buf unit_struct tuple tuple_struct }
}

struct List(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for List {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        self.0
            .next()
            .map(|value| seed.deserialize(Json(value)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Fields {
    rest: serde_json::map::IntoIter,
    next: Option<(String, Value)>,
}

impl Fields {
    fn of(fields: Map<String, Value>) -> Self {
        Self {
            rest: fields.into_iter(),
            next: None,
        }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        self.next = self.rest.next();
        let Some((name, _)) = &self.next else {
            return Ok(None);
        };
        seed.deserialize(Json(Value::String(name.clone())))
            .map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let (name, value) = self
            .next
            .take()
            .ok_or_else(|| Mismatch::custom("has no value"))?;
        seed.deserialize(Json(value))
            .map_err(|error| error.at(&name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Order {
        order_id: String,
        total: f64,
        revision: i64,
        small: Option<u8>,
        #[serde(default)]
        done: bool,
        items: Vec<Option<Item>>,
        kind: Option<Kind>,
        anything: Option<Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Item {
        quantity: u32,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        Small,
        Large,
    }

    fn order(change: impl FnOnce(&mut Value)) -> Value {
        let mut order = json!({
            "orderId": "2abc", "total": 7, "revision": 3, "small": null, "unknown": {"a": [1]},
            "items": [{"quantity": 2}, null], "kind": "Small", "anything": {"b": [true, 1.5, "x"]}
        });
        change(&mut order);
        order
    }

    #[test]
    fn a_whole_answer_is_read() {
        let read: Order = decode(order(|_| {})).unwrap();
        assert_eq!(read, serde_json::from_value(order(|_| {})).unwrap());
        assert_eq!(read.items, [Some(Item { quantity: 2 }), None]);
        assert_eq!(read.anything, Some(json!({"b": [true, 1.5, "x"]})));
    }

    #[test]
    fn a_mismatch_names_the_field() {
        let told = |change: fn(&mut Value)| decode::<Order>(order(change)).unwrap_err().to_string();
        assert_eq!(
            told(|it| it["total"] = json!("7")),
            "total is of another type"
        );
        assert_eq!(
            told(|it| it["total"] = json!(null)),
            "total is of another type"
        );
        assert_eq!(told(|it| it["small"] = json!(256)), "small is out of range");
        assert_eq!(
            told(|it| it["kind"] = json!("Huge")),
            "kind is none of the known values"
        );
        assert_eq!(
            told(|it| it["items"][0] = json!({})),
            "items.quantity is missing"
        );
        assert_eq!(
            told(|it| drop(it.as_object_mut().unwrap().remove("orderId"))),
            "orderId is missing"
        );
        assert_eq!(told(|it| *it = json!([])), "is of another type");
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
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

    proptest! {
        /// Whatever stands in one field, both readers agree on what is there, or that nothing is.
        #[test]
        fn reads_what_serde_json_reads(
            field in prop::sample::select(vec!["orderId", "total", "revision", "small", "done", "items", "kind", "anything"]),
            value in anything(),
        ) {
            let order = order(|order| order[field] = value);
            let theirs = serde_json::from_value::<Order>(order.clone()).ok();
            prop_assert_eq!(decode::<Order>(order).ok(), theirs);
        }
    }
}

//! JSON rows as the objects that execution selects from.

use apollo_compiler::ast::Type;
use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::{Schema, schema::ExtendedType};
use serde_json::{Map, Value};

use super::prepared::to_json;
use super::schema::is_composite;

/// An object of the schema whose fields are those of a JSON object; what it lacks is null.
struct Row {
    type_name: String,
    fields: Map<String, Value>,
}

impl ObjectValue for Row {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        let value = self
            .fields
            .get(info.field_name())
            .cloned()
            .unwrap_or_default();
        Ok(resolved(info.schema(), &info.field_definition().ty, value))
    }
}

/// A JSON value as a value of a type of the schema.
pub(super) fn resolved<'a>(schema: &'a Schema, ty: &'a Type, value: Value) -> ResolvedValue<'a> {
    match (value, ty) {
        (Value::Array(items), Type::List(inner) | Type::NonNullList(inner)) => ResolvedValue::list(
            items
                .into_iter()
                .map(move |item| resolved(schema, inner, item)),
        ),
        (Value::Object(fields), _) if is_composite(schema, ty) => ResolvedValue::object(Row {
            type_name: type_name(schema, ty, &fields),
            fields,
        }),
        // JSON does not tell 12 from 12.0, GraphQL's result coercion does.
        (Value::Number(number), Type::Named(name) | Type::NonNullNamed(name))
            if name == "Float" =>
        {
            ResolvedValue::leaf(to_json(number.as_f64().into()))
        }
        // An ID may come in as a number; it goes out as text.
        (Value::Number(number), Type::Named(name) | Type::NonNullNamed(name)) if name == "ID" => {
            ResolvedValue::leaf(to_json(number.to_string().into()))
        }
        (value, _) => ResolvedValue::leaf(to_json(value)),
    }
}

/// Objects of an interface or a union say themselves what they are.
fn type_name(schema: &Schema, ty: &Type, fields: &Map<String, Value>) -> String {
    let declared = ty.inner_named_type().as_str();
    let own = fields.get("__typename").and_then(Value::as_str);
    match schema.types.get(declared) {
        Some(ExtendedType::Object(_)) => declared,
        _ => own.unwrap_or(declared),
    }
    .to_owned()
}

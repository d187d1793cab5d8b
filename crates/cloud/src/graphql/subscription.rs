//! Subscriptions: what one asks for, which events pass its filter, what it gets of each.

use std::sync::Arc;

use apollo_compiler::ast;
use apollo_compiler::executable::OperationType;
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use backend::api::{ApiName, Caller};
use serde_json::{Map, Value};

use super::prepared::{Prepared, from_json};
use super::rows::resolved;
use super::{Apis, GraphQlError, GraphQlRequest, GraphQlResponse};

/// A subscription that may start.
pub struct Subscription {
    api: ApiName,
    field: String,
    words: Arc<str>,
    filter: Filter,
    prepared: Prepared,
}

/// The arguments that a subscription was given; each is compared with the field of the same name. An argument that was
/// left out does not filter; one that is null, by itself or because its variable was not set, matches only null.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter(pub(super) Map<String, Value>);

impl Filter {
    /// Whether an event (what the mutation returned and selected) is to be delivered.
    #[must_use]
    pub fn passes(&self, event: &Value) -> bool {
        self.0
            .iter()
            .all(|(name, wanted)| same(wanted, event.get(name).unwrap_or(&Value::Null)))
    }
}

/// Equality as GraphQL's scalars have it: an ID may travel as a number, 1 is 1.0.
fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        (Value::Number(number), Value::String(text))
        | (Value::String(text), Value::Number(number)) => number.to_string() == *text,
        _ => wanted == found,
    }
}

impl Subscription {
    /// Reads a subscription from a `start` message's `data` and checks that the caller may have it.
    ///
    /// # Errors
    /// What keeps it from starting, in AppSync's shape.
    pub fn read(
        apis: &Apis,
        api: ApiName,
        caller: &Caller,
        data: &str,
    ) -> Result<Self, Vec<GraphQlError>> {
        let request: GraphQlRequest = serde_json::from_str(data).map_err(|error| {
            vec![GraphQlError::new(
                "BadRequestException",
                format!("payload.data: {error}"),
            )]
        })?;
        let prepared = Prepared::of(apis.schema(api), &request)?;
        if prepared.operation.operation_type != OperationType::Subscription {
            let message = "Only subscriptions run over the real-time endpoint; send queries and mutations over HTTP.";
            return Err(vec![GraphQlError::new("UnsupportedOperation", message)]);
        }
        let Some(field) = prepared.operation.root_fields(&prepared.document).next() else {
            return Err(vec![GraphQlError::new(
                "ValidationError",
                "Validation error: nothing is selected",
            )]);
        };
        if !apis.allow(caller, api, "Subscription", &field.name) {
            return Err(vec![GraphQlError::unauthorized(
                "Subscription",
                &field.name,
            )]);
        }
        let arguments = field.arguments.iter();
        let filter = arguments
            .map(|argument| {
                (
                    argument.name.to_string(),
                    constant(&argument.value, &prepared),
                )
            })
            .collect();
        Ok(Self {
            api,
            field: field.name.to_string(),
            words: data.into(),
            filter: Filter(filter),
            prepared,
        })
    }

    /// Which API it belongs to.
    #[must_use]
    pub fn api(&self) -> ApiName {
        self.api
    }

    /// Its field of `Subscription`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// How it was asked for. Two of one API with the same words get the same of every event.
    #[must_use]
    pub fn words(&self) -> &Arc<str> {
        &self.words
    }

    /// Which events it wants.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What it gets of an event: its own selection of what the mutation selected. A non-null field that the mutation
    /// did not select nulls the whole event.
    pub fn select(&self, apis: &Apis, event: &Value) -> GraphQlResponse {
        let sdl = &apis.schema(self.api).sdl;
        let executed = Execution::new(sdl, &self.prepared.document)
            .operation(&self.prepared.operation)
            .coerced_variable_values(&self.prepared.variables)
            .execute_sync(&Event(event));
        match executed {
            Ok(response) => GraphQlResponse {
                data: response.data.as_ref().map(from_json),
                errors: response.errors.iter().map(GraphQlError::field).collect(),
            },
            Err(error) => {
                let error = error.to_graphql_error(&self.prepared.document.sources);
                GraphQlResponse::refused(vec![GraphQlError::validation(&error)])
            }
        }
    }
}

/// The root object of a delivery: its one field is the event.
struct Event<'e>(&'e Value);

impl ObjectValue for Event<'_> {
    fn type_name(&self) -> &str {
        "Subscription"
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        Ok(resolved(
            info.schema(),
            &info.field_definition().ty,
            self.0.clone(),
        ))
    }
}

/// An argument's value. Execution would leave out an argument whose variable is not set; AppSync takes it for null.
fn constant(value: &ast::Value, prepared: &Prepared) -> Value {
    match value {
        ast::Value::Null => Value::Null,
        ast::Value::Variable(name) => prepared
            .variables
            .get(name.as_str())
            .map(from_json)
            .unwrap_or_default(),
        ast::Value::Enum(name) => name.as_str().into(),
        ast::Value::String(text) => text.as_str().into(),
        ast::Value::Boolean(boolean) => (*boolean).into(),
        ast::Value::Int(int) => serde_json::from_str(int.as_str()).unwrap_or_default(),
        ast::Value::Float(float) => serde_json::from_str(float.as_str()).unwrap_or_default(),
        ast::Value::List(items) => items.iter().map(|item| constant(item, prepared)).collect(),
        ast::Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.to_string(), constant(value, prepared)))
            .collect(),
    }
}

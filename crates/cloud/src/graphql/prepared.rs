//! A request made ready: parsed, validated, its variables coerced.

use apollo_compiler::executable::Operation;
use apollo_compiler::request::{RequestError, coerce_variable_values};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, introspection};
use serde_json::Value;

use super::schema::Schema;
use super::{GraphQlError, GraphQlRequest};

/// As many of a document's errors are told: a document of a few hundred bytes can have hundreds, each with words.
const MOST_ERRORS: usize = 10;

/// An operation that can be executed.
pub(super) struct Prepared {
    pub(super) document: Valid<ExecutableDocument>,
    pub(super) operation: Node<Operation>,
    pub(super) variables: Valid<JsonMap>,
}

impl Prepared {
    /// # Errors
    /// What keeps it from being executed, each in AppSync's shape.
    pub(super) fn of(schema: &Schema, request: &GraphQlRequest) -> Result<Self, Vec<GraphQlError>> {
        let document =
            ExecutableDocument::parse_and_validate(&schema.sdl, &*request.query, "request.graphql")
                .map_err(|invalid| {
                    invalid
                        .errors
                        .iter()
                        .take(MOST_ERRORS)
                        .map(|error| GraphQlError::validation(&error.to_json()))
                        .collect::<Vec<_>>()
                })?;
        let refused = |error: RequestError| {
            vec![GraphQlError::validation(
                &error.to_graphql_error(&document.sources),
            )]
        };
        let name = request
            .operation_name
            .as_deref()
            .filter(|name| !name.is_empty());
        let operation = document.operations.get(name).map_err(refused)?.clone();
        introspection::check_max_depth(&document, &operation).map_err(refused)?;
        let values: JsonMap = request
            .variables
            .iter()
            .map(|(name, value)| (name.as_str().into(), to_json(value.clone())))
            .collect();
        let variables =
            coerce_variable_values(&schema.sdl, &operation, &values).map_err(refused)?;
        Ok(Self {
            document,
            operation,
            variables,
        })
    }
}

pub(super) fn to_json(value: Value) -> JsonValue {
    value.into()
}

/// Back from apollo-compiler's JSON; every one of its values is one of ours.
pub(super) fn from_json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

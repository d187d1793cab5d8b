//! Answers and errors in AppSync's shapes.

use apollo_compiler::response::{GraphQLError as ApolloError, ResponseDataPathSegment};
use serde::Serialize;
use serde_json::Value;

/// An answer to a GraphQL request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphQlResponse {
    /// The selected data; null where an error left nothing of it.
    pub data: Option<Value>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<GraphQlError>,
}

/// An error as AppSync sends it, all of its fields always present.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphQlError {
    /// Where in the data; null for errors that are not about a field.
    pub path: Option<Vec<Value>>,
    /// Always null here.
    pub data: Option<Value>,
    /// What kind of error, for programs.
    pub error_type: Option<String>,
    /// Always null here.
    pub error_info: Option<Value>,
    /// Where in the document.
    pub locations: Option<Vec<Location>>,
    /// What went wrong, for people.
    pub message: String,
}

/// A place in a document, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// Always null here.
    pub source_name: Option<String>,
}

impl GraphQlResponse {
    pub(super) fn refused(errors: Vec<GraphQlError>) -> Self {
        Self { data: None, errors }
    }
}

impl GraphQlError {
    /// An error about the request as a whole.
    #[must_use]
    pub fn new(error_type: &str, message: impl Into<String>) -> Self {
        Self {
            path: None,
            data: None,
            error_type: Some(error_type.to_owned()),
            error_info: None,
            locations: None,
            message: message.into(),
        }
    }

    /// The error of a caller who may not call a root field.
    pub(super) fn unauthorized(parent: &str, field: &str) -> Self {
        Self::new(
            "Unauthorized",
            format!("Not Authorized to access {field} on type {parent}"),
        )
    }

    /// A document that does not fit the schema.
    pub(super) fn validation(error: &ApolloError) -> Self {
        Self {
            locations: locations(error),
            ..Self::new(
                "ValidationError",
                format!("Validation error: {}", beginning(&error.message)),
            )
        }
    }

    /// An error that execution found at a place in the data.
    pub(super) fn field(error: &ApolloError) -> Self {
        Self {
            path: Some(error.path.iter().map(segment).collect()),
            error_type: None,
            locations: locations(error),
            ..Self::new("", plain(error))
        }
    }
}

fn locations(error: &ApolloError) -> Option<Vec<Location>> {
    let place = |at: &apollo_compiler::parser::LineColumn| Location {
        line: at.line,
        column: at.column,
        source_name: None,
    };
    (!error.locations.is_empty()).then(|| error.locations.iter().map(place).collect())
}

fn segment(segment: &ResponseDataPathSegment) -> Value {
    match segment {
        ResponseDataPathSegment::Field(name) => name.as_str().into(),
        ResponseDataPathSegment::ListIndex(index) => (*index).into(),
    }
}

/// AppSync's words for the two errors that result coercion finds.
fn plain(error: &ApolloError) -> String {
    let path: String = error
        .path
        .iter()
        .map(|segment| match segment {
            ResponseDataPathSegment::Field(name) => format!("/{name}"),
            ResponseDataPathSegment::ListIndex(index) => format!("[{index}]"),
        })
        .collect();
    let message = &error.message;
    if let Some(ty) = message
        .strip_prefix("non-null type ")
        .and_then(|m| m.strip_suffix(" resolved to null"))
    {
        return format!(
            "Cannot return null for non-nullable type: '{}' ({path})",
            ty.trim_end_matches('!')
        );
    }
    match message.strip_prefix("resolver returned ") {
        Some(found) => format!("Can't serialize value ({path}) : {found}"),
        None => message.clone(),
    }
}

/// What can be told of a message: it may quote a name, and a name may be as long as a document.
fn beginning(message: &str) -> &str {
    const LONGEST: usize = 500;
    &message[..message.floor_char_boundary(LONGEST)]
}

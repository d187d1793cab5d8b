//! The GraphQL APIs: their schemas, how each field is resolved, and who calls.

use std::fmt;

use serde_json::{Map, Value};

use crate::event::HandlerError;
use crate::ports::{PortError, Ports};

/// Names one of the GraphQL APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ApiName {
    /// Orders over AppSync and table streams.
    Orders,
    /// Movies: votes, leaderboard, chat.
    Movies,
    /// Calendars: events of a few users.
    Calendar,
    /// Restaurant orders: queue, workflow, notification.
    Restaurant,
}

impl ApiName {
    /// Every API there is.
    pub const ALL: &'static [Self] =
        &[Self::Orders, Self::Movies, Self::Calendar, Self::Restaurant];

    /// The name in addresses and policies, such as `orders`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Movies => "movies",
            Self::Calendar => "calendar",
            Self::Restaurant => "restaurant",
        }
    }

    /// What the API is made of.
    #[must_use]
    pub const fn api(self) -> &'static Api {
        match self {
            Self::Orders => &crate::orders::API,
            Self::Movies => &crate::movies::API,
            Self::Calendar => &crate::calendar::API,
            Self::Restaurant => &crate::restaurant::API,
        }
    }
}

impl fmt::Display for ApiName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A GraphQL API: its schema and how its fields are resolved. The one place that says so, for the embedded cloud and
/// for the deployment.
#[derive(Debug)]
pub struct Api {
    /// The deployed schema, without the prelude.
    pub schema: &'static str,
    /// Every field of `Query` and `Mutation`.
    pub fields: &'static [Field],
}

/// AppSync's scalars and directives, to be read in front of every [`Api::schema`]; never deployed.
pub const PRELUDE: &str = include_str!("../../../graphql/prelude.graphql");

/// How a root field is resolved.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// `Query` or `Mutation`.
    pub parent: &'static str,
    /// The field's name.
    pub name: &'static str,
    /// What answers it.
    pub kind: FieldKind,
}

impl Field {
    /// A field that a handler of this crate answers.
    #[must_use]
    pub const fn function(parent: &'static str, name: &'static str) -> Self {
        let kind = FieldKind::Function;
        Self { parent, name, kind }
    }

    /// A mutation without a data source.
    #[must_use]
    pub const fn echo(name: &'static str) -> Self {
        let (parent, kind) = ("Mutation", FieldKind::None);
        Self { parent, name, kind }
    }
}

/// What answers a root field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A handler of this crate: [`resolve`].
    Function,
    /// No data source: the field echoes its `input` argument to the subscribers.
    None,
}

/// Who calls, as verified from the signature or the API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// What the caller may do is decided by its role's policy.
    pub role: Role,
    /// The guest's identity, where there is one.
    pub identity: Option<IdentityId>,
}

impl Caller {
    /// The backend itself, as the stream handlers call.
    #[must_use]
    pub const fn backend() -> Self {
        Self {
            role: Role::Backend,
            identity: None,
        }
    }
}

/// A role of the policy document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Anyone with credentials from the identity pool.
    Guest,
    /// The backend's own functions and its operators.
    Backend,
    /// Whoever sends one of an API's keys: may call what the schema opens with `@aws_api_key`, and has no policy.
    ApiKey,
}

/// A Cognito identity id, `<region>:<uuid>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityId(pub String);

/// Why a field could not be resolved, as GraphQL clients see it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct FieldError {
    /// AppSync's `errorType`.
    pub error_type: &'static str,
    /// What went wrong and what to do, for people.
    pub message: String,
}

impl FieldError {
    /// A field of the schema that nothing resolves: a mistake of ours.
    #[must_use]
    pub fn no_resolver(field: &str) -> Self {
        Self {
            error_type: "InternalFailure",
            message: format!("{field} has no resolver"),
        }
    }
}

impl From<PortError> for FieldError {
    fn from(error: PortError) -> Self {
        Self {
            error_type: "InternalFailure",
            message: error.to_string(),
        }
    }
}

impl From<HandlerError> for FieldError {
    fn from(error: HandlerError) -> Self {
        Self {
            error_type: "InternalFailure",
            message: error.to_string(),
        }
    }
}

/// An argument that cannot be taken as it is.
pub(crate) fn bad_request(argument: &str, what: &str) -> FieldError {
    FieldError {
        error_type: "BadRequestException",
        message: format!("{argument}: {what}"),
    }
}

/// Resolves a root field of kind [`FieldKind::Function`]. The value returned holds every field of the row; execution
/// selects from it.
///
/// # Errors
/// A [`FieldError`] as the caller shall see it.
pub async fn resolve<P: Ports>(
    ports: &P,
    api: ApiName,
    parent: &str,
    field: &str,
    arguments: &Map<String, Value>,
    caller: &Caller,
) -> Result<Value, FieldError> {
    match api {
        ApiName::Orders => crate::orders::resolve(ports, parent, field, arguments, caller).await,
        ApiName::Movies => crate::movies::resolve(ports, parent, field, arguments, caller).await,
        ApiName::Calendar => {
            crate::calendar::resolve(ports, parent, field, arguments, caller).await
        }
        ApiName::Restaurant => crate::restaurant::resolve(ports, field, arguments, caller).await,
    }
}

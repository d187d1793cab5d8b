//! Names that must not be mistaken for one another.

use std::fmt;
use std::sync::Arc;

/// A region, such as `eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Region(Arc<str>);

impl Region {
    /// A region by its name.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().into())
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A guest's identity in a pool: `<region>:<uuid>`. Not a secret, but it is what tells one guest from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdentityId(Arc<str>);

impl IdentityId {
    /// An identity by its id.
    pub fn new(id: impl AsRef<str>) -> Self {
        Self(id.as_ref().into())
    }

    /// Its id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdentityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A service as it stands in a signature's scope, with its rule for the session token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Service {
    name: &'static str,
    token_is_signed: bool,
}

impl Service {
    /// AppSync: GraphQL over HTTP and its real-time endpoint.
    pub const APPSYNC: Self = Self::new("appsync");
    /// API Gateway.
    pub const EXECUTE_API: Self = Self::new("execute-api");
    /// Lambda function URLs.
    pub const LAMBDA: Self = Self::new("lambda");
    /// IoT Core's MQTT over WebSocket, where the session token follows the signature and is not part of it.
    pub const IOT: Self = Self::new("iotdevicegateway").with_unsigned_token();

    /// A service that signs the session token, as nearly all do.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            token_is_signed: true,
        }
    }

    /// The same, with the session token added after signing.
    #[must_use]
    pub const fn with_unsigned_token(self) -> Self {
        Self {
            token_is_signed: false,
            ..self
        }
    }

    /// Its name in the scope.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    pub(crate) const fn token_is_signed(self) -> bool {
        self.token_is_signed
    }
}

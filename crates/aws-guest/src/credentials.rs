//! Temporary credentials.

use std::fmt;
use std::sync::Arc;

use net::UnixTime;

use crate::IdentityId;

/// Temporary credentials of a guest. Cheap to clone; the secret parts can only be signed with.
#[derive(Clone)]
pub struct Credentials(Arc<Parts>);

struct Parts {
    access_key_id: String,
    secret_key: String,
    session_token: Option<String>,
    expires_at: UnixTime,
    identity: IdentityId,
}

impl Credentials {
    /// Credentials of an identity that end at `expires_at`, by the service's clock.
    pub fn new(
        access_key_id: impl Into<String>,
        secret_key: impl Into<String>,
        session_token: Option<String>,
        expires_at: UnixTime,
        identity: IdentityId,
    ) -> Self {
        Self(Arc::new(Parts {
            access_key_id: access_key_id.into(),
            secret_key: secret_key.into(),
            session_token,
            expires_at,
            identity,
        }))
    }

    /// The public half of the key; every set of credentials has another.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.0.access_key_id
    }

    /// When they end, by the service's clock.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.0.expires_at
    }

    /// Whose they are.
    #[must_use]
    pub fn identity(&self) -> &IdentityId {
        &self.0.identity
    }

    pub(crate) fn secret_key(&self) -> &str {
        &self.0.secret_key
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.0.session_token.as_deref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id())
            .field("expires_at", &self.0.expires_at)
            .field("identity", &self.0.identity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_secret() {
        let credentials = Credentials::new(
            "ASIAPUBLIC",
            "the-secret-key",
            Some("the-session-token".to_owned()),
            UnixTime(0),
            IdentityId::new("eu-west-1:1"),
        );
        let shown = format!("{credentials:?}{credentials:#?}");
        assert!(shown.contains("ASIAPUBLIC"));
        assert!(
            !shown.contains("secret") && !shown.contains("token"),
            "{shown}"
        );
    }
}

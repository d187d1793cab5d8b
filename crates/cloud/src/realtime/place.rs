//! What a connection's signatures have to be for.

use backend::api::{ApiName, Caller};
use serde_json::{Map, Value};

use super::authorization;
use crate::server::Front;
use crate::services::Host;
use crate::sigv4::Refusal;

/// The GraphQL endpoint that a connection belongs to, as the client knows it: connections and subscriptions are signed
/// for it, and not for the socket's own address.
pub(crate) struct Place {
    pub(crate) api: ApiName,
    /// The path of the GraphQL endpoint.
    pub(crate) path: String,
    /// Its host, where the connection came in by a service's own name.
    pub(crate) host: Option<String>,
}

impl Place {
    /// Who signed a POST to a path here, or sent a key with it, whose headers travelled in the socket.
    ///
    /// # Errors
    /// Why the signature or the key is not believed.
    pub(crate) fn verify(
        &self,
        front: &Front,
        path: &str,
        authorization: &Map<String, Value>,
        body: &str,
    ) -> Result<Caller, Refusal> {
        let headers = authorization::headers(authorization);
        let request = authorization::signed(path, &headers, body);
        let caller = front.caller_of(self.api, &request)?;
        let meant_for = |host: &str| {
            let signed = headers.iter().filter(|(name, _)| name == "host");
            let mut signed = signed.map(|(_, value)| Host::without_port(value));
            signed.next().as_deref() == Some(host) && signed.next().is_none()
        };
        match &self.host {
            // A signature that was made for another API is no good here.
            Some(host) if !meant_for(host) => Err(Refusal::Mismatch),
            _ => Ok(caller),
        }
    }
}

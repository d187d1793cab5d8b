//! An endpoint's addresses, and the signatures that open its doors.

use std::fmt;
use std::sync::Arc;

use aws_guest::{Guest, Region, Service};
use json::Object;
use link::Keyring;
use link::session::CredentialsId;
use net::http::Request;

use crate::protocol::Authorization;

/// One GraphQL API.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its absolute address: `https://…/graphql` (or `http:`, for a cloud on one's own machine).
    pub url: String,
    /// The region that requests are signed for.
    pub region: Region,
    /// How requests are authorized.
    pub auth: Auth,
}

/// How requests are authorized.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Signed with a guest's credentials (IAM).
    Guest(Guest),
    /// By an API key.
    ApiKey(ApiKey),
}

/// An API key. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(pub String);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What something is authorized with; credentials are named where others could be had.
pub(crate) type Authorized<T> = (T, Option<CredentialsId>);

/// Authorizes requests, connections and starts, each anew, and remembers with what.
#[derive(Debug)]
pub(crate) struct Signer {
    url: String,
    region: Region,
    host: String,
    with: With,
}

#[derive(Debug)]
enum With {
    Guest(Arc<Keyring>),
    ApiKey(ApiKey),
}

impl Signer {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        let Endpoint { url, region, auth } = endpoint;
        Self {
            host: aws_guest::sign::host(&url).unwrap_or_default(),
            url,
            region,
            with: match auth {
                Auth::Guest(guest) => With::Guest(Arc::new(Keyring::new(guest))),
                Auth::ApiKey(key) => With::ApiKey(key),
            },
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn keyring(&self) -> Option<&Arc<Keyring>> {
        match &self.with {
            With::Guest(keyring) => Some(keyring),
            With::ApiKey(_) => None,
        }
    }

    /// A GraphQL request over HTTP.
    pub(crate) async fn query(&self, body: &str) -> Result<Authorized<Request>, aws_guest::Error> {
        let request = Request::post(self.url(), body)
            .with("accept", "application/json")
            .with("content-type", "application/json; charset=UTF-8");
        match &self.with {
            With::Guest(keyring) => self.sign(keyring, request).await,
            With::ApiKey(key) => Ok((request.with("x-api-key", &key.0), None)),
        }
    }

    /// The headers that open a real-time connection.
    pub(crate) async fn connect(&self) -> Result<Authorized<Authorization>, aws_guest::Error> {
        self.authorize([self.url(), "/connect"].concat(), "{}")
            .await
    }

    /// The headers that start a subscription; the body is exactly the text that is sent as `payload.data`.
    pub(crate) async fn start(
        &self,
        body: &str,
    ) -> Result<Authorized<Authorization>, aws_guest::Error> {
        self.authorize(self.url().to_owned(), body).await
    }

    async fn authorize(
        &self,
        url: String,
        body: &str,
    ) -> Result<Authorized<Authorization>, aws_guest::Error> {
        let mut headers = Object::default();
        headers.set("host", self.host.as_str());
        match &self.with {
            With::ApiKey(key) => {
                headers.set("x-api-key", key.0.as_str());
                Ok((Authorization(headers), None))
            }
            With::Guest(keyring) => {
                let request = Request::post(url, body)
                    .with("accept", "application/json, text/javascript")
                    .with("content-encoding", "amz-1.0")
                    .with("content-type", "application/json; charset=UTF-8");
                let (signed, id) = self.sign(keyring, request).await?;
                for (name, value) in signed.headers {
                    // The official clients write this one name with a capital letter.
                    let name = match name.as_str() {
                        "authorization" => "Authorization",
                        name => name,
                    };
                    headers.set(name, value);
                }
                Ok((Authorization(headers), id))
            }
        }
    }

    async fn sign(
        &self,
        keyring: &Keyring,
        request: Request,
    ) -> Result<Authorized<Request>, aws_guest::Error> {
        let (credentials, id) = keyring.credentials().await?;
        let guest = keyring.guest();
        let signed = guest.sign_with(&credentials, Service::APPSYNC, &self.region, request)?;
        Ok((signed, Some(id)))
    }
}

/// Where a GraphQL address has its subscriptions: the service's own hosts have a sibling for them, every other host
/// (a custom domain) has them under `/realtime`. `None` if it is not an HTTP address with a host.
pub(crate) fn realtime_url(url: &str) -> Option<String> {
    let (scheme, rest) = net::address::split(url)?;
    let scheme = match scheme {
        "https" => "wss://",
        "http" => "ws://",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.is_empty() {
        return None;
    }
    let path = path.trim_end_matches('/');
    let (id, rest) = authority.split_once('.').unwrap_or((authority, ""));
    let url = match rest.strip_prefix("appsync-api.") {
        Some(domain) if is_own(id, domain) => {
            [scheme, id, ".appsync-realtime-api.", domain, path].concat()
        }
        _ => [scheme, authority, path, "/realtime"].concat(),
    };
    Some(url)
}

/// Whether `<id>.appsync-api.<domain>` is one of the service's own hosts.
fn is_own(id: &str, domain: &str) -> bool {
    id.len() == 26
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && (domain.ends_with(".amazonaws.com") || domain.ends_with(".amazonaws.com.cn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_have_an_address_of_their_own() {
        for (url, realtime) in [
            (
                "https://abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com/graphql",
                Some(
                    "wss://abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.eu-west-1.amazonaws.com/graphql",
                ),
            ),
            (
                "https://abcdefghijklmnopqrstuvwxyz.appsync-api.cn-north-1.amazonaws.com.cn/graphql",
                Some(
                    "wss://abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.cn-north-1.amazonaws.com.cn/graphql",
                ),
            ),
            (
                "https://api.example.com/graphql",
                Some("wss://api.example.com/graphql/realtime"),
            ),
            (
                "http://127.0.0.1:8787/orders/graphql",
                Some("ws://127.0.0.1:8787/orders/graphql/realtime"),
            ),
            (
                "https://short.appsync-api.example.com/graphql",
                Some("wss://short.appsync-api.example.com/graphql/realtime"),
            ),
            ("/orders/graphql", None),
            ("ftp://example.com/graphql", None),
            ("https:///graphql", None),
        ] {
            assert_eq!(realtime_url(url).as_deref(), realtime, "{url}");
        }
    }

    #[test]
    fn an_api_key_travels_with_the_host_and_stays_out_of_debug() {
        let endpoint = Endpoint {
            url: "https://API.example.com/graphql".into(),
            region: Region::new("eu-west-1"),
            auth: Auth::ApiKey(ApiKey("da2-secret".into())),
        };
        let signer = Signer::new(endpoint);
        let (Authorization(headers), renewable) =
            futures::executor::block_on(signer.connect()).expect("nothing to sign");
        assert_eq!(
            json::Value::from(headers.clone()).text(),
            r#"{"host":"api.example.com","x-api-key":"da2-secret"}"#
        );
        assert_eq!(renewable, None);
        assert!(!format!("{signer:?} {:?}", Authorization(headers)).contains("secret"));
    }
}

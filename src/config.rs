//! What the page has to know before it can start: `appconfig.toml`, as the JSON that the build makes of it.
//!
//! This file needs nothing but serde_json and thiserror, since the build step includes it to check the configuration
//! with exactly the page's eyes. Each error names the key and says what is wrong with it in plain words.

use std::fmt;

use serde_json::{Map, Value};

/// The page's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where guests get their credentials.
    pub identity: Identity,
    /// The orders API.
    pub orders: Orders,
}

/// A Cognito identity pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The pool's region.
    pub region: Region,
    /// The pool's id, `<region>:<uuid>`.
    pub pool: String,
    /// Where the pool answers.
    pub endpoint: Address,
}

/// The orders API and its simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orders {
    /// The API's region.
    pub region: Region,
    /// The GraphQL endpoint.
    pub graphql: Address,
    /// How the page identifies itself there.
    pub auth: Auth,
    /// What starts a simulation.
    pub simulation: Simulation,
}

/// How an API is called.
#[derive(Clone, PartialEq, Eq)]
pub enum Auth {
    /// Signed with the guest's credentials.
    Guest,
    /// With an API key.
    ApiKey(String),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guest => "Guest",
            Self::ApiKey(_) => "ApiKey(…)",
        })
    }
}

/// An address that starts a simulation when it is asked (signed, service `execute-api`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulation {
    /// The region that signatures name.
    pub region: Region,
    /// The address.
    pub url: Address,
}

/// An AWS region, such as `eu-west-1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// The region's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An http(s) address, absolute or relative to the page's origin (`/orders/graphql`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The absolute address, seen from a page of this origin (`https://example.org`).
    #[must_use]
    pub fn resolve(&self, origin: &str) -> String {
        if self.0.starts_with('/') {
            format!("{}{}", origin.trim_end_matches('/'), self.0)
        } else {
            self.0.clone()
        }
    }
}

/// What is wrong with a configuration. Every variant names the key (`orders.simulation.url`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is not JSON at all.
    #[error("the configuration is not valid JSON: {0}")]
    Syntax(String),
    /// A key that has to be there is not.
    #[error("`{key}` is missing: it is {what}")]
    Missing {
        /// The key.
        key: String,
        /// What belongs there.
        what: &'static str,
    },
    /// A value of another type than the key takes.
    #[error("`{key}` has to be {what}, but is {found}")]
    WrongType {
        /// The key.
        key: String,
        /// What belongs there.
        what: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A value that cannot be what the key takes.
    #[error("`{key}` is not {what}: {value:?} {why}")]
    Invalid {
        /// The key.
        key: String,
        /// What belongs there.
        what: &'static str,
        /// What is there.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A key that nobody reads: most likely misspelt.
    #[error("`{key}` is not a known key; here are known: {known}")]
    Unknown {
        /// The key.
        key: String,
        /// The keys that may stand in its place.
        known: String,
    },
}

impl ConfigError {
    /// The key that has to be mended; none if the whole text cannot be read.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Syntax(_) => None,
            Self::Missing { key, .. }
            | Self::WrongType { key, .. }
            | Self::Invalid { key, .. }
            | Self::Unknown { key, .. } => Some(key),
        }
    }
}

/// Reads the configuration.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn parse(json: &str) -> Result<Config, ConfigError> {
    // As bytes, as everything else on the page is read: one parser instead of two.
    let value: Value = serde_json::from_slice(json.as_bytes())
        .map_err(|error| ConfigError::Syntax(error.to_string()))?;
    let root = Table::of(&value, String::new(), &["identity", "orders"])?;
    Ok(Config {
        identity: identity(&root)?,
        orders: orders(&root)?,
    })
}

fn identity(root: &Table<'_>) -> Result<Identity, ConfigError> {
    let table = root.table("identity", &["region", "pool", "endpoint"])?;
    let region = table.region()?;
    let pool = table.text("pool", POOL)?;
    let why = match pool.split_once(':') {
        Some((_, id)) if !is_uuid(id) => Some("does not end in a UUID"),
        Some((of, _)) if of != region.0 => Some("is of another region than `identity.region`"),
        Some(_) => None,
        None => Some("has no colon between region and UUID"),
    };
    if let Some(why) = why {
        return Err(table.invalid("pool", POOL, pool, why));
    }
    // Without an endpoint of its own the pool answers where the region's pools answer.
    let endpoint = match table.get("endpoint") {
        Some(_) => table.address("endpoint")?,
        None => Address(format!(
            "https://cognito-identity.{}.amazonaws.com/",
            region.0
        )),
    };
    Ok(Identity {
        pool: pool.to_owned(),
        endpoint,
        region,
    })
}

fn orders(root: &Table<'_>) -> Result<Orders, ConfigError> {
    let table = root.table(
        "orders",
        &["region", "graphql", "auth", "api_key", "simulation"],
    )?;
    let simulation = table.table("simulation", &["region", "url"])?;
    Ok(Orders {
        region: table.region()?,
        graphql: table.address("graphql")?,
        auth: table.auth()?,
        simulation: Simulation {
            region: simulation.region()?,
            url: simulation.address("url")?,
        },
    })
}

const TABLE: &str = "a table";
const REGION: &str = "an AWS region, such as \"eu-west-1\"";
const POOL: &str =
    "an identity pool's id, such as \"eu-west-1:00000000-0000-0000-0000-000000000000\"";
const ADDRESS: &str = "an http(s) address, absolute or relative to the page (\"/…\")";
const AUTH: &str = "\"guest\" or \"api-key\"";
const KEY: &str = "the API's key, wanted since `auth` is \"api-key\"";

/// A table of the configuration that knows the way to it.
struct Table<'a> {
    path: String,
    values: &'a Map<String, Value>,
}

impl<'a> Table<'a> {
    fn of(value: &'a Value, path: String, known: &[&str]) -> Result<Self, ConfigError> {
        let Value::Object(values) = value else {
            let key = if path.is_empty() {
                "the configuration".to_owned()
            } else {
                path
            };
            return Err(ConfigError::WrongType {
                key,
                what: TABLE,
                found: kind(value),
            });
        };
        let table = Self { path, values };
        match values.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(ConfigError::Unknown {
                key: table.key(key),
                known: known.join(", "),
            }),
            None => Ok(table),
        }
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    fn required(&self, key: &str, what: &'static str) -> Result<&'a Value, ConfigError> {
        self.get(key).ok_or_else(|| ConfigError::Missing {
            key: self.key(key),
            what,
        })
    }

    fn table(&self, key: &str, known: &[&str]) -> Result<Table<'a>, ConfigError> {
        Table::of(self.required(key, TABLE)?, self.key(key), known)
    }

    fn text(&self, key: &str, what: &'static str) -> Result<&'a str, ConfigError> {
        let value = self.required(key, what)?;
        match value.as_str() {
            Some("") => Err(self.invalid(key, what, "", "is empty")),
            Some(text) => Ok(text),
            None => Err(ConfigError::WrongType {
                key: self.key(key),
                what,
                found: kind(value),
            }),
        }
    }

    fn region(&self) -> Result<Region, ConfigError> {
        let text = self.text("region", REGION)?;
        let parts: Vec<_> = text.split('-').collect();
        let word =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        match parts.as_slice() {
            [words @ .., number]
                if words.len() >= 2
                    && words.iter().all(word)
                    && number.len() == 1
                    && number.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Ok(Region(text.to_owned()))
            }
            _ => Err(self.invalid("region", REGION, text, "is not of that form")),
        }
    }

    fn address(&self, key: &str) -> Result<Address, ConfigError> {
        let text = self.text(key, ADDRESS)?;
        match address_fault(text) {
            None => Ok(Address(text.to_owned())),
            Some(why) => Err(self.invalid(key, ADDRESS, text, why)),
        }
    }

    fn auth(&self) -> Result<Auth, ConfigError> {
        match self.text("auth", AUTH)? {
            "guest" => Ok(Auth::Guest),
            "api-key" => Ok(Auth::ApiKey(self.text("api_key", KEY)?.to_owned())),
            other => Err(self.invalid("auth", AUTH, other, "is neither")),
        }
    }

    fn invalid(
        &self,
        key: &str,
        what: &'static str,
        value: &str,
        why: &'static str,
    ) -> ConfigError {
        ConfigError::Invalid {
            key: self.key(key),
            what,
            value: value.to_owned(),
            why,
        }
    }
}

/// What keeps a text from being an address. The browser's own parser decides in the end; this catches what people do.
fn address_fault(text: &str) -> Option<&'static str> {
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("has a space in it");
    }
    if text.contains('#') {
        return Some("has a fragment (#…)");
    }
    if text.starts_with("//") {
        return Some("lacks http: or https:");
    }
    if text.starts_with('/') {
        return None;
    }
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return Some("starts neither with https:// or http:// nor with /");
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    if host.contains('@') {
        return Some("holds a user name");
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if name.is_empty() {
        return Some("has no host");
    }
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Some("has a port that is not a number up to 65535");
    }
    None
}

fn is_uuid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn good() -> Value {
        json!({
            "identity": {
                "region": "eu-west-1",
                "pool": "eu-west-1:e0dd1e00-0000-4000-8000-000000000001",
                "endpoint": "/cognito/"
            },
            "orders": {
                "region": "eu-west-1",
                "graphql": "/orders/graphql",
                "auth": "guest",
                "simulation": { "region": "us-gov-west-1", "url": "https://example.org:8443/order" }
            }
        })
    }

    /// The configuration with the value at this pointer replaced, or taken away.
    fn with(pointer: &str, value: Option<Value>) -> Result<Config, ConfigError> {
        let mut config = good();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let table = config.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => drop(table.insert(key.to_owned(), value)),
            None => drop(table.remove(key)),
        }
        parse(&config.to_string())
    }

    fn message(pointer: &str, value: impl Into<Option<Value>>) -> String {
        let error = with(pointer, value.into()).unwrap_err();
        let key = error.key().unwrap().to_owned();
        assert_eq!(
            key,
            pointer[1..].replace('/', "."),
            "the error names the key"
        );
        let message = error.to_string();
        assert!(message.contains(&key), "{message}");
        message
    }

    #[test]
    fn a_good_configuration_is_read() {
        let config = parse(&good().to_string()).unwrap();
        assert_eq!(
            config.identity.endpoint.resolve("http://127.0.0.1:8787"),
            "http://127.0.0.1:8787/cognito/"
        );
        assert_eq!(
            config.orders.simulation.url.resolve("http://x"),
            "https://example.org:8443/order"
        );
        assert_eq!(config.orders.simulation.region.as_str(), "us-gov-west-1");
        assert_eq!(config.orders.auth, Auth::Guest);
    }

    #[test]
    fn without_an_endpoint_the_pool_is_the_regions() {
        let config = with("/identity/endpoint", None).unwrap();
        assert_eq!(
            config.identity.endpoint.resolve("x"),
            "https://cognito-identity.eu-west-1.amazonaws.com/"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for pointer in [
            "/identity",
            "/identity/region",
            "/identity/pool",
            "/orders",
            "/orders/region",
            "/orders/graphql",
            "/orders/auth",
            "/orders/simulation",
            "/orders/simulation/region",
            "/orders/simulation/url",
        ] {
            assert!(message(pointer, None).contains("is missing"));
            assert!(message(pointer, Value::Null).contains("is missing"));
            assert!(message(pointer, json!(7)).contains("but is a number"));
        }
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(message("/orders/grapql", json!("/x")).contains("graphql"));
        assert!(message("/movies", json!({})).contains("known: identity, orders"));
    }

    #[test]
    fn a_region_has_the_form_of_one() {
        for bad in [
            "",
            "eu",
            "eu-west",
            "eu-west-one",
            "EU-west-1",
            "eu--1",
            "eu-west-1a",
        ] {
            message("/orders/region", json!(bad));
        }
        assert!(message("/identity/region", json!("eu_west_1")).contains("an AWS region"));
    }

    #[test]
    fn a_pool_is_of_its_region() {
        assert!(
            message(
                "/identity/pool",
                json!("us-east-1:e0dd1e00-0000-4000-8000-000000000001")
            )
            .contains("region")
        );
        assert!(message("/identity/pool", json!("eu-west-1:e0dd1e00")).contains("UUID"));
        assert!(message("/identity/pool", json!("e0dd1e00")).contains("colon"));
    }

    #[test]
    fn an_address_can_be_reached() {
        for bad in [
            "orders",
            "ftp://x/",
            "wss://x/graphql",
            "//x/graphql",
            "https://",
            "https:///x",
            "http://x:99999/",
            "http://me@x/",
            "https://x/#a",
            "https://x /",
        ] {
            assert!(
                message("/orders/graphql", json!(bad)).contains(bad),
                "{bad}"
            );
        }
        for good in [
            "https://x",
            "http://[::1]:8787/graphql",
            "http://[::1]/",
            "/a?b=c",
        ] {
            with("/orders/graphql", Some(json!(good))).unwrap();
        }
    }

    #[test]
    fn an_api_key_is_wanted_where_it_is_used_and_never_printed() {
        assert!(message("/orders/auth", json!("none")).contains("guest"));
        let mut config = good();
        config["orders"]["auth"] = json!("api-key");
        assert_eq!(
            parse(&config.to_string()).unwrap_err().key(),
            Some("orders.api_key")
        );
        config["orders"]["api_key"] = json!("da2-secret");
        let config = parse(&config.to_string()).unwrap();
        assert_eq!(config.orders.auth, Auth::ApiKey("da2-secret".into()));
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn what_is_not_json_says_so() {
        for text in ["", "<!doctype html>", "[1", "[]", "\"x\""] {
            parse(text).unwrap_err();
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", at in 0usize..10) {
            let _ = parse(&text);
            let pointers = ["/identity/region", "/identity/pool", "/identity/endpoint", "/orders/graphql", "/orders/auth"];
            let _ = with(pointers[at % pointers.len()], Some(Value::String(text)));
        }
    }
}

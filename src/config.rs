//! What the page has to know before it can start: `appconfig.toml`, as the JSON that the build makes of it.
//!
//! This file needs nothing but json and thiserror, since the build step includes it to check the configuration
//! with exactly the page's eyes. Each error names the key and says what is wrong with it in plain words.

use std::fmt;

use json::{Malformed, Object, Value};

/// The page's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where guests get their credentials.
    pub identity: Identity,
    /// The orders API.
    pub orders: Orders,
    /// The movies API.
    pub movies: Movies,
    /// The restaurant API.
    pub restaurant: Api,
    /// The calendar.
    pub calendar: Calendar,
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
    /// The API.
    pub api: Api,
    /// The same orders' news over MQTT.
    pub mqtt: Mqtt,
    /// What starts a simulation.
    pub simulation: Simulation,
}

/// Where MQTT over WebSocket is spoken (signed, service `iotdevicegateway`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mqtt {
    /// The region that signatures name.
    pub region: Region,
    /// The address, `…/mqtt`.
    pub url: Address,
}

/// A GraphQL API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// Its region, which signatures name.
    pub region: Region,
    /// Its endpoint.
    pub graphql: Address,
    /// How the page identifies itself there.
    pub auth: Auth,
}

/// The movies API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movies {
    /// The API.
    pub api: Api,
    /// Where posters may come from beside the page's own origin; the content security policy lets them.
    pub images: Option<Address>,
}

/// The calendar's API, the function that writes into it, and where public holidays are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The API.
    pub api: Api,
    /// Whose calendar the page shows.
    pub user: i64,
    /// What creates, changes and deletes events.
    pub function: Function,
    /// Where Nager.Date's interface, version 3, is.
    pub holidays: Address,
}

/// A function with an address of its own (signed, service `lambda`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The region that signatures name.
    pub region: Region,
    /// The address.
    pub url: Address,
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

/// An address, absolute or relative to the page's origin (`/orders/graphql`).
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
    #[error("the configuration is {0}")]
    Syntax(Malformed),
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
    let value = ::json::parse(json.as_bytes()).map_err(ConfigError::Syntax)?;
    let root = Table::of(
        &value,
        String::new(),
        &["identity", "orders", "movies", "restaurant", "calendar"],
    )?;
    Ok(Config {
        identity: identity(&root)?,
        orders: orders(&root)?,
        movies: movies(&root)?,
        restaurant: restaurant(&root)?,
        calendar: calendar(&root)?,
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
        &["region", "graphql", "auth", "api_key", "mqtt", "simulation"],
    )?;
    let mqtt = table.table("mqtt", &["region", "url"])?;
    let simulation = table.table("simulation", &["region", "url"])?;
    Ok(Orders {
        api: table.api()?,
        mqtt: Mqtt {
            region: mqtt.region()?,
            url: mqtt.socket("url")?,
        },
        simulation: Simulation {
            region: simulation.region()?,
            url: simulation.address("url")?,
        },
    })
}

fn movies(root: &Table<'_>) -> Result<Movies, ConfigError> {
    let table = root.table(
        "movies",
        &["region", "graphql", "auth", "api_key", "images"],
    )?;
    let images = table.get("images").map(|_| table.address("images"));
    Ok(Movies {
        api: table.api()?,
        images: images.transpose()?,
    })
}

fn restaurant(root: &Table<'_>) -> Result<Api, ConfigError> {
    let table = root.table("restaurant", &["region", "graphql", "auth", "api_key"])?;
    table.api()
}

fn calendar(root: &Table<'_>) -> Result<Calendar, ConfigError> {
    let table = root.table(
        "calendar",
        &[
            "region", "graphql", "auth", "api_key", "user", "function", "holidays",
        ],
    )?;
    let function = table.table("function", &["region", "url"])?;
    Ok(Calendar {
        api: table.api()?,
        user: table.number("user", USER)?,
        function: Function {
            region: function.region()?,
            url: function.address("url")?,
        },
        holidays: table.address("holidays")?,
    })
}

const TABLE: &str = "a table";
const USER: &str = "the number of a user, such as 1";
const REGION: &str = "an AWS region, such as \"eu-west-1\"";
const POOL: &str =
    "an identity pool's id, such as \"eu-west-1:00000000-0000-0000-0000-000000000000\"";
const ADDRESS: &str = "an http(s) address, absolute or relative to the page (\"/…\")";
const SOCKET: &str = "a ws(s) or http(s) address, absolute or relative to the page (\"/…\")";
const AUTH: &str = "\"guest\" or \"api-key\"";
const KEY: &str = "the API's key, wanted since `auth` is \"api-key\"";

/// A table of the configuration that knows the way to it.
struct Table<'a> {
    path: String,
    values: &'a Object,
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
        let mut keys = table.values.fields().map(|(key, _)| key);
        match keys.find(|key| !known.contains(key)) {
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

    fn number(&self, key: &str, what: &'static str) -> Result<i64, ConfigError> {
        let value = self.required(key, what)?;
        let number = value.as_i64().filter(|number| *number > 0);
        number.ok_or_else(|| ConfigError::WrongType {
            key: self.key(key),
            what,
            found: kind(value),
        })
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

    fn socket(&self, key: &str) -> Result<Address, ConfigError> {
        let text = self.text(key, SOCKET)?;
        // `ws://…` is `http://…` with another word for it.
        let plain = text.strip_prefix("ws").filter(|_| text.contains("://"));
        let plain = plain.map_or(text.to_owned(), |rest| ["http", rest].concat());
        match address_fault(&plain) {
            None => Ok(Address(text.to_owned())),
            Some(why) => Err(self.invalid(key, SOCKET, text, why)),
        }
    }

    fn api(&self) -> Result<Api, ConfigError> {
        Ok(Api {
            region: self.region()?,
            graphql: self.address("graphql")?,
            auth: self.auth()?,
        })
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
#[path = "config/tests.rs"]
mod tests;

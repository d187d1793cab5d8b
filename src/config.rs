//! What the page has to know before it can start: `appconfig.toml`, as the JSON that the build makes of it.
//!
//! This file needs nothing but json and thiserror, since the build step includes it to check the configuration
//! with exactly the page's eyes. Each error names the key and says what is wrong with it in plain words.

use std::cell::OnceCell;
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
            [origin.trim_end_matches('/'), &self.0].concat()
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
    let faults = Faults::default();
    let root = Table::of(
        Some(&value),
        String::new(),
        &["identity", "orders", "movies", "restaurant", "calendar"],
        &faults,
    );
    let config = Config {
        identity: identity(&root),
        orders: orders(&root),
        movies: movies(&root),
        restaurant: restaurant(&root),
        calendar: calendar(&root),
    };
    match faults.0.into_inner() {
        None => Ok(config),
        Some(fault) => Err(fault),
    }
}

fn identity(root: &Table<'_>) -> Identity {
    let table = root.table("identity", &["region", "pool", "endpoint"]);
    let region = table.region();
    let pool = table.text("pool", POOL);
    let why = match pool.split_once(':') {
        Some((_, id)) if !is_uuid(id) => Some("does not end in a UUID"),
        Some((of, _)) if of != region.0 => Some("is of another region than `identity.region`"),
        Some(_) => None,
        None => Some("has no colon between region and UUID"),
    };
    if let Some(why) = why {
        table.invalid("pool", POOL, pool, why);
    }
    // Without an endpoint of its own the pool answers where the region's pools answer.
    let endpoint = match table.get("endpoint") {
        Some(_) => table.address("endpoint"),
        None => Address(["https://cognito-identity.", &region.0, ".amazonaws.com/"].concat()),
    };
    Identity {
        pool: pool.to_owned(),
        endpoint,
        region,
    }
}

fn orders(root: &Table<'_>) -> Orders {
    let table = root.table(
        "orders",
        &["region", "graphql", "auth", "api_key", "mqtt", "simulation"],
    );
    let mqtt = table.table("mqtt", &["region", "url"]);
    let simulation = table.table("simulation", &["region", "url"]);
    Orders {
        api: table.api(),
        mqtt: Mqtt {
            region: mqtt.region(),
            url: mqtt.socket("url"),
        },
        simulation: Simulation {
            region: simulation.region(),
            url: simulation.address("url"),
        },
    }
}

fn movies(root: &Table<'_>) -> Movies {
    let table = root.table(
        "movies",
        &["region", "graphql", "auth", "api_key", "images"],
    );
    Movies {
        api: table.api(),
        images: table.get("images").map(|_| table.address("images")),
    }
}

fn restaurant(root: &Table<'_>) -> Api {
    let table = root.table("restaurant", &["region", "graphql", "auth", "api_key"]);
    table.api()
}

fn calendar(root: &Table<'_>) -> Calendar {
    let table = root.table(
        "calendar",
        &[
            "region", "graphql", "auth", "api_key", "user", "function", "holidays",
        ],
    );
    let function = table.table("function", &["region", "url"]);
    Calendar {
        api: table.api(),
        user: table.number("user", USER),
        function: Function {
            region: function.region(),
            url: function.address("url"),
        },
        holidays: table.address("holidays"),
    }
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

/// The first thing that is wrong. Reading goes on all the same, with nothing in the place of what is wrong: to stop in
/// each of thirty places would weigh more in the page than all that is read.
#[derive(Default)]
struct Faults(OnceCell<ConfigError>);

impl Faults {
    fn note(&self, fault: ConfigError) {
        // What comes later may come of it.
        let _ = self.0.set(fault);
    }
}

/// A table of the configuration that knows the way to it.
struct Table<'a> {
    path: String,
    /// None of what is no table.
    values: Option<&'a Object>,
    faults: &'a Faults,
}

impl<'a> Table<'a> {
    fn of(value: Option<&'a Value>, path: String, known: &[&str], faults: &'a Faults) -> Self {
        let values = value.and_then(Value::as_object);
        if let (Some(value), None) = (value, values) {
            let key = if path.is_empty() {
                "the configuration"
            } else {
                &path
            };
            faults.note(ConfigError::WrongType {
                key: key.to_owned(),
                what: TABLE,
                found: kind(value),
            });
        }
        let table = Self {
            path,
            values,
            faults,
        };
        let mut keys = values.into_iter().flat_map(Object::fields);
        if let Some((key, _)) = keys.find(|(key, _)| !known.contains(key)) {
            faults.note(ConfigError::Unknown {
                key: table.key(key),
                known: known.join(", "),
            });
        }
        table
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            [&self.path, ".", key].concat()
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.values?.get(key).filter(|value| !value.is_null())
    }

    fn required(&self, key: &str, what: &'static str) -> Option<&'a Value> {
        let value = self.get(key);
        if value.is_none() {
            let key = self.key(key);
            self.faults.note(ConfigError::Missing { key, what });
        }
        value
    }

    fn table(&self, key: &str, known: &[&str]) -> Self {
        let value = self.required(key, TABLE);
        Self::of(value, self.key(key), known, self.faults)
    }

    fn text(&self, key: &str, what: &'static str) -> &'a str {
        let Some(value) = self.required(key, what) else {
            return "";
        };
        match value.as_str() {
            Some("") => self.invalid(key, what, "", "is empty"),
            Some(_) => {}
            None => self.wrong(key, what, value),
        }
        value.as_str().unwrap_or_default()
    }

    fn number(&self, key: &str, what: &'static str) -> i64 {
        let Some(value) = self.required(key, what) else {
            return 0;
        };
        let number = value.as_i64().filter(|number| *number > 0);
        if number.is_none() {
            self.wrong(key, what, value);
        }
        number.unwrap_or_default()
    }

    fn region(&self) -> Region {
        let text = self.text("region", REGION);
        if !is_region(text) {
            self.invalid("region", REGION, text, "is not of that form");
        }
        Region(text.to_owned())
    }

    fn address(&self, key: &str) -> Address {
        let text = self.text(key, ADDRESS);
        if let Some(why) = address_fault(text) {
            self.invalid(key, ADDRESS, text, why);
        }
        Address(text.to_owned())
    }

    fn socket(&self, key: &str) -> Address {
        let text = self.text(key, SOCKET);
        // `ws://…` is `http://…` with another word for it.
        let plain = text.strip_prefix("ws");
        let plain = plain.map_or(text.to_owned(), |rest| ["http", rest].concat());
        if let Some(why) = address_fault(&plain) {
            self.invalid(key, SOCKET, text, why);
        }
        Address(text.to_owned())
    }

    fn api(&self) -> Api {
        Api {
            region: self.region(),
            graphql: self.address("graphql"),
            auth: self.auth(),
        }
    }

    fn auth(&self) -> Auth {
        match self.text("auth", AUTH) {
            "guest" => Auth::Guest,
            "api-key" => Auth::ApiKey(self.text("api_key", KEY).to_owned()),
            other => {
                self.invalid("auth", AUTH, other, "is neither");
                Auth::Guest
            }
        }
    }

    fn wrong(&self, key: &str, what: &'static str, value: &Value) {
        self.faults.note(ConfigError::WrongType {
            key: self.key(key),
            what,
            found: kind(value),
        });
    }

    fn invalid(&self, key: &str, what: &'static str, value: &str, why: &'static str) {
        self.faults.note(ConfigError::Invalid {
            key: self.key(key),
            what,
            value: value.to_owned(),
            why,
        });
    }
}

/// Words with hyphens between them and a digit behind them.
fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else {
        return false;
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.contains('-')
        && words.split('-').all(is_word)
        && matches!(number.as_bytes(), [b'0'..=b'9'])
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

//! The messages of AppSync's real-time protocol (WebSocket subprotocol `graphql-ws`).
//!
//! What we send is strict. What we read is read tolerantly: services send `errors` as an object or a list, errors
//! without an `id` or with an empty one, data that holds only errors. Anything else that is not understood becomes
//! [`ServerFrame::Unknown`]; no input makes the decoder fail.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use link::session::OperationId;
use serde_json::{Map, Value};

use crate::error::GraphQlError;

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "graphql-ws";

fn operation_id(value: &Value) -> Option<OperationId> {
    match value {
        Value::String(text) => text.parse().ok(),
        number => number.as_u64(),
    }
    .map(OperationId)
}

/// The signed headers (or the API key) that authorize one connection or one start. They are secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization(pub Map<String, Value>);

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A message of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientFrame {
    /// The first one on an open socket.
    ConnectionInit,
    /// Starts a subscription.
    Start {
        /// Its id on this connection.
        id: OperationId,
        /// `payload.data`: the GraphQL request, exactly the text that was signed.
        body: Arc<str>,
        /// The headers of that signature.
        authorization: Authorization,
    },
    /// Ends a subscription.
    Stop {
        /// The id that it was started under.
        id: OperationId,
    },
}

impl ClientFrame {
    /// The text that goes over the wire.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut frame = Map::new();
        let mut set = |name: &str, value: Value| drop(frame.insert(name.to_owned(), value));
        match self {
            Self::ConnectionInit => set("type", "connection_init".into()),
            Self::Start {
                id,
                body,
                authorization,
            } => {
                set("type", "start".into());
                set("id", id.to_string().into());
                set("payload", start(body, authorization));
            }
            Self::Stop { id } => {
                set("type", "stop".into());
                set("id", id.to_string().into());
            }
        }
        // Texts and maps with text keys always serialize.
        serde_json::to_string(&Value::Object(frame)).unwrap_or_default()
    }
}

fn start(body: &str, Authorization(headers): &Authorization) -> Value {
    let mut extensions = Map::new();
    extensions.insert("authorization".to_owned(), headers.clone().into());
    let mut payload = Map::new();
    payload.insert("data".to_owned(), body.into());
    payload.insert("extensions".to_owned(), extensions.into());
    payload.into()
}

/// What a published event carries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Payload {
    /// The selected fields; null where the service had only errors.
    pub data: Value,
    /// Errors beside or instead of the data.
    pub errors: Vec<GraphQlError>,
}

impl Payload {
    pub(crate) fn from_value(mut payload: Value) -> Self {
        let errors = match payload.get("errors") {
            Some(_) => GraphQlError::list(&payload),
            None => Vec::new(),
        };
        Self {
            data: payload.get_mut("data").map(Value::take).unwrap_or_default(),
            errors,
        }
    }
}

/// A message of the service.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerFrame {
    /// The connection stands.
    ConnectionAck {
        /// How long the service may be silent (`connectionTimeoutMs`).
        timeout: Option<Duration>,
    },
    /// The connection was refused, with the service's reasons.
    ConnectionError(Vec<GraphQlError>),
    /// A sign of life, about every 60 s.
    KeepAlive,
    /// A subscription is established.
    StartAck(OperationId),
    /// Something was published.
    Data(OperationId, Payload),
    /// A subscription ended, asked for by a stop or not.
    Complete(OperationId),
    /// A start was refused, a subscription ended, or (without an id) something was wrong that we cannot attribute.
    Error(Option<OperationId>, Vec<GraphQlError>),
    /// Nothing that this protocol knows.
    Unknown,
}

impl ServerFrame {
    /// Reads a text frame.
    #[must_use]
    pub fn decode(text: &str) -> Self {
        // As any JSON, from bytes: the same parser as everywhere, where a type and a text would bring their own along.
        let mut frame: Value = serde_json::from_slice(text.as_bytes()).unwrap_or_default();
        let mut take = |name| frame.get_mut(name).map(Value::take).unwrap_or_default();
        let (kind, id, payload) = (take("type"), take("id"), take("payload"));
        match (kind.as_str().unwrap_or_default(), operation_id(&id)) {
            ("connection_ack", _) => {
                let timeout = payload.get("connectionTimeoutMs").and_then(Value::as_u64);
                Self::ConnectionAck {
                    timeout: timeout.map(Duration::from_millis),
                }
            }
            ("connection_error", _) => Self::ConnectionError(GraphQlError::list(&payload)),
            ("ka", _) => Self::KeepAlive,
            ("start_ack", Some(id)) => Self::StartAck(id),
            ("data", Some(id)) => Self::Data(id, Payload::from_value(payload)),
            ("complete", Some(id)) => Self::Complete(id),
            ("error", Some(id)) => Self::Error(Some(id), GraphQlError::list(&payload)),
            ("error", None) if id.is_null() || id == "" => {
                Self::Error(None, GraphQlError::list(&payload))
            }
            _ => Self::Unknown,
        }
    }
}

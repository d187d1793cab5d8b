//! The messages of AppSync's real-time protocol (WebSocket subprotocol `graphql-ws`).
//!
//! What we send is strict. What we read is read tolerantly: services send `errors` as an object or a list, errors
//! without an `id` or with an empty one, data that holds only errors. Anything else that is not understood becomes
//! [`ServerFrame::Unknown`]; no input makes the decoder fail.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use json::{Object, Value};
pub use link::session::OperationId;

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
pub struct Authorization(pub Object);

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.fields().map(|(name, _)| name);
        f.debug_set().entries(names).finish()
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
        let mut frame = Object::default();
        match self {
            Self::ConnectionInit => frame.set("type", "connection_init"),
            Self::Start {
                id,
                body,
                authorization,
            } => {
                frame.set("type", "start");
                frame.set("id", id.to_string());
                frame.set("payload", start(body, authorization));
            }
            Self::Stop { id } => {
                frame.set("type", "stop");
                frame.set("id", id.to_string());
            }
        }
        Value::from(frame).text()
    }
}

fn start(body: &str, Authorization(headers): &Authorization) -> Object {
    let mut extensions = Object::default();
    extensions.set("authorization", headers.clone());
    let mut payload = Object::default();
    payload.set("data", body);
    payload.set("extensions", extensions);
    payload
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
            data: payload.take("data"),
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
        let mut frame = json::parse(text.as_bytes()).unwrap_or_default();
        let (kind, id) = (frame.take("type"), frame.take("id"));
        let payload = frame.take("payload");
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
            ("error", None) if id.is_null() || id.as_str() == Some("") => {
                Self::Error(None, GraphQlError::list(&payload))
            }
            _ => Self::Unknown,
        }
    }
}

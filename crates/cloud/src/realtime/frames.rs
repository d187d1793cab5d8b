//! The frames of the protocol, as the server reads and writes them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::graphql::GraphQlError;

/// What a client sends. Everything is optional here: what is missing is an error with a name, not a parse failure.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ClientFrame {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) payload: Option<StartPayload>,
}

/// The payload of `start`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct StartPayload {
    #[serde(default)]
    pub(super) data: Option<String>,
    #[serde(default)]
    pub(super) extensions: Extensions,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Extensions {
    #[serde(default)]
    pub(super) authorization: Map<String, Value>,
}

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ServerFrame {
    ConnectionAck {
        payload: Ack,
    },
    ConnectionError {
        payload: Problems,
    },
    Ka,
    StartAck {
        id: String,
    },
    Complete {
        id: String,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        payload: Problems,
    },
}

/// The frame that brings an event. Its payload is JSON already: many subscriptions get the same one.
pub(super) fn data(id: &str, payload: &str) -> String {
    let id = json!(id).to_string();
    [
        r#"{"type":"data","id":"#,
        &id,
        r#","payload":"#,
        payload,
        "}",
    ]
    .concat()
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ack {
    pub(super) connection_timeout_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Problems {
    pub(super) errors: Vec<Problem>,
}

/// An error on the socket.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem {
    pub(crate) error_type: String,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_code: Option<u16>,
}

impl Problem {
    pub(crate) fn new(
        error_type: &str,
        message: impl Into<String>,
        error_code: impl Into<Option<u16>>,
    ) -> Self {
        Self {
            error_type: error_type.to_owned(),
            message: message.into(),
            error_code: error_code.into(),
        }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new("BadRequestException", message, 400)
    }
}

impl From<GraphQlError> for Problem {
    fn from(error: GraphQlError) -> Self {
        Self {
            error_type: error.error_type.unwrap_or_default(),
            message: error.message,
            error_code: None,
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self {
            errors: vec![problem],
        }
    }
}

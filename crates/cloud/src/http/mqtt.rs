//! The upgrade to MQTT over WebSocket.

use std::sync::Arc;

use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::{Incoming, json as answer};
use crate::faults::Remote;
use crate::mqtt::socket;
use crate::server::Front;
use crate::settings::REGION;
use crate::sigv4::TokenRule;

/// The subprotocols: that of MQTT 3.1.1 and 5, and that which clients of 3.1 ask for.
const PROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];
const JSON: &str = "application/json";
/// The largest WebSocket message that is read at all. A packet's own limit is smaller and has an answer of its own.
const MESSAGE_LIMIT: usize = 256 * 1024;
/// How much is read at once; see `http/realtime.rs`.
const READ_BUFFER: usize = 4 * 1024;

/// A signed URL, and then a WebSocket. What is not believed gets 403 before the upgrade, which a browser cannot see the
/// reason of; the body says it to everybody else.
pub(crate) async fn connect(
    State(front): State<Front>,
    remote: Option<Extension<ConnectInfo<Remote>>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    let Ok(incoming) = Incoming::read(request, 0).await else {
        return answer(413, JSON, None, &json!({"message": "a GET has no body"}));
    };
    let signed = incoming.as_signed();
    let believed = front.verify_by(&signed, "iotdevicegateway", REGION, TokenRule::Appended);
    let caller = match believed {
        Ok(caller) => caller,
        Err(refusal) => {
            tracing::debug!(%refusal, "an MQTT connection is not authorized");
            let body = json!({ "message": refusal.to_string() });
            return answer(403, JSON, Some(refusal.error_type()), &body);
        }
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols(PROTOCOLS),
        Err(rejection) => return rejection.into_response(),
    };
    if upgrade.selected_protocol().is_none() {
        let message = "the WebSocket has to be opened with the subprotocol mqtt or mqttv3.1";
        return answer(400, JSON, None, &json!({ "message": message }));
    }
    let line = remote.map(|Extension(ConnectInfo(remote))| Arc::clone(remote.line()));
    upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT)
        .on_upgrade(move |ws| socket::serve(ws, front, caller.role, line))
}

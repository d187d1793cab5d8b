//! The upgrade to a real-time socket.

use axum::extract::ws::WebSocketUpgrade;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::response::Response;
use backend::api::ApiName;

use crate::faults::Remote;
use crate::realtime::{authorization, socket};
use crate::server::Front;
use crate::sigv4::Refusal;

/// The largest message that is read at all; the protocol's own limit is smaller and has an error of its own.
const MESSAGE_LIMIT: usize = 1024 * 1024;
/// How much is read at once. Clients say little, each socket has such a buffer, and it is filled with zeros before each
/// read: with the usual 128 KiB that was most of a socket's memory, and a third of the time that a delivery took.
const READ_BUFFER: usize = 4 * 1024;

pub(crate) async fn orders(
    State(front): State<Front>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    remote: Option<Extension<ConnectInfo<Remote>>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let api = ApiName::Orders;
    let authorized = authorize(&front, api, &headers, query.as_deref().unwrap_or_default());
    if let Err(refusal) = &authorized {
        tracing::debug!(%api, %refusal, "a socket is not authorized");
    }
    let line = remote.map(|Extension(ConnectInfo(remote))| Arc::clone(remote.line()));
    upgrade
        .protocols(["graphql-ws"])
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT)
        .on_upgrade(move |ws| socket::serve(ws, front, api, authorized, line))
}

fn authorize(front: &Front, api: ApiName, headers: &HeaderMap, query: &str) -> Result<(), Refusal> {
    let protocols: Vec<&str> = headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let authorization =
        authorization::of_handshake(&protocols.join(","), query).ok_or(Refusal::Missing)?;
    let headers = authorization::headers(&authorization);
    let path = format!("/{api}/graphql/connect");
    front.verify(
        &authorization::signed(&path, &headers, authorization::CONNECT_BODY),
        "appsync",
    )?;
    Ok(())
}

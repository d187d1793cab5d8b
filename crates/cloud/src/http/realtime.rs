//! The upgrade to a real-time socket.

use axum::extract::ws::WebSocketUpgrade;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{HOST, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use backend::api::ApiName;

use crate::faults::Remote;
use crate::realtime::{Place, authorization, socket};
use crate::server::Front;
use crate::services::{Family, Host};
use crate::sigv4::Refusal;

/// The largest message that is read at all; the protocol's own limit is smaller and has an error of its own.
const MESSAGE_LIMIT: usize = 1024 * 1024;
/// How much is read at once. Clients say little, each socket has such a buffer, and it is filled with zeros before each
/// read: with the usual 128 KiB that was most of a socket's memory, and a third of the time that a delivery took.
const READ_BUFFER: usize = 4 * 1024;

/// Opens a connection to the API that the route says.
pub(crate) async fn open(
    State(front): State<Front>,
    Extension(api): Extension<ApiName>,
    uri: Uri,
    headers: HeaderMap,
    remote: Option<Extension<ConnectInfo<Remote>>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let place = place(api, &uri, &headers);
    let authorized = authorize(&front, &place, &headers, uri.query().unwrap_or_default());
    if let Err(refusal) = &authorized {
        tracing::debug!(%api, %refusal, "a socket is not authorized");
    }
    let line = remote.map(|Extension(ConnectInfo(remote))| Arc::clone(remote.line()));
    upgrade
        .protocols(["graphql-ws"])
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT)
        .on_upgrade(move |ws| socket::serve(ws, front, place, authorized, line))
}

/// What is signed is not the socket's address but the GraphQL endpoint that belongs to it: under a service's own name
/// that of another host, elsewhere that of the path before `/realtime`.
fn place(api: ApiName, uri: &Uri, headers: &HeaderMap) -> Place {
    let path = uri.path();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(Host::read);
    Place {
        api,
        path: path.strip_suffix("/realtime").unwrap_or(path).to_owned(),
        host: host.map(|host| Family::GraphQl.name(&host.id, &host.region)),
    }
}

fn authorize(
    front: &Front,
    place: &Place,
    headers: &HeaderMap,
    query: &str,
) -> Result<(), Refusal> {
    let protocols: Vec<&str> = headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let authorization =
        authorization::of_handshake(&protocols.join(","), query).ok_or(Refusal::Missing)?;
    let path = format!("{}/connect", place.path);
    place.verify(front, &path, &authorization, authorization::CONNECT_BODY)?;
    Ok(())
}

//! WebSockets on tokio-tungstenite.

use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message as Frame, protocol::frame::coding::CloseCode};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
};

use super::tls;
use crate::NetError;
use crate::socket::{LOST, Message, Received};

/// How long a closing handshake may hold up who closes.
const CLOSING: Duration = Duration::from_secs(1);
/// A frame that the network does not take within this time will not arrive.
const TAKING: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    protocol: Option<String>,
    closed: Option<(u16, String)>,
}

impl Socket {
    pub(crate) async fn open(url: &str, protocols: &[&str]) -> Result<Self, NetError> {
        let mut request = url.into_client_request().map_err(invalid)?;
        if !protocols.is_empty() {
            let offered = HeaderValue::try_from(protocols.join(", ")).map_err(invalid)?;
            request
                .headers_mut()
                .insert(SEC_WEBSOCKET_PROTOCOL, offered);
        }
        let connector = if request.uri().scheme_str() == Some("wss") {
            Connector::Rustls(tls::config().await?)
        } else {
            Connector::Plain
        };
        let connecting = connect_async_tls_with_config(request, None, false, Some(connector));
        let (stream, response) = connecting.await.map_err(|error| match error {
            Error::Url(_) | Error::HttpFormat(_) => invalid(error),
            _ => NetError::Refused(Arc::new(error)),
        })?;
        let protocol = response
            .headers()
            .get(SEC_WEBSOCKET_PROTOCOL)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Ok(Self {
            stream,
            protocol,
            closed: None,
        })
    }

    pub(crate) fn protocol(&self) -> Option<String> {
        self.protocol.clone()
    }

    pub(crate) async fn send(&mut self, message: Message) -> Result<(), NetError> {
        let frame = match message {
            Message::Text(text) => Frame::text(text),
            Message::Binary(bytes) => Frame::binary(bytes),
        };
        match tokio::time::timeout(TAKING, self.stream.send(frame)).await {
            Ok(sent) => sent.map_err(|_| NetError::Closed),
            Err(_) => Err(NetError::TimedOut(TAKING)),
        }
    }

    pub(crate) async fn receive(&mut self) -> Received {
        while self.closed.is_none() {
            match self.stream.next().await {
                Some(Ok(Frame::Text(text))) => {
                    return Received::Message(Message::Text(text.as_str().to_owned()));
                }
                Some(Ok(Frame::Binary(bytes))) => {
                    return Received::Message(Message::Binary(bytes.into()));
                }
                Some(Ok(Frame::Close(frame))) => {
                    self.closed = Some(match frame {
                        Some(frame) => (frame.code.into(), frame.reason.as_str().to_owned()),
                        None => (CloseCode::Status.into(), String::new()),
                    });
                    // Polling on sends our half of the closing handshake.
                    let _ = tokio::time::timeout(CLOSING, self.stream.next()).await;
                }
                Some(Ok(Frame::Ping(_) | Frame::Pong(_) | Frame::Frame(_))) => {}
                Some(Err(_)) | None => self.closed = Some((LOST, String::new())),
            }
        }
        let (code, reason) = self.closed.clone().unwrap_or((LOST, String::new()));
        Received::Closed { code, reason }
    }

    pub(crate) async fn close(mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        // A peer that no longer reads must not hold up who leaves.
        let _ = tokio::time::timeout(CLOSING, self.stream.close(Some(frame))).await;
    }
}

fn invalid(error: impl Into<Error>) -> NetError {
    NetError::Invalid(Arc::new(error.into()))
}

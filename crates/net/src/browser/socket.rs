//! WebSockets on gloo-net's. Messages are sent past it: it would put bytes into a `Blob`, which the browser reads in
//! another process before anything leaves. An acknowledgement then takes longer than the message took to come.

use std::fmt;

use futures::{SinkExt as _, StreamExt as _};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message as Frame, State, WebSocketError};
use js_sys::{Array, JsString};

use crate::NetError;
use crate::error::cause;
use crate::socket::{LOST, Message, Received};

pub(crate) struct Socket {
    socket: WebSocket,
    /// The same one, to send by.
    raw: web_sys::WebSocket,
    closed: Option<(u16, String)>,
}

impl Socket {
    pub(crate) async fn open(url: &str, protocols: &[&str]) -> Result<Self, NetError> {
        let protocols: Array = protocols.iter().copied().map(JsString::from).collect();
        let raw = web_sys::WebSocket::new_with_str_sequence(url, &protocols)
            .map_err(|error| NetError::Invalid(cause(format!("{error:?}"))))?;
        let socket = WebSocket::try_from(raw.clone())
            .map_err(|error| NetError::Invalid(cause(error.to_string())))?;
        let mut socket = Self {
            socket,
            raw,
            closed: None,
        };
        // Ready as soon as it is no longer connecting, be it open or closed.
        let ready = futures::future::poll_fn(|cx| socket.socket.poll_ready_unpin(cx)).await;
        match (ready, socket.socket.state()) {
            (Ok(()), State::Open) => Ok(socket),
            _ => Err(match socket.receive().await {
                Received::Closed { code, reason } => {
                    NetError::Refused(cause(format!("close code {code} {reason}")))
                }
                Received::Message(_) => NetError::Closed,
            }),
        }
    }

    pub(crate) fn protocol(&self) -> Option<String> {
        Some(self.socket.protocol()).filter(|protocol| !protocol.is_empty())
    }

    #[expect(
        clippy::unused_async,
        reason = "a native socket waits until the network takes it"
    )]
    pub(crate) async fn send(&mut self, message: Message) -> Result<(), NetError> {
        // A browser swallows what is sent on a closing socket.
        if !matches!(self.socket.state(), State::Open) {
            return Err(NetError::Closed);
        }
        let sent = match message {
            Message::Text(text) => self.raw.send_with_str(&text),
            Message::Binary(bytes) => self.raw.send_with_u8_array(&bytes),
        };
        sent.map_err(|_| NetError::Closed)
    }

    pub(crate) async fn receive(&mut self) -> Received {
        while self.closed.is_none() {
            match self.socket.next().await {
                Some(Ok(Frame::Text(text))) => return Received::Message(Message::Text(text)),
                Some(Ok(Frame::Bytes(bytes))) => return Received::Message(Message::Binary(bytes)),
                Some(Err(WebSocketError::ConnectionClose(event))) => {
                    self.closed = Some((event.code, event.reason));
                }
                // An error event says nothing; the close event comes after it.
                Some(Err(_)) => {}
                None => self.closed = Some((LOST, String::new())),
            }
        }
        let (code, reason) = self.closed.clone().unwrap_or((LOST, String::new()));
        Received::Closed { code, reason }
    }

    #[expect(
        clippy::unused_async,
        reason = "a native socket waits until the network takes it"
    )]
    pub(crate) async fn close(self, code: u16, reason: &str) {
        // Fails only for a code that pages may not send; the drop closes then.
        let _ = self.socket.close(Some(code), Some(reason));
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

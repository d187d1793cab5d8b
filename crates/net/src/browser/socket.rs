//! WebSockets on gloo-net's.

use std::fmt;

use futures::{SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message as Frame, State, WebSocketError};
use js_sys::{Array, JsString};

use crate::NetError;
use crate::error::cause;
use crate::socket::{LOST, Message, Received};

pub(crate) struct Socket {
    socket: WebSocket,
    closed: Option<(u16, String)>,
}

impl Socket {
    pub(crate) async fn open(url: &str, protocols: &[&str]) -> Result<Self, NetError> {
        let protocols: Array = protocols.iter().copied().map(JsString::from).collect();
        let socket = web_sys::WebSocket::new_with_str_sequence(url, &protocols)
            .map_err(|error| NetError::Invalid(cause(format!("{error:?}"))))?;
        let socket = WebSocket::try_from(socket)
            .map_err(|error| NetError::Invalid(cause(error.to_string())))?;
        let mut socket = Self {
            socket,
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

    pub(crate) async fn send(&mut self, message: Message) -> Result<(), NetError> {
        // A browser swallows what is sent on a closing socket.
        if !matches!(self.socket.state(), State::Open) {
            return Err(NetError::Closed);
        }
        let frame = match message {
            Message::Text(text) => Frame::Text(text),
            Message::Binary(bytes) => Frame::Bytes(bytes),
        };
        self.socket.send(frame).await.map_err(|_| NetError::Closed)
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

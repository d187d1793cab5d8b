//! WebSockets.
//!
//! Not gloo-net's: it sends every binary message as a `Blob`, which the browser reads in another process before anything
//! leaves. An acknowledgement then takes longer than the message took to come.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::JsCast as _;
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

use super::listener::Listener;
use crate::NetError;
use crate::error::cause;
use crate::socket::{Message, Received};

pub(crate) struct Socket {
    socket: WebSocket,
    inbox: Rc<RefCell<Inbox>>,
    _listeners: [Listener; 3],
}

/// What the browser has told and nobody has asked for.
#[derive(Default)]
struct Inbox {
    messages: VecDeque<Message>,
    /// Code and reason.
    closed: Option<(u16, String)>,
    waker: Option<Waker>,
}

impl Socket {
    pub(crate) async fn open(url: &str, protocols: &[&str]) -> Result<Self, NetError> {
        let protocols: Array = protocols.iter().copied().map(JsString::from).collect();
        let socket = WebSocket::new_with_str_sequence(url, &protocols)
            .map_err(|error| NetError::Invalid(cause(format!("{error:?}"))))?;
        // The other type can be read only later, and then messages overtake each other.
        socket.set_binary_type(BinaryType::Arraybuffer);
        let inbox = Rc::new(RefCell::new(Inbox::default()));
        let on = |event, hear: fn(&mut Inbox, Event)| {
            let inbox = Rc::clone(&inbox);
            Listener::new(&socket, event, move |event| {
                let mut inbox = inbox.borrow_mut();
                hear(&mut inbox, event);
                let waker = inbox.waker.take();
                drop(inbox);
                if let Some(waker) = waker {
                    waker.wake();
                }
            })
        };
        let listeners = [
            on("open", |_, _| {}),
            on("message", |inbox, event| {
                inbox.messages.push_back(message(&event.unchecked_into()));
            }),
            // An error event says nothing; the close event comes after it.
            on("close", |inbox, event| {
                let event: CloseEvent = event.unchecked_into();
                inbox.closed = Some((event.code(), event.reason()));
            }),
        ];
        let socket = Self {
            socket,
            inbox,
            _listeners: listeners,
        };
        socket.opened().await?;
        Ok(socket)
    }

    async fn opened(&self) -> Result<(), NetError> {
        poll_fn(|context| {
            let mut inbox = self.inbox.borrow_mut();
            if let Some((code, reason)) = &inbox.closed {
                let words = format!("close code {code} {reason}");
                return Poll::Ready(Err(NetError::Refused(cause(words))));
            }
            if self.is_open() {
                return Poll::Ready(Ok(()));
            }
            inbox.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
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
        if !self.is_open() {
            return Err(NetError::Closed);
        }
        let sent = match message {
            Message::Text(text) => self.socket.send_with_str(&text),
            Message::Binary(bytes) => self.socket.send_with_u8_array(&bytes),
        };
        sent.map_err(|_| NetError::Closed)
    }

    pub(crate) async fn receive(&mut self) -> Received {
        poll_fn(|context| {
            let mut inbox = self.inbox.borrow_mut();
            if let Some(message) = inbox.messages.pop_front() {
                return Poll::Ready(Received::Message(message));
            }
            if let Some((code, reason)) = inbox.closed.clone() {
                return Poll::Ready(Received::Closed { code, reason });
            }
            inbox.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    #[expect(
        clippy::unused_async,
        reason = "a native socket waits until the network takes it"
    )]
    pub(crate) async fn close(self, code: u16, reason: &str) {
        // Fails only for a code that pages may not send; the drop closes then.
        let _ = self.socket.close_with_code_and_reason(code, reason);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A socket that is closed already stays so.
        let _ = self.socket.close();
    }
}

fn message(event: &MessageEvent) -> Message {
    let data = event.data();
    match data.as_string() {
        Some(text) => Message::Text(text),
        None => Message::Binary(Uint8Array::new(&data).to_vec()),
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("closed", &self.inbox.borrow().closed)
            .finish_non_exhaustive()
    }
}

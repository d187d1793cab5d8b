//! A session and the lines of its connections, together: messages in, messages out. Pure.

use std::fmt;
use std::mem;
use std::sync::Arc;

use net::Instant;
use net::socket::Message;

use crate::map::Map;
use crate::session::{ConnectionId, Input, Output, Session};
use crate::wire::{Exchange, Heard, Line, Wire};

/// One endpoint's session, speaking its protocol.
pub struct Conversation {
    session: Session,
    wire: Arc<dyn Wire>,
    lines: Map<ConnectionId, Box<dyn Line>>,
    actions: Vec<Action>,
}

/// What the driver is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Send a message. Whatever the session says goes out as these.
    Say(ConnectionId, Message),
    /// Do this; never [`Output::Send`].
    Do(Output),
}

impl Conversation {
    /// A conversation of nobody yet. The seed makes the jitter.
    #[must_use]
    pub fn new(wire: Arc<dyn Wire>, seed: u64, online: bool) -> Self {
        Self {
            session: Session::new(wire.rules(), seed, online),
            wire,
            lines: Map::new(),
            actions: Vec::new(),
        }
    }

    /// Something happened.
    pub fn handle(&mut self, now: Instant, input: Input) {
        if let Input::Closed {
            connection, code, ..
        } = &input
            && let Some(line) = self.lines.get_mut(connection)
        {
            line.closed(*code);
        }
        self.session.handle(now, input);
        self.settle(now);
    }

    /// A message came.
    pub fn hear(&mut self, now: Instant, id: ConnectionId, message: Message) {
        let mut exchange = Exchange::default();
        if let Some(line) = self.lines.get_mut(&id) {
            line.hear(message, &mut exchange);
        }
        // A part of something is a sign of life too.
        if exchange.heard.is_empty() {
            exchange.heard.push(Heard::Alive);
        }
        self.exchanged(now, id, exchange);
        self.settle(now);
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
        self.settle(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called, if nothing happens before.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.session.next_deadline()
    }

    /// What is to be done now, in order.
    pub fn take_actions(&mut self) -> Vec<Action> {
        mem::take(&mut self.actions)
    }

    /// Whether there is neither a subscriber nor a connection.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.session.is_idle()
    }

    /// Puts what the session wants into the protocol's words, until it wants nothing more.
    fn settle(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.session.poll_output() {
                self.put(now, output);
            }
            let mut exchanges = Vec::new();
            for (id, line) in self.lines.iter_mut() {
                let mut exchange = Exchange::default();
                line.flush(&mut exchange);
                exchanges.push((*id, exchange));
            }
            for (id, exchange) in exchanges {
                self.exchanged(now, id, exchange);
            }
            let Some(output) = self.session.poll_output() else {
                return;
            };
            self.put(now, output);
        }
    }

    fn put(&mut self, now: Instant, output: Output) {
        match output {
            Output::Send(id, request) => {
                let mut exchange = Exchange::default();
                if let Some(line) = self.lines.get_mut(&id) {
                    line.say(request, &mut exchange);
                }
                return self.exchanged(now, id, exchange);
            }
            Output::Open(id) => drop(self.lines.insert(id, self.wire.line(id))),
            Output::Close(id) => drop(self.lines.remove(&id)),
            _ => {}
        }
        self.actions.push(Action::Do(output));
    }

    fn exchanged(&mut self, now: Instant, id: ConnectionId, exchange: Exchange) {
        let Exchange { send, heard } = exchange;
        for message in send {
            self.actions.push(Action::Say(id, message));
        }
        for heard in heard {
            self.session.handle(now, Input::Received(id, heard));
        }
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

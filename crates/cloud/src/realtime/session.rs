//! One connection's side of the protocol, without I/O and without a clock.
//!
//! Frames, verdicts and the time since the connection was opened go in; frames to send and things to do come out.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Limits;
use super::frames::{self, Ack, ClientFrame, Problem, Problems, ServerFrame};

/// How long a connection that was refused may take to hear why.
const PATIENCE: Duration = Duration::from_secs(10);

/// The codes of WebSocket closes. Source: RFC 6455, section 7.4.1.
pub(super) const NORMAL: u16 = 1000;
pub(super) const GOING_AWAY: u16 = 1001;
pub(super) const POLICY: u16 = 1008;

/// A connection.
pub(super) struct Session {
    limits: Limits,
    state: State,
    /// The subscriptions that run, and those that wait for their verdict.
    subscriptions: HashSet<String>,
    next_keep_alive: Duration,
}

enum State {
    /// Before `connection_init`, which has to come first and soon.
    Opened,
    /// After `connection_ack`.
    Live,
    /// The handshake carried no valid authorization: the first frame is answered with the reason.
    Refused(Problem),
    Closed,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    Send(ServerFrame),
    /// Send this frame, which brings an event.
    Deliver(String),
    /// Judge this and call [`Session::judged`].
    Start(Start),
    /// The client wants no more of this subscription.
    Stop(String),
    /// Close; nothing comes after it.
    Close {
        code: u16,
        reason: &'static str,
    },
}

/// A subscription to be judged: authorization over the exact `data`, then what it asks for.
#[derive(Debug, PartialEq)]
pub(super) struct Start {
    pub(super) id: String,
    pub(super) data: String,
    pub(super) authorization: Map<String, Value>,
}

impl Session {
    pub(super) fn open(limits: Limits, authorized: Result<(), Problem>) -> Self {
        let state = match authorized {
            Ok(()) => State::Opened,
            Err(problem) => State::Refused(problem),
        };
        Self {
            limits,
            state,
            subscriptions: HashSet::new(),
            next_keep_alive: limits.keep_alive,
        }
    }

    /// A text frame has come in.
    pub(super) fn receive(&mut self, text: &str) -> Vec<Output> {
        match &self.state {
            State::Closed => return Vec::new(),
            State::Refused(problem) => return self.refuse_connection(problem.clone()),
            State::Opened | State::Live => {}
        }
        let frame = match serde_json::from_str::<ClientFrame>(text) {
            Ok(frame) => frame,
            Err(error) => {
                return self.bad(
                    None,
                    Problem::bad_request(format!("malformed frame: {error}")),
                );
            }
        };
        if text.len() > self.limits.payload {
            let message = format!(
                "A frame may have {} bytes, this one has {}",
                self.limits.payload,
                text.len()
            );
            return self.bad(frame.id, Problem::bad_request(message));
        }
        match frame.kind.as_str() {
            "connection_init" => self.acknowledge(),
            other if matches!(self.state, State::Opened) => {
                let message = format!("{other} came before connection_init");
                self.bad(frame.id, Problem::bad_request(message))
            }
            "start" => self.start(frame),
            "stop" => self.stop(frame.id),
            other => {
                let message = format!("{other} not supported through the realtime channel");
                self.bad(frame.id, Problem::new("UnsupportedOperation", message, 400))
            }
        }
    }

    /// The verdict on a [`Start`]. A denied subscription fails alone.
    pub(super) fn judged(&mut self, id: &str, verdict: Result<(), Vec<Problem>>) -> Option<Output> {
        if !self.subscriptions.contains(id) {
            return None;
        }
        match verdict {
            Ok(()) => Some(Output::Send(ServerFrame::StartAck { id: id.to_owned() })),
            Err(errors) => {
                self.subscriptions.remove(id);
                Some(Output::Send(ServerFrame::Error {
                    id: Some(id.to_owned()),
                    payload: Problems { errors },
                }))
            }
        }
    }

    /// An event for a subscription, if it still runs; the payload is JSON. What is too large to send becomes an event without data, which
    /// clients take as a hint to fetch.
    pub(super) fn deliver(&self, id: &str, payload: &str) -> Option<Output> {
        if !self.subscriptions.contains(id) {
            return None;
        }
        let size = payload.len();
        let frame = if size <= self.limits.payload {
            frames::data(id, payload)
        } else {
            let message = format!(
                "The event has {size} bytes; {} can be delivered",
                self.limits.payload
            );
            let errors = json!([{"errorType": "PayloadTooLarge", "message": message}]);
            frames::data(id, &json!({"data": null, "errors": errors}).to_string())
        };
        Some(Output::Deliver(frame))
    }

    /// The deadline has come (or anything else has: calling too often does no harm).
    pub(super) fn tick(&mut self, now: Duration) -> Vec<Output> {
        match &self.state {
            State::Closed => Vec::new(),
            State::Refused(problem) if now >= PATIENCE => self.refuse_connection(problem.clone()),
            State::Refused(_) => Vec::new(),
            State::Opened if now >= self.limits.init => {
                self.close(POLICY, "connection_init did not come in time")
            }
            State::Opened | State::Live if now >= self.limits.lifetime => self.close(
                GOING_AWAY,
                "this connection has reached its maximum duration",
            ),
            State::Live if now >= self.next_keep_alive => {
                self.next_keep_alive = now + self.limits.keep_alive;
                vec![Output::Send(ServerFrame::Ka)]
            }
            State::Opened | State::Live => Vec::new(),
        }
    }

    /// When [`Session::tick`] has something to do next, since the connection was opened.
    pub(super) fn deadline(&self) -> Duration {
        match self.state {
            State::Refused(_) => PATIENCE,
            State::Live => self.next_keep_alive.min(self.limits.lifetime),
            State::Opened => self.limits.init.min(self.limits.lifetime),
            State::Closed => self.limits.lifetime,
        }
    }

    /// The server wants to end the connection.
    pub(super) fn close(&mut self, code: u16, reason: &'static str) -> Vec<Output> {
        self.state = State::Closed;
        self.subscriptions.clear();
        vec![Output::Close { code, reason }]
    }

    fn acknowledge(&mut self) -> Vec<Output> {
        self.state = State::Live;
        let connection_timeout_ms = self
            .limits
            .connection_timeout
            .as_millis()
            .try_into()
            .unwrap_or(u64::MAX);
        let ack = ServerFrame::ConnectionAck {
            payload: Ack {
                connection_timeout_ms,
            },
        };
        vec![Output::Send(ack), Output::Send(ServerFrame::Ka)]
    }

    fn start(&mut self, frame: ClientFrame) -> Vec<Output> {
        let Some(id) = frame.id.filter(|id| !id.is_empty()) else {
            return self.bad(None, Problem::bad_request("start needs an id"));
        };
        if id.len() > self.limits.id {
            let message = format!(
                "an id may have {} bytes, this one has {}",
                self.limits.id,
                id.len()
            );
            return self.bad(None, Problem::bad_request(message));
        }
        let payload = frame.payload.unwrap_or_default();
        let Some(data) = payload.data else {
            return self.bad(
                Some(id),
                Problem::bad_request("start needs payload.data, a string"),
            );
        };
        if self.subscriptions.contains(&id) {
            let message = format!("a subscription with the id {id} is running on this connection");
            return self.bad(
                Some(id),
                Problem::new("DuplicatedOperationError", message, 400),
            );
        }
        if self.subscriptions.len() >= self.limits.subscriptions {
            let message = format!(
                "Max number of {} subscriptions reached",
                self.limits.subscriptions
            );
            return self.bad(
                Some(id),
                Problem::new("MaxSubscriptionsReachedError", message, None),
            );
        }
        self.subscriptions.insert(id.clone());
        vec![Output::Start(Start {
            id,
            data,
            authorization: payload.extensions.authorization,
        })]
    }

    fn stop(&mut self, id: Option<String>) -> Vec<Output> {
        match id {
            Some(id) if self.subscriptions.remove(&id) => {
                vec![
                    Output::Stop(id.clone()),
                    Output::Send(ServerFrame::Complete { id }),
                ]
            }
            id => {
                let message = format!(
                    "no subscription {} is running",
                    id.as_deref().unwrap_or_default()
                );
                self.bad(id, Problem::new("UnknownOperationError", message, None))
            }
        }
    }

    /// A frame that cannot be obeyed. Before the acknowledgement it ends the connection, later only itself.
    fn bad(&mut self, id: Option<String>, problem: Problem) -> Vec<Output> {
        match self.state {
            State::Opened => self.refuse_connection(problem),
            _ => vec![Output::Send(ServerFrame::Error {
                id,
                payload: problem.into(),
            })],
        }
    }

    fn refuse_connection(&mut self, problem: Problem) -> Vec<Output> {
        let told = Output::Send(ServerFrame::ConnectionError {
            payload: problem.into(),
        });
        std::iter::once(told)
            .chain(self.close(NORMAL, "the connection was refused"))
            .collect()
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "hostile_tests.rs"]
mod hostile;

//! One connection's side of the protocol, without I/O and without a clock.
//!
//! Packets, deliveries and the time since the connection was opened go in; packets to send and things to do come out.
//! `connect` and `requests` beside this file say what CONNECT and what follows it come to.

mod connect;
mod requests;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::close_code::{AWAY, NORMAL, POLICY};

use super::Limits;
use super::message::{Delivery, Message};
use super::packet::{Disconnect, Packet, PubAck, QoS, Reason, Version, Wish};
use super::properties::{Name, Properties, Value};
use super::topic::{Filter, Topic};
use super::unacked::Unacked;
use super::wire::Malformed;

/// What a client wants to do, in the words of IoT Core's policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed<'a> {
    /// `iot:Connect` under a client id.
    Connect(&'a str),
    /// `iot:Subscribe` to a filter.
    Subscribe(&'a str),
    /// `iot:Publish` to a topic.
    Publish(&'a str),
    /// `iot:RetainPublish`, beside the former.
    Retain(&'a str),
}

/// Says what the client may do.
pub(super) type Grants<'a> = dyn Fn(Deed<'_>) -> bool + 'a;

/// A connection.
pub(super) struct Session {
    limits: Limits,
    state: State,
    version: Version,
    /// For a client that brings no id.
    spare_id: String,
    /// How long the client may be silent.
    silence: Duration,
    /// When it was last heard.
    heard: Duration,
    subscriptions: HashSet<Filter>,
    aliases: HashMap<u16, Topic>,
    unacked: Unacked,
    /// Bytes of the largest packet that the client takes.
    largest: usize,
    will: Option<Message>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before CONNECT, which has to come first and soon.
    Opened,
    /// After CONNACK.
    Live,
    Closed,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Output {
    Send(Packet),
    /// Send these bytes: a packet that was sent before.
    Again(Bytes),
    /// From now on the connection has this id. Whoever has it is to go.
    Enter(String),
    /// Subscribe it, anew or otherwise than before.
    Subscribe {
        filter: Filter,
        wish: Wish,
        new: bool,
    },
    Unsubscribe(Filter),
    /// Publish it, and call [`Session::published`] for the packet identifier, if there is one.
    Publish(Message, Option<u16>),
    /// Close the WebSocket; nothing comes after it.
    Close {
        code: u16,
        why: &'static str,
    },
}

impl Session {
    /// A new connection; `spare_id` is for a client that brings no id of its own.
    pub(super) fn open(limits: Limits, spare_id: String) -> Self {
        Self {
            limits,
            state: State::Opened,
            version: Version::V311,
            spare_id,
            silence: limits.connect,
            heard: Duration::ZERO,
            subscriptions: HashSet::new(),
            aliases: HashMap::new(),
            unacked: Unacked::new(Version::V311, 0),
            largest: usize::MAX,
            will: None,
        }
    }

    /// The version that the connection speaks.
    pub(super) const fn version(&self) -> Version {
        self.version
    }

    /// A packet has come in.
    pub(super) fn receive(
        &mut self,
        packet: Packet,
        now: Duration,
        may: &Grants<'_>,
    ) -> Vec<Output> {
        self.heard = now;
        match (self.state, packet) {
            (State::Closed, _) => Vec::new(),
            (State::Opened, Packet::Connect(connect)) => self.connect(*connect, may),
            (State::Opened, _) => self.close(NORMAL, "CONNECT has to come first"),
            (State::Live, packet) => match packet {
                Packet::Publish(publish) => self.publish(publish, may),
                Packet::PubAck(PubAck { id, .. }) => {
                    // One that nobody waits for is of a message that was given up.
                    self.unacked.acknowledge(id);
                    Vec::new()
                }
                Packet::Subscribe(subscribe) => self.subscribe(subscribe, may),
                Packet::Unsubscribe(unsubscribe) => self.unsubscribe(unsubscribe),
                Packet::PingReq => vec![Output::Send(Packet::PingResp)],
                Packet::Disconnect(Disconnect { reason, .. }) => {
                    if reason != Reason::WITH_WILL {
                        self.will = None;
                    }
                    self.close(NORMAL, "the client said goodbye")
                }
                Packet::Connect(_)
                | Packet::ConnAck(_)
                | Packet::SubAck(_)
                | Packet::UnsubAck(_)
                | Packet::PingResp => {
                    self.fail(Reason::PROTOCOL_ERROR, "a packet that no client sends")
                }
            },
        }
    }

    /// What has come in is no packet.
    pub(super) fn malformed(&mut self, Malformed { reason, what }: Malformed) -> Vec<Output> {
        match self.state {
            State::Closed => Vec::new(),
            // Nobody knows yet what the client understands, but this answer is the same in every version.
            State::Opened if reason == Reason::UNSUPPORTED_VERSION => self.refuse(reason, what),
            State::Opened => self.close(POLICY, what),
            State::Live => self.fail(reason, what),
        }
    }

    /// A message has been published for the client; so many subscribers were there.
    pub(super) fn published(&self, id: u16, reached: u64) -> Output {
        let nobody = reached == 0 && self.version == Version::V5;
        Output::Send(Packet::PubAck(PubAck {
            id,
            reason: if nobody {
                Reason::NO_MATCHING_SUBSCRIBERS
            } else {
                Reason::SUCCESS
            },
            properties: Properties::default(),
        }))
    }

    /// How many deliveries the session takes now: those of QoS 1 wait for the ones before them.
    pub(super) fn room(&self) -> usize {
        match self.state {
            State::Live => self.unacked.room(),
            State::Opened | State::Closed => 0,
        }
    }

    /// The bytes that tell the client of a message; nothing if they are more than it takes (MQTT 5, section 3.1.2.11.4).
    pub(super) fn deliver(&mut self, delivery: Delivery, now: Duration) -> Option<Bytes> {
        let (frame, _) = delivery.message.frame(self.version, delivery.qos);
        if self.state != State::Live || frame.len() > self.largest {
            return None;
        }
        Some(match delivery.qos {
            QoS::AtMostOnce => delivery.frame(self.version, None),
            QoS::AtLeastOnce | QoS::ExactlyOnce => self.unacked.send(delivery, now),
        })
    }

    /// The deadline has come (or anything else has: calling too often does no harm).
    pub(super) fn tick(&mut self, now: Duration) -> Vec<Output> {
        match self.state {
            State::Closed => Vec::new(),
            State::Opened if now >= self.limits.connect => {
                self.close(POLICY, "CONNECT did not come in time")
            }
            State::Opened => Vec::new(),
            State::Live if now >= self.limits.lifetime => self.fail(
                Reason::CONNECT_TIME,
                "this connection has reached its maximum duration",
            ),
            State::Live if now >= self.heard + self.silence => self.fail(
                Reason::KEEP_ALIVE,
                "nothing was heard for one and a half keep-alives",
            ),
            State::Live => self
                .unacked
                .due(now)
                .into_iter()
                .map(Output::Again)
                .collect(),
        }
    }

    /// When [`Session::tick`] has something to do next, since the connection was opened.
    pub(super) fn deadline(&self) -> Duration {
        match self.state {
            State::Opened => self.limits.connect,
            State::Closed => self.limits.lifetime,
            State::Live => {
                let silent = self.heard + self.silence;
                let again = self.unacked.deadline().unwrap_or(silent);
                silent.min(again).min(self.limits.lifetime)
            }
        }
    }

    /// Another connection has come with the same client id.
    pub(super) fn taken_over(&mut self) -> Vec<Output> {
        self.fail(Reason::TAKEN_OVER, "another connection has this client id")
    }

    /// The client does not keep up. MQTT has no word of its own for it.
    pub(super) fn too_slow(&mut self) -> Vec<Output> {
        self.fail(Reason::QUOTA, "too slow: messages were waiting to be read")
    }

    /// Somebody who runs the server wants the connection to end.
    pub(super) fn dropped(&mut self) -> Vec<Output> {
        self.fail(Reason::ADMINISTRATIVE, "dropped on purpose")
    }

    /// The server ends.
    pub(super) fn shutting_down(&mut self) -> Vec<Output> {
        self.fail(Reason::SHUTTING_DOWN, "the server is shutting down")
    }

    /// What is to be published now that the connection is gone, unless the client said goodbye.
    pub(super) fn last_will(&mut self) -> Option<Message> {
        self.will.take()
    }

    /// Ends the connection, with a word to a client of MQTT 5.
    fn fail(&mut self, reason: Reason, why: &'static str) -> Vec<Output> {
        let (live, version) = (self.state == State::Live, self.version);
        let code = match reason {
            Reason::SHUTTING_DOWN | Reason::ADMINISTRATIVE | Reason::CONNECT_TIME => AWAY,
            _ => POLICY,
        };
        let mut outputs = Vec::new();
        if live && version == Version::V5 {
            let properties = said(why);
            outputs.push(Output::Send(Packet::Disconnect(Disconnect {
                reason,
                properties,
            })));
        }
        outputs.extend(self.close(code, why));
        outputs
    }

    fn close(&mut self, code: u16, why: &'static str) -> Vec<Output> {
        if self.state == State::Closed {
            return Vec::new();
        }
        self.state = State::Closed;
        self.subscriptions.clear();
        vec![Output::Close { code, why }]
    }
}

/// A reason in words.
fn said(why: &str) -> Properties {
    Properties::default().with(Name::REASON, Value::Text(why.to_owned()))
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;

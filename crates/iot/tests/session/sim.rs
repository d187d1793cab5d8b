//! A conversation, a simulated clock, and a broker that behaves as it is told.
//!
//! Packets are read and written by hand here, so that a mistake in one is not in the other. Every action is checked on its
//! way: never two sockets outside a renewal, nothing before CONNACK, no client id twice at a time, no more than eight
//! filters at once and fifty a connection, nobody told the same twice, no deadline left standing in the past.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use iot::{Message, Mqtt, Version};
use link::session::{ConnectionId, Input, LONGEST, Output, RENEWAL, SubscriptionId};
use link::{Action, Conversation, Delivery, State};
use net::Instant;
use net::socket::Message as Frame;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// What the broker and the driver answer by themselves, at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour {
    pub(crate) opens: bool,
    pub(crate) connects: bool,
    pub(crate) subscribes: bool,
    pub(crate) unsubscribes: bool,
    pub(crate) pongs: bool,
    /// Whether a filter that begins with `forbidden` is refused by SUBACK, or else closes the connection.
    pub(crate) says_no: bool,
}

impl Behaviour {
    pub(crate) const GOOD: Self = Self {
        opens: true,
        connects: true,
        subscribes: true,
        unsubscribes: true,
        pongs: true,
        says_no: true,
    };
}

/// One socket as the broker sees it.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    pub(crate) client_id: Option<String>,
    pub(crate) ready: Option<Instant>,
    pub(crate) filters: BTreeSet<String>,
    /// SUBSCRIBEs that have no answer yet: the packet's id and its filters.
    pub(crate) pending: Vec<(u16, Vec<String>)>,
    asked: BTreeSet<String>,
    /// When the broker heard anything last.
    pub(crate) heard: Instant,
    /// What CONNECT announced.
    pub(crate) keep_alive: Duration,
}

pub(crate) struct Sim {
    pub(crate) conversation: Conversation,
    pub(crate) now: Instant,
    pub(crate) behaviour: Behaviour,
    pub(crate) wires: BTreeMap<ConnectionId, Wire>,
    pub(crate) last: BTreeMap<SubscriptionId, Option<State>>,
    pub(crate) filters: BTreeMap<SubscriptionId, String>,
    /// What subscribers were handed, since it was last taken.
    pub(crate) messages: Vec<(SubscriptionId, Message)>,
    /// The states of everyone, since they were last taken.
    pub(crate) states: Vec<(SubscriptionId, State)>,
    /// Each SUBSCRIBE's filters, since they were last taken.
    pub(crate) batches: Vec<Vec<String>>,
    pub(crate) opened: usize,
    subscribed: u64,
}

/// A message of the broker, as it goes over the wire.
pub(crate) fn publish(topic: &str, payload: &[u8], id: Option<u16>) -> Vec<u8> {
    let mut inside = vec![0, u8::try_from(topic.len()).unwrap()];
    inside.extend(topic.as_bytes());
    inside.extend(id.into_iter().flat_map(u16::to_be_bytes));
    inside.push(0);
    inside.extend(payload);
    packet(if id.is_some() { 0x32 } else { 0x30 }, &inside)
}

pub(crate) fn packet(first: u8, inside: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    let mut length = inside.len();
    loop {
        let more = length >= 128;
        bytes.push((length % 128) as u8 | if more { 128 } else { 0 });
        length /= 128;
        if !more {
            break;
        }
    }
    bytes.extend(inside);
    bytes
}

pub(crate) fn connack(code: u8) -> Vec<u8> {
    packet(0x20, &[0, code, 0])
}

pub(crate) fn disconnect(code: u8) -> Vec<u8> {
    packet(0xe0, &[code, 0])
}

impl Sim {
    pub(crate) fn new(seed: u64) -> Self {
        let mqtt = Arc::new(Mqtt::unsigned("ws://broker.example/mqtt", Version::V5));
        Self {
            conversation: Conversation::new(mqtt, seed, true),
            now: Instant::ZERO,
            behaviour: Behaviour::GOOD,
            wires: BTreeMap::new(),
            last: BTreeMap::new(),
            filters: BTreeMap::new(),
            messages: Vec::new(),
            states: Vec::new(),
            batches: Vec::new(),
            opened: 0,
            subscribed: 0,
        }
    }

    pub(crate) fn live(filters: &[&str]) -> (Self, Vec<SubscriptionId>) {
        let mut sim = Self::new(1);
        let ids: Vec<_> = filters.iter().map(|it| sim.subscribe(it)).collect();
        assert!(ids.iter().all(|id| sim.last[id] == Some(State::Live)));
        (sim, ids)
    }

    pub(crate) fn subscribe(&mut self, filter: &str) -> SubscriptionId {
        self.subscribed += 1;
        let id = SubscriptionId(self.subscribed);
        self.last.insert(id, None);
        self.filters.insert(id, filter.to_owned());
        self.input(Input::Subscribe(id, format!("1{filter}").into()));
        assert!(self.last[&id].is_some(), "told at once how it stands");
        id
    }

    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId) {
        self.last.remove(&id);
        self.filters.remove(&id);
        self.input(Input::Unsubscribe(id));
    }

    /// The socket, when there is one.
    pub(crate) fn wire(&self) -> ConnectionId {
        assert_eq!(self.wires.len(), 1, "{:?}", self.wires);
        *self.wires.keys().next().unwrap()
    }

    pub(crate) fn close(&mut self, wire: ConnectionId) {
        self.close_with(wire, 1006);
    }

    pub(crate) fn close_with(&mut self, wire: ConnectionId, code: u16) {
        self.input(Input::Closed {
            connection: wire,
            code,
            reason: "".into(),
        });
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.conversation.handle(self.now, input);
        self.settle();
    }

    /// The broker sends bytes.
    pub(crate) fn bytes(&mut self, wire: ConnectionId, bytes: Vec<u8>) {
        self.conversation.hear(self.now, wire, Frame::Binary(bytes));
        self.settle();
    }

    pub(crate) fn text(&mut self, wire: ConnectionId, text: &str) {
        let text = Frame::Text(text.to_owned());
        self.conversation.hear(self.now, wire, text);
        self.settle();
    }

    /// Lets time pass, with every timer on time.
    pub(crate) fn advance(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(next) = self.conversation.next_deadline().filter(|it| *it <= until) {
            self.now = self.now.max(next);
            self.conversation.handle_timeout(self.now);
            self.settle();
        }
        self.now = until;
    }

    /// Time passes while no timer fires.
    pub(crate) fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.conversation.handle_timeout(self.now);
        self.settle();
    }

    fn settle(&mut self) {
        let mut answers = VecDeque::new();
        loop {
            for action in self.conversation.take_actions() {
                self.act(action, &mut answers);
            }
            match answers.pop_front() {
                Some(Reply::Input(input)) => self.conversation.handle(self.now, input),
                Some(Reply::Bytes(wire, bytes)) => {
                    self.observe(wire, &bytes);
                    self.conversation.hear(self.now, wire, Frame::Binary(bytes));
                }
                None => break,
            }
        }
        let next = self.conversation.next_deadline();
        assert!(
            next.is_none_or(|next| next > self.now),
            "a deadline stays in the past"
        );
        for state in self.last.values().flatten() {
            if let State::Retrying { at, .. } = state {
                assert!(
                    next.is_some_and(|next| next <= *at),
                    "nobody wakes for the retry"
                );
            }
        }
    }

    fn act(&mut self, action: Action, answers: &mut VecDeque<Reply>) {
        match action {
            Action::Say(wire, Frame::Binary(bytes)) => self.hear(wire, &bytes, answers),
            Action::Say(_, Frame::Text(text)) => panic!("{text}"),
            Action::Do(Output::Open(id)) => {
                let aged = |wire: &Wire| wire.ready.is_some_and(|at| self.now >= at + RENEWAL);
                assert!(
                    self.wires.len() < 2 && self.wires.values().all(aged),
                    "a socket too many"
                );
                self.wires.insert(id, Wire::default());
                self.opened += 1;
                if self.behaviour.opens {
                    answers.push_back(Reply::Input(Input::Opened(id, None)));
                }
            }
            Action::Do(Output::Close(id)) => {
                assert!(self.wires.remove(&id).is_some(), "closed twice");
            }
            Action::Do(Output::Deliver(id, Delivery::State(state))) => {
                let last = self.last.get_mut(&id).expect("a subscriber");
                assert!(
                    !matches!(last, Some(State::Failed(_))),
                    "told after it failed"
                );
                assert!(
                    last.as_ref() != Some(&state) || state == State::Live,
                    "told twice"
                );
                if let State::Retrying { at, .. } = state {
                    assert!(at > self.now && at <= self.now + LONGEST);
                }
                *last = Some(state.clone());
                self.states.push((id, state));
            }
            Action::Do(Output::Deliver(id, Delivery::Payload(payload))) => {
                assert!(self.last.contains_key(&id));
                self.messages.push((id, payload.into().expect("a message")));
            }
            Action::Do(Output::Probe | Output::Renew(..)) => {}
            Action::Do(other) => panic!("{other:?}"),
        }
    }

    /// What the broker makes of a packet of ours: each is a message by itself.
    fn hear(&mut self, id: ConnectionId, bytes: &[u8], answers: &mut VecDeque<Reply>) {
        let names: Vec<_> = self
            .wires
            .iter()
            .filter(|(other, _)| **other != id)
            .filter_map(|(_, wire)| wire.client_id.clone())
            .collect();
        let behaviour = self.behaviour;
        let wire = self.wires.get_mut(&id).expect("an open socket");
        wire.heard = self.now;
        let mut answer = |bytes| answers.push_back(Reply::Bytes(id, bytes));
        let inside = inside(bytes);
        match bytes[0] {
            0x10 => {
                assert_eq!(
                    inside[..11],
                    *b"\x00\x04MQTT\x05\x02\x00\x3c\x00",
                    "CONNECT"
                );
                let seconds = u16::from_be_bytes([inside[8], inside[9]]);
                wire.keep_alive = Duration::from_secs(seconds.into());
                let name = String::from_utf8(inside[13..].to_vec()).unwrap();
                assert!(name.starts_with("eddy-") && name.len() <= 128);
                assert!(!names.contains(&name), "two of one name");
                assert_eq!(wire.client_id.replace(name), None, "connected twice");
                if behaviour.connects {
                    answer(connack(0));
                }
            }
            0x82 => {
                assert!(wire.ready.is_some(), "before CONNACK");
                let packet = u16::from_be_bytes([inside[0], inside[1]]);
                let filters = filters(&inside[3..], true);
                assert!((1..=8).contains(&filters.len()), "{filters:?}");
                self.batches.push(filters.clone());
                wire.asked.extend(filters.iter().cloned());
                let forbidden = |it: &String| it.starts_with("forbidden");
                if !behaviour.says_no && filters.iter().any(forbidden) {
                    answers.push_back(Reply::Input(Input::Closed {
                        connection: id,
                        code: 1006,
                        reason: "".into(),
                    }));
                } else if behaviour.subscribes {
                    let codes = filters
                        .iter()
                        .map(|it| if forbidden(it) { 0x87 } else { 1 });
                    let head = [inside[0], inside[1], 0];
                    answer(super::sim::packet(
                        0x90,
                        &head.into_iter().chain(codes).collect::<Vec<_>>(),
                    ));
                }
                wire.pending.push((packet, filters));
            }
            0xa2 => {
                for filter in filters(&inside[3..], false) {
                    // It may be on its way, or refused in an answer that was lost in what cannot be read.
                    assert!(wire.asked.contains(&filter), "{filter} was not asked for");
                    wire.filters.remove(&filter);
                    let pending = wire.pending.iter_mut().flat_map(|it| &mut it.1);
                    pending.filter(|it| **it == filter).for_each(String::clear);
                }
                if behaviour.unsubscribes {
                    answer(super::sim::packet(0xb0, &[inside[0], inside[1], 0, 0]));
                }
            }
            0xc0 => {
                if behaviour.pongs {
                    answer(vec![0xd0, 0]);
                }
            }
            0x40 => {}
            other => panic!("{other:x}"),
        }
    }

    /// What the broker itself sends changes what it knows.
    fn observe(&mut self, id: ConnectionId, bytes: &[u8]) {
        let Some(wire) = self.wires.get_mut(&id) else {
            return;
        };
        let inside = inside(bytes);
        match bytes[0] {
            0x20 if inside[1] == 0 => wire.ready = Some(self.now),
            0x90 => {
                let packet = u16::from_be_bytes([inside[0], inside[1]]);
                let at = wire.pending.iter().position(|(id, _)| *id == packet);
                let Some(at) = at else { return };
                let (_, filters) = wire.pending.remove(at);
                let granted = filters.into_iter().zip(&inside[3..]);
                let granted = granted.filter(|(filter, _)| !filter.is_empty());
                wire.filters
                    .extend(granted.filter(|(_, code)| **code < 3).map(|it| it.0));
                assert!(wire.filters.len() <= 50, "more than fifty");
            }
            _ => {}
        }
    }

    /// Answers the oldest SUBSCRIBE.
    pub(crate) fn suback(&mut self, id: ConnectionId, code: u8) {
        let Some((packet, filters)) = self
            .wires
            .get(&id)
            .and_then(|it| it.pending.first().cloned())
        else {
            return;
        };
        let [high, low] = packet.to_be_bytes();
        let mut inside = vec![high, low, 0];
        inside.extend(filters.iter().map(|_| code));
        let bytes = self::packet(0x90, &inside);
        self.observe(id, &bytes);
        self.bytes(id, bytes);
    }
}

enum Reply {
    Input(Input),
    Bytes(ConnectionId, Vec<u8>),
}

/// What follows the length.
fn inside(bytes: &[u8]) -> &[u8] {
    let length = bytes[1..].iter().position(|byte| *byte < 128).unwrap() + 1;
    &bytes[1 + length..]
}

fn filters(mut bytes: &[u8], options: bool) -> Vec<String> {
    let mut filters = Vec::new();
    while let [high, low, rest @ ..] = bytes {
        let (filter, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        filters.push(String::from_utf8(filter.to_vec()).unwrap());
        bytes = &rest[usize::from(options)..];
    }
    filters
}

//! A session, a simulated clock, and a service that behaves as it is told.
//!
//! Every output is checked on its way: never two sockets outside a renewal, no start before the acknowledgement, no id
//! used twice, no stop for what was not started, nobody told the same twice, every retry within the back-off's bounds,
//! and no deadline left standing in the past.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use appsync::GraphQlError;
use appsync::protocol::ServerFrame;
use link::session::{
    ConnectionId, CredentialsId, Input, LONGEST, OperationId, Output, RENEWAL, Session,
    SubscriptionId,
};
use link::wire::{Heard, Payload, Request, Rules};
use link::{Cause, Delivery, State};
use net::Instant;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// AppSync's.
const RULES: Rules = Rules {
    signs_starts: true,
    ping: None,
};

/// What the service and the driver answer by themselves, at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour {
    pub(crate) opens: bool,
    pub(crate) acknowledges: bool,
    pub(crate) signs: bool,
    pub(crate) starts: bool,
    pub(crate) completes: bool,
    /// Whether keep-alives come every minute.
    pub(crate) beats: bool,
    /// Whether credentials can be renewed (a guest's can, an API key cannot).
    pub(crate) renewable: bool,
}

impl Behaviour {
    pub(crate) const GOOD: Self = Self {
        opens: true,
        acknowledges: true,
        signs: true,
        starts: true,
        completes: true,
        beats: true,
        renewable: true,
    };
}

/// One socket as the service sees it.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    opened: bool,
    initialized: bool,
    pub(crate) acknowledged: Option<Instant>,
    pub(crate) operations: BTreeMap<OperationId, Wired>,
}

/// One started operation as the service sees it.
#[derive(Debug)]
pub(crate) struct Wired {
    pub(crate) body: Arc<str>,
    pub(crate) acknowledged: bool,
    pub(crate) stopped: bool,
    ended: bool,
}

impl Wired {
    pub(crate) fn is_live(&self) -> bool {
        self.acknowledged && !self.stopped && !self.ended
    }
}

#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) session: Session,
    pub(crate) now: Instant,
    pub(crate) behaviour: Behaviour,
    pub(crate) wires: BTreeMap<ConnectionId, Wire>,
    /// Starts that wait for a signature.
    pub(crate) unsigned: BTreeMap<OperationId, Arc<str>>,
    pub(crate) last: BTreeMap<SubscriptionId, Option<State>>,
    /// Everything that came out since the last [`take`](Self::take).
    log: Vec<Output>,
    connections: BTreeSet<ConnectionId>,
    starts: BTreeSet<OperationId>,
    credentials: u64,
    subscribed: u64,
    next_beat: Instant,
}

impl Sim {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            session: Session::new(RULES, seed, true),
            now: Instant::ZERO,
            behaviour: Behaviour::GOOD,
            wires: BTreeMap::new(),
            unsigned: BTreeMap::new(),
            last: BTreeMap::new(),
            log: Vec::new(),
            connections: BTreeSet::new(),
            starts: BTreeSet::new(),
            credentials: 0,
            subscribed: 0,
            next_beat: Instant::ZERO + 60 * SECOND,
        }
    }

    /// A session with so many live subscriptions.
    pub(crate) fn live(count: usize) -> (Self, Vec<SubscriptionId>) {
        let mut sim = Self::new(1);
        let ids: Vec<_> = (0..count).map(|_| sim.subscribe()).collect();
        assert!(ids.iter().all(|id| sim.last[id] == Some(State::Live)));
        sim.take();
        (sim, ids)
    }

    pub(crate) fn body(id: SubscriptionId) -> Arc<str> {
        format!("request {}", id.0).into()
    }

    pub(crate) fn subscribe(&mut self) -> SubscriptionId {
        self.subscribed += 1;
        let id = SubscriptionId(self.subscribed);
        self.last.insert(id, None);
        self.input(Input::Subscribe(id, Self::body(id)));
        assert!(
            self.last[&id].is_some(),
            "a subscriber is told at once how it stands"
        );
        id
    }

    pub(crate) fn unsubscribe(&mut self, id: SubscriptionId) {
        self.last.remove(&id);
        self.input(Input::Unsubscribe(id));
        for wired in self
            .wires
            .values()
            .flat_map(|wire| wire.operations.values())
        {
            assert!(
                !wired.is_live() || wired.body != Self::body(id),
                "{id:?} goes on after its end"
            );
        }
    }

    /// The socket, when there is one.
    pub(crate) fn wire(&self) -> ConnectionId {
        assert_eq!(self.wires.len(), 1, "{:?}", self.wires);
        *self.wires.keys().next().unwrap()
    }

    /// The operation that carries a subscription on a socket.
    pub(crate) fn operation(&self, wire: ConnectionId, id: SubscriptionId) -> OperationId {
        let live =
            |(_, wired): &(&OperationId, &Wired)| wired.is_live() && wired.body == Self::body(id);
        *self.wires[&wire]
            .operations
            .iter()
            .find(live)
            .expect("a live operation")
            .0
    }

    /// A frame comes. An event is handed on once if its operation is live, and never if it is not known or is over; in
    /// between, since events may overtake the acknowledgement, it may be.
    pub(crate) fn frame(&mut self, wire: ConnectionId, frame: impl Into<Heard>) {
        let heard = frame.into();
        let allowed = match &heard {
            Heard::Published(id, _) => match self.operation_of(wire, *id) {
                Some(wired) if wired.is_live() => 1..=1,
                Some(wired) if !wired.stopped && !wired.ended => 0..=1,
                _ => 0..=0,
            },
            _ => 0..=0,
        };
        let before = self.log.len();
        self.input(Input::Received(wire, heard));
        let event = |output: &Output| matches!(output, Output::Deliver(_, Delivery::Payload(_)));
        let events = count(&self.log[before..], event);
        assert!(allowed.contains(&events), "{events} events of one frame");
    }

    fn operation_of(&self, wire: ConnectionId, id: OperationId) -> Option<&Wired> {
        self.wires.get(&wire)?.operations.get(&id)
    }

    pub(crate) fn close(&mut self, wire: ConnectionId) {
        self.input(Input::Closed {
            connection: wire,
            code: 1006,
            reason: "".into(),
        });
    }

    /// Something happens, and then everything that follows from it at the same moment.
    pub(crate) fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.observe(&input);
            self.session.handle(self.now, input);
            self.drain(&mut inputs);
        }
        self.check_deadlines();
    }

    /// Lets time pass, with every timer on time.
    pub(crate) fn advance(&mut self, duration: Duration) {
        let until = self.now + duration;
        loop {
            let beat = self.behaviour.beats.then_some(self.next_beat);
            let Some(next) = self.session.next_deadline().into_iter().chain(beat).min() else {
                break;
            };
            if next > until {
                break;
            }
            self.now = self.now.max(next);
            if beat.is_some_and(|beat| beat <= self.now) {
                self.next_beat = self.now + 60 * SECOND;
                let beating = |(id, wire): (&ConnectionId, &Wire)| wire.acknowledged.map(|_| *id);
                for id in self.wires.iter().filter_map(beating).collect::<Vec<_>>() {
                    self.frame(id, ServerFrame::KeepAlive);
                }
            }
            self.timeout();
        }
        self.now = until;
        self.next_beat = self.next_beat.max(self.now);
    }

    /// Time passes while no timer fires: the machine sleeps.
    pub(crate) fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
        self.next_beat = self.next_beat.max(self.now);
        self.timeout();
    }

    /// What came out since the last call.
    pub(crate) fn take(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.log)
    }

    /// The states that a subscriber was told since the last [`take`](Self::take), which this is too.
    pub(crate) fn states(&mut self, id: SubscriptionId) -> Vec<State> {
        let state = |output| match output {
            Output::Deliver(to, Delivery::State(state)) if to == id => Some(state),
            _ => None,
        };
        self.take().into_iter().filter_map(state).collect()
    }

    fn timeout(&mut self) {
        self.session.handle_timeout(self.now);
        let mut inputs = VecDeque::new();
        self.drain(&mut inputs);
        while let Some(input) = inputs.pop_front() {
            self.input(input);
        }
        self.check_deadlines();
    }

    fn drain(&mut self, inputs: &mut VecDeque<Input>) {
        while let Some(output) = self.session.poll_output() {
            self.check(&output);
            inputs.extend(self.answer(&output));
            self.log.push(output);
        }
    }

    /// What the service and the driver make of an output.
    fn answer(&mut self, output: &Output) -> Option<Input> {
        let credentials = self
            .behaviour
            .renewable
            .then_some(CredentialsId(self.credentials));
        match output {
            Output::Open(id) if self.behaviour.opens => Some(Input::Opened(*id, credentials)),
            Output::Authorize(id, _) if self.behaviour.signs => {
                Some(Input::Authorized(*id, String::new(), credentials))
            }
            Output::Renew(refused, _) => {
                assert!(refused.0 <= self.credentials);
                self.credentials = refused.0 + 1;
                None
            }
            Output::Send(id, frame) => {
                let frame = match frame {
                    Request::Hello if self.behaviour.acknowledges => acknowledgement().into(),
                    Request::Start { id, .. } if self.behaviour.starts => {
                        ServerFrame::StartAck(*id).into()
                    }
                    Request::Stop { id } if self.behaviour.completes => {
                        ServerFrame::Complete(*id).into()
                    }
                    _ => return None,
                };
                Some(Input::Received(*id, frame))
            }
            _ => None,
        }
    }

    /// Keeps the service's view of an input.
    fn observe(&mut self, input: &Input) {
        match input {
            Input::Opened(id, _) => {
                if let Some(wire) = self.wires.get_mut(id) {
                    wire.opened = true;
                }
            }
            Input::Authorized(id, ..) | Input::NotAuthorized(id, _) => {
                drop(self.unsigned.remove(id));
            }
            Input::Received(id, heard) => {
                let Some(wire) = self.wires.get_mut(id).filter(|wire| wire.initialized) else {
                    return;
                };
                match heard {
                    Heard::Ready { .. } => {
                        wire.acknowledged.get_or_insert(self.now);
                    }
                    // Acknowledging what was never started, or is over, asks for another stop.
                    Heard::Acknowledged(id) if wire.acknowledged.is_some() => {
                        let stray = || Wired {
                            body: "".into(),
                            acknowledged: false,
                            stopped: false,
                            ended: true,
                        };
                        let wired = wire.operations.entry(*id).or_insert_with(stray);
                        wired.acknowledged |= !wired.stopped;
                        wired.stopped &= !wired.ended;
                    }
                    Heard::Completed(id) | Heard::Failed(Some(id), _) => {
                        if let Some(wired) = wire.operations.get_mut(id) {
                            wired.ended = true;
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn check(&mut self, output: &Output) {
        match output {
            Output::Open(id) => {
                assert!(self.connections.insert(*id), "{id:?} is used twice");
                let aged =
                    |wire: &Wire| wire.acknowledged.is_some_and(|at| self.now >= at + RENEWAL);
                match self.wires.values().collect::<Vec<_>>()[..] {
                    [] => {}
                    [one] => assert!(aged(one), "a second socket without a renewal"),
                    _ => panic!("a third socket"),
                }
                self.wires.insert(*id, Wire::default());
            }
            Output::Close(id) => assert!(self.wires.remove(id).is_some(), "{id:?} is closed twice"),
            Output::Authorize(id, body) => drop(self.unsigned.insert(*id, Arc::clone(body))),
            Output::Send(id, frame) => {
                let wire = self.wires.get_mut(id).expect("an open socket");
                assert!(wire.opened);
                match frame {
                    Request::Hello => {
                        assert!(!std::mem::replace(&mut wire.initialized, true));
                    }
                    Request::Start { id, body, .. } => {
                        assert!(
                            wire.acknowledged.is_some(),
                            "started before the acknowledgement"
                        );
                        assert!(self.starts.insert(*id), "{id} is used twice");
                        let body = Arc::clone(body);
                        let wired = Wired {
                            body,
                            acknowledged: false,
                            stopped: false,
                            ended: false,
                        };
                        wire.operations.insert(*id, wired);
                    }
                    Request::Ping => panic!("AppSync knows no ping"),
                    Request::Stop { id } => {
                        let wired = wire.operations.get_mut(id).expect("a started operation");
                        assert!(
                            !std::mem::replace(&mut wired.stopped, true),
                            "{id} is stopped twice"
                        );
                    }
                }
            }
            Output::Deliver(id, Delivery::State(state)) => {
                let last = self.last.get_mut(id).expect("a subscriber");
                assert!(
                    !matches!(last, Some(State::Failed(_))),
                    "told after it failed"
                );
                assert!(
                    last.as_ref() != Some(state) || *state == State::Live,
                    "told twice: {state:?}"
                );
                if let State::Retrying { at, .. } = state {
                    assert!(
                        *at > self.now && *at <= self.now + LONGEST,
                        "{at:?} is out of bounds"
                    );
                }
                *last = Some(state.clone());
            }
            Output::Deliver(id, Delivery::Payload(_)) => assert!(self.last.contains_key(id)),
            Output::Probe | Output::Renew(..) => {}
        }
    }

    fn check_deadlines(&self) {
        let next = self.session.next_deadline();
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
}

pub(crate) fn acknowledgement() -> ServerFrame {
    ServerFrame::ConnectionAck {
        timeout: Some(Duration::from_millis(300_000)),
    }
}

pub(crate) fn error(error_type: &str) -> Vec<GraphQlError> {
    vec![GraphQlError {
        error_type: error_type.into(),
        ..GraphQlError::default()
    }]
}

/// The same one each time, since payloads are told apart by what they are and not by what is in them.
pub(crate) fn payload(order: u32) -> Payload {
    thread_local!(static PAYLOADS: RefCell<BTreeMap<u32, Payload>> = RefCell::default());
    PAYLOADS.with_borrow_mut(|known| {
        let new = || Payload::new(order);
        known.entry(order).or_insert_with(new).clone()
    })
}

pub(crate) fn count(outputs: &[Output], is: impl Fn(&Output) -> bool) -> usize {
    outputs.iter().filter(|output| is(output)).count()
}

/// Whether that is waiting for another attempt, for this reason.
pub(crate) fn is_retrying(state: Option<&State>, reason: &Cause) -> bool {
    matches!(state, Some(State::Retrying { cause, .. }) if cause == reason)
}

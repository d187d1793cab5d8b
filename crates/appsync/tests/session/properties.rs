//! Generated histories: frames, closes, timers, wakes, and clocks that jump.

use std::time::Duration;

use appsync::protocol::ServerFrame;
use link::session::{ConnectionId, CredentialsId, Input, OperationId, Output, Trouble};
use link::wire::Heard;
use link::{Cause, Delivery, State};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::cases::cases;
use crate::sim::{Behaviour, HOUR, SECOND, Sim, count, error, payload};

#[derive(Debug, Clone)]
enum Step {
    Subscribe,
    Unsubscribe(Index),
    Advance(u32),
    /// Hours without a timer.
    Sleep(u8),
    /// Time until a renewal may be due, with a sign of life at its end.
    Day,
    Life(Input),
    Behave(u8),
    Close(Index),
    Opened(Index),
    NotOpened(Index, bool, bool),
    Signed(Index),
    NotSigned(Index, bool),
    Frame(Index, Kind, Index, &'static str),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Acknowledge(Option<u16>),
    ConnectionError,
    KeepAlive,
    StartAck,
    Data,
    Complete,
    Error,
    ErrorOfNobody,
    Unknown,
}

fn step() -> impl Strategy<Value = Step> {
    let errors = select(vec![
        "",
        "UnauthorizedException",
        "ExpiredTokenException",
        "Unauthorized",
        "BadRequestException",
        "LimitExceededError",
        "MaxSubscriptionsReachedError",
        "InternalFailure",
    ]);
    let kind = prop_oneof![
        1 => any::<Option<u16>>().prop_map(Kind::Acknowledge),
        1 => Just(Kind::ConnectionError),
        1 => Just(Kind::KeepAlive),
        4 => Just(Kind::StartAck),
        2 => Just(Kind::Data),
        2 => Just(Kind::Complete),
        4 => Just(Kind::Error),
        1 => Just(Kind::ErrorOfNobody),
        1 => Just(Kind::Unknown),
    ];
    let index = any::<Index>;
    prop_oneof![
        4 => Just(Step::Subscribe),
        2 => index().prop_map(Step::Unsubscribe),
        4 => (0..100_000u32).prop_map(Step::Advance),
        4 => (0..3_000u32).prop_map(Step::Advance),
        1 => (0..30u8).prop_map(Step::Sleep),
        1 => Just(Step::Day),
        3 => select(vec![Input::Wake, Input::Online, Input::Offline]).prop_map(Step::Life),
        4 => any::<u8>().prop_map(Step::Behave),
        2 => index().prop_map(Step::Close),
        2 => index().prop_map(Step::Opened),
        2 => (index(), any::<bool>(), any::<bool>()).prop_map(|(it, how, permanent)| Step::NotOpened(it, how, permanent)),
        2 => index().prop_map(Step::Signed),
        2 => (index(), any::<bool>()).prop_map(|(it, permanent)| Step::NotSigned(it, permanent)),
        8 => (index(), kind, index(), errors).prop_map(|(wire, kind, it, error)| Step::Frame(wire, kind, it, error)),
    ]
}

fn pick<T: Copy>(index: Index, from: impl Iterator<Item = T>) -> Option<T> {
    let all: Vec<T> = from.collect();
    (!all.is_empty()).then(|| *index.get(&all))
}

fn act(sim: &mut Sim, step: Step) {
    let wire = |sim: &Sim, index| pick(index, sim.wires.keys().copied());
    let credentials = sim.behaviour.renewable.then_some(CredentialsId(0));
    match step {
        Step::Subscribe => drop(sim.subscribe()),
        Step::Unsubscribe(index) => {
            if let Some(id) = pick(index, sim.last.keys().copied()) {
                sim.unsubscribe(id);
            }
        }
        Step::Advance(millis) => sim.advance(Duration::from_millis(millis.into())),
        Step::Sleep(hours) => sim.sleep(u32::from(hours) * HOUR),
        Step::Day => {
            sim.now = sim.now + 23 * HOUR + HOUR / 3;
            for wire in sim.wires.keys().copied().collect::<Vec<_>>() {
                sim.frame(wire, ServerFrame::KeepAlive);
            }
            sim.sleep(Duration::ZERO);
        }
        Step::Life(input) => sim.input(input),
        Step::Behave(bits) => {
            let bit = |number: u8| bits & (1 << number) != 0;
            sim.behaviour = Behaviour {
                opens: bit(0),
                acknowledges: bit(1),
                signs: bit(2),
                starts: bit(3),
                completes: bit(4),
                beats: bit(5),
                renewable: bit(6),
            };
        }
        Step::Close(index) => {
            if let Some(wire) = wire(sim, index) {
                sim.close(wire);
            }
        }
        Step::Opened(index) => {
            if let Some(wire) = wire(sim, index) {
                sim.input(Input::Opened(wire, credentials));
            }
        }
        Step::NotOpened(index, refused, permanent) => {
            if let Some(wire) = wire(sim, index) {
                let cause = if refused {
                    Cause::Refused
                } else {
                    Cause::Credentials("none".into())
                };
                sim.input(Input::NotOpened(
                    wire,
                    Trouble {
                        cause,
                        permanent: permanent && !refused,
                    },
                ));
            }
        }
        Step::Signed(index) => {
            if let Some(id) = pick(index, sim.unsigned.keys().copied()) {
                sim.input(Input::Authorized(id, String::new(), credentials));
            }
        }
        Step::NotSigned(index, permanent) => {
            if let Some(id) = pick(index, sim.unsigned.keys().copied()) {
                let cause = Cause::Credentials("none".into());
                sim.input(Input::NotAuthorized(id, Trouble { cause, permanent }));
            }
        }
        Step::Frame(index, kind, operation, error_type) => {
            // One in a while for a socket that is not there (any more), and about operations that are not.
            let wire = pick(index, sim.wires.keys().copied().chain([ConnectionId(0)]))
                .unwrap_or(ConnectionId(0));
            let known = sim
                .wires
                .get(&wire)
                .map(|wire| wire.operations.keys().copied().collect::<Vec<_>>());
            let ids = known
                .unwrap_or_default()
                .into_iter()
                .chain([OperationId(0), OperationId(u64::MAX)]);
            let id = pick(operation, ids).unwrap_or(OperationId(0));
            let heard: Heard = match kind {
                Kind::Acknowledge(millis) => ServerFrame::ConnectionAck {
                    timeout: millis.map(|it| Duration::from_millis(it.into())),
                }
                .into(),
                Kind::ConnectionError => ServerFrame::ConnectionError(error(error_type)).into(),
                Kind::KeepAlive => ServerFrame::KeepAlive.into(),
                Kind::StartAck => ServerFrame::StartAck(id).into(),
                Kind::Data => Heard::Published(id, payload(1)),
                Kind::Complete => ServerFrame::Complete(id).into(),
                Kind::Error => ServerFrame::Error(Some(id), error(error_type)).into(),
                Kind::ErrorOfNobody => ServerFrame::Error(None, error(error_type)).into(),
                Kind::Unknown => ServerFrame::Unknown.into(),
            };
            sim.frame(wire, heard);
        }
    }
}

/// Whatever happened: once the service behaves, everyone who has not failed is live on the one socket, and once all
/// have gone nothing is left. What must hold meanwhile, the simulation checks by itself.
fn no_subscription_is_lost(seed: u64, steps: Vec<Step>) {
    let mut sim = Sim::new(seed);
    for step in steps {
        act(&mut sim, step);
    }
    sim.behaviour = Behaviour::GOOD;
    sim.input(Input::Online);
    sim.advance(180 * SECOND);
    if sim.wires.len() == 2 {
        // A renewal that has just begun.
        sim.advance(60 * SECOND);
    }
    let ids: Vec<_> = sim.last.keys().copied().collect();
    for id in &ids {
        match &sim.last[id] {
            Some(State::Live) => {
                let carried = |wire: &crate::sim::Wire| {
                    let carrying =
                        |it: &&crate::sim::Wired| it.is_live() && it.body == Sim::body(*id);
                    wire.operations.values().filter(carrying).count()
                };
                let wires = &sim.wires;
                assert!(wires.values().all(|wire| carried(wire) == 1), "{wires:?}");
                assert_eq!(wires.len(), 1);
            }
            Some(State::Failed(_)) => {}
            state => panic!("{id:?} is {state:?}"),
        }
    }
    // What is published now comes to everyone who is live, once.
    sim.take();
    for id in &ids {
        if sim.last[id] == Some(State::Live) {
            let wire = sim.wire();
            let operation = sim.operation(wire, *id);
            sim.frame(wire, Heard::Published(operation, payload(7)));
            let outputs = sim.take();
            let delivered = |output: &Output| matches!(output, Output::Deliver(to, Delivery::Payload(_)) if to == id);
            assert_eq!(
                (outputs.len(), count(&outputs, delivered)),
                (1, 1),
                "{outputs:?}"
            );
        }
    }
    for id in ids {
        sim.unsubscribe(id);
    }
    sim.advance(2 * SECOND);
    assert!(sim.session.is_idle() && sim.wires.is_empty());
    assert_eq!(sim.session.next_deadline(), None);
}

#[test]
fn no_history_loses_a_subscription() {
    let config = cases("histories of a session", 20_000, 200_000);
    proptest!(config, |(seed: u64, steps in prop::collection::vec(step(), 1..60))| {
        no_subscription_is_lost(seed, steps);
    });
}

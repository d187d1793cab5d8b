//! Generated histories: packets, closes, timers, wakes, and clocks that jump.

use std::time::Duration;

use iot::{Cause, State};
use link::session::{ConnectionId, Input, Trouble};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::cases::cases;
use crate::sim::{Behaviour, HOUR, SECOND, Sim, connack, disconnect, publish};

#[derive(Debug, Clone)]
enum Step {
    Subscribe(&'static str),
    Unsubscribe(Index),
    Advance(u32),
    Sleep(u8),
    Day,
    Life(Input),
    Behave(u8),
    Close(Index),
    Opened(Index),
    NotOpened(Index),
    Connack(Index, u8),
    Suback(Index, u8),
    Publish(Index, &'static str),
    Disconnect(Index, u8),
    Bytes(Index, Vec<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let filter = select(vec![
        "a",
        "a/+",
        "a/b",
        "#",
        "b/#",
        "forbidden",
        "forbidden/x",
    ]);
    prop_oneof![
        5 => filter.prop_map(Step::Subscribe),
        2 => index().prop_map(Step::Unsubscribe),
        4 => (0..100_000u32).prop_map(Step::Advance),
        4 => (0..3_000u32).prop_map(Step::Advance),
        1 => (0..30u8).prop_map(Step::Sleep),
        1 => Just(Step::Day),
        3 => select(vec![Input::Wake, Input::Online, Input::Offline]).prop_map(Step::Life),
        4 => any::<u8>().prop_map(Step::Behave),
        3 => index().prop_map(Step::Close),
        2 => index().prop_map(Step::Opened),
        2 => index().prop_map(Step::NotOpened),
        2 => (index(), select(vec![0, 0x84, 0x87, 0x88])).prop_map(|(it, code)| Step::Connack(it, code)),
        3 => (index(), select(vec![0, 1, 0x80, 0x87, 0x97])).prop_map(|(it, code)| Step::Suback(it, code)),
        2 => (index(), select(vec!["a", "a/b", "c"])).prop_map(|(it, topic)| Step::Publish(it, topic)),
        2 => (index(), select(vec![0, 0x87, 0x8e, 0x8d])).prop_map(|(it, code)| Step::Disconnect(it, code)),
        1 => (index(), prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(it, bytes)| Step::Bytes(it, bytes)),
    ]
}

fn act(sim: &mut Sim, step: Step) {
    let ids: Vec<ConnectionId> = sim.wires.keys().copied().collect();
    let wire = |index: Index| (!ids.is_empty()).then(|| *index.get(&ids));
    match step {
        Step::Subscribe(filter) => drop(sim.subscribe(filter)),
        Step::Unsubscribe(index) => {
            let ids: Vec<_> = sim.last.keys().copied().collect();
            if !ids.is_empty() {
                sim.unsubscribe(*index.get(&ids));
            }
        }
        Step::Advance(millis) => sim.advance(Duration::from_millis(millis.into())),
        Step::Sleep(hours) => sim.sleep(u32::from(hours) * HOUR),
        Step::Day => {
            sim.now = sim.now + 23 * HOUR + HOUR / 3;
            for id in ids {
                sim.bytes(id, publish("c", b"", None));
            }
        }
        Step::Life(input) => sim.input(input),
        Step::Behave(bits) => {
            let bit = |number: u8| bits & (1 << number) != 0;
            sim.behaviour = Behaviour {
                opens: bit(0),
                connects: bit(1),
                subscribes: bit(2),
                unsubscribes: bit(3),
                pongs: bit(4),
                says_no: bit(5),
            };
        }
        Step::Close(index) => wire(index).into_iter().for_each(|id| sim.close(id)),
        Step::Opened(index) => wire(index)
            .into_iter()
            .for_each(|id| sim.input(Input::Opened(id, None))),
        Step::NotOpened(index) => {
            if let Some(id) = wire(index) {
                let trouble = Trouble {
                    cause: Cause::Refused,
                    permanent: false,
                };
                sim.input(Input::NotOpened(id, trouble));
            }
        }
        Step::Connack(index, code) => {
            if let Some(id) = wire(index) {
                let now = sim.now;
                let connected = |it: &&mut crate::sim::Wire| it.client_id.is_some();
                if let Some(wire) = sim.wires.get_mut(&id).filter(connected)
                    && code == 0
                {
                    wire.ready.get_or_insert(now);
                }
                sim.bytes(id, connack(code));
            }
        }
        Step::Suback(index, code) => wire(index).into_iter().for_each(|id| sim.suback(id, code)),
        Step::Publish(index, topic) => {
            let bytes = publish(topic, b"x", Some(1));
            wire(index)
                .into_iter()
                .for_each(|id| sim.bytes(id, bytes.clone()));
        }
        Step::Disconnect(index, code) => {
            wire(index)
                .into_iter()
                .for_each(|id| sim.bytes(id, disconnect(code)));
        }
        Step::Bytes(index, bytes) => {
            wire(index)
                .into_iter()
                .for_each(|id| sim.bytes(id, bytes.clone()));
        }
    }
}

/// Whatever happened: once the broker behaves, everyone who has not failed is live on the one socket and hears what is
/// published, and once all have gone nothing is left.
fn no_subscription_is_lost(seed: u64, steps: Vec<Step>) {
    let mut sim = Sim::new(seed);
    for step in steps {
        act(&mut sim, step);
    }
    sim.behaviour = Behaviour::GOOD;
    sim.input(Input::Online);
    sim.advance(240 * SECOND);
    if sim.wires.len() == 2 {
        // A renewal that has just begun.
        sim.advance(60 * SECOND);
    }
    let ids: Vec<_> = sim.last.keys().copied().collect();
    for id in &ids {
        match &sim.last[id] {
            Some(State::Live) => {
                let filter = &sim.filters[id];
                assert!(sim.wires[&sim.wire()].filters.contains(filter), "{filter}");
            }
            Some(State::Failed(_)) => {}
            state => panic!("{id:?} is {state:?}"),
        }
    }
    sim.messages.clear();
    if let Some(wire) = sim.wires.keys().next().copied() {
        sim.bytes(wire, publish("a/b", b"7", None));
    }
    for id in ids {
        let takes = ["a/+", "a/b", "#"].contains(&&*sim.filters[&id]);
        let wanted = usize::from(takes && sim.last[&id] == Some(State::Live));
        let got = sim.messages.iter().filter(|it| it.0 == id).count();
        assert_eq!(got, wanted, "{}", sim.filters[&id]);
        sim.unsubscribe(id);
    }
    sim.advance(2 * SECOND);
    assert!(sim.conversation.is_idle() && sim.wires.is_empty());
    assert_eq!(sim.conversation.next_deadline(), None);
}

#[test]
fn no_history_loses_a_subscription() {
    let config = cases("histories of a session over MQTT", 20_000, 200_000);
    proptest!(config, |(seed: u64, steps in prop::collection::vec(step(), 1..60))| {
        no_subscription_is_lost(seed, steps);
    });
}

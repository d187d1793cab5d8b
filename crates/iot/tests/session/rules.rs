//! MQTT's and IoT Core's own rules.

use std::time::Duration;

use iot::{Cause, State};
use link::Waiting;
use link::session::{Input, LONGEST, OVERLAP, PING_DEADLINE, PROBE_DEADLINE, RENEWAL, SHORTEST};

use crate::sim::{Behaviour, HOUR, SECOND, Sim, connack, disconnect, packet, publish};

fn is_retrying(state: Option<&State>, reason: &Cause) -> bool {
    matches!(state, Some(State::Retrying { cause, .. }) if cause == reason)
}

#[test]
fn eight_filters_go_together_and_the_rest_after_them() {
    let mut sim = Sim::new(1);
    sim.behaviour.opens = false;
    let ids: Vec<_> = (0..20)
        .map(|number| sim.subscribe(&format!("a/{number}")))
        .collect();
    let wire = sim.wire();
    sim.input(Input::Opened(wire, None));
    let sizes: Vec<_> = sim.batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [8, 8, 4]);
    assert!(ids.iter().all(|id| sim.last[id] == Some(State::Live)));
}

#[test]
fn the_fifty_first_waits_for_a_place_and_says_so() {
    let mut sim = Sim::new(1);
    let ids: Vec<_> = (0..50)
        .map(|number| sim.subscribe(&format!("a/{number}")))
        .collect();
    let late = sim.subscribe("late");
    let Some(State::Retrying { cause, .. }) = sim.last[&late].clone() else {
        panic!("{:?}", sim.last[&late]);
    };
    assert!(
        cause.to_string().contains("at most 50 subscriptions"),
        "{cause}"
    );
    // One that is there already takes no place.
    let twin = sim.subscribe("a/7");
    assert_eq!(sim.last[&twin], Some(State::Live));
    sim.unsubscribe(ids[0]);
    sim.advance(LONGEST);
    assert_eq!(sim.last[&late], Some(State::Live));
    assert!(ids[1..].iter().all(|id| sim.last[id] == Some(State::Live)));
}

#[test]
fn a_refused_filter_fails_alone() {
    let (mut sim, ids) = Sim::live(&["a", "b"]);
    let id = sim.subscribe("forbidden/x");
    assert!(matches!(sim.last[&id], Some(State::Failed(_))));
    assert!(ids.iter().all(|id| sim.last[id] == Some(State::Live)));
    assert_eq!(sim.opened, 1);
}

#[test]
fn a_filter_that_closes_the_connection_fails_alone_too() {
    let mut sim = Sim::new(1);
    sim.behaviour.says_no = false;
    sim.behaviour.opens = false;
    let names = ["a", "forbidden/x", "b", "c"];
    let ids = names.map(|name| sim.subscribe(name));
    sim.behaviour.opens = true;
    let wire = sim.wire();
    sim.input(Input::Opened(wire, None));
    sim.advance(120 * SECOND);
    for (name, id) in names.iter().zip(ids) {
        let state = sim.last[&id].clone();
        match name.starts_with("forbidden") {
            true => assert!(matches!(state, Some(State::Failed(_))), "{state:?}"),
            false => assert_eq!(state, Some(State::Live), "{name}"),
        }
    }
    assert_eq!(
        sim.opened, 5,
        "two together, two alone, and the one that stays"
    );
    // The next that wants it is told at once; a filter like any other is subscribed to as ever.
    let again = sim.subscribe("forbidden/x");
    assert!(matches!(sim.last[&again], Some(State::Failed(_))));
    let other = sim.subscribe("d");
    assert_eq!(sim.last[&other], Some(State::Live));
    assert_eq!(sim.opened, 5);
}

/// The broker leaves each SUBSCRIBE unanswered and ends so many connections this way; then it is itself again.
fn ended(sim: &mut Sim, times: u32, end: impl Fn(&mut Sim)) {
    sim.behaviour.subscribes = false;
    for _ in 0..times {
        end(sim);
        sim.advance(LONGEST);
    }
    sim.behaviour = Behaviour::GOOD;
    end(sim);
    sim.advance(LONGEST);
}

#[test]
fn with_one_to_blame_the_others_survive_a_network_that_drops() {
    let mut sim = Sim::new(1);
    sim.behaviour.says_no = false;
    let culprit = sim.subscribe("forbidden/x");
    sim.advance(120 * SECOND);
    assert!(matches!(sim.last[&culprit], Some(State::Failed(_))));
    let good = ["a", "b", "c"].map(|name| sim.subscribe(name));
    for _ in 0..10 {
        ended(&mut sim, 2, |sim| sim.close(sim.wire()));
        for id in good {
            assert_eq!(sim.last[&id], Some(State::Live));
        }
    }
    // And they go together, as ever.
    sim.batches.clear();
    sim.close(sim.wire());
    sim.advance(LONGEST);
    assert_eq!(sim.batches, [["a", "b", "c"]]);
}

#[test]
fn a_service_that_says_why_it_ends_blames_nobody() {
    for code in [0x00, 0x89, 0x8b, 0x8d, 0x97, 0x98, 0xa0] {
        let (mut sim, ids) = Sim::live(&["a"]);
        ended(&mut sim, 8, |sim| sim.bytes(sim.wire(), disconnect(code)));
        assert_eq!(sim.last[&ids[0]], Some(State::Live), "{code:x}");
    }
    for code in [1001, 1011, 1012, 1013] {
        let (mut sim, ids) = Sim::live(&["a"]);
        ended(&mut sim, 8, |sim| sim.close_with(sim.wire(), code));
        assert_eq!(sim.last[&ids[0]], Some(State::Live), "{code}");
    }
}

#[test]
fn a_refusal_by_disconnect_blames_as_a_close_does() {
    for code in [0x80, 0x83, 0x87] {
        let (mut sim, ids) = Sim::live(&["a"]);
        ended(&mut sim, 5, |sim| {
            if let Some(wire) = sim.wires.keys().next().copied() {
                sim.bytes(wire, disconnect(code));
            }
        });
        assert!(
            matches!(sim.last[&ids[0]], Some(State::Failed(_))),
            "{code:x}"
        );
    }
}

#[test]
fn a_suspect_that_nobody_wants_any_more_holds_up_nobody() {
    let (mut sim, ids) = Sim::live(&["a"]);
    sim.behaviour.subscribes = false;
    sim.close(sim.wire());
    sim.advance(LONGEST);
    let unwanted = sim.subscribe("b");
    for _ in 0..2 {
        sim.close(sim.wire());
        sim.advance(LONGEST);
    }
    sim.close(sim.wire());
    sim.unsubscribe(unwanted);
    sim.behaviour = Behaviour::GOOD;
    sim.advance(LONGEST);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
    sim.behaviour.opens = false;
    sim.close(sim.wire());
    for name in ["c", "d"] {
        sim.subscribe(name);
    }
    sim.advance(SHORTEST);
    sim.batches.clear();
    sim.input(Input::Opened(sim.wire(), None));
    assert_eq!(sim.batches, [["a", "c", "d"]]);
}

#[test]
fn a_take_over_is_told_apart_and_another_name_taken() {
    let (mut sim, ids) = Sim::live(&["a"]);
    let wire = sim.wire();
    let name = sim.wires[&wire].client_id.clone();
    sim.bytes(wire, disconnect(0x8e));
    assert!(is_retrying(sim.last[&ids[0]].as_ref(), &Cause::TakenOver));
    sim.advance(SHORTEST);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
    let other = sim.wires[&sim.wire()].client_id.clone();
    assert_ne!(other, name);
    // Any other loss keeps the name.
    sim.close(sim.wire());
    sim.advance(LONGEST);
    assert_eq!(sim.wires[&sim.wire()].client_id, other);
}

#[test]
fn a_renewal_is_gapless_under_another_name() {
    let (mut sim, ids) = Sim::live(&["a", "b"]);
    let old = sim.wire();
    sim.advance(RENEWAL - SECOND);
    sim.states.clear();
    while sim.wires.len() == 1 {
        sim.advance(SECOND);
    }
    let new = *sim.wires.keys().last().unwrap();
    assert_ne!(sim.wires[&old].client_id, sim.wires[&new].client_id);
    assert_eq!(sim.states, []);
    for wire in [old, new] {
        sim.bytes(wire, publish("a", b"both", None));
    }
    assert_eq!(sim.messages.len(), 2);
    sim.advance(OVERLAP);
    assert_eq!(sim.wire(), new);
    assert_eq!(
        sim.states,
        ids.iter().map(|id| (*id, State::Live)).collect::<Vec<_>>()
    );
}

#[test]
fn a_ping_every_half_minute_and_a_broker_that_answers_none_is_dead() {
    let (mut sim, ids) = Sim::live(&["a"]);
    sim.advance(HOUR);
    assert_eq!(sim.opened, 1);
    sim.behaviour.pongs = false;
    sim.states.clear();
    sim.advance(30 * SECOND + PING_DEADLINE);
    let dead = Cause::NoAnswer(Waiting::Probing);
    assert!(
        is_retrying(sim.states.first().map(|it| &it.1), &dead),
        "{:?}",
        sim.states
    );
    sim.behaviour = Behaviour::GOOD;
    sim.advance(LONGEST);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
}

/// A hidden page's timers, as browsers run them: once a minute.
#[test]
fn a_quiet_page_that_wakes_once_a_minute_keeps_its_connection() {
    let (mut sim, _) = Sim::live(&["a"]);
    let wire = sim.wire();
    for _ in 0..600 {
        let (heard, keep_alive) = (sim.wires[&wire].heard, sim.wires[&wire].keep_alive);
        sim.sleep(60 * SECOND);
        assert!(
            sim.now < heard + keep_alive * 3 / 2,
            "the broker has cut it"
        );
    }
    assert_eq!((sim.opened, sim.wire()), (1, wire));
    // No answer at all is noticed all the same.
    sim.behaviour.pongs = false;
    sim.sleep(60 * SECOND);
    sim.sleep(60 * SECOND);
    assert!(!sim.wires.contains_key(&wire));
}

/// A frozen page: on waking the timers may come before what lies in the queue.
#[test]
fn an_answer_that_lies_unread_is_not_held_against_the_connection() {
    for answered in [true, false] {
        let (mut sim, _) = Sim::live(&["a"]);
        let wire = sim.wire();
        sim.behaviour.pongs = false;
        sim.advance(30 * SECOND);
        sim.sleep(30 * SECOND);
        sim.input(Input::Wake);
        assert!(sim.wires.contains_key(&wire), "a moment more");
        if answered {
            sim.bytes(wire, packet(0xd0, &[]));
            sim.behaviour.pongs = true;
        }
        sim.advance(PROBE_DEADLINE);
        assert_eq!(sim.wires.contains_key(&wire), answered);
    }
}

#[test]
fn who_wakes_pings_at_once() {
    let (mut sim, ids) = Sim::live(&["a"]);
    sim.behaviour.pongs = false;
    sim.states.clear();
    sim.input(Input::Wake);
    sim.advance(PROBE_DEADLINE - Duration::from_millis(1));
    sim.input(Input::Wake);
    assert_eq!(sim.states, []);
    sim.advance(Duration::from_millis(1));
    assert!(matches!(sim.last[&ids[0]], Some(State::Retrying { .. })));
}

#[test]
fn a_message_reaches_everyone_whose_filter_takes_it_in() {
    let (mut sim, ids) = Sim::live(&["a/+", "a/b", "#", "b"]);
    let wire = sim.wire();
    // Twice, as QoS 1 may: handed on twice, and acknowledged twice.
    for _ in 0..2 {
        sim.bytes(wire, publish("a/b", b"x", Some(7)));
    }
    let to: Vec<_> = sim.messages.iter().map(|it| it.0).collect();
    assert_eq!(to, [ids[0], ids[1], ids[2], ids[0], ids[1], ids[2]]);
}

#[test]
fn packets_come_in_any_pieces() {
    let (mut sim, _) = Sim::live(&["a"]);
    let wire = sim.wire();
    let bytes = [publish("a", b"1", None), publish("a", b"2", Some(3))].concat();
    for byte in &bytes {
        sim.bytes(wire, vec![*byte]);
    }
    sim.bytes(wire, bytes);
    let payloads: Vec<_> = sim.messages.iter().map(|it| it.1.payload.clone()).collect();
    assert_eq!(payloads, [b"1", b"2", b"1", b"2"]);
}

#[test]
fn twins_share_a_subscription_until_the_last_one_goes() {
    let (mut sim, ids) = Sim::live(&["a", "a"]);
    let wire = sim.wire();
    sim.unsubscribe(ids[0]);
    assert!(sim.wires[&wire].filters.contains("a"));
    sim.subscribe("b");
    sim.unsubscribe(ids[1]);
    assert!(!sim.wires[&wire].filters.contains("a"));
}

#[test]
fn a_refused_connection_says_why() {
    for (code, is_final) in [(0x88, false), (0x97, false), (0x85, true), (0x84, true)] {
        let mut sim = Sim::new(1);
        sim.behaviour.connects = false;
        let id = sim.subscribe("a");
        let wire = sim.wire();
        sim.bytes(wire, connack(code));
        match is_final {
            true => assert!(matches!(sim.last[&id], Some(State::Failed(_))), "{code:x}"),
            false => assert!(
                matches!(sim.last[&id], Some(State::Retrying { .. })),
                "{code:x}"
            ),
        }
    }
}

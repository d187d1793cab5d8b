//! Sleep, a page that becomes visible, a network that goes and comes.

use appsync::protocol::ServerFrame;
use link::session::{Input, LONGEST, Output, PROBE_DEADLINE, SHORTEST, START_DEADLINE, Trouble};
use link::wire::Request;
use link::{Cause, State, Waiting};

use crate::sim::{Behaviour, HOUR, SECOND, Sim, count, error, is_retrying};

#[test]
fn who_wakes_tries_again_at_once() {
    for input in [Input::Wake, Input::Online] {
        let mut sim = Sim::new(5);
        sim.behaviour.opens = false;
        let id = sim.subscribe();
        for _ in 0..10 {
            while let Some(&wire) = sim.wires.keys().next() {
                sim.input(Input::NotOpened(
                    wire,
                    Trouble {
                        cause: Cause::Refused,
                        permanent: false,
                    },
                ));
            }
            sim.advance(LONGEST / 4);
        }
        sim.behaviour = Behaviour::GOOD;
        while let Some(&wire) = sim.wires.keys().next() {
            sim.close(wire);
        }
        assert_ne!(sim.last[&id], Some(State::Live));
        sim.input(input);
        assert_eq!(sim.last[&id], Some(State::Live));
    }
}

#[test]
fn an_open_connection_is_asked_and_its_answer_changes_nothing() {
    let (mut sim, ids) = Sim::live(2);
    sim.advance(SECOND);
    sim.input(Input::Wake);
    let outputs = sim.take();
    let sent: Vec<_> = outputs
        .iter()
        .filter(|output| matches!(output, Output::Send(..)))
        .collect();
    let [
        Output::Send(
            _,
            Request::Start {
                id: asked, body, ..
            },
        ),
        Output::Send(_, Request::Stop { id: stopped }),
    ] = sent[..]
    else {
        panic!("a start and a stop: {sent:?}");
    };
    assert_eq!(asked, stopped);
    assert_eq!(*body, Sim::body(ids[0]));
    sim.advance(2 * PROBE_DEADLINE);
    assert_eq!(sim.take(), [], "nobody noticed");
}

#[test]
fn an_open_connection_that_does_not_answer_is_dead_however_often_it_is_asked() {
    let (mut sim, ids) = Sim::live(1);
    sim.behaviour = Behaviour {
        starts: false,
        ..Behaviour::GOOD
    };
    let wire = sim.wire();
    sim.input(Input::Wake);
    for _ in 0..4 {
        sim.advance(PROBE_DEADLINE / 5);
        sim.input(Input::Wake);
        // What was on its way before proves nothing.
        sim.frame(wire, ServerFrame::KeepAlive);
    }
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
    sim.advance(PROBE_DEADLINE / 5);
    assert!(is_retrying(
        sim.last[&ids[0]].as_ref(),
        &Cause::NoAnswer(Waiting::Probing)
    ));
    assert_eq!(
        count(&sim.take(), |output| matches!(
            output,
            Output::Authorize(..)
        )),
        1
    );
}

#[test]
fn a_refusal_is_an_answer_too() {
    let (mut sim, ids) = Sim::live(1);
    sim.behaviour.starts = false;
    let wire = sim.wire();
    sim.input(Input::Wake);
    let probe = *sim.wires[&wire].operations.keys().last().unwrap();
    sim.frame(
        wire,
        ServerFrame::Error(Some(probe), error("MaxSubscriptionsReachedError")),
    );
    sim.advance(HOUR);
    assert_eq!(sim.wire(), wire);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
}

#[test]
fn a_probe_that_cannot_be_signed_is_taken_for_a_death() {
    for answered in [false, true] {
        let (mut sim, ids) = Sim::live(1);
        sim.behaviour.signs = false;
        sim.input(Input::Wake);
        let cause = Cause::Credentials("unreachable".into());
        let probe = *sim.unsigned.keys().next().unwrap();
        let expected = if answered {
            sim.input(Input::NotAuthorized(
                probe,
                Trouble {
                    cause: cause.clone(),
                    permanent: false,
                },
            ));
            cause
        } else {
            sim.advance(START_DEADLINE);
            Cause::NoAnswer(Waiting::Probing)
        };
        let states = sim.states(ids[0]);
        assert!(is_retrying(states.first(), &expected), "{states:?}");
    }
}

#[test]
fn after_a_nights_sleep_nothing_needs_to_be_asked() {
    let (mut sim, ids) = Sim::live(1);
    sim.sleep(8 * HOUR);
    assert!(is_retrying(sim.last[&ids[0]].as_ref(), &Cause::Silent));
    sim.input(Input::Wake);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
}

#[test]
fn an_attempt_that_began_before_the_sleep_gets_a_short_deadline() {
    for behaviour in [
        Behaviour {
            opens: false,
            ..Behaviour::GOOD
        },
        Behaviour {
            acknowledges: false,
            ..Behaviour::GOOD
        },
    ] {
        let mut sim = Sim::new(1);
        sim.behaviour = behaviour;
        let id = sim.subscribe();
        sim.advance(SECOND);
        sim.input(Input::Wake);
        sim.behaviour = Behaviour::GOOD;
        sim.advance(PROBE_DEADLINE + SHORTEST);
        assert_eq!(sim.last[&id], Some(State::Live));
    }
}

#[test]
fn offline_is_shown_when_it_is_true() {
    let (mut sim, ids) = Sim::live(1);
    // The browser is wrong: the connection answers.
    sim.input(Input::Offline);
    sim.advance(HOUR);
    assert_eq!(sim.states(ids[0]), []);
    // The browser is right.
    sim.behaviour = Behaviour {
        opens: false,
        starts: false,
        beats: false,
        ..Behaviour::GOOD
    };
    sim.input(Input::Offline);
    sim.advance(PROBE_DEADLINE);
    assert_eq!(sim.states(ids[0]), [State::Offline]);
    sim.advance(HOUR);
    assert_eq!(sim.states(ids[0]), []);
    // There is a network again, and an attempt may be under way that began without one.
    sim.behaviour = Behaviour::GOOD;
    sim.input(Input::Online);
    sim.advance(PROBE_DEADLINE + LONGEST);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
}

#[test]
fn a_browser_that_is_wrong_about_the_network_keeps_nobody_from_it() {
    let mut sim = Sim::new(1);
    sim.input(Input::Offline);
    let id = sim.subscribe();
    assert_eq!(sim.states(id), [State::Offline, State::Live]);
}

#[test]
fn one_that_waits_alone_is_started_at_once_too() {
    let (mut sim, ids) = Sim::live(1);
    let wire = sim.wire();
    let operation = sim.operation(wire, ids[0]);
    sim.frame(wire, ServerFrame::Complete(operation));
    assert!(is_retrying(sim.last[&ids[0]].as_ref(), &Cause::Ended));
    sim.input(Input::Wake);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
}

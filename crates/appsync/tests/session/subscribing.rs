//! Starts, stops, events, duplicate and unknown ids.

use appsync::protocol::ServerFrame;
use link::session::{Input, LONGEST, OperationId, Output, SHORTEST, START_DEADLINE, Trouble};
use link::wire::{Heard, Request};
use link::{Cause, Delivery, State, Waiting};

use crate::sim::{Behaviour, SECOND, Sim, count, error, is_retrying, payload};

fn is_stop(output: &Output) -> bool {
    matches!(output, Output::Send(_, Request::Stop { .. }))
}

#[test]
fn events_reach_the_one_they_are_for() {
    let (mut sim, ids) = Sim::live(2);
    let wire = sim.wire();
    let second = sim.operation(wire, ids[1]);
    sim.frame(wire, Heard::Published(second, payload(7)));
    assert_eq!(
        sim.take(),
        [Output::Deliver(ids[1], Delivery::Payload(payload(7)))]
    );
}

#[test]
fn an_event_may_overtake_the_acknowledgement_but_not_outlive_the_stop() {
    let mut sim = Sim::new(1);
    sim.behaviour = Behaviour {
        starts: false,
        completes: false,
        ..Behaviour::GOOD
    };
    let id = sim.subscribe();
    let wire = sim.wire();
    let operation = *sim.wires[&wire].operations.keys().next().unwrap();
    sim.take();
    sim.frame(wire, Heard::Published(operation, payload(1)));
    assert_eq!(
        sim.take(),
        [Output::Deliver(id, Delivery::Payload(payload(1)))]
    );
    sim.frame(wire, ServerFrame::StartAck(operation));
    sim.unsubscribe(id);
    sim.take();
    sim.frame(wire, Heard::Published(operation, payload(2)));
    assert_eq!(sim.take(), []);
}

#[test]
fn a_second_acknowledgement_and_unknown_ids_change_nothing() {
    let (mut sim, ids) = Sim::live(1);
    let wire = sim.wire();
    let operation = sim.operation(wire, ids[0]);
    let stranger = OperationId(4711);
    for frame in [
        ServerFrame::StartAck(operation).into(),
        ServerFrame::ConnectionAck { timeout: None }.into(),
        Heard::Published(stranger, payload(1)),
        ServerFrame::Complete(stranger).into(),
        ServerFrame::Error(Some(stranger), error("UnauthorizedException")).into(),
        ServerFrame::Error(None, error("LimitExceededError")).into(),
        ServerFrame::Unknown.into(),
    ] {
        sim.frame(wire, frame);
    }
    assert_eq!(sim.take(), []);
    // The service believes that something runs which we do not know: it may stop.
    sim.frame(wire, ServerFrame::StartAck(stranger));
    assert!(
        sim.take()
            .contains(&Output::Send(wire, Request::Stop { id: stranger }))
    );
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
}

#[test]
fn who_goes_before_the_acknowledgement_is_stopped_after_it() {
    let mut sim = Sim::new(1);
    let stays = sim.subscribe();
    sim.behaviour.starts = false;
    let goes = sim.subscribe();
    let wire = sim.wire();
    sim.take();
    sim.unsubscribe(goes);
    assert_eq!(sim.take(), []);
    let operation = *sim.wires[&wire].operations.keys().last().unwrap();
    sim.frame(wire, ServerFrame::StartAck(operation));
    assert_eq!(
        sim.take(),
        [Output::Send(wire, Request::Stop { id: operation })]
    );
    assert_eq!(sim.last[&stays], Some(State::Live));
}

#[test]
fn who_goes_while_its_start_is_signed_is_never_started() {
    let mut sim = Sim::new(1);
    sim.subscribe();
    sim.behaviour.signs = false;
    let goes = sim.subscribe();
    let operation = *sim.unsigned.keys().next().unwrap();
    sim.unsubscribe(goes);
    sim.take();
    sim.input(Input::Authorized(operation, String::new(), None));
    assert_eq!(sim.take(), []);
}

#[test]
fn a_start_without_an_answer_is_tried_again_under_a_new_id_without_disturbing_others() {
    let (mut sim, ids) = Sim::live(1);
    sim.behaviour.starts = false;
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.advance(START_DEADLINE / 2);
    sim.frame(wire, ServerFrame::KeepAlive);
    sim.advance(START_DEADLINE / 2);
    assert!(is_retrying(
        sim.last[&id].as_ref(),
        &Cause::NoAnswer(Waiting::Starting)
    ));
    assert_eq!(count(&sim.take(), is_stop), 1);
    sim.behaviour.starts = true;
    sim.advance(SHORTEST);
    assert_eq!(sim.last[&id], Some(State::Live));
    assert_eq!(sim.wire(), wire);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
}

#[test]
fn an_error_that_names_nobody_explains_a_start_that_stays_unanswered() {
    let (mut sim, _) = Sim::live(1);
    sim.behaviour.starts = false;
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.advance(SECOND);
    sim.frame(wire, ServerFrame::Error(None, error("LimitExceededError")));
    sim.advance(START_DEADLINE);
    let cause = Cause::Service(error("LimitExceededError").remove(0).described());
    let states = sim.states(id);
    assert!(
        states.iter().any(|state| is_retrying(Some(state), &cause)),
        "{states:?}"
    );
}

#[test]
fn but_not_one_that_was_answered_meanwhile() {
    let (mut sim, _) = Sim::live(1);
    let wire = sim.wire();
    sim.frame(wire, ServerFrame::Error(None, error("LimitExceededError")));
    sim.subscribe();
    sim.behaviour.starts = false;
    let id = sim.subscribe();
    sim.advance(SECOND);
    sim.frame(wire, ServerFrame::KeepAlive);
    sim.advance(START_DEADLINE - SECOND);
    assert!(is_retrying(
        sim.last[&id].as_ref(),
        &Cause::NoAnswer(Waiting::Starting)
    ));
}

#[test]
fn when_nothing_at_all_follows_a_start_the_connection_is_dead() {
    let (mut sim, _) = Sim::live(1);
    sim.behaviour = Behaviour {
        starts: false,
        beats: false,
        ..Behaviour::GOOD
    };
    sim.advance(SECOND);
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.advance(START_DEADLINE - SECOND);
    assert_eq!(sim.wire(), wire);
    sim.advance(SECOND);
    let states = sim.states(id);
    assert!(
        is_retrying(states.get(1), &Cause::NoAnswer(Waiting::Starting)),
        "{states:?}"
    );
    assert!(!sim.wires.contains_key(&wire));
}

#[test]
fn a_signature_that_cannot_be_had_delays_only_its_subscription() {
    let (mut sim, ids) = Sim::live(1);
    sim.behaviour.signs = false;
    let id = sim.subscribe();
    let operation = *sim.unsigned.keys().next().unwrap();
    let cause = Cause::Credentials("busy".into());
    sim.input(Input::NotAuthorized(
        operation,
        Trouble {
            cause: cause.clone(),
            permanent: false,
        },
    ));
    assert!(is_retrying(sim.last[&id].as_ref(), &cause));
    // The next one does not come at all, and has a deadline too.
    sim.advance(SHORTEST);
    assert_eq!(sim.last[&id], Some(State::Connecting));
    sim.advance(START_DEADLINE);
    sim.behaviour.signs = true;
    sim.advance(SECOND);
    assert_eq!(sim.last[&id], Some(State::Live));
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
    assert_eq!(
        count(&sim.take(), |output| matches!(output, Output::Close(_))),
        0
    );
}

#[test]
fn a_subscription_that_the_service_ends_is_started_again() {
    let (mut sim, ids) = Sim::live(2);
    let wire = sim.wire();
    let operation = sim.operation(wire, ids[0]);
    sim.frame(wire, ServerFrame::Complete(operation));
    assert!(is_retrying(sim.last[&ids[0]].as_ref(), &Cause::Ended));
    sim.advance(SHORTEST);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
    assert_ne!(sim.operation(wire, ids[0]), operation);
    assert_eq!(sim.states(ids[1]), []);
}

#[test]
fn one_that_is_ended_again_and_again_waits_longer_and_longer() {
    let (mut sim, ids) = Sim::live(1);
    let wire = sim.wire();
    for _ in 0..1200 {
        let live = |id| sim.last[&id] == Some(State::Live);
        if live(ids[0]) {
            let operation = sim.operation(wire, ids[0]);
            sim.frame(
                wire,
                ServerFrame::Error(Some(operation), error("InternalFailure")),
            );
        }
        sim.advance(SECOND / 2);
    }
    let starts = count(&sim.take(), |output| {
        matches!(output, Output::Send(_, Request::Start { .. }))
    });
    assert!((20..=70).contains(&starts), "{starts}");
    assert!(sim.now > net::Instant::ZERO + LONGEST);
}

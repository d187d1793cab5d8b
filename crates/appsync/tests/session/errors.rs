//! What the service refuses: credentials, one subscription, one too many.

use appsync::GraphQlError;
use appsync::protocol::ServerFrame;
use link::session::{LINGER, LONGEST, Output, SHORTEST, SubscriptionId};
use link::{Cause, State};

use crate::sim::{Behaviour, SECOND, Sim, acknowledgement, count, error, is_retrying};

fn is_renewal(output: &Output) -> bool {
    matches!(output, Output::Renew(..))
}

fn cause(error_type: &str) -> Cause {
    Cause::Service(error(error_type).remove(0).described())
}

#[test]
fn a_connection_refused_for_its_credentials_is_tried_once_more_with_new_ones() {
    // Some say it by a connection error, some by an error without an id.
    for frame in [
        ServerFrame::ConnectionError(error("UnauthorizedException")),
        ServerFrame::Error(
            None,
            error("com.amazonaws.auth#UnrecognizedClientException"),
        ),
    ] {
        let mut sim = Sim::new(1);
        sim.behaviour.acknowledges = false;
        let id = sim.subscribe();
        let first = sim.wire();
        sim.take();
        sim.frame(first, frame.clone());
        let second = sim.wire();
        assert_ne!(first, second, "at once");
        assert_eq!(count(&sim.take(), is_renewal), 1);
        assert_eq!(sim.last[&id], Some(State::Connecting));
        sim.frame(second, acknowledgement());
        assert_eq!(sim.last[&id], Some(State::Live));
        // That was a success: the next refusal, hours later, is again worth new credentials.
        sim.close(second);
        sim.advance(SHORTEST);
        let third = sim.wire();
        sim.frame(third, frame);
        assert_eq!(count(&sim.take(), is_renewal), 1);
    }
}

#[test]
fn refused_again_everyone_has_failed_and_the_next_one_begins_anew() {
    let mut sim = Sim::new(1);
    sim.behaviour.acknowledges = false;
    let ids = [sim.subscribe(), sim.subscribe()];
    for _ in 0..2 {
        let wire = sim.wire();
        sim.frame(
            wire,
            ServerFrame::ConnectionError(error("UnauthorizedException")),
        );
    }
    for id in ids {
        assert_eq!(
            sim.last[&id],
            Some(State::Failed(cause("UnauthorizedException")))
        );
    }
    assert!(sim.wires.is_empty());
    assert_eq!(sim.session.next_deadline(), None);
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.frame(
        wire,
        ServerFrame::ConnectionError(error("UnauthorizedException")),
    );
    assert_eq!(
        count(&sim.take(), is_renewal),
        2,
        "one for those who failed, one for the new one"
    );
    let wire = sim.wire();
    sim.frame(wire, acknowledgement());
    assert_eq!(sim.last[&id], Some(State::Live));
}

fn stale(error_type: &str, message: &str) -> Vec<GraphQlError> {
    vec![GraphQlError {
        error_type: error_type.into(),
        message: message.into(),
        ..GraphQlError::default()
    }]
}

/// As the service says it, of credentials and of clocks.
const STALE: [(&str, &str); 4] = [
    (
        "UnauthorizedException",
        "The security token included in the request is expired",
    ),
    (
        "InvalidSignatureException",
        "Signature expired: 20260102T030405Z is now earlier than 20260102T031005Z (20260102T031505Z - 5 min.)",
    ),
    (
        "UnauthorizedException",
        "Signature not yet current: 20260102T030405Z is still later than 20260102T025905Z",
    ),
    ("ExpiredTokenException", ""),
];

#[test]
fn what_was_refused_for_its_time_is_renewed_as_often_as_it_takes() {
    for (error_type, message) in STALE {
        let errors = || stale(error_type, message);
        let reason = Cause::Service(errors().remove(0).described());
        // The connection.
        let mut sim = Sim::new(1);
        sim.behaviour.acknowledges = false;
        let id = sim.subscribe();
        for refusals in 1..=20 {
            let wire = sim.wire();
            sim.frame(wire, ServerFrame::ConnectionError(errors()));
            if refusals > 1 {
                wait_for_the_retry(&mut sim, id, &reason);
            }
        }
        assert_eq!(count(&sim.take(), is_renewal), 20);
        let wire = sim.wire();
        sim.frame(wire, acknowledgement());
        assert_eq!(sim.last[&id], Some(State::Live));

        // A start.
        let (mut sim, ids) = Sim::live(1);
        let wire = sim.wire();
        sim.behaviour.starts = false;
        for refusals in 1..=20 {
            let started = *sim.wires[&wire].operations.keys().last().unwrap();
            sim.frame(wire, ServerFrame::Error(Some(started), errors()));
            if refusals > 1 {
                wait_for_the_retry(&mut sim, ids[0], &reason);
            }
        }
        assert_eq!(count(&sim.take(), is_renewal), 20);
        let started = *sim.wires[&wire].operations.keys().last().unwrap();
        sim.frame(wire, ServerFrame::StartAck(started));
        assert_eq!(sim.last[&ids[0]], Some(State::Live));
    }
}

fn wait_for_the_retry(sim: &mut Sim, id: SubscriptionId, reason: &Cause) {
    let Some(State::Retrying { at, cause }) = sim.last[&id].clone() else {
        panic!("no back-off: {:?}", sim.last[&id]);
    };
    assert_eq!(cause, *reason);
    sim.advance(at.saturating_since(sim.now));
}

#[test]
fn an_api_key_cannot_be_renewed() {
    let mut sim = Sim::new(1);
    sim.behaviour = Behaviour {
        acknowledges: false,
        renewable: false,
        ..Behaviour::GOOD
    };
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.frame(
        wire,
        ServerFrame::ConnectionError(error("UnauthorizedException")),
    );
    assert_eq!(
        sim.last[&id],
        Some(State::Failed(cause("UnauthorizedException")))
    );
    assert_eq!(count(&sim.take(), is_renewal), 0);
}

#[test]
fn a_refusal_that_is_final_is_final_and_any_other_is_tried_again() {
    for (error_type, is_final) in [
        ("BadRequestException", true),
        ("LimitExceededError", false),
        ("InternalFailure", false),
        ("", false),
    ] {
        let mut sim = Sim::new(1);
        sim.behaviour.acknowledges = false;
        let id = sim.subscribe();
        let wire = sim.wire();
        sim.frame(wire, ServerFrame::ConnectionError(error(error_type)));
        let state = sim.last[&id].clone();
        match is_final {
            true => assert_eq!(state, Some(State::Failed(cause(error_type)))),
            false => assert!(is_retrying(state.as_ref(), &cause(error_type)), "{state:?}"),
        }
    }
}

#[test]
fn a_denied_subscription_fails_alone_after_one_try_with_new_credentials() {
    let (mut sim, siblings) = Sim::live(3);
    sim.behaviour.starts = false;
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.take();
    for attempt in 1..=2 {
        let operation = *sim.wires[&wire].operations.keys().last().unwrap();
        sim.frame(
            wire,
            ServerFrame::Error(Some(operation), error("UnauthorizedException")),
        );
        if attempt == 1 {
            assert_eq!(count(&sim.take(), is_renewal), 1);
            assert_eq!(sim.last[&id], Some(State::Connecting));
        }
    }
    assert_eq!(count(&sim.take(), is_renewal), 0);
    assert_eq!(
        sim.last[&id],
        Some(State::Failed(cause("UnauthorizedException")))
    );
    assert!(siblings.iter().all(|id| sim.last[id] == Some(State::Live)));
    // It stays failed across a reconnect, and does not keep the socket.
    sim.behaviour.starts = true;
    sim.close(wire);
    sim.advance(SECOND);
    assert!(siblings.iter().all(|id| sim.last[id] == Some(State::Live)));
    siblings.iter().for_each(|id| sim.unsubscribe(*id));
    sim.advance(LINGER);
    assert!(sim.wires.is_empty());
    sim.unsubscribe(id);
    assert!(sim.session.is_idle());
}

#[test]
fn what_is_wrong_with_the_request_or_the_role_is_not_worth_new_credentials() {
    for error_type in [
        "Unauthorized",
        "BadRequestException",
        "ValidationError",
        "UnsupportedOperation",
    ] {
        let (mut sim, siblings) = Sim::live(1);
        sim.behaviour.starts = false;
        let id = sim.subscribe();
        let wire = sim.wire();
        let operation = *sim.wires[&wire].operations.keys().last().unwrap();
        sim.take();
        sim.frame(wire, ServerFrame::Error(Some(operation), error(error_type)));
        assert_eq!(sim.last[&id], Some(State::Failed(cause(error_type))));
        assert_eq!(count(&sim.take(), is_renewal), 0);
        assert_eq!(sim.last[&siblings[0]], Some(State::Live));
    }
}

#[test]
fn error_codes_decide_where_names_do_not() {
    for (code, renews, fails) in [
        (401, 1, false),
        (403, 1, false),
        (400, 0, true),
        (429, 0, false),
        (500, 0, false),
    ] {
        let (mut sim, ids) = Sim::live(1);
        let wire = sim.wire();
        let operation = sim.operation(wire, ids[0]);
        let mut errors = error("");
        errors[0].code = Some(code);
        sim.frame(wire, ServerFrame::Error(Some(operation), errors));
        assert_eq!(count(&sim.take(), is_renewal), renews, "{code}");
        assert_eq!(
            matches!(sim.last[&ids[0]], Some(State::Failed(_))),
            fails,
            "{code}"
        );
    }
}

#[test]
fn one_subscription_too_many_waits_for_a_place() {
    let (mut sim, siblings) = Sim::live(2);
    sim.behaviour.starts = false;
    let id = sim.subscribe();
    let wire = sim.wire();
    let operation = *sim.wires[&wire].operations.keys().last().unwrap();
    let mut errors = error("MaxSubscriptionsReachedError");
    errors[0].code = Some(400);
    sim.frame(wire, ServerFrame::Error(Some(operation), errors));
    assert!(matches!(sim.last[&id], Some(State::Retrying { .. })));
    assert!(siblings.iter().all(|id| sim.last[id] == Some(State::Live)));
    sim.unsubscribe(siblings[0]);
    sim.behaviour.starts = true;
    sim.advance(LONGEST);
    assert_eq!(sim.last[&id], Some(State::Live));
    assert_eq!(sim.wire(), wire);
}

#[test]
fn credentials_that_expire_while_it_is_live_are_renewed_every_time() {
    let (mut sim, ids) = Sim::live(1);
    let wire = sim.wire();
    for _ in 0..3 {
        sim.advance(10 * SECOND);
        let operation = sim.operation(wire, ids[0]);
        sim.frame(
            wire,
            ServerFrame::Error(Some(operation), error("UnauthorizedException")),
        );
        assert_eq!(sim.last[&ids[0]], Some(State::Live));
    }
    assert_eq!(count(&sim.take(), is_renewal), 3);
}

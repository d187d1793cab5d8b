//! Opening, the acknowledgement, keep-alives, losing and opening again.

use std::time::Duration;

use appsync::protocol::ServerFrame;
use link::session::{
    INIT_DEADLINE, Input, LINGER, LONGEST, OPEN_DEADLINE, Output, SHORTEST, SILENCE, Trouble,
};
use link::wire::Request;
use link::{Cause, Delivery, State, Waiting};

use crate::sim::{Behaviour, HOUR, SECOND, Sim, acknowledgement, count, error, is_retrying};

const REFUSED: Trouble = Trouble {
    cause: Cause::Refused,
    permanent: false,
};

#[test]
fn the_way_to_live() {
    let mut sim = Sim::new(1);
    let id = sim.subscribe();
    let sent: Vec<_> = sim.take();
    let kinds: Vec<&str> = sent.iter().map(kind).collect();
    assert_eq!(
        kinds,
        ["open", "connecting", "init", "authorize", "start", "live"]
    );
    assert_eq!(sim.last[&id], Some(State::Live));
}

fn kind(output: &Output) -> &'static str {
    match output {
        Output::Open(_) => "open",
        Output::Send(_, Request::Hello) => "init",
        Output::Send(_, Request::Start { .. }) => "start",
        Output::Send(_, Request::Stop { .. }) => "stop",
        Output::Send(_, Request::Ping) => "ping",
        Output::Close(_) => "close",
        Output::Authorize(..) => "authorize",
        Output::Deliver(_, Delivery::State(State::Connecting)) => "connecting",
        Output::Deliver(_, Delivery::State(State::Live)) => "live",
        Output::Deliver(..) => "other",
        Output::Probe => "probe",
        Output::Renew(..) => "renew",
    }
}

#[test]
fn an_upgrade_refused_without_a_reason_asks_for_a_probe_and_says_no_more_than_it_knows() {
    let mut sim = Sim::new(1);
    sim.behaviour.opens = false;
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.take();
    sim.input(Input::NotOpened(wire, REFUSED));
    assert_eq!(count(&sim.take(), |output| *output == Output::Probe), 1);
    assert!(is_retrying(sim.last[&id].as_ref(), &Cause::Refused));
    assert_eq!(Cause::Refused.to_string(), "refused before opening");
    sim.behaviour = Behaviour::GOOD;
    sim.advance(SHORTEST);
    assert_eq!(sim.last[&id], Some(State::Live));
}

#[test]
fn without_a_network_there_is_nothing_to_probe_for() {
    let mut sim = Sim::new(1);
    sim.behaviour.opens = false;
    sim.input(Input::Offline);
    let id = sim.subscribe();
    let wire = sim.wire();
    sim.input(Input::NotOpened(wire, REFUSED));
    assert_eq!(count(&sim.take(), |output| *output == Output::Probe), 0);
    assert_eq!(sim.last[&id], Some(State::Offline));
}

#[test]
fn opening_and_initializing_have_deadlines() {
    for (acknowledges, opens, waiting, deadline) in [
        (true, false, Waiting::Opening, OPEN_DEADLINE),
        (false, true, Waiting::Initializing, INIT_DEADLINE),
    ] {
        let mut sim = Sim::new(1);
        sim.behaviour = Behaviour {
            opens,
            acknowledges,
            ..Behaviour::GOOD
        };
        let id = sim.subscribe();
        sim.advance(deadline - Duration::from_millis(1));
        assert_eq!(sim.last[&id], Some(State::Connecting));
        sim.advance(Duration::from_millis(1));
        assert!(
            is_retrying(sim.last[&id].as_ref(), &Cause::NoAnswer(waiting)),
            "{:?}",
            sim.last[&id]
        );
    }
}

#[test]
fn credentials_that_cannot_be_had_now_are_tried_again_and_a_wrong_pool_is_not() {
    for permanent in [false, true] {
        let mut sim = Sim::new(1);
        sim.behaviour.opens = false;
        let id = sim.subscribe();
        let wire = sim.wire();
        let cause = Cause::Credentials("no such pool".into());
        sim.input(Input::NotOpened(
            wire,
            Trouble {
                cause: cause.clone(),
                permanent,
            },
        ));
        match permanent {
            true => assert_eq!(sim.last[&id], Some(State::Failed(cause))),
            false => assert!(is_retrying(sim.last[&id].as_ref(), &cause)),
        }
        assert_eq!(count(&sim.take(), |output| *output == Output::Probe), 0);
    }
}

#[test]
fn a_service_that_refuses_everybody_is_not_hammered() {
    let mut sim = Sim::new(3);
    sim.behaviour = Behaviour {
        opens: false,
        ..Behaviour::GOOD
    };
    sim.subscribe();
    for _ in 0..1200 {
        while let Some(&wire) = sim.wires.keys().next() {
            sim.input(Input::NotOpened(wire, REFUSED));
        }
        sim.advance(SECOND / 2);
    }
    let attempts = count(&sim.take(), |output| matches!(output, Output::Open(_)));
    // Ten minutes at half of 30 s each, after seven quick ones; never less often than every 30 s.
    assert!((20..=70).contains(&attempts), "{attempts}");
}

#[test]
fn neither_is_one_that_accepts_and_closes_at_once() {
    let mut sim = Sim::new(3);
    sim.subscribe();
    for _ in 0..1200 {
        while let Some(&wire) = sim.wires.keys().next() {
            sim.close(wire);
        }
        sim.advance(SECOND / 2);
    }
    let attempts = count(&sim.take(), |output| matches!(output, Output::Open(_)));
    assert!((20..=70).contains(&attempts), "{attempts}");
}

#[test]
fn a_steady_connection_that_is_lost_comes_back_quickly_and_live_is_said_anew() {
    let (mut sim, ids) = Sim::live(3);
    for _ in 0..10 {
        sim.advance(20 * SECOND);
        let wire = sim.wire();
        sim.input(Input::Closed {
            connection: wire,
            code: 1001,
            reason: "going away".into(),
        });
        sim.advance(SHORTEST);
    }
    let states = sim.states(ids[1]);
    let closed = Cause::Closed {
        code: 1001,
        reason: "going away".into(),
    };
    assert_eq!(
        closed.to_string(),
        "the connection was closed (1001): going away"
    );
    for states in states.chunks(3) {
        assert!(is_retrying(states.first(), &closed), "{states:?}");
        assert_eq!(states[1..], [State::Connecting, State::Live]);
    }
    assert_eq!(states.len(), 30);
}

#[test]
fn silence_is_death_after_70_seconds_or_earlier_if_the_service_says_so() {
    for (announced, limit) in [
        (Some(300_000), SILENCE),
        (Some(20_000), 20 * SECOND),
        (Some(0), SECOND),
        (None, SILENCE),
    ] {
        let mut sim = Sim::new(1);
        sim.behaviour = Behaviour {
            acknowledges: false,
            beats: false,
            ..Behaviour::GOOD
        };
        let id = sim.subscribe();
        let wire = sim.wire();
        sim.frame(
            wire,
            ServerFrame::ConnectionAck {
                timeout: announced.map(Duration::from_millis),
            },
        );
        assert_eq!(sim.last[&id], Some(State::Live));
        // Any frame at all is a sign of life.
        sim.advance(limit - Duration::from_millis(1));
        sim.frame(wire, ServerFrame::Unknown);
        sim.advance(limit - Duration::from_millis(1));
        assert_eq!(sim.last[&id], Some(State::Live));
        sim.advance(Duration::from_millis(1));
        assert!(is_retrying(sim.last[&id].as_ref(), &Cause::Silent));
    }
}

#[test]
fn keep_alives_keep_it_alive() {
    let (mut sim, ids) = Sim::live(1);
    sim.advance(10 * HOUR);
    assert_eq!(sim.states(ids[0]), []);
}

#[test]
fn it_closes_a_second_after_the_last_one_goes() {
    let (mut sim, ids) = Sim::live(100);
    for id in &ids {
        sim.unsubscribe(*id);
    }
    assert_eq!(
        count(&sim.take(), |output| matches!(
            output,
            Output::Send(_, Request::Stop { .. })
        )),
        100
    );
    sim.advance(LINGER - Duration::from_millis(1));
    assert_eq!(sim.wires.len(), 1);
    sim.advance(Duration::from_millis(1));
    assert!(sim.wires.is_empty() && sim.session.is_idle());
    assert_eq!(sim.session.next_deadline(), None);
}

#[test]
fn who_comes_within_that_second_finds_it_open() {
    let (mut sim, ids) = Sim::live(1);
    sim.unsubscribe(ids[0]);
    sim.advance(LINGER / 2);
    let id = sim.subscribe();
    sim.advance(10 * LINGER);
    assert_eq!(
        count(&sim.take(), |output| matches!(
            output,
            Output::Open(_) | Output::Close(_)
        )),
        0
    );
    assert_eq!(sim.last[&id], Some(State::Live));
}

#[test]
fn who_comes_at_its_very_end_does_too() {
    let (mut sim, ids) = Sim::live(1);
    sim.unsubscribe(ids[0]);
    sim.now = sim.now + LINGER;
    sim.subscribe();
    assert_eq!(
        count(&sim.take(), |output| matches!(
            output,
            Output::Open(_) | Output::Close(_)
        )),
        0
    );
}

#[test]
fn nobody_waits_for_an_attempt_that_nobody_wants() {
    let mut sim = Sim::new(1);
    sim.behaviour.opens = false;
    let id = sim.subscribe();
    sim.unsubscribe(id);
    sim.advance(LINGER);
    assert!(sim.session.is_idle());

    let id = sim.subscribe();
    let wire = sim.wire();
    sim.input(Input::NotOpened(wire, REFUSED));
    sim.unsubscribe(id);
    assert!(sim.session.is_idle());
    assert_eq!(sim.session.next_deadline(), None);
}

#[test]
fn what_comes_from_a_socket_that_was_given_up_counts_no_more() {
    let mut sim = Sim::new(1);
    sim.behaviour.opens = false;
    let id = sim.subscribe();
    let first = sim.wire();
    sim.advance(OPEN_DEADLINE);
    sim.advance(LONGEST);
    sim.take();
    sim.input(Input::Opened(first, None));
    sim.frame(first, acknowledgement());
    sim.frame(
        first,
        ServerFrame::ConnectionError(error("UnauthorizedException")),
    );
    sim.close(first);
    assert_eq!(sim.take(), []);
    assert_ne!(sim.wire(), first);
    assert_eq!(sim.last[&id], Some(State::Connecting));
}

#[test]
fn a_close_at_any_moment_leads_back_to_live() {
    // After how many inputs the socket closes.
    for behaviour in [
        Behaviour {
            opens: false,
            ..Behaviour::GOOD
        },
        Behaviour {
            acknowledges: false,
            ..Behaviour::GOOD
        },
        Behaviour {
            signs: false,
            ..Behaviour::GOOD
        },
        Behaviour {
            starts: false,
            ..Behaviour::GOOD
        },
        Behaviour::GOOD,
    ] {
        let mut sim = Sim::new(1);
        sim.behaviour = behaviour;
        let id = sim.subscribe();
        let wire = sim.wire();
        sim.close(wire);
        sim.behaviour = Behaviour::GOOD;
        sim.advance(SHORTEST);
        assert_eq!(sim.last[&id], Some(State::Live), "{behaviour:?}");
    }
}

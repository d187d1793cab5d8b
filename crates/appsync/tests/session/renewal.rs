//! The daily renewal of a connection that would be cut at 24 hours.

use appsync::protocol::ServerFrame;
use link::session::{
    ConnectionId, LINGER, LONGEST, OVERLAP, OperationId, Output, RENEWAL, RENEWAL_SPREAD, SHORTEST,
    SubscriptionId,
};
use link::wire::{Heard, Request};
use link::{Delivery, State};

use crate::sim::{Behaviour, HOUR, SECOND, Sim, count, error, payload};

/// A session whose renewal has begun: the old connection and the new one.
fn renewing(behaviour: Behaviour) -> (Sim, Vec<SubscriptionId>, [ConnectionId; 2]) {
    let (mut sim, ids) = Sim::live(2);
    sim.advance(RENEWAL - SECOND);
    sim.behaviour = behaviour;
    while sim.wires.len() == 1 {
        sim.advance(SECOND);
    }
    let mut wires = sim.wires.keys().copied();
    let wires = [wires.next().unwrap(), wires.next().unwrap()];
    (sim, ids, wires)
}

#[test]
fn it_happens_once_between_23_and_23_and_a_half_hours() {
    for seed in 0..20 {
        let mut sim = Sim::new(seed);
        let id = sim.subscribe();
        sim.advance(RENEWAL - SECOND);
        sim.take();
        sim.advance(RENEWAL_SPREAD + SECOND + OVERLAP);
        assert_eq!(
            count(&sim.take(), |output| matches!(output, Output::Open(_))),
            1
        );
        assert_eq!(sim.wires.len(), 1);
        sim.advance(20 * HOUR);
        assert_eq!(sim.states(id), []);
    }
}

#[test]
fn both_deliver_until_everything_is_acknowledged_and_then_live_is_said_anew() {
    let (mut sim, ids, [old, new]) = renewing(Behaviour {
        starts: false,
        ..Behaviour::GOOD
    });
    let old_operation = sim.operation(old, ids[0]);
    let starts: Vec<OperationId> = sim.wires[&new].operations.keys().copied().collect();
    assert_eq!(starts.len(), 2);
    sim.take();

    sim.frame(new, ServerFrame::StartAck(starts[0]));
    sim.frame(old, Heard::Published(old_operation, payload(1)));
    sim.frame(new, Heard::Published(starts[0], payload(1)));
    let twice = Output::Deliver(ids[0], Delivery::Payload(payload(1)));
    assert_eq!(sim.take(), [twice.clone(), twice]);
    sim.advance(2 * OVERLAP);
    assert_eq!(sim.wires.len(), 2, "one is not acknowledged yet");

    sim.frame(new, ServerFrame::StartAck(starts[1]));
    sim.advance(OVERLAP - SECOND);
    assert_eq!(sim.wires.len(), 2, "an acknowledgement promises little");
    sim.advance(SECOND);
    assert_eq!(sim.wire(), new);
    let live = |id| Output::Deliver(id, Delivery::State(State::Live));
    assert_eq!(sim.take(), [Output::Close(old), live(ids[0]), live(ids[1])]);
}

#[test]
fn a_successor_that_fails_changes_nothing_and_another_is_tried() {
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
    ] {
        let (mut sim, ids, [old, new]) = renewing(behaviour);
        sim.take();
        sim.advance(60 * SECOND);
        assert!(sim.wires.contains_key(&old) && !sim.wires.contains_key(&new));
        assert_eq!(sim.states(ids[0]), [], "{behaviour:?}");
        sim.behaviour = Behaviour::GOOD;
        sim.advance(2 * LONGEST + OVERLAP);
        assert!(!sim.wires.contains_key(&old));
        assert_eq!(sim.states(ids[0]), [State::Live]);
    }
}

#[test]
fn the_next_days_renewal_begins_with_short_waits_again() {
    let (mut sim, ..) = renewing(Behaviour {
        opens: false,
        ..Behaviour::GOOD
    });
    sim.advance(HOUR);
    sim.behaviour = Behaviour::GOOD;
    sim.advance(LONGEST + OVERLAP);
    sim.advance(RENEWAL - SECOND);
    sim.behaviour = Behaviour {
        acknowledges: false,
        ..Behaviour::GOOD
    };
    while sim.wires.len() == 1 {
        sim.advance(SECOND);
    }
    let new = *sim.wires.keys().last().unwrap();
    sim.behaviour = Behaviour::GOOD;
    sim.close(new);
    sim.advance(SHORTEST);
    assert_eq!(sim.wires.len(), 2);
}

#[test]
fn if_the_old_one_dies_meanwhile_the_new_one_takes_over_as_far_as_it_is() {
    let (mut sim, ids, [old, new]) = renewing(Behaviour {
        starts: false,
        ..Behaviour::GOOD
    });
    let start = *sim.wires[&new].operations.keys().next().unwrap();
    sim.frame(new, ServerFrame::StartAck(start));
    sim.take();
    sim.close(old);
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
    assert_eq!(sim.last[&ids[1]], Some(State::Connecting));
    assert_eq!(sim.states(ids[0]), [State::Live]);
    let start = *sim.wires[&new].operations.keys().last().unwrap();
    sim.frame(new, ServerFrame::StartAck(start));
    assert_eq!(sim.states(ids[1]), [State::Live]);

    let (mut sim, ids, [old, new]) = renewing(Behaviour {
        opens: false,
        ..Behaviour::GOOD
    });
    sim.close(old);
    assert_eq!(sim.wire(), new);
    assert_eq!(sim.last[&ids[0]], Some(State::Connecting));
}

#[test]
fn a_subscription_that_is_denied_now_fails_alone_and_the_renewal_goes_on() {
    let (mut sim, ids, [old, new]) = renewing(Behaviour {
        starts: false,
        ..Behaviour::GOOD
    });
    let start = *sim.wires[&new].operations.keys().next().unwrap();
    sim.take();
    sim.frame(
        new,
        ServerFrame::Error(Some(start), error("BadRequestException")),
    );
    assert!(matches!(sim.last[&ids[0]], Some(State::Failed(_))));
    assert_eq!(
        count(&sim.take(), |output| matches!(
            output,
            Output::Send(_, Request::Stop { .. })
        )),
        1
    );
    let start = *sim.wires[&new].operations.keys().last().unwrap();
    sim.frame(new, ServerFrame::StartAck(start));
    sim.advance(OVERLAP);
    assert!(!sim.wires.contains_key(&old));
    assert_eq!(sim.states(ids[1]), [State::Live]);
}

#[test]
fn who_comes_or_goes_during_it_is_not_forgotten() {
    let (mut sim, ids, [old, new]) = renewing(Behaviour::GOOD);
    let late = sim.subscribe();
    assert_eq!(sim.last[&late], Some(State::Live));
    sim.unsubscribe(ids[0]);
    sim.advance(OVERLAP);
    assert!(!sim.wires.contains_key(&old));
    for id in [late, ids[1]] {
        sim.operation(new, id);
        assert_eq!(sim.last[&id], Some(State::Live));
    }
    assert_eq!(
        sim.wires[&new]
            .operations
            .values()
            .filter(|wired| wired.is_live())
            .count(),
        2
    );
}

#[test]
fn when_everybody_goes_both_close() {
    let (mut sim, ids, _) = renewing(Behaviour::GOOD);
    ids.iter().for_each(|id| sim.unsubscribe(*id));
    sim.advance(LINGER);
    assert!(sim.session.is_idle());
}

#[test]
fn a_successor_refused_for_its_credentials_is_tried_again_with_new_ones() {
    let (mut sim, ids, [old, new]) = renewing(Behaviour {
        acknowledges: false,
        ..Behaviour::GOOD
    });
    sim.take();
    sim.frame(
        new,
        ServerFrame::ConnectionError(error("UnauthorizedException")),
    );
    assert_eq!(
        count(&sim.take(), |output| matches!(output, Output::Renew(..))),
        1
    );
    assert_eq!(sim.last[&ids[0]], Some(State::Live));
    sim.behaviour = Behaviour::GOOD;
    sim.advance(LONGEST + OVERLAP);
    assert!(!sim.wires.contains_key(&old));
}

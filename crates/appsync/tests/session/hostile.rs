//! Frames that no service sends: bytes, JSON of any shape, right frames with something changed. [`no_frame_breaks_it`]
//! is a plain function, which a fuzzer could drive as well.

use appsync::protocol::ServerFrame;
use link::State;
use proptest::prelude::*;

use crate::broken::broken;
use crate::cases::cases;
use crate::sim::{SECOND, Sim};

/// Frames in each generated case.
const FRAMES: usize = 20;

/// What a service sends. The ids are those that a session of a few subscriptions has given, and others.
const RIGHT: &[&str] = &[
    r#"{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}"#,
    r#"{"type":"ka"}"#,
    r#"{"type":"start_ack","id":"2"}"#,
    r#"{"type":"start_ack","id":5}"#,
    r#"{"id":"2","type":"data","payload":{"data":{"onCreateOrUpdateOrder":{"orderId":"o","revision":3}}}}"#,
    r#"{"id":"3","type":"data","payload":{"data":null,"errors":[{"message":"m","path":["a",0]}]}}"#,
    r#"{"id":"2","type":"complete"}"#,
    r#"{"id":"4","type":"complete"}"#,
    r#"{"id":"3","type":"error","payload":{"errors":[{"errorType":"UnauthorizedException","message":"The security token included in the request is expired","errorCode":401}]}}"#,
    r#"{"id":"2","type":"error","payload":{"errors":{"errorType":"LimitExceededError","message":"m"}}}"#,
    r#"{"id":"","type":"error","payload":{"errors":[{"errorType":"MaxSubscriptionsReachedError"}]}}"#,
    r#"{"type":"connection_error","payload":{"errors":[{"errorType":"InternalFailure","errorCode":500}]}}"#,
];

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let right = RIGHT.iter().map(|right| right.as_bytes().to_vec());
    broken(right.collect(), br#"{}[]":,\0-"#, 3)
}

/// A session with two subscriptions hears these. Nothing panics, and whatever the simulation checks holds at every step
/// (one socket, no id twice, every retry within bounds); when the service is itself again, everyone whom it has not
/// refused for good is live.
fn no_frame_breaks_it(seed: u64, frames: &[Vec<u8>]) {
    let mut sim = Sim::new(seed);
    let ids = [sim.subscribe(), sim.subscribe()];
    for frame in frames {
        let frame = ServerFrame::decode(&String::from_utf8_lossy(frame));
        let wires: Vec<_> = sim.wires.keys().copied().collect();
        for wire in wires {
            sim.frame(wire, frame.clone());
        }
        sim.advance(SECOND / 10);
    }
    sim.advance(180 * SECOND);
    for id in ids {
        let state = &sim.last[&id];
        assert!(
            matches!(state, Some(State::Live | State::Failed(_))),
            "{state:?}"
        );
    }
    assert!(sim.wires.len() <= 1);
}

#[test]
fn what_is_deep_or_long_is_read_as_something() {
    for frame in [
        "[".repeat(1_000_000),
        r#"{"payload":"#.repeat(100_000),
        format!(
            r#"{{"type":"data","id":"2","payload":{}1{}}}"#,
            "[".repeat(120),
            "]".repeat(120)
        ),
        format!(r#"{{"type":"data","id":"{}"}}"#, "9".repeat(1_000_000)),
        format!(
            r#"{{"type":"connection_ack","payload":{{"connectionTimeoutMs":{}}}}}"#,
            u64::MAX
        ),
        r#"{"type":"connection_ack","payload":{"connectionTimeoutMs":1e999}}"#.to_owned(),
        format!(
            r#"{{"type":"error","id":"2","payload":{{"errors":"{}"}}}}"#,
            "e".repeat(1_000_000)
        ),
    ] {
        no_frame_breaks_it(1, &[frame.into_bytes()]);
    }
}

#[test]
fn no_frames_break_it() {
    // 50,000 frames, and 1,000,000.
    let config = cases("hostile frames, twenty a case", 2_500, 50_000);
    proptest!(config, |(seed: u64, frames in prop::collection::vec(frame(), FRAMES))| {
        no_frame_breaks_it(seed, &frames);
    });
}

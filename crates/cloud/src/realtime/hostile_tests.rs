//! Frames that no client sends, against the session and what stands behind it: the reading of a subscription. The body
//! ([`no_frame_breaks_it`]) is a plain function, which a fuzzer could drive as well.
#![allow(clippy::print_stdout, reason = "it is a test")]

use std::sync::LazyLock;

use backend::api::{ApiName, Caller};
use proptest::prelude::*;

use super::*;
use crate::broken::broken;
use crate::cases::cases;
use crate::graphql::{Apis, Subscription};
use crate::realtime::authorization;

/// Frames in each generated case.
const FRAMES: usize = 20;
const LIMITS: Limits = Limits {
    keep_alive: Duration::from_secs(60),
    connection_timeout: Duration::from_secs(300),
    init: Duration::from_secs(15),
    lifetime: Duration::from_secs(3600),
    subscriptions: 3,
    payload: 2_000,
    id: 64,
    queue: 8,
    stall: Duration::from_secs(60),
};

const RIGHT: &[&str] = &[
    r#"{"type":"connection_init"}"#,
    r#"{"id":"1","type":"start","payload":{"data":"{\"query\":\"subscription { onCreateOrUpdateOrder { orderId revision } }\",\"variables\":{}}","extensions":{"authorization":{"host":"h"}}}}"#,
    r#"{"id":"2","type":"start","payload":{"data":"{\"query\":\"subscription S($id: ID) { onCreateOrUpdateOrder(orderId: $id) { ...F } } fragment F on Order { orderId items { quantity } }\",\"variables\":{\"id\":\"o-1\"}}","extensions":{"authorization":{"Host":1,"a":null}}}}"#,
    r#"{"id":"3","type":"start","payload":{"data":"{\"query\":\"subscription { a: onCreateOrUpdateOrder { orderId @skip(if: true) revision } }\"}"}}"#,
    r#"{"id":"1","type":"stop"}"#,
    r#"{"id":"2","type":"stop","payload":{}}"#,
    r#"{"type":"ka"}"#,
];

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let right = RIGHT.iter().map(|right| right.as_bytes().to_vec());
    broken(right.collect(), br#"{}[]":,\(n"#, 2)
}

/// A connection hears these. Nothing panics; what comes out is little, no longer than what came in and some words, and
/// nothing after the close; no more subscriptions are kept than may be.
fn no_frame_breaks_it(begun: bool, frames: &[Vec<u8>]) {
    static APIS: LazyLock<Apis> = LazyLock::new(|| Apis::load().unwrap());
    let guest = Caller {
        role: backend::api::Role::Guest,
        identity: None,
    };
    let mut session = Session::open(LIMITS, Ok(()));
    if begun {
        session.receive(RIGHT[0]);
    }
    let mut closed = false;
    for frame in frames {
        let text = String::from_utf8_lossy(frame);
        let mut outputs = session.receive(&text);
        assert!(outputs.len() <= if closed { 0 } else { 2 }, "{outputs:?}");
        if let [Output::Start(start)] = &outputs[..] {
            assert!(start.id.len() <= LIMITS.id);
            drop(authorization::headers(&start.authorization));
            let read = Subscription::read(&APIS, ApiName::Orders, &guest, &start.data);
            if let Ok(subscription) = &read {
                let event = json!({"orderId": "o-1", "revision": 1, "items": [{"quantity": 1}]});
                let _ = subscription.filter().passes(&event);
                drop(subscription.select(&APIS, &event));
            }
            let verdict = read.map(drop);
            let verdict = verdict.map_err(|errors| errors.into_iter().map(Problem::from).collect());
            outputs = session
                .judged(&start.id.clone(), verdict)
                .into_iter()
                .collect();
        }
        for output in &outputs {
            match output {
                Output::Send(frame) => {
                    let sent = serde_json::to_string(frame).unwrap();
                    // Ten errors of five hundred letters; or what came in, where a letter may be written as six and said twice.
                    assert!(
                        sent.len() <= 60_000 + 12 * text.len(),
                        "{} bytes",
                        sent.len()
                    );
                }
                Output::Close { .. } => closed = true,
                // Nobody publishes anything here.
                Output::Deliver(_) | Output::Start(_) | Output::Stop(_) => {}
            }
        }
        assert!(session.subscriptions.len() <= LIMITS.subscriptions);
        drop(authorization::of_handshake(&text, &text));
    }
}

#[test]
fn what_is_deep_or_long_is_refused() {
    let start = |query: String| {
        let data = json!({ "query": query }).to_string();
        json!({"id": "1", "type": "start", "payload": {"data": data}}).to_string()
    };
    for frame in [
        "[".repeat(200_000),
        r#"{"payload":"#.repeat(20_000),
        start("{".repeat(1_500)),
        start(format!("subscription {}", "{ a ".repeat(400))),
        start(format!("subscription {{ onCreateOrUpdateOrder(orderId: {}", "[".repeat(1_500))),
        start("subscription { ...A } fragment A on Subscription { ...B } fragment B on Subscription { ...A }".into()),
    ] {
        no_frame_breaks_it(true, &[frame.into_bytes()]);
    }
}

#[test]
fn no_frames_break_it() {
    proptest!(cases("hostile frames, twenty a case", 2_500, 50_000), |(begun in prop::bool::weighted(0.9), frames in prop::collection::vec(frame(), FRAMES))| {
        no_frame_breaks_it(begun, &frames);
    });
}

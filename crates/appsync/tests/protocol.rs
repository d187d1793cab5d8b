//! The messages, byte by byte, and whatever else may come.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

use std::time::Duration;

use appsync::GraphQlError;
use appsync::protocol::{Authorization, ClientFrame, OperationId, Payload, ServerFrame};
use json::Object;
use link::session::{ConnectionId, Input, Output, Session, SubscriptionId};
use link::wire::{Request, Rules};
use net::Instant;
use proptest::prelude::*;
use serde_json::{Value, json};

#[test]
fn what_we_send() {
    let sent = |frame: ClientFrame| serde_json::from_str::<Value>(&frame.encode()).unwrap();
    assert_eq!(
        sent(ClientFrame::ConnectionInit),
        json!({"type": "connection_init"})
    );
    assert_eq!(
        sent(ClientFrame::Stop { id: OperationId(7) }),
        json!({"type": "stop", "id": "7"})
    );
    let mut headers = Object::default();
    headers.set("host", "example.com");
    // Exactly the text that was signed: it is not read and written again on its way.
    let body = r#"{"query":"subscription { on }" , "variables":{}}"#;
    let start = ClientFrame::Start {
        id: OperationId(7),
        body: body.into(),
        authorization: Authorization(headers),
    };
    assert_eq!(
        sent(start),
        json!({"type": "start", "id": "7", "payload": {
            "data": body,
            "extensions": {"authorization": {"host": "example.com"}}
        }})
    );
}

#[test]
fn debug_tells_no_secret() {
    let mut headers = Object::default();
    headers.set("Authorization", "AWS4-HMAC-SHA256 secret");
    let start = ClientFrame::Start {
        id: OperationId(7),
        body: "{}".into(),
        authorization: Authorization(headers),
    };
    let text = format!("{start:?}");
    assert!(
        text.contains("Authorization") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
fn what_we_read() {
    let id = OperationId(7);
    for (frame, read) in [
        (
            json!({"type": "connection_ack", "payload": {"connectionTimeoutMs": 300_000}}),
            ServerFrame::ConnectionAck {
                timeout: Some(Duration::from_secs(300)),
            },
        ),
        (
            json!({"type": "connection_ack"}),
            ServerFrame::ConnectionAck { timeout: None },
        ),
        (json!({"type": "ka"}), ServerFrame::KeepAlive),
        (
            json!({"type": "start_ack", "id": "7"}),
            ServerFrame::StartAck(id),
        ),
        (
            json!({"type": "start_ack", "id": 7, "payload": null}),
            ServerFrame::StartAck(id),
        ),
        (
            json!({"type": "complete", "id": "7"}),
            ServerFrame::Complete(id),
        ),
        (
            json!({"type": "data", "id": "7", "payload": {"data": {"on": 1}}}),
            ServerFrame::Data(
                id,
                Payload {
                    data: json!({"on": 1}).into(),
                    errors: vec![],
                },
            ),
        ),
        (
            json!({"type": "data", "id": "7", "payload": {"errors": [{"message": "nulled"}]}}),
            ServerFrame::Data(
                id,
                Payload {
                    data: json::Value::Null,
                    errors: vec![message("nulled")],
                },
            ),
        ),
        (
            json!({"type": "data", "id": "7"}),
            ServerFrame::Data(id, Payload::default()),
        ),
        (
            json!({"type": "error", "id": "7", "payload": {}}),
            ServerFrame::Error(Some(id), vec![]),
        ),
        (json!({"type": "error"}), ServerFrame::Error(None, vec![])),
        (
            json!({"type": "error", "id": "", "payload": "no"}),
            ServerFrame::Error(None, vec![message("no")]),
        ),
        (
            json!({"type": "error", "id": "not ours"}),
            ServerFrame::Unknown,
        ),
        (
            json!({"type": "data", "id": "not ours", "payload": {"data": 1}}),
            ServerFrame::Unknown,
        ),
        (json!({"type": "news"}), ServerFrame::Unknown),
        (json!({"type": 7}), ServerFrame::Unknown),
        (json!([]), ServerFrame::Unknown),
    ] {
        assert_eq!(ServerFrame::decode(&frame.to_string()), read, "{frame}");
    }
}

fn message(text: &str) -> GraphQlError {
    GraphQlError {
        message: text.into(),
        ..GraphQlError::default()
    }
}

#[test]
fn errors_in_all_their_shapes() {
    let one = json!({"errorType": "UnauthorizedException", "message": "no", "errorCode": 401});
    let read = GraphQlError {
        error_type: "UnauthorizedException".into(),
        message: "no".into(),
        code: Some(401),
        path: vec![],
    };
    for payload in [
        json!({"errors": [one]}),
        json!({"errors": one}),
        json!([one]),
        one.clone(),
    ] {
        let frame = json!({"type": "connection_error", "payload": payload});
        let expected = ServerFrame::ConnectionError(vec![read.clone()]);
        assert_eq!(ServerFrame::decode(&frame.to_string()), expected, "{frame}");
    }
    let odd = json!({"type": "error", "id": "7", "payload": {"errors": [
        "text", 5, null, {"errorCode": "400", "path": ["orders", 0, "id"]}, {"errorCode": -1},
    ]}});
    let ServerFrame::Error(Some(_), errors) = ServerFrame::decode(&odd.to_string()) else {
        panic!("an error")
    };
    assert_eq!(errors.len(), 5);
    assert_eq!(errors[0].message, "text");
    assert_eq!(
        (errors[3].code, errors[3].path.join("/")),
        (Some(400), "orders/0/id".into())
    );
    assert_eq!(errors[4].code, None);
}

/// AppSync's.
const RULES: Rules = Rules {
    signs_starts: true,
    ping: None,
};

/// Whatever comes through a socket: it is read as something, and a live session takes it.
fn any_frame(bytes: &[u8]) {
    let frame = ServerFrame::decode(&String::from_utf8_lossy(bytes));
    let now = Instant::ZERO;
    let mut session = Session::new(RULES, 1, true);
    let mut inputs = vec![Input::Subscribe(SubscriptionId(1), "{}".into())];
    let mut connection = None;
    while let Some(input) = inputs.pop() {
        session.handle(now, input);
        while let Some(output) = session.poll_output() {
            let acknowledgement = ServerFrame::ConnectionAck { timeout: None }.into();
            inputs.extend(match output {
                Output::Open(id) => {
                    connection = Some(id);
                    Some(Input::Opened(id, None))
                }
                Output::Send(id, Request::Hello) => Some(Input::Received(id, acknowledgement)),
                Output::Authorize(id, _) => Some(Input::Authorized(id, String::new(), None)),
                _ => None,
            });
        }
    }
    for id in [connection.unwrap(), ConnectionId(0)] {
        session.handle(now, Input::Received(id, frame.clone().into()));
    }
    session.handle_timeout(now + Duration::from_secs(100_000));
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z0-9]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop::sample::select(vec![
            "data",
            "errors",
            "errorType",
            "message",
            "errorCode",
            "connectionTimeoutMs",
            "path",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|fields| fields
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        any_frame(&bytes);
    }

    #[test]
    fn no_shape_breaks_it(
        kind in prop::sample::select(vec!["connection_ack", "connection_error", "ka", "start_ack", "data", "complete", "error"]),
        id in prop_oneof![(0..4u64).prop_map(Value::from), (0..4u64).prop_map(|id| Value::from(id.to_string())), json()],
        payload in json(),
        cut in any::<prop::sample::Index>(),
    ) {
        let text = json!({"type": kind, "id": id, "payload": payload}).to_string();
        any_frame(text.as_bytes());
        any_frame(&text.as_bytes()[..cut.index(text.len())]);
    }
}

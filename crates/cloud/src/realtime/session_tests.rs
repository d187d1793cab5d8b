use serde_json::json;

use super::*;

const LIMITS: Limits = Limits {
    keep_alive: Duration::from_secs(60),
    connection_timeout: Duration::from_secs(300),
    init: Duration::from_secs(15),
    lifetime: Duration::from_secs(3600),
    subscriptions: 2,
    payload: 512,
    id: 64,
    queue: 8,
    stall: Duration::from_secs(60),
};

fn opened() -> Session {
    Session::open(LIMITS, Ok(()))
}

fn live() -> Session {
    let mut session = opened();
    assert_eq!(session.receive(r#"{"type":"connection_init"}"#).len(), 2);
    session
}

fn start(id: &str) -> String {
    json!({"type": "start", "id": id, "payload": {"data": "{}", "extensions": {"authorization": {"host": "h"}}}})
        .to_string()
}

/// The frames among the outputs, as JSON.
fn frames(outputs: &[Output]) -> Vec<Value> {
    let frame = |output: &Output| match output {
        Output::Send(frame) => Some(serde_json::to_value(frame).unwrap()),
        Output::Deliver(text) => Some(serde_json::from_str(text).unwrap()),
        _ => None,
    };
    outputs.iter().filter_map(frame).collect()
}

fn error_type(outputs: &[Output]) -> String {
    frames(outputs)[0]["payload"]["errors"][0]["errorType"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn init_is_acknowledged_with_the_timeout() {
    let outputs = opened().receive(r#"{"type":"connection_init"}"#);
    let expected = [
        json!({"type": "connection_ack", "payload": {"connectionTimeoutMs": 300_000}}),
        json!({"type": "ka"}),
    ];
    assert_eq!(frames(&outputs), expected);
}

#[test]
fn a_refused_handshake_hears_why_at_its_first_frame_and_is_closed() {
    let problem = Problem::new("UnauthorizedException", "no", 401);
    let mut session = Session::open(LIMITS, Err(problem.clone()));
    let outputs = session.receive(r#"{"type":"connection_init"}"#);
    let errors = json!([{"errorType": "UnauthorizedException", "message": "no", "errorCode": 401}]);
    assert_eq!(
        frames(&outputs),
        [json!({"type": "connection_error", "payload": {"errors": errors}})]
    );
    assert!(matches!(outputs[1], Output::Close { .. }));
    assert!(
        session.receive(&start("1")).is_empty(),
        "nothing comes after a close"
    );

    let mut silent = Session::open(LIMITS, Err(problem));
    assert!(silent.tick(Duration::from_secs(9)).is_empty());
    assert_eq!(
        silent.tick(silent.deadline()).len(),
        2,
        "a silent one is closed as well"
    );
}

#[test]
fn anything_but_init_before_the_acknowledgement_closes() {
    for frame in [
        "not json",
        "[]",
        &start("1"),
        r#"{"type":"stop","id":"1"}"#,
        r#"{"type":"hello"}"#,
    ] {
        let outputs = opened().receive(frame);
        assert_eq!(frames(&outputs)[0]["type"], "connection_error", "{frame}");
        assert!(matches!(outputs[1], Output::Close { .. }), "{frame}");
    }
}

#[test]
fn a_connection_that_does_not_begin_is_closed() {
    let mut silent = opened();
    assert_eq!(silent.deadline(), LIMITS.init);
    let early = LIMITS.init - Duration::from_millis(1);
    assert!(silent.tick(early).is_empty());
    let ended = silent.tick(silent.deadline());
    assert!(matches!(ended[..], [Output::Close { code: POLICY, .. }]));

    let mut begun = live();
    assert!(begun.tick(LIMITS.init).is_empty());
}

#[test]
fn later_a_bad_frame_fails_alone() {
    let mut session = live();
    for (frame, kind) in [
        ("not json", "BadRequestException"),
        (
            r#"{"type":"start","payload":{"data":"{}"}}"#,
            "BadRequestException",
        ),
        (
            r#"{"type":"start","id":"","payload":{"data":"{}"}}"#,
            "BadRequestException",
        ),
        (r#"{"type":"start","id":"1"}"#, "BadRequestException"),
        (
            r#"{"type":"start","id":"1","payload":{"data":{}}}"#,
            "BadRequestException",
        ),
        (r#"{"type":"stop","id":"1"}"#, "UnknownOperationError"),
        (r#"{"type":"publish","id":"1"}"#, "UnsupportedOperation"),
    ] {
        let outputs = session.receive(frame);
        assert_eq!(
            (outputs.len(), error_type(&outputs).as_str()),
            (1, kind),
            "{frame}"
        );
    }
    assert!(matches!(
        session.receive(&start("1"))[..],
        [Output::Start(_)]
    ));
}

#[test]
fn a_subscription_from_start_to_complete() {
    let mut session = live();
    let [Output::Start(judged)] = &session.receive(&start("1"))[..] else {
        panic!("not judged")
    };
    assert_eq!(
        (
            judged.id.as_str(),
            judged.data.as_str(),
            &judged.authorization["host"]
        ),
        ("1", "{}", &json!("h"))
    );
    let ack = session.judged("1", Ok(()));
    assert_eq!(
        ack,
        Some(Output::Send(ServerFrame::StartAck { id: "1".into() }))
    );
    let delivered = session.deliver("1", r#"{"data":{}}"#);
    assert_eq!(
        frames(&delivered.into_iter().collect::<Vec<_>>()),
        [json!({"type": "data", "id": "1", "payload": {"data": {}}})]
    );
    assert!(session.deliver("2", r#"{"data":{}}"#).is_none());
    let outputs = session.receive(r#"{"type":"stop","id":"1"}"#);
    assert_eq!(outputs[0], Output::Stop("1".into()));
    assert_eq!(frames(&outputs), [json!({"type": "complete", "id": "1"})]);
    assert!(
        session.deliver("1", r#"{"data":{}}"#).is_none(),
        "nothing is delivered after a stop"
    );
}

#[test]
fn a_denied_one_leaves_its_siblings_and_its_id_free() {
    let mut session = live();
    session.receive(&start("1"));
    session.judged("1", Ok(()));
    session.receive(&start("2"));
    let denied = session.judged("2", Err(vec![Problem::new("Unauthorized", "no", None)]));
    let errors = json!([{"errorType": "Unauthorized", "message": "no"}]);
    let expected = json!({"type": "error", "id": "2", "payload": {"errors": errors}});
    assert_eq!(frames(&denied.into_iter().collect::<Vec<_>>()), [expected]);
    assert!(session.deliver("1", "1").is_some());
    assert!(matches!(
        session.receive(&start("2"))[..],
        [Output::Start(_)]
    ));
}

#[test]
fn an_id_runs_once_and_there_is_a_limit() {
    let mut session = live();
    session.receive(&start("1"));
    assert_eq!(
        error_type(&session.receive(&start("1"))),
        "DuplicatedOperationError"
    );
    session.receive(&start("2"));
    assert_eq!(
        error_type(&session.receive(&start("3"))),
        "MaxSubscriptionsReachedError"
    );
    assert!(
        session.judged("1", Ok(())).is_some(),
        "the first of them is none the worse"
    );
}

#[test]
fn frames_have_a_size_either_way() {
    let mut session = live();
    let large =
        json!({"type": "start", "id": "9", "payload": {"data": "x".repeat(600)}}).to_string();
    let outputs = session.receive(&large);
    assert_eq!(
        (
            frames(&outputs)[0]["id"].as_str(),
            error_type(&outputs).as_str()
        ),
        (Some("9"), "BadRequestException")
    );

    session.receive(&start("1"));
    session.judged("1", Ok(()));
    let delivered = session.deliver("1", &json!({"data": "x".repeat(600)}).to_string());
    let frame = &frames(&delivered.into_iter().collect::<Vec<_>>())[0];
    assert_eq!(frame["payload"]["data"], Value::Null);
    assert_eq!(
        frame["payload"]["errors"][0]["errorType"],
        "PayloadTooLarge"
    );
}

#[test]
fn keep_alives_come_in_time_and_the_end_after_the_lifetime() {
    let mut session = live();
    let mut seconds = Vec::new();
    for _ in 0..3 {
        let at = session.deadline();
        assert_eq!(frames(&session.tick(at)), [json!({"type": "ka"})]);
        seconds.push(at.as_secs());
        assert!(session.tick(at).is_empty(), "one a deadline");
    }
    assert_eq!(seconds, [60, 120, 180]);
    let ended = session.tick(LIMITS.lifetime);
    assert!(matches!(
        ended[..],
        [Output::Close {
            code: GOING_AWAY,
            ..
        }]
    ));
}

//! What the tests of executions share: a clock of their own, and tasks that do what their payload says.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::fs;

use serde_json::{Value, json};
use states::{Checkpoint, End, Event, Execution, Machine, Output};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// The beginning of every test.
pub(crate) const BEGINNING: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

/// The cases: a document's name and an input each.
pub(crate) fn cases() -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documents");
    serde_json::from_str(&fs::read_to_string(format!("{folder}/cases.json")).unwrap()).unwrap()
}

/// A document of `documents/`, or one that is deployed, with the one function in every function's place.
pub(crate) fn document(name: &str) -> Value {
    let root = env!("CARGO_MANIFEST_DIR");
    let own = format!("{root}/tests/documents/{name}.asl.json");
    let deployed = format!("{root}/../../deploy/workflows/{name}.asl.json");
    let mut text = fs::read_to_string(own)
        .or_else(|_| fs::read_to_string(deployed))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    while let Some((before, after)) = text.split_once("${") {
        let (_, after) = after.split_once('}').unwrap();
        text = format!("{before}{FUNCTION}{after}");
    }
    serde_json::from_str(&text).unwrap()
}

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:act";

/// What a task came to.
pub(crate) enum Answer {
    Returns(Value),
    Fails {
        error: String,
        cause: String,
    },
    /// Never answers.
    Hangs,
}

/// The function that the documents' tasks call: fails until the attempt that its payload names, then does what that says.
/// With nothing to do it returns its payload.
pub(crate) fn act(payload: &Value) -> Answer {
    let number = |name: &str| payload.get(name).and_then(Value::as_u64);
    let fails = number("attempt").unwrap_or(u64::MAX) < number("failures").unwrap_or(0);
    match payload.get("do").and_then(Value::as_str) {
        Some("fail") => fail(payload),
        _ if fails => fail(payload),
        Some("return") => Answer::Returns(payload["value"].clone()),
        Some("large") => Answer::Returns("x".repeat(300_000).into()),
        Some("hang") => Answer::Hangs,
        _ => Answer::Returns(payload.clone()),
    }
}

/// As a function on Lambda fails: the error's type is its name, the whole answer its cause.
fn fail(payload: &Value) -> Answer {
    let error = payload["error"].as_str().unwrap_or("Failed").to_owned();
    let answer = json!({"errorType": error, "errorMessage": payload["message"]});
    Answer::Fails {
        error,
        cause: answer.to_string(),
    }
}

/// The answer of a resource, in the form that the service gives it.
pub(crate) fn answer(resource: &str, payload: &Value) -> Answer {
    match resource {
        "arn:aws:states:::lambda:invoke" => {}
        "arn:aws:states:::sns:publish" | "arn:aws:states:::events:putEvents" => {
            return Answer::Returns(json!({}));
        }
        _ => return act(payload),
    }
    match act(&payload["Payload"]) {
        Answer::Returns(value) => Answer::Returns(json!({
            "ExecutedVersion": "$LATEST", "Payload": value, "StatusCode": 200,
        })),
        other => other,
    }
}

/// How an execution went.
pub(crate) struct Ran {
    pub(crate) end: End,
    /// Until its end.
    pub(crate) took: Duration,
    /// What was called, with what.
    pub(crate) calls: Vec<(String, Value)>,
    pub(crate) checkpoint: Checkpoint,
}

pub(crate) fn machine(document: &Value) -> Machine {
    Machine::parse(&document.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn execution(input: Value) -> Execution {
    Execution {
        id: "arn:aws:states:us-east-1:123456789012:execution:test:one".to_owned(),
        name: "one".to_owned(),
        machine_id: "arn:aws:states:us-east-1:123456789012:stateMachine:test".to_owned(),
        machine: "test".to_owned(),
        input,
    }
}

/// Bytes that only look random: the same in every run.
pub(crate) fn bytes(buffer: &mut [u8]) {
    buffer.fill(0x42);
}

/// Runs an execution to its end. Time passes only where it has to. Before each step `between` may change the
/// checkpoint and the event, as a restart does.
pub(crate) fn run_with(
    machine: &Machine,
    input: Value,
    mut between: impl FnMut(Checkpoint, Event) -> (Checkpoint, Event),
    mut answer: impl FnMut(&str, &Value) -> Answer,
) -> Ran {
    let mut now = BEGINNING;
    let mut checkpoint = machine.start(execution(input), now);
    let mut event = Event::Resumed;
    let mut calls = Vec::new();
    loop {
        let output;
        (checkpoint, event) = between(checkpoint, event);
        (checkpoint, output) = machine.step(checkpoint, event, now, &mut bytes);
        event = match output {
            Output::Invoke {
                token,
                resource,
                payload,
                deadline,
            } => {
                let answer = answer(&resource, &payload);
                calls.push((resource, payload));
                match answer {
                    Answer::Returns(result) => Event::Returned { token, result },
                    Answer::Fails { error, cause } => Event::Failed {
                        token,
                        error,
                        cause,
                    },
                    Answer::Hangs => {
                        now = deadline.expect("what hangs has a deadline");
                        Event::Woken
                    }
                }
            }
            Output::WaitUntil(until) => {
                now = now.max(until);
                Event::Woken
            }
            Output::Ended(end) => {
                return Ran {
                    end,
                    took: now - BEGINNING,
                    calls,
                    checkpoint,
                };
            }
            Output::Nothing => Event::Resumed,
        };
    }
}

pub(crate) fn run(machine: &Machine, input: Value) -> Ran {
    run_with(
        machine,
        input,
        |checkpoint, event| (checkpoint, event),
        answer,
    )
}

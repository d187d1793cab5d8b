//! What the interpreter does not know is refused before anything runs, by its name and place.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by them"
)]

use serde_json::{Value, json};
use states::{DocumentError, Machine};

fn one(state: Value) -> Value {
    json!({"StartAt": "A", "States": {"A": state}})
}

fn with(state: Value, field: &str, value: Value) -> Value {
    let mut state = state;
    state[field] = value;
    one(state)
}

fn refused(document: &Value) -> DocumentError {
    match Machine::parse(&document.to_string()) {
        Err(error) => error,
        Ok(_) => panic!("{document} is accepted"),
    }
}

#[test]
fn unsupported_constructs_are_refused_by_name() {
    let task = json!({"Type": "Task", "Resource": "act", "End": true});
    let pass = json!({"Type": "Pass", "End": true});
    let choice = |rule: Value| {
        json!({"StartAt": "A", "States": {
            "A": {"Type": "Choice", "Choices": [rule]}, "B": {"Type": "Succeed"},
        }})
    };
    let mut jsonata = one(pass.clone());
    jsonata["QueryLanguage"] = json!("JSONata");
    let mut field = one(pass.clone());
    field["Processor"] = json!({});
    let cases = [
        (
            one(json!({"Type": "Parallel", "Branches": [], "End": true})),
            "/States/A/Type",
            "Parallel",
        ),
        (
            one(json!({"Type": "Map", "Iterator": {}, "End": true})),
            "/States/A/Type",
            "Map",
        ),
        (jsonata, "/QueryLanguage", "JSONata"),
        (
            with(pass.clone(), "QueryLanguage", json!("JSONata")),
            "/States/A/QueryLanguage",
            "JSONata",
        ),
        (
            with(pass.clone(), "Assign", json!({})),
            "/States/A/Assign",
            "Assign",
        ),
        (
            with(pass.clone(), "Output", json!({})),
            "/States/A/Output",
            "Output",
        ),
        (
            with(task.clone(), "Arguments", json!({})),
            "/States/A/Arguments",
            "Arguments",
        ),
        (
            with(task.clone(), "HeartbeatSeconds", json!(1)),
            "/States/A/HeartbeatSeconds",
            "HeartbeatSeconds",
        ),
        (
            with(task.clone(), "Credentials", json!({})),
            "/States/A/Credentials",
            "Credentials",
        ),
        (
            with(
                task.clone(),
                "Resource",
                json!("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            ),
            "/States/A/Resource",
            ".waitForTaskToken",
        ),
        (
            with(
                task.clone(),
                "Resource",
                json!("arn:aws:states:::states:startExecution.sync:2"),
            ),
            "/States/A/Resource",
            ".sync:2",
        ),
        (
            with(
                task.clone(),
                "Retry",
                json!([{"ErrorEquals": ["x"], "JitterStrategy": "EQUAL"}]),
            ),
            "/States/A/Retry/0/JitterStrategy",
            "EQUAL",
        ),
        (
            with(
                task.clone(),
                "Catch",
                json!([{"ErrorEquals": ["x"], "Next": "A", "Assign": {}}]),
            ),
            "/States/A/Catch/0/Assign",
            "Assign",
        ),
        (
            with(
                pass.clone(),
                "Parameters",
                json!({"list": [{"a.$": "$.b[*]"}]}),
            ),
            "/States/A/Parameters/list/0/a.$",
            "$.b[*]",
        ),
        (
            with(
                pass.clone(),
                "Parameters",
                json!({"a.$": "States.Sum(1, 2)"}),
            ),
            "/States/A/Parameters/a.$",
            "States.Sum",
        ),
        (
            with(pass.clone(), "InputPath", json!("$variable")),
            "/States/A/InputPath",
            "$variable",
        ),
        (
            choice(json!({"Condition": "{% true %}", "Next": "B"})),
            "/States/A/Choices/0/Condition",
            "Condition",
        ),
        (
            choice(json!({"Not": {"Variable": "$.a", "StringContains": "b"}, "Next": "B"})),
            "/States/A/Choices/0/Not/StringContains",
            "StringContains",
        ),
        (field, "/Processor", "Processor"),
    ];
    for (document, place, name) in cases {
        match refused(&document) {
            DocumentError::Unsupported { at, construct } => {
                assert_eq!(at, place, "{document}");
                assert!(construct.contains(name), "{construct}: {document}");
            }
            other => panic!("{other}: {document}"),
        }
    }
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    let task = json!({"Type": "Task", "Resource": "act", "End": true});
    let wait = |fields: Value| {
        let mut state = json!({"Type": "Wait", "End": true});
        state
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        one(state)
    };
    let mut timeout = one(task.clone());
    timeout["TimeoutSeconds"] = json!(0);
    for (document, place) in [
        (json!([]), ""),
        (json!({"StartAt": "A"}), ""),
        (json!({"StartAt": "B", "States": {"A": task}}), "/StartAt"),
        (
            json!({"StartAt": "A", "States": {"A": task, "B": task}}),
            "/States/B",
        ),
        (one(json!({"Type": "Loop", "End": true})), "/States/A/Type"),
        (one(json!({"Type": "Pass"})), "/States/A"),
        (
            one(json!({"Type": "Pass", "End": true, "Next": "A"})),
            "/States/A",
        ),
        (one(json!({"Type": "Pass", "Next": "B"})), "/States/A"),
        (one(json!({"Type": "Task", "End": true})), "/States/A"),
        (
            one(json!({"Type": "Choice", "Choices": []})),
            "/States/A/Choices",
        ),
        (wait(json!({})), "/States/A"),
        (
            wait(json!({"Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z"})),
            "/States/A",
        ),
        (wait(json!({"Seconds": -1})), "/States/A/Seconds"),
        (
            wait(json!({"Timestamp": "tomorrow"})),
            "/States/A/Timestamp",
        ),
        (timeout, "/TimeoutSeconds"),
        (
            with(task.clone(), "ResultPath", json!("$$.a")),
            "/States/A/ResultPath",
        ),
        (
            with(
                task.clone(),
                "Retry",
                json!([{"ErrorEquals": ["x"], "BackoffRate": 0.5}]),
            ),
            "/States/A/Retry/0/BackoffRate",
        ),
        (
            with(
                task.clone(),
                "Retry",
                json!([{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["x"]}]),
            ),
            "/States/A/Retry",
        ),
        (
            with(task.clone(), "Parameters", json!({"a.$": "plain"})),
            "/States/A/Parameters/a.$",
        ),
    ] {
        match refused(&document) {
            DocumentError::Malformed { at, .. } => assert_eq!(at, place, "{document}"),
            other => panic!("{other}: {document}"),
        }
    }
    assert!(Machine::parse("{").is_err());
}

//! Executions on a clock of their own: what they come to, when, and that a kill between any two steps changes nothing.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by them"
)]

mod common;

use common::{Answer, BEGINNING, answer, bytes, execution, machine, run, run_with};
use serde_json::{Value, json};
use states::{Checkpoint, End, Event, Machine, Output};
use time::Duration;

fn failed(end: &End) -> Option<&str> {
    match end {
        End::Failed { error, .. } => error.as_deref(),
        End::Succeeded(_) => None,
    }
}

/// A task with these further fields, then the end.
fn task(fields: Value) -> Machine {
    let mut task = json!({"Type": "Task", "Resource": "act", "End": true});
    task.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    machine(&json!({"StartAt": "Task", "States": {
        "Task": task,
        "Caught": {"Type": "Pass", "End": true},
    }}))
}

fn caught(errors: &Value) -> Value {
    json!([{"ErrorEquals": errors, "Next": "Caught"}])
}

#[test]
fn tries_wait_longer_and_longer_up_to_the_longest_delay() {
    let machine = task(json!({
        "Parameters": {"do": "fail", "error": "Slow"},
        "Retry": [{"ErrorEquals": ["Slow"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 4, "MaxDelaySeconds": 20}],
        "Catch": caught(&json!(["States.ALL"])),
    }));
    let ran = run(&machine, json!({}));
    assert_eq!(ran.calls.len(), 5);
    assert_eq!(ran.took, Duration::seconds(2 + 6 + 18 + 20));
    assert!(matches!(ran.end, End::Succeeded(_)));
}

#[test]
fn the_defaults_of_a_retrier_are_the_specification_s() {
    let machine = task(json!({
        "Parameters": {"do": "fail"},
        "Retry": [{"ErrorEquals": ["States.TaskFailed"]}],
        "Catch": caught(&json!(["Other"])),
    }));
    let ran = run(&machine, json!({}));
    assert_eq!(
        (ran.calls.len(), ran.took),
        (4, Duration::seconds(1 + 2 + 4))
    );
    assert_eq!(failed(&ran.end), Some("Failed"));
}

#[test]
fn jitter_draws_from_the_whole_delay() {
    let machine = task(json!({
        "Parameters": {"do": "fail"},
        "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 1, "JitterStrategy": "FULL"}],
        "Catch": caught(&json!(["States.ALL"])),
    }));
    // The bytes that stand for randomness are 0x42424242, about 26 percent.
    let took = run(&machine, json!({})).took;
    assert!(
        took > Duration::seconds(25) && took < Duration::seconds(27),
        "{took}"
    );
}

#[test]
fn a_timeout_is_no_failure_of_the_task() {
    let fields = |errors: Value| {
        json!({
            "Parameters": {"do": "hang"}, "TimeoutSecondsPath": "$.limit", "Catch": caught(&errors),
        })
    };
    let late = run(
        &task(fields(json!(["States.Timeout"]))),
        json!({"limit": 7}),
    );
    assert_eq!(late.took, Duration::seconds(7));
    assert!(matches!(late.end, End::Succeeded(_)));
    let failed_to_catch = run(
        &task(fields(json!(["States.TaskFailed"]))),
        json!({"limit": 7}),
    );
    assert_eq!(failed(&failed_to_catch.end), Some("States.Timeout"));
}

#[test]
fn an_execution_that_takes_too_long_ends_whatever_it_waits_for() {
    let machine = machine(&json!({"StartAt": "Wait", "TimeoutSeconds": 5, "States": {
        "Wait": {"Type": "Wait", "Seconds": 9, "End": true},
    }}));
    let ran = run(&machine, json!({}));
    assert_eq!(failed(&ran.end), Some("States.Timeout"));
    assert_eq!(ran.took, Duration::seconds(5));
}

#[test]
fn what_nobody_can_catch_ends_the_execution() {
    let everything = caught(&json!(["States.ALL"]));
    let missing = task(json!({"InputPath": "$.none", "Catch": everything}));
    assert_eq!(
        failed(&run(&missing, json!({})).end),
        Some("States.Runtime")
    );
    let selector = task(json!({"ResultSelector": {"a.$": "$.none"}, "Catch": everything}));
    assert_eq!(
        failed(&run(&selector, json!({})).end),
        Some("States.Runtime")
    );
    let large = task(json!({"Parameters": {"do": "large"}, "Catch": everything}));
    assert_eq!(
        failed(&run(&large, json!({})).end),
        Some("States.DataLimitExceeded")
    );
    let large = task(
        json!({"Parameters": {"do": "large"}, "Catch": caught(&json!(["States.DataLimitExceeded"]))}),
    );
    assert!(matches!(run(&large, json!({})).end, End::Succeeded(_)));
}

#[test]
fn an_execution_that_goes_round_without_end_is_ended() {
    let machine = machine(&json!({"StartAt": "Round", "States": {
        "Round": {"Type": "Choice", "Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "Done"}], "Default": "Again"},
        "Again": {"Type": "Pass", "Next": "Round"},
        "Done": {"Type": "Succeed"},
    }}));
    assert_eq!(
        failed(&run(&machine, json!({})).end),
        Some("States.Runtime")
    );
}

#[test]
fn an_answer_to_an_earlier_call_changes_nothing() {
    let machine = task(json!({
        "Retry": [{"ErrorEquals": ["States.ALL"]}], "TimeoutSeconds": 3,
        "Catch": caught(&json!(["Other"])),
    }));
    let mut now = BEGINNING;
    let start = machine.start(execution(json!({})), now);
    let (called, output) = machine.step(start, Event::Resumed, now, &mut bytes);
    let Output::Invoke {
        token: first,
        deadline: Some(deadline),
        ..
    } = output
    else {
        panic!("{output:?}");
    };
    now = deadline;
    let (waiting, output) = machine.step(called, Event::Woken, now, &mut bytes);
    let Output::WaitUntil(until) = output else {
        panic!("{output:?}");
    };
    // Too early, and too late.
    let late = Event::Returned {
        token: first,
        result: json!("late"),
    };
    for event in [Event::Woken, late.clone()] {
        let (same, output) = machine.step(waiting.clone(), event, now, &mut bytes);
        assert_eq!((same, output), (waiting.clone(), Output::Nothing));
    }
    let (called, output) = machine.step(waiting, Event::Woken, until, &mut bytes);
    let Output::Invoke { token: second, .. } = output else {
        panic!("{output:?}");
    };
    assert_ne!(first, second);
    assert_eq!(
        machine.step(called.clone(), late, until, &mut bytes),
        (called.clone(), Output::Nothing)
    );
    let answered = Event::Returned {
        token: second,
        result: json!("in time"),
    };
    let (ended, output) = machine.step(called, answered.clone(), until, &mut bytes);
    assert_eq!(output, Output::Ended(End::Succeeded(json!("in time"))));
    assert_eq!(
        machine.step(ended.clone(), answered, until, &mut bytes),
        (ended, Output::Nothing)
    );
}

/// Every document, every input, a kill before every step: the checkpoint is written down and read again, and what was
/// on its way is lost. The end is the same, and what was called is called in the same order, some of it once more.
#[test]
fn a_kill_between_any_two_steps_changes_nothing() {
    for case in common::cases().as_array().unwrap() {
        let name = case["document"].as_str().unwrap();
        let machine = machine(&common::document(name));
        let plain = run(&machine, case["input"].clone());
        let mut kill = false;
        let killed = run_with(
            &machine,
            case["input"].clone(),
            |checkpoint, event| {
                let kept = serde_json::to_string(&checkpoint).unwrap();
                let read: Checkpoint = serde_json::from_str(&kept).unwrap();
                assert_eq!(read, checkpoint);
                kill = !kill;
                (read, if kill { Event::Resumed } else { event })
            },
            answer,
        );
        assert_eq!(killed.end, plain.end, "{case}");
        assert_eq!(killed.checkpoint, plain.checkpoint, "{case}");
        let mut calls = killed.calls;
        calls.dedup();
        let mut expected = plain.calls;
        expected.dedup();
        assert_eq!(calls, expected, "{case}");
    }
}

#[test]
fn tasks_are_told_apart_by_their_resource() {
    let machine = machine(&json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "one", "Next": "B"},
        "B": {"Type": "Task", "Resource": "two", "Next": "C"},
        "C": {"Type": "Task", "Resource": "one", "End": true},
    }}));
    assert_eq!(machine.resources(), ["one", "two"]);
    let ran = run_with(
        &machine,
        json!(0),
        |c, e| (c, e),
        |resource, payload| Answer::Returns(json!([resource, payload])),
    );
    assert_eq!(ran.end, End::Succeeded(json!(["one", ["two", ["one", 0]]])));
}

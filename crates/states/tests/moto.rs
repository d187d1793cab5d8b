//! The interpreter beside an independent one: moto's, from PyPI, as the server that it comes with. Each document of
//! `documents/` runs in both with the same inputs, and has to come to the same output or the same error.
//!
//! `cargo xtask test workflows` installs moto and runs this; `EDDY_MOTO` names its server.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by them"
)]

mod common;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use states::{End, Machine};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use common::{Answer, act, run};

const ROLE: &str = "arn:aws:iam::123456789012:role/workflows";

/// Where moto differs from the service, and what the service's documentation says. The inputs are counted from 0.
const MOTO_DIFFERS: &[(&str, usize, &str)] = &[
    ("numbers", 6, NO_CHOICE),
    ("numbers", 7, NO_CHOICE),
    ("numbers", 8, NO_CHOICE),
    (
        "function-fails",
        1,
        "moto fails with `Exception`; the service: States.IntrinsicFailure when a function fails",
    ),
    (
        "missing-parameter",
        0,
        "moto fails with `Exception`; the service: States.ParameterPathFailure when a path in Parameters fails",
    ),
    (
        "no-place",
        0,
        "moto fails with `Exception`; the service: States.ResultPathMatchFailure when a ResultPath cannot be applied",
    ),
    (
        "too-large",
        0,
        "moto catches it; the service: States.ALL does not catch States.DataLimitExceeded",
    ),
];
const NO_CHOICE: &str =
    "moto fails with `States.Runtime`; the service: States.NoChoiceMatched when no rule matches";

#[derive(serde::Deserialize)]
struct Case {
    document: String,
    input: Value,
}

/// What both interpreters have to agree on: the output, or the error's name.
fn told(end: &End) -> Result<Value, String> {
    match end {
        End::Succeeded(output) => Ok(output.clone()),
        End::Failed { error, .. } => Err(error.clone().unwrap_or_default()),
    }
}

#[tokio::test]
#[ignore = "needs moto: `cargo xtask test workflows` installs it"]
async fn an_independent_interpreter_comes_to_the_same() {
    let moto = Moto::start().await;
    let cases: Vec<Case> = serde_json::from_value(common::cases()).unwrap();
    let mut machines = BTreeMap::new();
    let mut differences = Vec::new();
    let mut places = BTreeMap::<_, usize>::new();
    let mut running = Vec::new();
    for case in &cases {
        let arn = match machines.get(&case.document) {
            Some((arn, _)) => String::clone(arn),
            None => {
                let document = common::document(&case.document);
                let machine = Machine::parse(&document.to_string())
                    .unwrap_or_else(|error| panic!("{}: {error}", case.document));
                let arn = moto.create(&case.document, &document).await;
                machines.insert(case.document.clone(), (arn.clone(), machine));
                arn
            }
        };
        running.push(moto.begin(&arn, &case.document, &case.input).await);
    }
    for (case, execution) in cases.iter().zip(running) {
        let index = *places
            .entry(&case.document)
            .and_modify(|index| *index += 1)
            .or_default();
        let (_, machine) = &machines[&case.document];
        let ours = told(&run(machine, case.input.clone()).end);
        let theirs = moto.end(&execution).await;
        let known = MOTO_DIFFERS
            .iter()
            .any(|(document, number, _)| *document == case.document && *number == index);
        if (ours == theirs) == known {
            differences.push(format!(
                "{} {index} {}: ours {ours:?}, moto's {theirs:?}",
                case.document, case.input
            ));
        }
    }
    assert!(machines.len() >= 12);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Lambda with the one function that the documents call, and an SNS and an EventBridge that accept everything.
async fn services(uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    assert!(headers.contains_key("authorization"), "calls are signed");
    // The services name every request.
    let id = ("x-amzn-requestid", "00000000-0000-0000-0000-000000000000");
    if headers
        .get("x-amz-target")
        .is_some_and(|target| target == "AWSEvents.PutEvents")
    {
        let accepted = json!({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]});
        return ([id], Json(accepted)).into_response();
    }
    if !uri.path().contains("/functions/") {
        let accepted = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult>\
            <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>";
        return ([id], accepted).into_response();
    }
    let payload = serde_json::from_slice(&body).unwrap();
    match act(&payload) {
        Answer::Returns(value) => ([id], Json(value)).into_response(),
        Answer::Fails { cause, .. } => (
            [
                id,
                ("x-amz-function-error", "Handled"),
                ("content-type", "application/json"),
            ],
            cause,
        )
            .into_response(),
        Answer::Hangs => std::future::pending().await,
    }
}

/// A moto server whose tasks call [`services`].
struct Moto {
    _process: Child,
    address: String,
    client: reqwest::Client,
}

impl Moto {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let functions = listener.local_addr().unwrap().port();
        let app = axum::Router::new().fallback(services);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let program = std::env::var_os("EDDY_MOTO").expect("EDDY_MOTO names moto's server");
        let mut process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", "0"])
            // Where its tasks find the other services.
            .env("MOTO_PORT", functions.to_string())
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("moto says where it listens");
            if let Some((_, address)) = line.split_once("Running on ") {
                break address.trim().trim_end_matches('/').to_owned();
            }
        };
        // What it says afterwards is read, so that it is never held up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let moto = Self {
            _process: process,
            address,
            client: reqwest::Client::new(),
        };
        let settings = json!({"stepfunctions": {"execute_state_machine": true}});
        let url = format!("{}/moto-api/config", moto.address);
        let answer = moto.client.post(url).json(&settings).send().await.unwrap();
        assert!(answer.status().is_success());
        moto
    }

    async fn call(&self, operation: &str, body: &Value) -> Value {
        let answer = self
            .client
            .post(&self.address)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=none",
            )
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{operation}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn create(&self, name: &str, document: &Value) -> String {
        let body = json!({"name": name, "definition": document.to_string(), "roleArn": ROLE});
        let created = self.call("CreateStateMachine", &body).await;
        created["stateMachineArn"].as_str().unwrap().to_owned()
    }

    async fn begin(&self, machine: &str, document: &str, input: &Value) -> String {
        // As in ours: the context object tells of it.
        let name = if document == "context" {
            "one".to_owned()
        } else {
            fresh_name()
        };
        let body = json!({"stateMachineArn": machine, "name": name, "input": input.to_string()});
        let started = self.call("StartExecution", &body).await;
        started["executionArn"].as_str().unwrap().to_owned()
    }

    async fn end(&self, execution: &str) -> Result<Value, String> {
        loop {
            let told = self
                .call("DescribeExecution", &json!({"executionArn": execution}))
                .await;
            match told["status"].as_str().unwrap() {
                "RUNNING" => tokio::time::sleep(Duration::from_millis(50)).await,
                "SUCCEEDED" => {
                    // A text that is the whole output comes without its quotes.
                    let output = told["output"].as_str().unwrap();
                    return Ok(serde_json::from_str(output).unwrap_or_else(|_| output.into()));
                }
                "TIMED_OUT" => return Err("States.Timeout".to_owned()),
                _ => return Err(told["error"].as_str().unwrap_or_default().to_owned()),
            }
        }
    }
}

fn fresh_name() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("case-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

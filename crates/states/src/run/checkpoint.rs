//! Where an execution stands: all of it, to be written down after every step.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What an execution is started with; the context object tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Its id, an ARN.
    pub id: String,
    /// Its name, once for each state machine.
    pub name: String,
    /// The state machine's id, an ARN.
    pub machine_id: String,
    /// The state machine's name.
    pub machine: String,
    /// Its input.
    pub input: Value,
}

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// What it was started with.
    pub execution: Execution,
    pub(crate) state: String,
    /// The state's input, before any path.
    pub(crate) input: Value,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) entered: OffsetDateTime,
    /// How often each retrier of the state has tried again.
    pub(crate) retries: Vec<u32>,
    /// How many states were entered.
    pub(crate) transitions: u64,
    /// How many tasks were called.
    pub(crate) calls: u64,
    pub(crate) phase: Phase,
}

/// Which call of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub(crate) u64);

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// With this output.
    Succeeded(Value),
    /// With an error.
    Failed {
        /// Its name.
        error: Option<String>,
        /// For people.
        cause: Option<String>,
    },
}

/// What the state that an execution stands in waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Phase {
    /// It has not begun.
    Entering,
    /// A task has been called.
    Calling {
        token: Token,
        payload: Value,
        #[serde(with = "time::serde::rfc3339::option")]
        deadline: Option<OffsetDateTime>,
    },
    /// For the time that it says.
    Waiting {
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    /// For its next try.
    BackingOff {
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    Ended(End),
}

impl Checkpoint {
    /// The state that it stands in.
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<&End> {
        match &self.phase {
            Phase::Ended(end) => Some(end),
            _ => None,
        }
    }

    pub(crate) fn enter(&mut self, state: String, input: Value, now: OffsetDateTime) {
        self.state = state;
        self.input = input;
        self.entered = now;
        self.retries.clear();
        self.transitions += 1;
        self.phase = Phase::Entering;
    }

    /// The next call's token.
    pub(crate) fn call(&mut self) -> Token {
        self.calls += 1;
        Token(self.calls)
    }

    /// The context object, `$$`.
    /// Source: AWS Step Functions developer guide, "Accessing execution data from the Context object".
    pub(crate) fn context(&self) -> Value {
        let time = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
        json!({
            "Execution": {
                "Id": self.execution.id,
                "Input": self.execution.input,
                "Name": self.execution.name,
                "StartTime": time(self.started),
            },
            "State": {
                "EnteredTime": time(self.entered),
                "Name": self.state,
                "RetryCount": self.retries.iter().sum::<u32>(),
            },
            "StateMachine": {
                "Id": self.execution.machine_id,
                "Name": self.execution.machine,
            },
        })
    }
}

//! A document, parsed: everything that it says is known, and every state that it names is there.

mod fields;
mod parse;
mod rules;

use std::collections::BTreeMap;

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::choice::Rule;
use crate::error::DocumentError;
use crate::path::Path;
use crate::template::{Expression, Template};

/// A state machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    pub(crate) start: String,
    pub(crate) states: BTreeMap<String, State>,
    /// How long an execution may take.
    pub(crate) timeout: Option<Duration>,
}

impl Machine {
    /// Parses a document.
    ///
    /// # Errors
    /// [`DocumentError`], with the place and the name of what is not known, or of what is wrong.
    pub fn parse(document: &str) -> Result<Self, DocumentError> {
        let document: Value = serde_json::from_str(document)
            .map_err(|error| DocumentError::malformed("", format!("no JSON: {error}")))?;
        parse::machine(&document)
    }

    /// The resources that its tasks call, each once.
    #[must_use]
    pub fn resources(&self) -> Vec<&str> {
        let mut resources: Vec<_> = self
            .states
            .values()
            .filter_map(|state| match &state.kind {
                Kind::Task(task) => Some(task.resource.as_str()),
                _ => None,
            })
            .collect();
        resources.sort_unstable();
        resources.dedup();
        resources
    }
}

/// A state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    /// What of its input it takes; `None` for nothing, which is `{}`.
    pub(crate) input: Option<Path>,
    /// What of its output it gives on; `None` for nothing, which is `{}`.
    pub(crate) output: Option<Path>,
    /// How it goes on, unless its kind says.
    pub(crate) next: Next,
    pub(crate) kind: Kind,
}

/// How an execution goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    State(String),
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Task(Box<Task>),
    Pass {
        parameters: Option<Template>,
        result: Option<Value>,
        /// `None`: the result is dropped.
        result_path: Option<Path>,
    },
    Wait(Until),
    Choice {
        rules: Vec<(Rule, String)>,
        default: Option<String>,
    },
    Succeed,
    Fail {
        error: Option<Text>,
        cause: Option<Text>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    pub(crate) resource: String,
    pub(crate) parameters: Option<Template>,
    pub(crate) result_selector: Option<Template>,
    /// `None`: the result is dropped.
    pub(crate) result_path: Option<Path>,
    pub(crate) timeout: Option<Seconds>,
    pub(crate) retriers: Vec<Retrier>,
    pub(crate) catchers: Vec<Catcher>,
}

/// A number of whole seconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seconds {
    Fixed(Duration),
    Path(Path),
}

/// What a Wait waits for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Until {
    After(Seconds),
    At(OffsetDateTime),
    AtPath(Path),
}

/// A text, or where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    Fixed(String),
    Drawn(Expression),
}

/// When a task is tried again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retrier {
    pub(crate) errors: Vec<String>,
    pub(crate) interval: Duration,
    pub(crate) attempts: u32,
    pub(crate) rate: f64,
    pub(crate) longest: Option<Duration>,
    pub(crate) jitter: bool,
}

/// Where an execution goes on after an error.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Catcher {
    pub(crate) errors: Vec<String>,
    pub(crate) next: String,
    /// `None`: the error is dropped.
    pub(crate) result_path: Option<Path>,
}

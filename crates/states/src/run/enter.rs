//! What each kind of state does with its input, and what becomes its output.

use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use super::checkpoint::{Checkpoint, Phase};
use super::{Moved, scope, within_limit};
use crate::choice;
use crate::document::{Kind, Machine, Next, Seconds, State, Task, Text, Until};
use crate::error::{Fault, names};
use crate::path::Path;
use crate::template::Template;

/// The longest wait: the service's, in seconds.
const LONGEST: i64 = 99_999_999;

impl Machine {
    /// The state does what it is there for.
    pub(super) fn entered(
        &self,
        at: &mut Checkpoint,
        now: OffsetDateTime,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Moved, Fault> {
        let state = self.state(at)?;
        let context = at.context();
        let input = match &state.kind {
            Kind::Fail { .. } => at.input.clone(),
            _ => select(state.input.as_ref(), &at.input, &context)?,
        };
        match &state.kind {
            Kind::Succeed => Ok(Moved::On(
                Next::End,
                select(state.output.as_ref(), &input, &context)?,
            )),
            Kind::Fail { error, cause } => {
                let mut text = |text: &Option<Text>| drawn(text.as_ref(), &input, &context, random);
                Err(Fault {
                    error: text(error)?,
                    cause: text(cause)?,
                    by_task: false,
                })
            }
            Kind::Choice { rules, default } => {
                for (rule, next) in rules {
                    if rule.holds(&input, &context)? {
                        let output = select(state.output.as_ref(), &input, &context)?;
                        return Ok(Moved::On(Next::State(next.clone()), output));
                    }
                }
                let next = default.clone().ok_or_else(|| {
                    let why = format!("no rule of `{}` matched, and it has no default", at.state);
                    Fault::of(names::NO_CHOICE_MATCHED, why)
                })?;
                Ok(Moved::On(
                    Next::State(next),
                    select(state.output.as_ref(), &input, &context)?,
                ))
            }
            Kind::Wait(until) => Ok(Moved::Stands(Phase::Waiting {
                until: until.time(&input, &context, at.entered)?,
            })),
            Kind::Pass {
                parameters,
                result,
                result_path,
            } => {
                let input = templated(parameters.as_ref(), input, &context, random)?;
                let result = result.clone().unwrap_or(input);
                let output = placed(result_path.as_ref(), &at.input, result)?;
                let output = select(state.output.as_ref(), &output, &context)?;
                Ok(Moved::On(state.next.clone(), output))
            }
            Kind::Task(task) => {
                let timeout = timeout(task, &input, &context)?;
                let payload = within_limit(templated(
                    task.parameters.as_ref(),
                    input,
                    &context,
                    random,
                )?)?;
                Ok(Moved::Stands(Phase::Calling {
                    token: at.call(),
                    payload,
                    deadline: timeout.map(|timeout| now.saturating_add(timeout)),
                }))
            }
        }
    }

    /// A task has returned.
    pub(super) fn returned(
        &self,
        at: &Checkpoint,
        result: Value,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Result<Moved, Fault> {
        let state = self.state(at)?;
        let Kind::Task(task) = &state.kind else {
            return self.waited(at);
        };
        let context = at.context();
        let result = within_limit(result)?;
        // A path in Parameters that fails has a name of its own; one in ResultSelector has not.
        let result = templated(task.result_selector.as_ref(), result, &context, random).map_err(
            |fault| match fault.error.as_deref() {
                Some(names::PARAMETER_PATH_FAILURE) => Fault {
                    error: Some(names::RUNTIME.to_owned()),
                    ..fault
                },
                _ => fault,
            },
        )?;
        let output = placed(task.result_path.as_ref(), &at.input, result)?;
        let output = select(state.output.as_ref(), &output, &context)?;
        Ok(Moved::On(state.next.clone(), output))
    }

    /// A Wait is over.
    pub(super) fn waited(&self, at: &Checkpoint) -> Result<Moved, Fault> {
        let state = self.state(at)?;
        let context = at.context();
        let input = select(state.input.as_ref(), &at.input, &context)?;
        let output = select(state.output.as_ref(), &input, &context)?;
        Ok(Moved::On(state.next.clone(), output))
    }

    /// Whether a task of this state may be tried again or its error caught.
    pub(super) fn task(&self, at: &Checkpoint) -> Option<&Task> {
        match &self.states.get(&at.state)?.kind {
            Kind::Task(task) => Some(task),
            _ => None,
        }
    }

    /// The state that an execution stands in takes its error on.
    pub(super) fn caught(
        &self,
        at: &Checkpoint,
        place: Option<&Path>,
        error: Value,
    ) -> Result<Value, Fault> {
        self.state(at)
            .and_then(|_: &State| placed(place, &at.input, error))
    }
}

/// What InputPath or OutputPath select; `null` selects nothing, which is an empty object.
fn select(path: Option<&Path>, data: &Value, context: &Value) -> Result<Value, Fault> {
    let Some(path) = path else {
        return Ok(Value::Object(Map::new()));
    };
    path.get(data, context).cloned().ok_or_else(|| {
        let why = format!("the path `{}` selects nothing", path.text());
        Fault::of(names::RUNTIME, why)
    })
}

fn templated(
    template: Option<&Template>,
    data: Value,
    context: &Value,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Value, Fault> {
    match template {
        Some(template) => template.evaluate(&mut scope(&data, context, random)),
        None => Ok(data),
    }
}

/// The input with the result in its place; without a place the result is dropped.
fn placed(path: Option<&Path>, input: &Value, result: Value) -> Result<Value, Fault> {
    let Some(path) = path else {
        return Ok(input.clone());
    };
    path.put(input.clone(), result).map_err(|_| {
        let why = format!("the input has no place `{}` for the result", path.text());
        Fault::of(names::RESULT_PATH_MATCH_FAILURE, why)
    })
}

fn drawn(
    text: Option<&Text>,
    data: &Value,
    context: &Value,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Option<String>, Fault> {
    match text {
        None => Ok(None),
        Some(Text::Fixed(text)) => Ok(Some(text.clone())),
        Some(Text::Drawn(expression)) => {
            let value = expression
                .evaluate(&mut scope(data, context, random))
                .map_err(|fault| Fault {
                    error: Some(names::RUNTIME.to_owned()),
                    ..fault
                })?;
            match value {
                Value::String(text) => Ok(Some(text)),
                other => Err(Fault::of(names::RUNTIME, format!("{other} is no text"))),
            }
        }
    }
}

fn timeout(task: &Task, data: &Value, context: &Value) -> Result<Option<Duration>, Fault> {
    task.timeout
        .as_ref()
        .map(|seconds| seconds.duration(data, context, 1))
        .transpose()
}

impl Seconds {
    fn duration(&self, data: &Value, context: &Value, least: i64) -> Result<Duration, Fault> {
        match self {
            Self::Fixed(duration) => Ok(*duration),
            Self::Path(path) => {
                let value = select(Some(path), data, context)?;
                let seconds = value
                    .as_i64()
                    .filter(|seconds| (least..=LONGEST).contains(seconds));
                seconds.map(Duration::seconds).ok_or_else(|| {
                    let why = format!(
                        "`{}` has to be a whole number of seconds, not {value}",
                        path.text()
                    );
                    Fault::of(names::RUNTIME, why)
                })
            }
        }
    }
}

impl Until {
    fn time(
        &self,
        data: &Value,
        context: &Value,
        entered: OffsetDateTime,
    ) -> Result<OffsetDateTime, Fault> {
        match self {
            Self::At(time) => Ok(*time),
            Self::After(seconds) => Ok(entered.saturating_add(seconds.duration(data, context, 0)?)),
            Self::AtPath(path) => {
                let value = select(Some(path), data, context)?;
                choice::timestamp(&value).ok_or_else(|| {
                    let why = format!(
                        "`{}` has to be a time in RFC 3339, not {value}",
                        path.text()
                    );
                    Fault::of(names::RUNTIME, why)
                })
            }
        }
    }
}

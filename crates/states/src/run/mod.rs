//! An execution, step by step.

mod checkpoint;
mod enter;
mod recover;

use serde_json::Value;
use time::OffsetDateTime;

use self::checkpoint::Phase;
pub use self::checkpoint::{Checkpoint, End, Execution, Token};
use crate::document::{Kind, Machine, Next, State};
use crate::error::{Fault, names};
use crate::template::Scope;

/// The most states that an execution enters. The service ends one whose history has 25,000 events; a Pass has two.
const MOST_TRANSITIONS: u64 = 12_500;

/// What has happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The execution begins, or goes on from a checkpoint that somebody has kept: says again what is to be done.
    Resumed,
    /// Time has passed.
    Woken,
    /// A task has returned.
    Returned {
        /// As its [`Output::Invoke`] had it.
        token: Token,
        /// What it returned.
        result: Value,
    },
    /// A task has failed.
    Failed {
        /// As its [`Output::Invoke`] had it.
        token: Token,
        /// The error's name.
        error: String,
        /// For people.
        cause: String,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A task is to be called; what it comes to is the next event. At least once: also after [`Event::Resumed`].
    Invoke {
        /// Which call: an answer to an earlier one changes nothing.
        token: Token,
        /// What to call.
        resource: String,
        /// With what.
        payload: Value,
        /// [`Event::Woken`] is due then, unless the task has answered.
        deadline: Option<OffsetDateTime>,
    },
    /// [`Event::Woken`] is due then.
    WaitUntil(OffsetDateTime),
    /// It is over.
    Ended(End),
    /// Nothing: the event changed nothing.
    Nothing,
}

/// What a state came to.
enum Moved {
    /// It stands: there is something to wait for.
    Stands(Phase),
    /// It is done.
    On(Next, Value),
}

impl Machine {
    /// The checkpoint of an execution that has not begun: [`Event::Resumed`] begins it.
    #[must_use]
    pub fn start(&self, execution: Execution, now: OffsetDateTime) -> Checkpoint {
        Checkpoint {
            state: self.start.clone(),
            input: execution.input.clone(),
            started: now,
            entered: now,
            retries: Vec::new(),
            transitions: 0,
            calls: 0,
            phase: Phase::Entering,
            execution,
        }
    }

    /// Takes an event and goes on until there is something to wait for, or the end.
    ///
    /// `random` fills a buffer with random bytes: for UUIDs, random numbers and jitter.
    #[must_use]
    pub fn step(
        &self,
        mut at: Checkpoint,
        event: Event,
        now: OffsetDateTime,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> (Checkpoint, Output) {
        if matches!(at.phase, Phase::Ended(_)) {
            let output = match event {
                Event::Resumed => self.standing(&at),
                _ => Output::Nothing,
            };
            return (at, output);
        }
        let Some(moved) = self.answered(&mut at, event, now, random) else {
            return (at, Output::Nothing);
        };
        let mut moved = Some(moved);
        loop {
            if self.ends(&at).is_some_and(|end| now >= end) {
                at.phase = Phase::Ended(End::Failed {
                    error: Some(names::TIMEOUT.to_owned()),
                    cause: None,
                });
                break;
            }
            let result = match moved.take() {
                Some(moved) => moved,
                None => self.entered(&mut at, now, random),
            };
            let checked = result.and_then(|moved| match moved {
                Moved::On(next, output) => {
                    within_limit(output).map(|output| Moved::On(next, output))
                }
                stands @ Moved::Stands(_) => Ok(stands),
            });
            match checked.or_else(|fault| self.recover(&mut at, fault, now, random)) {
                Ok(Moved::Stands(phase)) => at.phase = phase,
                Ok(Moved::On(Next::End, output)) => at.phase = Phase::Ended(End::Succeeded(output)),
                Ok(Moved::On(Next::State(state), output)) => at.enter(state, output, now),
                Err(fault) => {
                    at.phase = Phase::Ended(End::Failed {
                        error: fault.error,
                        cause: fault.cause,
                    });
                }
            }
            if !matches!(at.phase, Phase::Entering) {
                break;
            }
            if at.transitions >= MOST_TRANSITIONS {
                at.phase = Phase::Ended(End::Failed {
                    error: Some(names::RUNTIME.to_owned()),
                    cause: Some(format!("the execution entered {MOST_TRANSITIONS} states")),
                });
                break;
            }
        }
        let output = self.standing(&at);
        (at, output)
    }

    /// What an event comes to in the state that stands; nothing if it changes nothing.
    fn answered(
        &self,
        at: &mut Checkpoint,
        event: Event,
        now: OffsetDateTime,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Option<Result<Moved, Fault>> {
        let over = self.ends(at).is_some_and(|end| now >= end);
        match (at.phase.clone(), event) {
            (Phase::Entering, _) => Some(self.entered(at, now, random)),
            (phase, Event::Resumed) => Some(Ok(Moved::Stands(phase))),
            (phase, Event::Woken) if over => Some(Ok(Moved::Stands(phase))),
            (
                Phase::Calling { token, .. },
                Event::Returned {
                    token: answered,
                    result,
                },
            ) if token == answered => Some(self.returned(at, result, random)),
            (
                Phase::Calling { token, .. },
                Event::Failed {
                    token: answered,
                    error,
                    cause,
                },
            ) if token == answered => Some(Err(Fault {
                error: Some(error),
                cause: Some(cause),
                by_task: true,
            })),
            (
                Phase::Calling {
                    deadline: Some(deadline),
                    ..
                },
                Event::Woken,
            ) if now >= deadline => Some(Err(Fault {
                error: Some(names::TIMEOUT.to_owned()),
                cause: None,
                by_task: true,
            })),
            (Phase::Waiting { until }, Event::Woken) if now >= until => Some(self.waited(at)),
            (Phase::BackingOff { until }, Event::Woken) if now >= until => {
                Some(self.entered(at, now, random))
            }
            _ => None,
        }
    }

    /// What is to be done while an execution stands so.
    fn standing(&self, at: &Checkpoint) -> Output {
        match &at.phase {
            Phase::Entering => Output::Nothing,
            Phase::Calling {
                token,
                payload,
                deadline,
            } => Output::Invoke {
                token: *token,
                resource: match self.states.get(&at.state).map(|state| &state.kind) {
                    Some(Kind::Task(task)) => task.resource.clone(),
                    _ => String::new(),
                },
                payload: payload.clone(),
                deadline: earlier(*deadline, self.ends(at)),
            },
            Phase::Waiting { until } | Phase::BackingOff { until } => {
                Output::WaitUntil(earlier(Some(*until), self.ends(at)).unwrap_or(*until))
            }
            Phase::Ended(end) => Output::Ended(end.clone()),
        }
    }

    /// When the execution has taken too long.
    fn ends(&self, at: &Checkpoint) -> Option<OffsetDateTime> {
        self.timeout
            .map(|timeout| at.started.saturating_add(timeout))
    }

    /// The state that an execution stands in. A document can be replaced by one without it.
    fn state(&self, at: &Checkpoint) -> Result<&State, Fault> {
        self.states
            .get(&at.state)
            .ok_or_else(|| Fault::of(names::RUNTIME, format!("there is no state `{}`", at.state)))
    }
}

fn earlier(
    first: Option<OffsetDateTime>,
    second: Option<OffsetDateTime>,
) -> Option<OffsetDateTime> {
    first.into_iter().chain(second).min()
}

/// The largest payload, in bytes of its JSON.
/// Source: AWS Step Functions developer guide, "Quotas related to task executions".
const LARGEST: usize = 256 * 1024;

fn within_limit(value: Value) -> Result<Value, Fault> {
    let size = value.to_string().len();
    if size <= LARGEST {
        return Ok(value);
    }
    let why = format!("a payload of {size} bytes is larger than {LARGEST}");
    Err(Fault::of(names::DATA_LIMIT_EXCEEDED, why))
}

fn scope<'a>(
    data: &'a Value,
    context: &'a Value,
    random: &'a mut dyn FnMut(&mut [u8]),
) -> Scope<'a> {
    Scope {
        data,
        context,
        random,
    }
}

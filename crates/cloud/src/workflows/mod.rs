//! Workflows as Step Functions runs them: the deployed documents, by the interpreter in `states`.
//!
//! An execution is its checkpoint, and each step is one transaction: the next checkpoint together with what the step
//! does to the outside, where that lies in this database too (a message published to a topic, events put on the bus). So
//! a kill between two steps neither loses nor doubles them. A function is called outside of it, at least once, and comes
//! to the same when it is called twice.

mod executions;
mod invoke;
mod machines;
mod parameters;

use std::sync::Arc;

use backend::ports::{PortError, Workflow};
use futures::StreamExt as _;
use rusqlite::Transaction;
use serde_json::Value;
use states::{Checkpoint, End, Event, Execution, Output};
use time::OffsetDateTime;
use tokio::sync::watch;

pub(crate) use self::executions::forget_ended;
use self::executions::{Kept, Place, Then, Unreadable};
use self::invoke::Answer;
pub use self::machines::Machines;
use self::machines::{Resource, StateMachine};
use crate::error::CloudError;
use crate::pump::{self, POLL, Rest, milliseconds};
use crate::store::StoreError;
use crate::surroundings::millis;
use crate::world::World;

/// How many executions move at once.
const CONCURRENCY: usize = 16;
/// How many are fetched at once.
const BATCH: i64 = 64;

/// Begins an execution, unless there is one of its name.
///
/// # Errors
/// Where the store fails, and for a workflow that is none of [`backend::workflow::ALL`].
pub(crate) async fn start(
    world: &World,
    workflow: &'static Workflow,
    name: &str,
    input: Value,
) -> Result<(), PortError> {
    let machine = world.machines.get(workflow.name).map(Arc::clone);
    let machine = machine.ok_or_else(|| PortError::Refused(gone(workflow.name)))?;
    let (name, now) = (name.to_owned(), world.surroundings.now());
    let begun = world
        .store
        .write(move |tx| begin(tx, &machine, name, input, now))
        .await
        .map_err(|error: StoreError| PortError::from(error))?;
    if begun {
        world.wake.workflows.ring();
    }
    Ok(())
}

/// Begins an execution that failed again, from its start, with the input it had.
///
/// # Errors
/// [`CloudError::Refused`] where the workflow is gone; then the dead letter has to stay.
pub(crate) fn start_again(
    world: &World,
    tx: &Transaction<'_>,
    workflow: &str,
    name: &str,
    input: Value,
) -> Result<(), CloudError> {
    let machine = world.machines.get(workflow);
    let machine = machine.ok_or_else(|| CloudError::Refused(gone(workflow)))?;
    executions::clear_failed(tx, workflow, name)?;
    let now = world.surroundings.now();
    begin(tx, machine, name.to_owned(), input, now)?;
    Ok(())
}

/// What is said of a workflow of another version, whose executions may lie in the data folder.
fn gone(workflow: &str) -> String {
    format!("this eddy-cloud has no workflow {workflow:?}")
}

fn begin(
    tx: &Transaction<'_>,
    machine: &StateMachine,
    name: String,
    input: Value,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let workflow = machine.workflow.name;
    let execution = Execution {
        id: machine.execution_arn(&name),
        name: name.clone(),
        machine_id: machine.arn(),
        machine: workflow.to_owned(),
        input,
    };
    let checkpoint = machine.machine.start(execution, now);
    executions::begin(tx, workflow, &name, &checkpoint, millis(now))
}

/// Moves executions on, until told to stop.
pub(crate) async fn pump(world: World, stop: watch::Receiver<bool>) {
    let mut rest = Rest::new(stop, &world.wake.workflows);
    while !rest.over() {
        let now = world.surroundings.now_millis();
        let look = move |connection: &_| executions::due(connection, now, BATCH);
        let pause = match world.store.read(look).await {
            Ok((due, _)) if !due.is_empty() => {
                futures::stream::iter(due)
                    .for_each_concurrent(CONCURRENCY, |(place, kept)| moved(&world, place, kept))
                    .await;
                continue;
            }
            Ok((_, next)) => next.map_or(POLL, |at| pump::duration(at - now).min(POLL)),
            Err(error) => {
                tracing::warn!(%error, "reading the executions failed; it will be tried again");
                POLL
            }
        };
        rest.until(pause).await;
    }
}

async fn moved(world: &World, place: Place, kept: Kept) {
    let (workflow, name) = (place.machine.clone(), place.name.clone());
    let moved = match (kept, world.machines.get(&workflow)) {
        (Ok(checkpoint), Some(machine)) => run(world, machine, place, checkpoint).await,
        (Ok(checkpoint), None) => strand(world, place, checkpoint).await,
        (Err(unreadable), _) => give_up(world, place, unreadable).await,
    };
    match moved {
        // Whoever was faster goes on with it.
        Ok(()) | Err(Broken::Overtaken) => {}
        Err(Broken::Store(error)) => {
            // It is still due; not at once, for the disk may be full.
            tracing::warn!(%error, workflow, name, "keeping an execution's checkpoint failed");
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Nobody knows where an execution stands.
async fn give_up(world: &World, place: Place, unreadable: Unreadable) -> Result<(), Broken> {
    let now = world.surroundings.now_millis();
    let give_up = move |tx: &Transaction<'_>| {
        let kept = executions::give_up(tx, &place, unreadable, now)?;
        kept.map(drop).ok_or(Broken::Overtaken)
    };
    world.store.write(give_up).await
}

/// Nobody knows how an execution goes on.
async fn strand(world: &World, place: Place, checkpoint: Checkpoint) -> Result<(), Broken> {
    let now = world.surroundings.now_millis();
    let then = Then::Over(End::Failed {
        error: None,
        cause: Some(gone(&place.machine)),
    });
    let keep = move |tx: &Transaction<'_>| {
        let kept = executions::keep(tx, &place, &checkpoint, &then, now)?;
        kept.map(drop).ok_or(Broken::Overtaken)
    };
    world.store.write(keep).await
}

/// Why an execution does not go on for now.
enum Broken {
    Store(StoreError),
    /// Its checkpoint is no longer the newest.
    Overtaken,
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Moves an execution on until it has to wait or is over.
async fn run(
    world: &World,
    machine: &Arc<StateMachine>,
    mut place: Place,
    checkpoint: Checkpoint,
) -> Result<(), Broken> {
    let now = world.surroundings.now();
    let mut random = |bytes: &mut [u8]| world.surroundings.fill(bytes);
    let (mut checkpoint, mut output) =
        machine
            .machine
            .step(checkpoint, Event::Resumed, now, &mut random);
    loop {
        let now = world.surroundings.now();
        let answer = match output {
            Output::WaitUntil(until) if until > now => Answer::Wait,
            Output::WaitUntil(_) => Answer::Event(Event::Woken),
            Output::Invoke { .. } => invoke::call(world, machine, output).await,
            // Over as soon as it was looked at again, such as by its time limit: that is still to be written down.
            Output::Ended(_) => Answer::Wait,
            Output::Nothing => return Ok(()),
        };
        let step = Step {
            machine: Arc::clone(machine),
            world: world.clone(),
            place,
        };
        let done = world
            .store
            .write(move |tx| step.take(tx, checkpoint, answer))
            .await?;
        if done.told_bus {
            world.wake.bus.ring();
        }
        let waits = match done.then {
            Then::At(due) => due > world.surroundings.now_millis(),
            Then::Over(_) => true,
        };
        if waits {
            return Ok(());
        }
        Done {
            place,
            checkpoint,
            output,
            ..
        } = done;
    }
}

/// A step that is about to be taken.
struct Step {
    machine: Arc<StateMachine>,
    world: World,
    place: Place,
}

/// A step that was taken.
struct Done {
    place: Place,
    checkpoint: Checkpoint,
    output: Output,
    then: Then,
    told_bus: bool,
}

impl Step {
    /// What the step does to the outside and the checkpoint after it, together.
    fn take(
        self,
        tx: &Transaction<'_>,
        checkpoint: Checkpoint,
        answer: Answer,
    ) -> Result<Done, Broken> {
        let Self {
            machine,
            world,
            place,
        } = self;
        let now = world.surroundings.now();
        let told_bus = matches!(answer, Answer::Put { .. });
        let event = invoke::carry_out(tx, &world, answer)?;
        let mut random = |bytes: &mut [u8]| world.surroundings.fill(bytes);
        let (checkpoint, output) = match event {
            Some(event) => machine.machine.step(checkpoint, event, now, &mut random),
            None => {
                let resumed = Event::Resumed;
                machine.machine.step(checkpoint, resumed, now, &mut random)
            }
        };
        let then = match &output {
            Output::Ended(end) => Then::Over(end.clone()),
            Output::WaitUntil(until) => Then::At(rounded_up(*until)),
            Output::Invoke { resource, .. } => {
                Then::At(millis(now).saturating_add(taken(&world, &machine, resource)))
            }
            Output::Nothing => Then::At(millis(now)),
        };
        let place = executions::keep(tx, &place, &checkpoint, &then, millis(now))?;
        Ok(Done {
            place: place.ok_or(Broken::Overtaken)?,
            checkpoint,
            output,
            then,
            told_bus,
        })
    }
}

/// How long the task before this one takes, in milliseconds: the restaurant's are done in no time, and nobody could see
/// the stages that an order goes through.
fn taken(world: &World, machine: &StateMachine, resource: &str) -> i64 {
    let paced = machine.workflow == &backend::restaurant::WORKFLOW
        && matches!(machine.resource(resource), Some(Resource::Function(_)));
    if !paced {
        return 0;
    }
    let longest = world.settings.pace.task;
    milliseconds(longest.mul_f64(0.25 + 0.75 * world.surroundings.unit()))
}

/// The first millisecond that is not before it.
fn rounded_up(at: OffsetDateTime) -> i64 {
    let floor = millis(at);
    floor + i64::from(!at.nanosecond().is_multiple_of(1_000_000))
}

#[cfg(test)]
mod tests;

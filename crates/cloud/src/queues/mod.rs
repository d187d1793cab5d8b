//! Durable queues as SQS has them: what is sent is received at least once, in no order, by batches; who has received a
//! message and not done with it in time has failed; a part of a batch may fail; what was received too often goes to the
//! dead letters, with its cause.
//! Sources: Amazon SQS developer guide, "visibility timeout" and "dead-letter queues"; AWS Lambda developer guide,
//! "partial batch responses".

mod messages;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use backend::ports::{Depths, Queue, Workflow};
use backend::restaurant::{Message, MessageFailure};
use futures::FutureExt as _;
use tokio::sync::watch;

use self::messages::Received;
pub(crate) use self::messages::send;
use crate::adapters;
use crate::faults::Faults;
use crate::pump::{self, POLL, Rest, guarded, milliseconds};
use crate::store::StoreError;
use crate::world::World;

/// How much there is in a queue and in the workflow that its messages begin.
pub(crate) async fn depths(
    world: &World,
    queue: &'static Queue,
    workflow: &'static Workflow,
) -> Result<Depths, StoreError> {
    let now = world.surroundings.now_millis();
    world
        .store
        .read(move |connection| messages::depths(connection, queue, workflow, now))
        .await
}

/// The consumer of a queue, until told to stop: hands batches to the handler, one after the other.
pub(crate) async fn pump(world: World, queue: &'static Queue, stop: watch::Receiver<bool>) {
    let mut rest = Rest::new(stop, &world.wake.queues);
    while !rest.over() {
        if world.faults.as_ref().is_some_and(Faults::holds_consumers) {
            rest.until(POLL).await;
            continue;
        }
        let pause = match consume(&world, queue).await {
            Ok(Consumed::Some) => continue,
            Ok(Consumed::Nothing(next)) => {
                let now = world.surroundings.now_millis();
                next.map_or(POLL, |at| pump::duration(at - now).min(POLL))
            }
            Err(error) => {
                let queue = queue.name;
                tracing::warn!(%error, queue, "the queue cannot be read or written; it will be tried again");
                POLL
            }
        };
        rest.until(pause).await;
    }
}

enum Consumed {
    Some,
    /// And when there will be something, if that is known.
    Nothing(Option<i64>),
}

async fn consume(world: &World, queue: &'static Queue) -> Result<Consumed, StoreError> {
    let now = world.surroundings.now_millis();
    let visibility = milliseconds(world.settings.visibility);
    // Looked for on the reader's lane: a queue that is empty costs the writers nothing.
    let next = world
        .store
        .read(move |connection| messages::next(connection, queue.name))
        .await?;
    if next.is_none_or(|at| at > now) {
        return Ok(Consumed::Nothing(next));
    }
    let batch = world
        .store
        .write(move |tx| messages::receive(tx, queue, now, visibility))
        .await?;
    let Some(failures) = unless_killed(world, &batch, handled(world, queue, &batch)).await else {
        return Ok(Consumed::Some);
    };
    world
        .store
        .write(move |tx| messages::settle(tx, queue, &batch, &failures, now))
        .await?;
    Ok(Consumed::Some)
}

/// What the handler says of a batch, unless it is killed: after so many of its moments as are drawn, so that some of the
/// batch is done and some is not. Whoever is killed stops where he is: what he had comes again when it is visible again.
async fn unless_killed<T>(
    world: &World,
    batch: &[Received],
    handled: impl Future<Output = T>,
) -> Option<T> {
    let Some(faults) = &world.faults else {
        return Some(handled.await);
    };
    let most = u32::try_from(batch.len()).unwrap_or(u32::MAX);
    let mut left = (f64::from(most) * world.surroundings.unit()) as u32;
    let mut wanted = pin!(faults.killed().fuse());
    let mut is_wanted = false;
    let killed = poll_fn(|context| {
        is_wanted = is_wanted || wanted.as_mut().poll(context).is_ready();
        match left {
            _ if !is_wanted => Poll::Pending,
            0 => Poll::Ready(()),
            _ => {
                left -= 1;
                Poll::Pending
            }
        }
    });
    tokio::select! {
        biased;
        handled = handled => Some(handled),
        () = killed => {
            faults.has_killed();
            None
        }
    }
}

/// What of a batch failed. A handler that panics has failed for all of it.
async fn handled(world: &World, queue: &Queue, batch: &[Received]) -> Vec<MessageFailure> {
    let message = |received: &Received| Message {
        id: received.id.to_string(),
        body: received.body.clone(),
    };
    let messages: Vec<_> = batch.iter().map(message).collect();
    let handler = async { Ok(adapters::consume(world, queue, &messages).await) };
    guarded(handler).await.unwrap_or_else(|error| {
        let failed = |message: Message| MessageFailure {
            id: message.id,
            cause: error.to_string(),
        };
        messages.into_iter().map(failed).collect()
    })
}

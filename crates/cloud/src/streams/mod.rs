//! The tables' change streams: every record reaches every consumer at least once, in order for each key.
//!
//! A key belongs to a shard, a shard is read by one task a consumer, and its checkpoint says how far it is. A record
//! that fails holds its shard back and is tried again until the retry window is over; then it goes to the dead letters
//! and the shard moves on.

mod log;

use std::future::Future;
use std::sync::Arc;

use backend::event::HandlerError;
use backend::ports::{Change, Table};
use rusqlite::{Connection, Transaction};
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::log::{Checkpoint, Reader};
pub(crate) use self::log::{SHARDS, Touched, append, trim};
use crate::dead_letters::{self, Origin};
use crate::pump::{self, Next, POLL, Rest, guarded};
use crate::store::StoreError;
use crate::trail::{self, Published};
use crate::world::{Errand, World};

/// Reads one table's stream.
pub(crate) trait Consumer: Clone + Send + Sync + 'static {
    /// Its name: what its checkpoints are kept under.
    fn name(&self) -> &'static str;
    /// Whose stream.
    fn table(&self) -> &'static Table;
    /// Handles one record.
    fn handle(
        &self,
        world: &World,
        change: &Change,
    ) -> impl Future<Output = Result<(), HandlerError>> + Send;
}

/// Starts a consumer: one task a shard.
///
/// # Errors
/// Where the store fails.
pub(crate) async fn start<C: Consumer>(
    consumer: &C,
    world: &World,
    stop: &watch::Receiver<bool>,
    pumps: &mut JoinSet<()>,
) -> Result<(), StoreError> {
    declare(consumer, world).await?;
    for shard in 0..SHARDS {
        pumps.spawn(pump(consumer.clone(), world.clone(), shard, stop.clone()));
    }
    Ok(())
}

/// From now on no record is forgotten that the consumer has not had, in the shards too where it has had none yet.
async fn declare<C: Consumer>(consumer: &C, world: &World) -> Result<(), StoreError> {
    let readers = (0..SHARDS).map(|shard| Reader::of(consumer, shard));
    let readers: Vec<Reader> = readers.collect();
    world
        .store
        .write(move |tx| {
            readers
                .into_iter()
                .try_for_each(|reader| reader.declare(tx))
        })
        .await
}

async fn pump<C: Consumer>(consumer: C, world: World, shard: u8, stop: watch::Receiver<bool>) {
    let Some(bell) = world.wake.streams.get(usize::from(shard)) else {
        return;
    };
    let mut rest = Rest::new(stop, bell);
    // When the record that holds the shard back may be tried again, however often the bell rings till then.
    let mut not_before = i64::MIN;
    while !rest.over() {
        let wait = not_before.saturating_sub(world.surroundings.now_millis());
        if wait > 0 {
            rest.until(pump::duration(wait).min(POLL)).await;
            continue;
        }
        match batch(&consumer, &world, shard).await {
            Ok(Progress::More) => {}
            Ok(Progress::Held(due)) => not_before = due,
            Ok(Progress::Idle) => rest.until(POLL).await,
            Err(error) => {
                let consumer = consumer.name();
                tracing::warn!(%error, consumer, shard, "reading the stream failed; it will be tried again");
                rest.until(POLL).await;
            }
        }
    }
}

/// How a batch went.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    /// There may be more.
    More,
    /// There was nothing.
    Idle,
    /// A record failed and may be tried again at this time.
    Held(i64),
}

/// Hands the next records to the consumer, one after the other. The checkpoint moves up to the first that fails, past
/// it if the pipeline gives up on it.
async fn batch<C: Consumer>(
    consumer: &C,
    world: &World,
    shard: u8,
) -> Result<Progress, StoreError> {
    let reader = Reader::of(consumer, shard);
    let read = move |connection: &Connection| {
        let checkpoint = reader.checkpoint(connection)?;
        let records = reader.next(connection, checkpoint.sequence)?;
        Ok::<_, StoreError>((checkpoint, records))
    };
    let (mut checkpoint, records) = world.store.read(read).await?;
    if records.is_empty() {
        return Ok(Progress::Idle);
    }
    let mut done = Vec::new();
    for (sequence, change) in records {
        let errand = Arc::new(Errand::default());
        match guarded(consumer.handle(&world.on(&errand), &change)).await {
            // Only the first record after a checkpoint that was kept can have failed before.
            Ok(()) => {
                checkpoint = Checkpoint::at(sequence);
                done.push(Published {
                    sequence,
                    at: world.surroundings.now_millis(),
                    reached: errand.reached.get(),
                });
            }
            Err(error) => {
                return hold(world, reader, checkpoint, done, (sequence, change), error).await;
            }
        }
    }
    world
        .store
        .write(move |tx| {
            trail::published(tx, reader.consumer, &done)?;
            reader.save(tx, &checkpoint)
        })
        .await?;
    Ok(Progress::More)
}

/// A record has failed: the shard waits for it, or gives it up.
async fn hold(
    world: &World,
    reader: Reader,
    Checkpoint {
        sequence: done,
        attempts,
        first_failed,
    }: Checkpoint,
    published: Vec<Published>,
    (sequence, change): (i64, Change),
    error: HandlerError,
) -> Result<Progress, StoreError> {
    let now = world.surroundings.now_millis();
    let attempts = attempts + 1;
    let first_failed = first_failed.unwrap_or(now);
    let next = match &error {
        HandlerError::Dead(_) => Next::GiveUp,
        HandlerError::Retry(_) => pump::after_failure(world, attempts, first_failed),
    };
    let (consumer, cause) = (reader.consumer, error.to_string());
    tracing::warn!(
        consumer,
        key = change.key,
        attempts,
        cause,
        ?next,
        "a stream record failed"
    );
    let keep = move |tx: &Transaction<'_>| {
        trail::published(tx, consumer, &published)?;
        match next {
            Next::Again(due) => {
                reader.save(
                    tx,
                    &Checkpoint {
                        sequence: done,
                        attempts,
                        first_failed: Some(first_failed),
                    },
                )?;
                Ok(Progress::Held(due))
            }
            Next::GiveUp => {
                let payload = serde_json::to_value(&change)?;
                dead_letters::bury(
                    tx,
                    Origin::Stream,
                    consumer,
                    &change.key,
                    &cause,
                    attempts,
                    &payload,
                    now,
                )?;
                trail::given_up(tx, consumer, sequence, now)?;
                reader.save(tx, &Checkpoint::at(sequence))?;
                Ok(Progress::More)
            }
        }
    };
    world.store.write(keep).await
}

#[cfg(test)]
mod tests;

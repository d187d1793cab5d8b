//! The tables' change streams: every record reaches every consumer at least once, in order for each key.
//!
//! A key belongs to a shard, a shard is read by one task a consumer, and its checkpoint says how far it is. A record
//! that fails holds its shard back and is tried again until the retry window is over; then it goes to the dead letters
//! and the shard moves on.

use std::future::Future;

use backend::event::HandlerError;
use backend::ports::{Change, Item, Table};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::dead_letters::{self, Origin};
use crate::pump::{self, Next, POLL, Rest};
use crate::store::StoreError;
use crate::world::World;

/// How many shards each stream has. Part of what lies on disk: changing it would change where keys belong.
pub(crate) const SHARDS: u8 = 8;
/// How many records a consumer is handed at once.
const BATCH: i64 = 50;
/// How long records are kept beyond the last consumer's checkpoint, in milliseconds: a day, as DynamoDB does.
const KEPT: i64 = 24 * 60 * 60 * 1000;

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

/// Which shards got records.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Touched(u8);

impl Touched {
    pub(crate) fn add(&mut self, shard: Option<u8>) {
        self.0 |= shard.map_or(0, |shard| 1 << shard);
    }

    /// Wakes whoever reads them; to be called after the commit.
    pub(crate) fn ring(self, world: &World) {
        for (shard, bell) in world.wake.streams.iter().enumerate() {
            if self.0 & (1 << shard) != 0 {
                bell.ring();
            }
        }
    }
}

/// Appends a record, for one consumer or for all of them. Says which shard it belongs to.
pub(crate) fn append(
    tx: &Transaction<'_>,
    table: &str,
    key: &str,
    old: Option<&Item>,
    new: Option<&Item>,
    consumer: Option<&str>,
    now: i64,
) -> Result<u8, StoreError> {
    let text = |row: Option<&Item>| row.map(serde_json::to_string).transpose();
    let shard = shard_of(key);
    tx.prepare_cached("INSERT INTO stream_records (tab, shard, key, old, new, consumer, at) VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![table, shard, key, text(old)?, text(new)?, consumer, now])?;
    Ok(shard)
}

/// Forgets records that every consumer has left behind and that are older than a day.
pub(crate) fn trim(tx: &Transaction<'_>, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM stream_records WHERE at < ? AND sequence <= coalesce(
             (SELECT min(sequence) FROM checkpoints WHERE checkpoints.shard = stream_records.shard), 0)",
        [now - KEPT],
    )?;
    Ok(())
}

/// Starts a consumer: one task a shard.
pub(crate) fn start<C: Consumer>(
    consumer: &C,
    world: &World,
    stop: &watch::Receiver<bool>,
    pumps: &mut JoinSet<()>,
) {
    for shard in 0..SHARDS {
        pumps.spawn(pump(consumer.clone(), world.clone(), shard, stop.clone()));
    }
}

async fn pump<C: Consumer>(consumer: C, world: World, shard: u8, stop: watch::Receiver<bool>) {
    let Some(bell) = world.wake.streams.get(usize::from(shard)) else {
        return;
    };
    let mut rest = Rest::new(stop, bell);
    // When the record that holds the shard back may be tried again.
    let mut not_before = i64::MIN;
    while !rest.over() {
        let wait = not_before.saturating_sub(world.surroundings.now_millis());
        let pause = if wait > 0 {
            pump::duration(wait).min(POLL)
        } else {
            match batch(&consumer, &world, shard).await {
                Ok(Progress::More) => continue,
                Ok(Progress::Idle) => POLL,
                Ok(Progress::Held(due)) => {
                    not_before = due;
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, consumer = consumer.name(), shard, "reading the stream failed; it will be tried again");
                    POLL
                }
            }
        };
        rest.until(pause).await;
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

/// How far a consumer is in a shard.
#[derive(Debug, Default)]
struct Checkpoint {
    sequence: i64,
    attempts: u32,
    first_failed: Option<i64>,
}

/// Hands the next records to the consumer, one after the other. The checkpoint moves up to the first that fails, past
/// it if the pipeline gives up on it.
async fn batch<C: Consumer>(
    consumer: &C,
    world: &World,
    shard: u8,
) -> Result<Progress, StoreError> {
    let (name, table) = (consumer.name(), consumer.table().name);
    let (checkpoint, changes) = world
        .store
        .read(move |connection| {
            let checkpoint = checkpoint(connection, name, shard)?;
            let changes = changes(connection, table, name, shard, checkpoint.sequence)?;
            Ok::<_, StoreError>((checkpoint, changes))
        })
        .await?;
    if changes.is_empty() {
        return Ok(Progress::Idle);
    }
    let mut done = checkpoint.sequence;
    for (position, (sequence, change)) in changes.into_iter().enumerate() {
        match consumer.handle(world, &change).await {
            Ok(()) => done = sequence,
            Err(error) => {
                // Only the first record after the checkpoint can have failed before.
                let before = if position == 0 {
                    checkpoint
                } else {
                    Checkpoint::default()
                };
                return hold(
                    consumer,
                    world,
                    shard,
                    done,
                    (sequence, change),
                    before,
                    error,
                )
                .await;
            }
        }
    }
    world
        .store
        .write(move |tx| {
            save(
                tx,
                name,
                shard,
                &Checkpoint {
                    sequence: done,
                    ..Checkpoint::default()
                },
            )
        })
        .await?;
    Ok(Progress::More)
}

/// A record has failed: the shard waits for it, or gives it up.
async fn hold<C: Consumer>(
    consumer: &C,
    world: &World,
    shard: u8,
    done: i64,
    (sequence, change): (i64, Change),
    before: Checkpoint,
    error: HandlerError,
) -> Result<Progress, StoreError> {
    let (name, now) = (consumer.name(), world.surroundings.now_millis());
    let attempts = before.attempts + 1;
    let first_failed = before.first_failed.unwrap_or(now);
    let next = match &error {
        HandlerError::Dead(_) => Next::GiveUp,
        HandlerError::Retry(_) => pump::after_failure(world, attempts, first_failed),
    };
    let cause = error.to_string();
    tracing::warn!(
        consumer = name,
        key = change.key,
        attempts,
        cause,
        ?next,
        "a stream record failed"
    );
    world
        .store
        .write(move |tx| match next {
            Next::Again(due) => {
                let held = Checkpoint {
                    sequence: done,
                    attempts,
                    first_failed: Some(first_failed),
                };
                save(tx, name, shard, &held)?;
                Ok(Progress::Held(due))
            }
            Next::GiveUp => {
                let payload = serde_json::to_value(&change)?;
                dead_letters::bury(
                    tx,
                    Origin::Stream,
                    name,
                    &change.key,
                    &cause,
                    attempts,
                    &payload,
                    now,
                )?;
                save(
                    tx,
                    name,
                    shard,
                    &Checkpoint {
                        sequence,
                        ..Checkpoint::default()
                    },
                )?;
                Ok(Progress::More)
            }
        })
        .await
}

fn checkpoint(
    connection: &Connection,
    consumer: &str,
    shard: u8,
) -> Result<Checkpoint, StoreError> {
    let sql =
        "SELECT sequence, attempts, first_failed FROM checkpoints WHERE consumer = ? AND shard = ?";
    let row = connection
        .prepare_cached(sql)?
        .query_row(params![consumer, shard], |row| {
            Ok(Checkpoint {
                sequence: row.get(0)?,
                attempts: row.get(1)?,
                first_failed: row.get(2)?,
            })
        });
    Ok(row.optional()?.unwrap_or_default())
}

fn save(
    tx: &Transaction<'_>,
    consumer: &str,
    shard: u8,
    checkpoint: &Checkpoint,
) -> Result<(), StoreError> {
    let Checkpoint {
        sequence,
        attempts,
        first_failed,
    } = checkpoint;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO checkpoints (consumer, shard, sequence, attempts, first_failed) VALUES (?, ?, ?, ?, ?)",
    )?
    .execute(params![consumer, shard, sequence, attempts, first_failed])?;
    Ok(())
}

fn changes(
    connection: &Connection,
    table: &str,
    consumer: &str,
    shard: u8,
    after: i64,
) -> Result<Vec<(i64, Change)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence, key, old, new FROM stream_records
         WHERE tab = ? AND shard = ? AND sequence > ? AND (consumer IS NULL OR consumer = ?)
         ORDER BY sequence LIMIT ?",
    )?;
    let rows = statement.query_map(params![table, shard, after, consumer, BATCH], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get::<_, Option<String>>(2)?,
            row.get::<_, Option<String>>(3)?,
        ))
    })?;
    let mut changes = Vec::new();
    for row in rows {
        let (sequence, key, old, new): (i64, String, _, _) = row?;
        let item = |text: Option<String>| {
            text.map(|text| serde_json::from_str::<Item>(&text))
                .transpose()
        };
        let (old, new) = (item(old)?, item(new)?);
        let change = Change {
            table: table.to_owned(),
            key,
            sequence: sequence.unsigned_abs(),
            old,
            new,
        };
        changes.push((sequence, change));
    }
    Ok(changes)
}

/// FNV-1a, written out since it lies on disk and has to stay the same.
#[allow(clippy::cast_possible_truncation, reason = "a remainder of a u8")]
fn shard_of(key: &str) -> u8 {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash % u32::from(SHARDS)) as u8
}

#[cfg(test)]
mod tests;

//! What lies in the database: records, shard by shard, and how far each consumer is.

use backend::ports::{Change, Item};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::Consumer;
use crate::store::StoreError;
use crate::trail;
use crate::world::World;

/// How many shards each stream has. Part of what lies on disk: changing it would change where keys belong.
pub(crate) const SHARDS: u8 = 8;
/// How many records a consumer is handed at once.
const BATCH: i64 = 50;
/// How long records are kept beyond the last consumer's checkpoint, in milliseconds: a day, as DynamoDB does.
const KEPT: i64 = 24 * 60 * 60 * 1000;

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
             (SELECT min(sequence) FROM checkpoints c WHERE c.tab = stream_records.tab AND c.shard = stream_records.shard), 0)",
        [now - KEPT],
    )?;
    Ok(())
}

/// A consumer in one shard of its table's stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) consumer: &'static str,
    pub(super) table: &'static str,
    pub(super) shard: u8,
}

/// How far a reader is.
#[derive(Debug, Default)]
pub(super) struct Checkpoint {
    /// Everything up to here is done.
    pub(super) sequence: i64,
    /// How often the record after it was tried.
    pub(super) attempts: u32,
    /// When that failed for the first time.
    pub(super) first_failed: Option<i64>,
}

impl Checkpoint {
    pub(super) fn at(sequence: i64) -> Self {
        Self {
            sequence,
            ..Self::default()
        }
    }
}

impl Reader {
    pub(super) fn of(consumer: &impl Consumer, shard: u8) -> Self {
        Self {
            consumer: consumer.name(),
            table: consumer.table().name,
            shard,
        }
    }

    /// A checkpoint at the beginning, unless it has one: [`trim`] knows the consumers by their checkpoints.
    pub(super) fn declare(self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        let new = tx.prepare_cached("INSERT OR IGNORE INTO checkpoints (consumer, tab, shard, sequence) VALUES (?, ?, ?, 0)")?
            .execute(params![self.consumer, self.table, self.shard])?;
        if new > 0 {
            trail::consumer_came(tx, self.consumer, self.table, self.shard)?;
        }
        Ok(())
    }

    pub(super) fn checkpoint(self, connection: &Connection) -> Result<Checkpoint, StoreError> {
        let sql = "SELECT sequence, attempts, first_failed FROM checkpoints WHERE consumer = ? AND shard = ?";
        let row =
            connection
                .prepare_cached(sql)?
                .query_row(params![self.consumer, self.shard], |row| {
                    Ok(Checkpoint {
                        sequence: row.get(0)?,
                        attempts: row.get(1)?,
                        first_failed: row.get(2)?,
                    })
                });
        Ok(row.optional()?.unwrap_or_default())
    }

    pub(super) fn save(
        self,
        tx: &Transaction<'_>,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        let Self {
            consumer,
            table,
            shard,
        } = self;
        let Checkpoint {
            sequence,
            attempts,
            first_failed,
        } = checkpoint;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO checkpoints (consumer, tab, shard, sequence, attempts, first_failed)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![consumer, table, shard, sequence, attempts, first_failed])?;
        Ok(())
    }

    /// The next records after the sequence number.
    pub(super) fn next(
        self,
        connection: &Connection,
        after: i64,
    ) -> Result<Vec<(i64, Change)>, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT sequence, key, old, new FROM stream_records
             WHERE tab = ? AND shard = ? AND sequence > ? AND (consumer IS NULL OR consumer = ?)
             ORDER BY sequence LIMIT ?",
        )?;
        let mut rows =
            statement.query(params![self.table, self.shard, after, self.consumer, BATCH])?;
        let item = |text: Option<String>| {
            text.map(|text| serde_json::from_str::<Item>(&text))
                .transpose()
        };
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            let sequence: i64 = row.get(0)?;
            let change = Change {
                table: self.table.to_owned(),
                key: row.get(1)?,
                sequence: sequence.unsigned_abs(),
                old: item(row.get(2)?)?,
                new: item(row.get(3)?)?,
            };
            changes.push((sequence, change));
        }
        Ok(changes)
    }
}

/// FNV-1a, written out since it lies on disk and has to stay the same.
#[allow(clippy::cast_possible_truncation, reason = "a remainder of a u8")]
pub(super) fn shard_of(key: &str) -> u8 {
    let hash = key.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash % u32::from(SHARDS)) as u8
}

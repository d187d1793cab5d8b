//! Keeping the trail.

use backend::event::EventId;
use backend::ports::Item;
use rusqlite::{Transaction, params};
use serde_json::Value;

use crate::store::StoreError;

/// On account of what something is written: an event, delivered to a rule's handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) event: EventId,
    pub(crate) rule: String,
}

/// One try to deliver an event, times in milliseconds.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) event: &'a str,
    pub(crate) rule: &'a str,
    pub(crate) begun: i64,
    pub(crate) ended: i64,
    pub(crate) outcome: &'static str,
    pub(crate) cause: Option<&'a str>,
}

/// A record that a consumer has published.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Published {
    pub(crate) sequence: i64,
    pub(crate) at: i64,
    pub(crate) reached: u64,
}

pub(crate) fn attempt(tx: &Transaction<'_>, attempt: &Attempt<'_>) -> Result<(), StoreError> {
    let Attempt {
        event,
        rule,
        begun,
        ended,
        outcome,
        cause,
    } = attempt;
    tx.prepare_cached(
        "INSERT INTO attempts (event, rule, begun, ended, outcome, cause) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![event, rule, begun, ended, outcome, cause])?;
    Ok(())
}

/// A row has changed on account of an event. To be called right after its stream record was appended.
pub(crate) fn effect(
    tx: &Transaction<'_>,
    Cause { event, rule }: &Cause,
    (table, shard, key): (&str, u8, &str),
    new: Option<&Item>,
    now: i64,
) -> Result<(), StoreError> {
    let revision = new
        .and_then(|row| row.get("revision"))
        .and_then(Value::as_i64);
    tx.prepare_cached(
        "INSERT INTO effects (sequence, event, rule, tab, shard, key, revision, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![tx.last_insert_rowid(), event.0, rule, table, shard, key, revision, now])?;
    Ok(())
}

/// Records have been published. Those that no event caused leave no trail.
pub(crate) fn published(
    tx: &Transaction<'_>,
    consumer: &str,
    records: &[Published],
) -> Result<(), StoreError> {
    let mut statement = tx.prepare_cached(
        "INSERT INTO publications (sequence, consumer, state, at, reached, times)
         SELECT sequence, ?2, 'published', ?3, ?4, 1 FROM effects
         WHERE sequence = coalesce((SELECT original FROM resends r WHERE r.sequence = ?1), ?1)
         ON CONFLICT (sequence, consumer) DO UPDATE SET state = 'published', times = times + 1,
             at = iif(times = 0, excluded.at, at), reached = iif(times = 0, excluded.reached, reached)",
    )?;
    for Published {
        sequence,
        at,
        reached,
    } in records
    {
        let reached = i64::try_from(*reached).unwrap_or(i64::MAX);
        statement.execute(params![sequence, consumer, at, reached])?;
    }
    Ok(())
}

/// A record will not be published, unless somebody sends it again.
pub(crate) fn given_up(
    tx: &Transaction<'_>,
    consumer: &str,
    sequence: i64,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO publications (sequence, consumer, state, at, reached, times)
         SELECT sequence, ?2, 'dead', ?3, 0, 0 FROM effects
         WHERE sequence = coalesce((SELECT original FROM resends r WHERE r.sequence = ?1), ?1)
         ON CONFLICT (sequence, consumer) DO UPDATE SET state = 'dead' WHERE state = 'again'",
        params![sequence, consumer, now],
    )?;
    Ok(())
}

/// A record that was given up waits to be published once more, under a number of its own.
pub(crate) fn sent_again(
    tx: &Transaction<'_>,
    consumer: &str,
    before: u64,
    now_as: i64,
) -> Result<(), StoreError> {
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO resends (sequence, original)
         SELECT ?2, sequence FROM effects
         WHERE sequence = coalesce((SELECT original FROM resends r WHERE r.sequence = ?1), ?1)",
        [before, now_as],
    )?;
    tx.execute(
        "UPDATE publications SET state = 'again'
         WHERE sequence = (SELECT original FROM resends WHERE sequence = ?) AND consumer = ? AND state = 'dead'",
        params![now_as, consumer],
    )?;
    Ok(())
}

/// A consumer has come anew: the records that are gone already are none of its business.
pub(crate) fn consumer_came(
    tx: &Transaction<'_>,
    consumer: &str,
    table: &str,
    shard: u8,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR IGNORE INTO publications (sequence, consumer, state, at, reached, times)
         SELECT sequence, ?1, 'before', at, 0, 0 FROM effects
         WHERE tab = ?2 AND shard = ?3
         AND NOT EXISTS (SELECT 1 FROM stream_records r WHERE r.sequence = effects.sequence)",
        params![consumer, table, shard],
    )?;
    Ok(())
}

/// Forgets an event's trail; its changes and publications stay in the account.
pub(crate) fn forget(tx: &Transaction<'_>, event: &str) -> Result<(), StoreError> {
    for sql in [
        "INSERT INTO totals SELECT 'changes', count(*) FROM effects WHERE event = ?1 HAVING count(*) > 0
         ON CONFLICT (state) DO UPDATE SET count = count + excluded.count",
        "INSERT INTO totals SELECT 'published/' || consumer, count(*) FROM publications
         WHERE sequence IN (SELECT sequence FROM effects WHERE event = ?1) GROUP BY consumer
         ON CONFLICT (state) DO UPDATE SET count = count + excluded.count",
        "DELETE FROM publications WHERE sequence IN (SELECT sequence FROM effects WHERE event = ?1)",
        "DELETE FROM resends WHERE original IN (SELECT sequence FROM effects WHERE event = ?1)",
        "DELETE FROM effects WHERE event = ?1",
        "DELETE FROM attempts WHERE event = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([event])?;
    }
    Ok(())
}

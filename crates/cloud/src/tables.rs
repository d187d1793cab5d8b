//! Tables as DynamoDB has them: rows under keys, conditions, transactions, keyset queries over indexes, and a stream
//! record for each change, in the change's own transaction.

use std::borrow::Cow;
use std::time::Duration;

use backend::ports::{Action, Condition, Index, Item, Page, PortError, Query, Table, Write};
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde_json::Value;
use tokio::sync::watch;

use crate::adapters::TABLES;
use crate::pump::Rest;
use crate::store::StoreError;
use crate::trail::{self, Cause};
use crate::world::World;
use crate::{bus, cognito, streams, workflows};

/// As many writes as DynamoDB takes in one transaction.
const MAX_WRITES: usize = 100;
/// As many bytes as DynamoDB takes in one item.
const MAX_ITEM: usize = 400 * 1024;
/// How often expired rows are looked for.
const SWEEP: Duration = Duration::from_secs(10);
/// How many rows go in one transaction.
const SWEPT_AT_ONCE: i64 = 100;

/// The row under a key.
pub(crate) fn get(
    connection: &Connection,
    table: &str,
    key: &str,
) -> Result<Option<Item>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT item FROM items WHERE tab = ? AND key = ?")?;
    let text = statement
        .query_row([table, key], |row| row.get::<_, String>(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// A page of an index.
pub(crate) fn query(
    connection: &Connection,
    table: &Table,
    index: &Index,
    query: &Query,
) -> Result<Page, StoreError> {
    let (beyond, order) = if query.descending {
        ("<", "DESC")
    } else {
        (">", "ASC")
    };
    let after = query
        .after
        .as_ref()
        .map_or(String::new(), |_| format!("AND r.sort {beyond} :after"));
    let sql = format!(
        "SELECT i.item FROM index_rows r JOIN items i ON i.tab = r.tab AND i.key = r.key
         WHERE r.tab = :tab AND r.name = :name AND r.partition = :partition {after}
         ORDER BY r.sort {order} LIMIT :limit"
    );
    let limit = query.limit.clamp(1, 1000);
    // One more than asked for tells whether there are more.
    let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut values: Vec<(&str, &dyn ToSql)> = vec![
        (":tab", &table.name),
        (":name", &index.name),
        (":partition", &query.partition),
        (":limit", &one_more),
    ];
    values.extend(
        query
            .after
            .as_ref()
            .map(|after| (":after", after as &dyn ToSql)),
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let texts = statement.query_map(&*values, |row| row.get::<_, String>(0))?;
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let more = texts.len() > limit;
    let items = texts
        .iter()
        .take(limit)
        .map(|text| serde_json::from_str(text));
    Ok(Page {
        items: items.collect::<Result<_, _>>()?,
        more,
    })
}

/// Carries out all the writes or, with the error, leaves the transaction to be rolled back. Says which shards of
/// streams got records. With a cause, the changes are in its trail.
pub(crate) fn transact(
    tx: &Transaction<'_>,
    writes: &[Write],
    cause: Option<&Cause>,
    now: i64,
) -> Result<streams::Touched, PortError> {
    if writes.len() > MAX_WRITES {
        return Err(PortError::Refused(format!(
            "{} writes: at most {MAX_WRITES}",
            writes.len()
        )));
    }
    let mut touched = streams::Touched::default();
    for (position, write) in writes.iter().enumerate() {
        if writes[..position]
            .iter()
            .any(|other| (other.table, &other.key) == (write.table, &write.key))
        {
            return Err(PortError::Refused(format!(
                "two writes of {} {}",
                write.table.name, write.key
            )));
        }
        let old = get(tx, write.table.name, &write.key)?;
        if !holds(&write.condition, old.as_ref()) {
            return Err(PortError::Condition(position));
        }
        let new = match &write.action {
            Action::Check => continue,
            Action::Put(item) => Some(Cow::Borrowed(item)),
            Action::Update(update) => {
                let updated = update.apply(write.table, &write.key, old.as_ref())?;
                Some(Cow::Owned(updated))
            }
            Action::Delete => None,
        };
        if let Some(item) = &new {
            check_item(write, item)?;
        }
        touched.add(replace(
            tx,
            write.table,
            &write.key,
            old.as_ref(),
            new.as_deref(),
            cause,
            now,
        )?);
    }
    Ok(touched)
}

fn holds(condition: &Condition, row: Option<&Item>) -> bool {
    match condition {
        Condition::Always => true,
        Condition::Absent => row.is_none(),
        Condition::Present => row.is_some(),
        Condition::Equals(attribute, value) => {
            row.and_then(|row| row.get(*attribute)) == Some(value)
        }
    }
}

fn check_item(write: &Write, item: &Item) -> Result<(), PortError> {
    let Write { table, key, .. } = write;
    if item.get(table.key).and_then(Value::as_str) != Some(key) {
        let attribute = table.key;
        return Err(PortError::Refused(format!(
            "a row of {} under {key:?} needs it as its {attribute}",
            table.name
        )));
    }
    let size = serde_json::to_string(item).map_or(usize::MAX, |text| text.len());
    if size > MAX_ITEM {
        return Err(PortError::Refused(format!(
            "a row of {size} bytes: at most {MAX_ITEM}"
        )));
    }
    Ok(())
}

/// Replaces a row, keeps the indexes in step and appends to the stream. Says which shard got a record.
fn replace(
    tx: &Transaction<'_>,
    table: &Table,
    key: &str,
    old: Option<&Item>,
    new: Option<&Item>,
    cause: Option<&Cause>,
    now: i64,
) -> Result<Option<u8>, StoreError> {
    if old == new {
        return Ok(None);
    }
    for index in table.indexes {
        let (before, after) = (place(index, old), place(index, new));
        if before == after {
            continue;
        }
        if let Some((partition, sort)) = before {
            tx.prepare_cached(
                "DELETE FROM index_rows WHERE tab = ? AND name = ? AND partition = ? AND sort = ? AND key = ?",
            )?
            .execute(params![table.name, index.name, partition, sort, key])?;
        }
        if let Some((partition, sort)) = after {
            tx.prepare_cached(
                "INSERT INTO index_rows (tab, name, partition, sort, key) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![table.name, index.name, partition, sort, key])?;
        }
    }
    match new {
        Some(item) => {
            let expires = table
                .expires
                .and_then(|attribute| item.get(attribute)?.as_i64());
            tx.prepare_cached(
                "INSERT OR REPLACE INTO items (tab, key, item, expires) VALUES (?, ?, ?, ?)",
            )?
            .execute(params![
                table.name,
                key,
                serde_json::to_string(item)?,
                expires
            ])?;
        }
        None => {
            tx.prepare_cached("DELETE FROM items WHERE tab = ? AND key = ?")?
                .execute([table.name, key])?;
        }
    }
    if !table.stream {
        return Ok(None);
    }
    let shard = streams::append(tx, table.name, key, old, new, None, now)?;
    if let Some(cause) = cause {
        trail::effect(tx, cause, (table.name, shard, key), new, now)?;
    }
    Ok(Some(shard))
}

/// Where an index holds a row, if it does.
fn place<'a>(index: &Index, row: Option<&'a Item>) -> Option<(&'a str, &'a str)> {
    let row = row?;
    Some((
        row.get(index.partition)?.as_str()?,
        row.get(index.sort)?.as_str()?,
    ))
}

/// Removes expired rows, and what else nobody needs any more: stream records, finished events, unused identities;
/// until told to stop.
pub(crate) async fn sweep(world: World, stop: watch::Receiver<bool>) {
    let mut rest = Rest::new(stop, &world.wake.sweeper);
    while !rest.over() {
        match sweep_some(&world).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "sweeping expired rows failed; it will be tried again");
            }
        }
        rest.until(SWEEP).await;
    }
}

/// Removes some expired rows, as changes like any other. Says whether there may be more.
async fn sweep_some(world: &World) -> Result<bool, StoreError> {
    let now = world.surroundings.now_millis();
    let (swept, touched) = world
        .store
        .write(move |tx| {
            let mut touched = streams::Touched::default();
            let mut statement = tx.prepare_cached(
                "SELECT tab, key FROM items WHERE expires IS NOT NULL AND expires <= ? ORDER BY expires LIMIT ?",
            )?;
            let rows = statement.query_map([now / 1000, SWEPT_AT_ONCE], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
            for (name, key) in &rows {
                if let Some(table) = TABLES.iter().find(|table| table.name == name) {
                    let old = get(tx, name, key)?;
                    touched.add(replace(tx, table, key, old.as_ref(), None, None, now)?);
                } else {
                    // A table of an older version: nobody reads it any more.
                    tx.execute("DELETE FROM items WHERE tab = ? AND key = ?", [name, key])?;
                }
            }
            streams::trim(tx, now)?;
            cognito::forget_unused(tx, now)?;
            workflows::forget_ended(tx, now)?;
            let forgotten = bus::forget_finished(tx, now, SWEPT_AT_ONCE)?;
            Ok::<_, StoreError>((rows.len().max(forgotten), touched))
        })
        .await?;
    touched.ring(world);
    Ok(i64::try_from(swept).is_ok_and(|swept| swept == SWEPT_AT_ONCE))
}

#[cfg(test)]
mod tests;

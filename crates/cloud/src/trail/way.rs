//! The way of one event.

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::error::CloudError;
use crate::store::{Store, StoreError};
use crate::surroundings::from_millis;

/// The way of one event, from the bus to its publication.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Way {
    /// The event's id.
    pub id: String,
    /// Its source.
    pub source: String,
    /// Its detail-type.
    pub detail_type: String,
    /// When the bus accepted it.
    #[serde(with = "time::serde::rfc3339")]
    pub accepted: OffsetDateTime,
    /// Its payload.
    pub detail: Value,
    /// What became of it, for each rule that wanted it.
    pub deliveries: Vec<Delivery>,
}

/// What became of an event for one rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Whose rule; empty where none wanted it.
    pub rule: String,
    /// `pending`, `written`, `late`, `duplicate`, `dead` or `unmatched`.
    pub state: String,
    /// Why the last try failed, if it did.
    pub cause: Option<String>,
    /// Each try to deliver it; there may be some after its end, for it is delivered at least once.
    pub tries: Vec<Try>,
    /// What it changed.
    pub changes: Vec<Change>,
}

/// A try to deliver an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Try {
    /// When it was handed to the handler.
    #[serde(with = "time::serde::rfc3339")]
    pub begun: OffsetDateTime,
    /// When the handler had done with it.
    #[serde(with = "time::serde::rfc3339")]
    pub ended: OffsetDateTime,
    /// `written`, `late`, `duplicate` or `failed`.
    pub outcome: String,
    /// Why it failed.
    pub cause: Option<String>,
}

/// A change of a view model, with its stream record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// The revision that it was written as.
    pub revision: Option<i64>,
    /// The number of the stream record.
    pub sequence: i64,
    /// When both were written.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What the stream's consumers made of it; those that have not come to it are not here.
    pub publications: Vec<Publication>,
}

/// What a consumer made of a change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Publication {
    /// The consumer.
    pub consumer: String,
    /// `published`, `dead`, `again` (it was dead and waits once more), or `before` where the consumer is younger than the
    /// change.
    pub state: String,
    /// When: published for the first time, or else given up.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How many subscriptions it was handed to, the first time.
    pub reached: i64,
    /// How often it was published: at least once.
    pub times: i64,
}

/// The way of an event.
///
/// # Errors
/// [`CloudError::NoEvent`] if the cloud does not know it.
pub async fn way(store: &Store, id: &str) -> Result<Way, CloudError> {
    let event = id.to_owned();
    let found = store.read(move |connection| {
        // One transaction, so that all of it is of the same moment.
        let tx = connection.unchecked_transaction()?;
        Ok::<_, StoreError>(find(&tx, &event)?)
    });
    found
        .await?
        .ok_or_else(|| CloudError::NoEvent(id.to_owned()))
}

fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<Way>> {
    let event = connection.query_row(
        "SELECT source, detail_type, time, detail FROM events WHERE id = ?",
        [id],
        |row| {
            let detail: String = row.get(3)?;
            Ok(Way {
                id: id.to_owned(),
                source: row.get(0)?,
                detail_type: row.get(1)?,
                accepted: moment(row, 2)?,
                detail: serde_json::from_str(&detail).unwrap_or(Value::String(detail)),
                deliveries: Vec::new(),
            })
        },
    );
    let Some(mut way) = event.optional()? else {
        return Ok(None);
    };
    let deliveries = all(
        connection,
        "SELECT rule, state, cause FROM deliveries WHERE event = ? ORDER BY rule",
        &[&id],
        |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)),
    )?;
    for (rule, state, cause) in deliveries {
        way.deliveries.push(Delivery {
            tries: tries(connection, id, &rule)?,
            changes: changes(connection, id, &rule)?,
            rule,
            state,
            cause,
        });
    }
    Ok(Some(way))
}

fn tries(connection: &Connection, id: &str, rule: &str) -> rusqlite::Result<Vec<Try>> {
    let sql = "SELECT begun, ended, outcome, cause FROM attempts WHERE event = ? AND rule = ? ORDER BY rowid";
    all(connection, sql, &[&id, &rule], |row| {
        Ok(Try {
            begun: moment(row, 0)?,
            ended: moment(row, 1)?,
            outcome: row.get(2)?,
            cause: row.get(3)?,
        })
    })
}

fn changes(connection: &Connection, id: &str, rule: &str) -> rusqlite::Result<Vec<Change>> {
    let sql = "SELECT tab, key, revision, sequence, at FROM effects WHERE event = ? AND rule = ? ORDER BY sequence";
    let mut changes = all(connection, sql, &[&id, &rule], |row| {
        Ok(Change {
            table: row.get(0)?,
            key: row.get(1)?,
            revision: row.get(2)?,
            sequence: row.get(3)?,
            at: moment(row, 4)?,
            publications: Vec::new(),
        })
    })?;
    for change in &mut changes {
        let sql = "SELECT consumer, state, at, reached, times FROM publications WHERE sequence = ? ORDER BY consumer";
        change.publications = all(connection, sql, &[&change.sequence], |row| {
            Ok(Publication {
                consumer: row.get(0)?,
                state: row.get(1)?,
                at: moment(row, 2)?,
                reached: row.get(3)?,
                times: row.get(4)?,
            })
        })?;
    }
    Ok(changes)
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection
        .prepare_cached(sql)?
        .query_map(values, read)?
        .collect()
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<OffsetDateTime> {
    row.get(column).map(from_millis)
}

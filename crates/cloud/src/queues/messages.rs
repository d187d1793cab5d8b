//! The messages that lie in the database. Each function is a part of a transaction and takes the time.

use backend::ports::{Depths, Queue, Workflow};
use backend::restaurant::MessageFailure;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde_json::Value;

use crate::dead_letters::{self, Origin};
use crate::store::StoreError;

/// A message that was received.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Received {
    pub(super) id: i64,
    /// How often it was received, this time among them.
    pub(super) receives: u32,
    pub(super) body: Value,
}

/// Puts a message into a queue.
pub(crate) fn send(
    tx: &Transaction<'_>,
    queue: &str,
    body: &Value,
    now: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO messages (queue, body, visible) VALUES (?, ?, ?)")?
        .execute(params![queue, serde_json::to_string(body)?, now])?;
    Ok(())
}

/// A batch of what is visible; nobody else receives it for as long as said. What was received too often is given up
/// instead: whoever had it last never said what became of it.
pub(super) fn receive(
    tx: &Transaction<'_>,
    queue: &Queue,
    now: i64,
    visibility: i64,
) -> Result<Vec<Received>, StoreError> {
    let mut batch = Vec::new();
    let mut visible = tx.prepare_cached(
        "SELECT id, receives, body, cause FROM messages WHERE queue = ? AND visible <= ? ORDER BY visible, id LIMIT ?",
    )?;
    let rows = visible.query_map(params![queue.name, now, queue.batch], |row| {
        // Whatever is there, even if it is no text.
        let body = match row.get_ref(2)? {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            _ => String::new(),
        };
        let cause: Option<String> = row.get(3)?;
        Ok((row.get(0)?, row.get(1)?, body, cause))
    })?;
    // All are read before one is changed: what is changed stands elsewhere in the index that is being read.
    for row in rows.collect::<Result<Vec<_>, _>>()? {
        let (id, receives, body, cause) = row;
        let mut received = Received {
            id,
            receives,
            body: Value::Null,
        };
        // One that does not read must not hold up the others.
        match serde_json::from_str(&body) {
            Ok(body) => received.body = body,
            Err(error) => {
                received.body = body.into();
                give_up(tx, queue, &received, &format!("no JSON: {error}"), now)?;
                continue;
            }
        }
        if receives >= queue.receives {
            let silent = "the consumer had it and never said what became of it";
            give_up(tx, queue, &received, &cause.unwrap_or(silent.into()), now)?;
            continue;
        }
        tx.prepare_cached("UPDATE messages SET visible = ?, receives = receives + 1 WHERE id = ?")?
            .execute([now.saturating_add(visibility), id])?;
        batch.push(Received {
            receives: receives + 1,
            ..received
        });
    }
    Ok(batch)
}

/// A batch has come to its end: what failed comes again when it is visible again, or is given up; the rest is done.
pub(super) fn settle(
    tx: &Transaction<'_>,
    queue: &Queue,
    batch: &[Received],
    failures: &[MessageFailure],
    now: i64,
) -> Result<(), StoreError> {
    for received in batch {
        let Received { id, receives, .. } = received;
        let failed = failures.iter().find(|failure| failure.id == id.to_string());
        let Some(MessageFailure { cause, .. }) = failed else {
            let gone = tx
                .prepare_cached("DELETE FROM messages WHERE id = ?")?
                .execute([id])?;
            if gone == 0 {
                // Given up while somebody still had it, who has done with it after all.
                dead_letters::revive(tx, Origin::Queue, queue.name, subject(queue, received))?;
            }
            continue;
        };
        // Who took too long may find that somebody else has it by now.
        let newest = tx
            .prepare_cached("UPDATE messages SET cause = ? WHERE id = ? AND receives = ?")?
            .execute(params![cause, id, receives])?;
        if newest == 1 && *receives >= queue.receives {
            give_up(tx, queue, received, cause, now)?;
        }
    }
    Ok(())
}

/// When there will be something to receive, if there will.
pub(super) fn next(connection: &Connection, queue: &str) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT visible FROM messages WHERE queue = ? ORDER BY visible LIMIT 1";
    let mut next = connection.prepare_cached(sql)?;
    Ok(next.query_row([queue], |row| row.get(0)).optional()?)
}

/// How much there is, in one look: in the queue, and in the workflow that its messages begin. A message whose execution
/// has begun is that execution, whether or not its consumer has said so.
pub(super) fn depths(
    connection: &Connection,
    queue: &Queue,
    workflow: &Workflow,
    now: i64,
) -> Result<Depths, StoreError> {
    let sql = "
        WITH own AS MATERIALIZED (
            SELECT visible <= ?2 AS waits FROM messages WHERE queue = ?1 AND NOT (
                receives > 0 AND EXISTS (
                    SELECT 1 FROM executions WHERE machine = ?3
                        AND name = CASE WHEN json_valid(body) THEN json_extract(body, '$.' || ?4) END
                )
            )
        )
        SELECT
            (SELECT count(*) FROM own WHERE waits),
            (SELECT count(*) FROM own WHERE NOT waits)
                + (SELECT count(*) FROM executions WHERE due IS NOT NULL AND machine = ?3),
            (SELECT count(*) FROM dead_letters WHERE origin = 'queue' AND name = ?1)
                + (SELECT count(*) FROM dead_letters WHERE origin = 'workflow' AND name = ?3)";
    let asked = params![queue.name, now, workflow.name, queue.subject];
    let depths = connection.prepare_cached(sql)?.query_row(asked, |row| {
        Ok(Depths {
            depth: row.get(0)?,
            in_flight: row.get(1)?,
            dead: row.get(2)?,
        })
    })?;
    Ok(depths)
}

/// What people know a message by.
fn subject<'a>(queue: &Queue, received: &'a Received) -> &'a str {
    received.body[queue.subject].as_str().unwrap_or("unknown")
}

fn give_up(
    tx: &Transaction<'_>,
    queue: &Queue,
    received: &Received,
    cause: &str,
    now: i64,
) -> Result<(), StoreError> {
    let Received { id, receives, body } = received;
    let subject = subject(queue, received);
    tracing::warn!(queue = queue.name, subject, cause, "a message is given up");
    dead_letters::bury(
        tx,
        Origin::Queue,
        queue.name,
        subject,
        cause,
        *receives,
        body,
        now,
    )?;
    tx.prepare_cached("DELETE FROM messages WHERE id = ?")?
        .execute([id])?;
    Ok(())
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;

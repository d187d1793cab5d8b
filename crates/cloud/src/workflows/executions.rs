//! The executions that lie in the database. Each function is a part of a transaction.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Transaction, params};
use serde_json::Value;
use states::{Checkpoint, End};

use crate::dead_letters::{self, Origin};
use crate::store::StoreError;

/// How long the name of an execution that ended is kept, in milliseconds: 90 days, as Step Functions does.
const KEPT: i64 = 90 * 24 * 60 * 60 * 1000;

/// Which execution, and which of its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) machine: String,
    pub(super) name: String,
    pub(super) step: i64,
}

/// What is kept of an execution: where it stands, or why that cannot be read.
pub(super) type Kept = Result<Checkpoint, Unreadable>;

/// A checkpoint that is none, such as of a version that wrote others.
#[derive(Debug)]
pub(super) struct Unreadable {
    text: String,
    cause: String,
}

/// What follows a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Then {
    /// It goes on at this time.
    At(i64),
    /// It is over.
    Over(End),
}

/// Keeps the first checkpoint of an execution that is to go on at once, unless there is one of its name. Says whether
/// there was none.
pub(super) fn begin(
    tx: &Transaction<'_>,
    machine: &str,
    name: &str,
    checkpoint: &Checkpoint,
    now: i64,
) -> Result<bool, StoreError> {
    let begun = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO executions (machine, name, state, step, checkpoint, due)
             VALUES (?, ?, 'running', 0, ?, ?)",
        )?
        .execute(params![
            machine,
            name,
            serde_json::to_string(checkpoint)?,
            now
        ])?;
    Ok(begun == 1)
}

/// What is to go on, and when the next one after it is.
#[expect(clippy::type_complexity, reason = "two answers of one look")]
pub(super) fn due(
    connection: &Connection,
    now: i64,
    at_most: i64,
) -> Result<(Vec<(Place, Kept)>, Option<i64>), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT machine, name, step, checkpoint FROM executions WHERE due <= ? ORDER BY due LIMIT ?",
    )?;
    let mut rows = statement.query(params![now, at_most])?;
    let mut executions = Vec::new();
    while let Some(row) = rows.next()? {
        // Whatever is there, even if it is no text.
        let text = match row.get_ref(3)? {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            _ => String::new(),
        };
        let place = Place {
            machine: row.get(0)?,
            name: row.get(1)?,
            step: row.get(2)?,
        };
        // One that does not read must not hold up the others.
        let kept = serde_json::from_str(&text).map_err(|error| Unreadable {
            text,
            cause: error.to_string(),
        });
        executions.push((place, kept));
    }
    let next = connection
        .prepare_cached("SELECT min(due) FROM executions WHERE due > ?")?
        .query_row([now], |row| row.get(0))?;
    Ok((executions, next))
}

/// Keeps the checkpoint that follows the one at this place. `None` if somebody else has kept one there, and then nothing
/// of this transaction must stay.
pub(super) fn keep(
    tx: &Transaction<'_>,
    place: &Place,
    checkpoint: &Checkpoint,
    then: &Then,
    now: i64,
) -> Result<Option<Place>, StoreError> {
    let (state, kept, due, ended) = match then {
        Then::At(due) => {
            let kept = serde_json::to_string(checkpoint)?;
            ("running", Some(kept), Some(*due), None)
        }
        Then::Over(End::Succeeded(_)) => ("succeeded", None, None, Some(now)),
        Then::Over(End::Failed { error, cause }) => {
            let error = error.as_deref().unwrap_or("it failed");
            let cause = match cause.as_deref() {
                Some(cause) => format!("{error} in {}: {cause}", checkpoint.state()),
                None => format!("{error} in {}", checkpoint.state()),
            };
            bury(tx, place, &cause, &checkpoint.execution.input, now)?;
            ("failed", None, None, Some(now))
        }
    };
    move_on(tx, place, (state, kept, due, ended))
}

/// Gives up an execution whose checkpoint does not read. Its dead letter has the input, if that can be found, and else
/// the checkpoint as it is. `None` as for [`keep`].
pub(super) fn give_up(
    tx: &Transaction<'_>,
    place: &Place,
    Unreadable { text, cause }: Unreadable,
    now: i64,
) -> Result<Option<Place>, StoreError> {
    let cause = format!("its checkpoint does not read: {cause}");
    let kept = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let input = kept.pointer("/execution/input").unwrap_or(&kept);
    bury(tx, place, &cause, input, now)?;
    move_on(tx, place, ("failed", None, None, Some(now)))
}

fn bury(
    tx: &Transaction<'_>,
    Place { machine, name, .. }: &Place,
    cause: &str,
    input: &Value,
    now: i64,
) -> Result<(), StoreError> {
    tracing::warn!(workflow = machine, name, cause, "an execution failed");
    dead_letters::bury(tx, Origin::Workflow, machine, name, cause, 1, input, now)
}

/// The row after this place: its state, checkpoint, when it goes on, and when it ended.
fn move_on(
    tx: &Transaction<'_>,
    place: &Place,
    (state, checkpoint, due, ended): (&str, Option<String>, Option<i64>, Option<i64>),
) -> Result<Option<Place>, StoreError> {
    let Place {
        machine,
        name,
        step,
    } = place;
    let kept = tx
        .prepare_cached(
            "UPDATE executions SET state = ?, checkpoint = ?, due = ?, ended = ?, step = step + 1
             WHERE machine = ? AND name = ? AND step = ?",
        )?
        .execute(params![state, checkpoint, due, ended, machine, name, step])?;
    Ok((kept == 1).then(|| Place {
        step: step + 1,
        ..place.clone()
    }))
}

/// What is kept of an execution that failed makes room for another try.
pub(super) fn clear_failed(
    tx: &Transaction<'_>,
    machine: &str,
    name: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM executions WHERE machine = ? AND name = ? AND state = 'failed'",
        [machine, name],
    )?;
    Ok(())
}

/// Forgets what succeeded long ago. What failed may still be begun again.
pub(crate) fn forget_ended(tx: &Transaction<'_>, now: i64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM executions WHERE ended < ? AND state = 'succeeded'")?
        .execute([now - KEPT])?;
    Ok(())
}

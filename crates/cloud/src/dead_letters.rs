//! What the pipeline gave up on, with its cause, until somebody sends it again; and the account of all events.

use backend::ports::Change;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::bus;
use crate::error::CloudError;
use crate::store::{Store, StoreError};
use crate::surroundings::from_millis;
use crate::world::World;
use crate::{queues, streams, timers, trail, workflows};

/// Something the pipeline gave up on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Its id here.
    pub id: i64,
    /// Which part of the pipeline.
    pub origin: Origin,
    /// The rule, the consumer, the timer, the queue or the workflow.
    pub name: String,
    /// The event's id, the row's key, the timer's name, the execution's name, or what a message is about.
    pub subject: String,
    /// Why.
    pub cause: String,
    /// How often it was tried.
    pub attempts: u32,
    /// The event, the change, the timer's payload, the message or the execution's input, whole.
    pub payload: Value,
    /// When it was given up.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Which part of the pipeline gave something up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The bus: an event.
    Bus,
    /// A stream's consumer: a change.
    Stream,
    /// A timer.
    Timer,
    /// A queue: a message.
    Queue,
    /// A workflow: an execution.
    Workflow,
}

impl Origin {
    /// As it is kept and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bus => "bus",
            Self::Stream => "stream",
            Self::Timer => "timer",
            Self::Queue => "queue",
            Self::Workflow => "workflow",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "bus" => Self::Bus,
            "stream" => Self::Stream,
            "queue" => Self::Queue,
            "workflow" => Self::Workflow,
            _ => Self::Timer,
        }
    }
}

/// What became of everything the bus accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Accepted by the bus.
    pub accepted: u64,
    /// Written into a view model.
    pub written: u64,
    /// Of a state that had passed.
    pub late: u64,
    /// Known already.
    pub duplicate: u64,
    /// Given up, see [`list`].
    pub dead: u64,
    /// Still to be delivered.
    pub pending: u64,
    /// Wanted by no rule.
    pub unmatched: u64,
}

impl Account {
    /// Whether nothing is missing and nothing is there twice.
    #[must_use]
    pub const fn closes(&self) -> bool {
        let Self {
            accepted,
            written,
            late,
            duplicate,
            dead,
            pending,
            unmatched,
        } = *self;
        accepted == written + late + duplicate + dead + pending + unmatched
    }
}

/// All dead letters, the oldest first.
///
/// # Errors
/// Where the store fails.
pub async fn list(store: &Store) -> Result<Vec<DeadLetter>, CloudError> {
    let list = |connection: &Connection| {
        let mut statement = connection.prepare_cached("SELECT * FROM dead_letters ORDER BY id")?;
        let letters = statement.query_map([], read)?;
        Ok::<_, StoreError>(letters.collect::<Result<_, _>>()?)
    };
    Ok(store.read(list).await?)
}

/// One dead letter.
///
/// # Errors
/// [`CloudError::NoDeadLetter`] if there is none under this id.
pub async fn show(store: &Store, id: i64) -> Result<DeadLetter, CloudError> {
    store
        .read(move |connection| find(connection, id)?.ok_or(CloudError::NoDeadLetter(id)))
        .await
}

/// Sends one again, with a retry window of its own: an event by a new delivery of the same event, a change to the
/// consumer that failed, a timer at once, a message as a new one, an execution from its start.
///
/// # Errors
/// [`CloudError::NoDeadLetter`] if there is none under this id.
pub async fn resend(world: &World, id: i64) -> Result<(), CloudError> {
    let now = world.surroundings.now_millis();
    let again_in = world.clone();
    let again = move |tx: &Transaction<'_>| {
        let letter = find(tx, id)?.ok_or(CloudError::NoDeadLetter(id))?;
        let DeadLetter {
            origin,
            name,
            subject,
            payload,
            ..
        } = letter;
        match origin {
            Origin::Bus => bus::deliver_again(tx, &subject, &name, now)?,
            Origin::Stream => {
                let change: Change = serde_json::from_value(payload).map_err(StoreError::from)?;
                let Change {
                    table,
                    key,
                    old,
                    new,
                    sequence,
                } = change;
                streams::append(
                    tx,
                    &table,
                    &key,
                    old.as_ref(),
                    new.as_ref(),
                    Some(&name),
                    now,
                )?;
                trail::sent_again(tx, &name, sequence, tx.last_insert_rowid())?;
            }
            Origin::Timer => timers::set(tx, &name, now, &payload)?,
            Origin::Queue => queues::send(tx, &name, &payload, now)?,
            Origin::Workflow => workflows::start_again(&again_in, tx, &name, &subject, payload)?,
        }
        tx.execute("DELETE FROM dead_letters WHERE id = ?", [id])?;
        Ok::<_, CloudError>(())
    };
    world.store.write(again).await?;
    world.nudge();
    Ok(())
}

/// What came of sending all of them again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Resent {
    /// So many were sent again.
    pub resent: usize,
    /// These cannot be, for now or for ever, and stay.
    pub stayed: Vec<Stayed>,
}

/// A dead letter that could not be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stayed {
    /// Its id.
    pub id: i64,
    /// Why, for people.
    pub why: String,
}

/// Sends all of them again that can be; one that cannot holds up nobody. What is gone meanwhile is somebody else's.
///
/// # Errors
/// Where the store cannot be read.
pub async fn resend_all(world: &World) -> Result<Resent, CloudError> {
    let mut all = Resent::default();
    for DeadLetter { id, .. } in list(&world.store).await? {
        match resend(world, id).await {
            Ok(()) => all.resent += 1,
            Err(CloudError::NoDeadLetter(_)) => {}
            Err(error) => {
                let why = error.to_string();
                all.stayed.push(Stayed { id, why });
            }
        }
    }
    Ok(all)
}

/// Forgets one for good: there is nothing to send again then.
///
/// # Errors
/// [`CloudError::NoDeadLetter`] if there is none under this id; [`CloudError::Refused`] for an event of the bus, which
/// the account of all events needs.
pub async fn discard(store: &Store, id: i64) -> Result<(), CloudError> {
    let discard = move |tx: &Transaction<'_>| {
        let letter = find(tx, id)?.ok_or(CloudError::NoDeadLetter(id))?;
        if letter.origin == Origin::Bus {
            return Err(CloudError::Refused(format!(
                "dead letter {id} is an event that the bus accepted, and the account of all events counts it: it can be \
                 sent again (`eddy-cloud dead-letters resend {id}`), not dropped"
            )));
        }
        tx.execute("DELETE FROM dead_letters WHERE id = ?", [id])?;
        Ok(())
    };
    store.write(discard).await
}

/// The account of all events.
///
/// # Errors
/// Where the store fails.
pub async fn account(store: &Store) -> Result<Account, CloudError> {
    Ok(store.read(counted).await?)
}

/// As [`account`].
pub(crate) fn counted(connection: &Connection) -> Result<Account, StoreError> {
    // One statement, so that all counts see the same moment.
    let mut statement = connection.prepare_cached(
            "SELECT 'accepted', count(*) FROM events UNION ALL SELECT state, count(*) FROM deliveries GROUP BY state
             UNION ALL SELECT state, count FROM totals",
        )?;
    let counts = statement.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, i64>(1)?.unsigned_abs(),
        ))
    })?;
    let mut account = Account::default();
    for count in counts {
        let (state, count) = count?;
        let total = match state.as_str() {
            "accepted" => &mut account.accepted,
            "written" => &mut account.written,
            "late" => &mut account.late,
            "duplicate" => &mut account.duplicate,
            "dead" => &mut account.dead,
            "pending" => &mut account.pending,
            "unmatched" => &mut account.unmatched,
            // What the trail adds to the totals.
            _ => continue,
        };
        *total += count;
    }
    Ok(account)
}

/// Keeps something that the pipeline gives up, in the transaction that gives it up.
#[allow(clippy::too_many_arguments, reason = "the columns of one row")]
pub(crate) fn bury(
    tx: &Transaction<'_>,
    origin: Origin,
    name: &str,
    subject: &str,
    cause: &str,
    attempts: u32,
    payload: &Value,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO dead_letters (origin, name, subject, cause, attempts, payload, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![origin.as_str(), name, subject, cause, attempts, serde_json::to_string(payload)?, now],
    )?;
    Ok(())
}

/// Forgets that something was given up, since it got through after all.
pub(crate) fn revive(
    tx: &Transaction<'_>,
    origin: Origin,
    name: &str,
    subject: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM dead_letters WHERE origin = ? AND name = ? AND subject = ?",
        [origin.as_str(), name, subject],
    )?;
    Ok(())
}

fn find(connection: &Connection, id: i64) -> Result<Option<DeadLetter>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM dead_letters WHERE id = ?")?;
    Ok(statement.query_row([id], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<DeadLetter> {
    let payload: String = row.get("payload")?;
    Ok(DeadLetter {
        id: row.get("id")?,
        origin: Origin::parse(&row.get::<_, String>("origin")?),
        name: row.get("name")?,
        subject: row.get("subject")?,
        cause: row.get("cause")?,
        attempts: row.get("attempts")?,
        // What does not read as JSON is shown as the text it is.
        payload: serde_json::from_str(&payload).unwrap_or(Value::String(payload)),
        at: from_millis(row.get("at")?),
    })
}

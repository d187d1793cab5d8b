//! The event bus: what it accepts it delivers at least once, in no order, and knows what became of it.
//!
//! Accepting is one transaction: the event, a delivery for each rule that wants it (what becomes of it), and a place
//! in the queue (when it is to be tried). With disorder each delivery has two places, at random times.

use backend::event::{BusEvent, EventId, HandlerError, NewEvent, Outcome, Rule};
use futures::StreamExt as _;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use serde_json::Value;
use tokio::sync::watch;

use crate::adapters::{self, RULES};
use crate::dead_letters::{self, Origin};
use crate::pump::{self, Next, POLL, Rest};
use crate::store::{Store, StoreError};
use crate::surroundings::{Surroundings, from_millis, millis};
use crate::world::World;

/// As many entries as `PutEvents` takes.
pub const MAX_ENTRIES: usize = 10;
/// The rule of events that no rule wants.
pub(crate) const NO_RULE: &str = "";

/// How many deliveries are under way at once.
const CONCURRENCY: usize = 16;
/// How many are fetched at once.
const BATCH: i64 = 128;
/// How far disorder spreads the deliveries, in milliseconds.
const SPREAD: f64 = 300.0;

/// An entry of `PutEvents` as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// `Source`.
    pub source: String,
    /// `DetailType`.
    pub detail_type: String,
    /// `Detail`: a JSON object in a string.
    pub detail: String,
}

/// Why the bus does not take an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refused {
    /// EventBridge's `ErrorCode`.
    pub code: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl Entry {
    fn parse(self) -> Result<NewEvent, Refused> {
        let invalid = |field: &str| Refused {
            code: "InvalidArgument",
            message: format!(
                "Parameter {field} is not valid. Reason: {field} is a required argument."
            ),
        };
        if self.source.is_empty() {
            return Err(invalid("Source"));
        }
        if self.detail_type.is_empty() {
            return Err(invalid("DetailType"));
        }
        let malformed = |what: String| Refused {
            code: "MalformedDetail",
            message: what,
        };
        match serde_json::from_str(&self.detail) {
            Ok(detail @ Value::Object(_)) => Ok(NewEvent {
                source: self.source,
                detail_type: self.detail_type,
                detail,
            }),
            Ok(_) => Err(malformed(
                "Detail is malformed: it is not a JSON object.".to_owned(),
            )),
            Err(error) => Err(malformed(format!("Detail is malformed: {error}."))),
        }
    }
}

/// Takes the entries that can be taken, all of those in one transaction, and says for each its id or why not. The
/// limits of the call as a whole (its entries, its bytes) are the caller's.
///
/// # Errors
/// Where the store fails; then none was taken.
pub async fn put(
    world: &World,
    entries: Vec<Entry>,
) -> Result<Vec<Result<EventId, Refused>>, StoreError> {
    let parsed: Vec<_> = entries.into_iter().map(Entry::parse).collect();
    let events = parsed
        .iter()
        .filter_map(|entry| entry.as_ref().ok().cloned())
        .collect();
    let mut ids = accept(world, events).await?.into_iter();
    let lost = || Refused {
        code: "InternalFailure",
        message: "The event got no id.".to_owned(),
    };
    Ok(parsed
        .into_iter()
        .map(|entry| entry.and_then(|_| ids.next().ok_or_else(lost)))
        .collect())
}

/// Takes the events, all or none.
pub(crate) async fn accept(
    world: &World,
    events: Vec<NewEvent>,
) -> Result<Vec<EventId>, StoreError> {
    let (surroundings, disorder) = (world.surroundings.clone(), world.settings.disorder);
    let ids = world
        .store
        .write(move |tx| {
            let accepted = events.into_iter().map(|event| {
                let event = BusEvent {
                    id: EventId(surroundings.uuid()),
                    source: event.source,
                    detail_type: event.detail_type,
                    time: surroundings.now(),
                    detail: event.detail,
                };
                write_event(tx, &event)?;
                route(tx, &event, disorder, &surroundings)?;
                Ok(event.id)
            });
            accepted.collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    world.wake.bus.ring();
    Ok(ids)
}

fn write_event(tx: &Transaction<'_>, event: &BusEvent) -> Result<(), StoreError> {
    let detail = serde_json::to_string(&event.detail)?;
    tx.prepare_cached(
        "INSERT INTO events (id, source, detail_type, time, detail) VALUES (?, ?, ?, ?, ?)",
    )?
    .execute(params![
        event.id.0,
        event.source,
        event.detail_type,
        millis(event.time),
        detail
    ])?;
    Ok(())
}

fn route(
    tx: &Transaction<'_>,
    event: &BusEvent,
    disorder: bool,
    surroundings: &Surroundings,
) -> Result<(), StoreError> {
    let now = millis(event.time);
    let wanted = RULES
        .iter()
        .filter(|rule| rule.matches(&event.source, &event.detail_type));
    let wanted: Vec<&&Rule> = wanted.collect();
    if wanted.is_empty() {
        tx.execute(
            "INSERT INTO deliveries (event, rule, state, finished) VALUES (?, ?, 'unmatched', ?)",
            params![event.id.0, NO_RULE, now],
        )?;
    }
    for rule in wanted {
        tx.prepare_cached("INSERT INTO deliveries (event, rule, state) VALUES (?, ?, 'pending')")?
            .execute([&event.id.0, rule.name])?;
        for _ in 0..if disorder { 2 } else { 1 } {
            #[allow(clippy::cast_possible_truncation, reason = "a few hundred")]
            let later = if disorder {
                (surroundings.unit() * SPREAD) as i64
            } else {
                0
            };
            enqueue(tx, &event.id.0, rule.name, now + later)?;
        }
    }
    Ok(())
}

fn enqueue(tx: &Transaction<'_>, event: &str, rule: &str, due: i64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO queue (event, rule, due) VALUES (?, ?, ?)")?
        .execute(params![event, rule, due])?;
    Ok(())
}

/// A new delivery of an event that was given up, with a retry window of its own.
pub(crate) fn deliver_again(
    tx: &Transaction<'_>,
    event: &str,
    rule: &str,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE deliveries SET state = 'pending', cause = NULL, attempts = 0, first_failed = NULL, finished = NULL
         WHERE event = ? AND rule = ?",
        [event, rule],
    )?;
    enqueue(tx, event, rule, now)
}

/// Before the first delivery after a start: the time in which nobody tried does not count against the retry window.
pub(crate) async fn resume(store: &Store) -> Result<(), StoreError> {
    let reset = |tx: &Transaction<'_>| {
        tx.execute_batch(
            "UPDATE deliveries SET first_failed = NULL WHERE state = 'pending';
             UPDATE checkpoints SET first_failed = NULL;
             UPDATE timers SET first_failed = NULL;",
        )?;
        Ok::<_, StoreError>(())
    };
    store.write(reset).await
}

/// Delivers what is due, until told to stop.
pub(crate) async fn pump(world: World, stop: watch::Receiver<bool>) {
    let mut rest = Rest::new(stop, &world.wake.bus);
    while !rest.over() {
        let now = world.surroundings.now_millis();
        let pause = match world
            .store
            .read(move |connection| due(connection, now))
            .await
        {
            Ok(Due::Now(deliveries)) => {
                let deliveries = futures::stream::iter(deliveries);
                deliveries
                    .for_each_concurrent(CONCURRENCY, |delivery| deliver(&world, delivery))
                    .await;
                continue;
            }
            Ok(Due::At(at)) => pump::duration(at - now).min(POLL),
            Ok(Due::Nothing) => POLL,
            Err(error) => {
                tracing::warn!(%error, "reading the queue failed; it will be tried again");
                POLL
            }
        };
        rest.until(pause).await;
    }
}

enum Due {
    Now(Vec<Delivery>),
    At(i64),
    Nothing,
}

/// One try to be made.
struct Delivery {
    place: i64,
    rule: String,
    event: BusEvent,
    attempts: u32,
    first_failed: Option<i64>,
}

fn due(connection: &Connection, now: i64) -> Result<Due, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT q.id, q.rule, d.attempts, d.first_failed, e.id, e.source, e.detail_type, e.time, e.detail
         FROM queue q JOIN events e ON e.id = q.event JOIN deliveries d ON d.event = q.event AND d.rule = q.rule
         WHERE q.due <= ? ORDER BY q.due LIMIT ?",
    )?;
    let mut rows = statement.query([now, BATCH])?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        let detail: String = row.get(8)?;
        let event = BusEvent {
            id: EventId(row.get(4)?),
            source: row.get(5)?,
            detail_type: row.get(6)?,
            time: from_millis(row.get(7)?),
            detail: serde_json::from_str(&detail)?,
        };
        let (place, rule) = (row.get(0)?, row.get(1)?);
        deliveries.push(Delivery {
            place,
            rule,
            event,
            attempts: row.get(2)?,
            first_failed: row.get(3)?,
        });
    }
    if !deliveries.is_empty() {
        return Ok(Due::Now(deliveries));
    }
    let next = connection.query_row("SELECT min(due) FROM queue", [], |row| {
        row.get::<_, Option<i64>>(0)
    })?;
    Ok(next.map_or(Due::Nothing, Due::At))
}

async fn deliver(world: &World, delivery: Delivery) {
    let result = adapters::deliver(world, &delivery.rule, &delivery.event).await;
    let id = delivery.event.id.clone();
    if let Err(error) = settle(world, delivery, result).await {
        // It keeps its place in the queue and will be delivered again; not at once, for the disk may be full.
        tracing::warn!(%error, event = id.0, "keeping what became of an event failed");
        tokio::time::sleep(POLL).await;
    }
}

/// Keeps what a delivery came to. The first end stays, except that a success beats a death: with two copies under
/// way, one may be given up while the other gets through.
async fn settle(
    world: &World,
    delivery: Delivery,
    result: Result<Outcome, HandlerError>,
) -> Result<(), StoreError> {
    let now = world.surroundings.now_millis();
    let attempts = delivery.attempts + 1;
    let first_failed = delivery.first_failed.unwrap_or(now);
    let next = match &result {
        Err(HandlerError::Retry(_)) => pump::after_failure(world, attempts, first_failed),
        _ => Next::GiveUp,
    };
    if let Err(error) = &result {
        tracing::debug!(event = delivery.event.id.0, attempts, %error, ?next, "a delivery failed");
    }
    let Delivery {
        place, rule, event, ..
    } = delivery;
    world
        .store
        .write(move |tx| {
            let id = &event.id.0;
            let state = tx
                .prepare_cached("SELECT state FROM deliveries WHERE event = ? AND rule = ?")?
                .query_row([id, &rule], |row| row.get::<_, String>(0))
                .optional()?;
            let pending = state.as_deref() == Some("pending");
            match (result, next) {
                (Err(error), Next::Again(due)) if pending => {
                    tx.prepare_cached("UPDATE queue SET due = ? WHERE id = ?")?.execute([due, place])?;
                    tx.prepare_cached(
                        "UPDATE deliveries SET attempts = attempts + 1, cause = ?, first_failed = coalesce(first_failed, ?)
                         WHERE event = ? AND rule = ?",
                    )?
                    .execute(params![error.to_string(), first_failed, id, rule])?;
                    return Ok(());
                }
                (Err(error), _) if pending => {
                    let cause = error.to_string();
                    let payload = serde_json::to_value(&event)?;
                    finish(tx, id, &rule, "dead", Some(&cause), now)?;
                    dead_letters::bury(tx, Origin::Bus, &rule, id, &cause, attempts, &payload, now)?;
                    tx.execute("DELETE FROM queue WHERE event = ? AND rule = ?", [id, &rule])?;
                }
                (Ok(outcome), _) if pending || state.as_deref() == Some("dead") => {
                    finish(tx, id, &rule, state_of(outcome), None, now)?;
                    dead_letters::revive(tx, Origin::Bus, &rule, id)?;
                }
                // A copy of what has come to an end already.
                _ => {}
            }
            tx.prepare_cached("DELETE FROM queue WHERE id = ?")?.execute([place])?;
            Ok(())
        })
        .await
}

fn finish(
    tx: &Transaction<'_>,
    event: &str,
    rule: &str,
    state: &str,
    cause: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE deliveries SET state = ?, cause = ?, attempts = attempts + 1, finished = ? WHERE event = ? AND rule = ?",
    )?
    .execute(params![state, cause, now, event, rule])?;
    Ok(())
}

const fn state_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Written => "written",
        Outcome::Late => "late",
        Outcome::Duplicate => "duplicate",
    }
}

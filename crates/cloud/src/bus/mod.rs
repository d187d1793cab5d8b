//! The event bus: what it accepts it delivers at least once, in no order, and knows what became of it.
//!
//! Accepting is one transaction: the event, a delivery for each rule that wants it (what becomes of it), and a place
//! in the queue (when it is to be tried). With disorder each delivery has two places, at random times.

mod delivery;
mod forget;

use backend::event::{BusEvent, EventId, NewEvent, Rule};
use rusqlite::{Transaction, params};
use serde_json::Value;

use crate::adapters::RULES;
use crate::store::{Store, StoreError};
use crate::surroundings::{Surroundings, millis};
use crate::world::World;

pub(crate) use delivery::pump;
pub(crate) use forget::forget_finished;

/// As many entries as `PutEvents` takes.
pub const MAX_ENTRIES: usize = 10;
/// The rule of events that no rule wants.
pub(crate) const NO_RULE: &str = "";

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
    pub(crate) fn parse(self) -> Result<NewEvent, Refused> {
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
        .write(move |tx| accept_in(tx, events, disorder, &surroundings))
        .await?;
    world.wake.bus.ring();
    Ok(ids)
}

/// The same within a transaction; who commits it rings the bus's bell.
pub(crate) fn accept_in(
    tx: &Transaction<'_>,
    events: Vec<NewEvent>,
    disorder: bool,
    surroundings: &Surroundings,
) -> Result<Vec<EventId>, StoreError> {
    let accepted = events.into_iter().map(|event| {
        let event = BusEvent {
            id: EventId(surroundings.uuid()),
            source: event.source,
            detail_type: event.detail_type,
            time: surroundings.now(),
            detail: event.detail,
        };
        write_event(tx, &event)?;
        route(tx, &event, disorder, surroundings)?;
        Ok(event.id)
    });
    accepted.collect()
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

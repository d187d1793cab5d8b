//! Durable timers: a payload handed back at a time, at least once, also after a restart.

use backend::event::HandlerError;
use futures::StreamExt as _;
use rusqlite::{Connection, Transaction, params};
use serde_json::Value;
use tokio::sync::watch;

use crate::adapters;
use crate::dead_letters::{self, Origin};
use crate::pump::{self, Next, POLL, Rest};
use crate::store::StoreError;
use crate::world::World;

/// How many timers fire at once.
const CONCURRENCY: usize = 8;
/// How many are fetched at once.
const BATCH: i64 = 64;

/// Sets a timer, replacing one of that name.
pub(crate) fn set(
    tx: &Transaction<'_>,
    name: &str,
    at: i64,
    payload: &Value,
) -> Result<(), StoreError> {
    // A new generation: a timer that is set again while it fires is another one than the one that fires.
    tx.prepare_cached(
        "INSERT INTO timers (name, at, payload) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE
         SET at = ?2, payload = ?3, generation = generation + 1, attempts = 0, first_failed = NULL",
    )?
    .execute(params![name, at, serde_json::to_string(payload)?])?;
    Ok(())
}

/// Fires what is due, until told to stop.
pub(crate) async fn pump(world: World, stop: watch::Receiver<bool>) {
    let mut rest = Rest::new(stop, &world.wake.timers);
    while !rest.over() {
        let now = world.surroundings.now_millis();
        let pause = match world
            .store
            .read(move |connection| due(connection, now))
            .await
        {
            Ok((timers, _)) if !timers.is_empty() => {
                let timers = futures::stream::iter(timers);
                timers
                    .for_each_concurrent(CONCURRENCY, |timer| fire(&world, timer))
                    .await;
                continue;
            }
            Ok((_, next)) => next.map_or(POLL, |at| pump::duration(at - now).min(POLL)),
            Err(error) => {
                tracing::warn!(%error, "reading the timers failed; it will be tried again");
                POLL
            }
        };
        rest.until(pause).await;
    }
}

struct Timer {
    name: String,
    payload: Value,
    generation: i64,
    attempts: u32,
    first_failed: Option<i64>,
}

/// What is due, and when the next one after it will be.
fn due(connection: &Connection, now: i64) -> Result<(Vec<Timer>, Option<i64>), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, payload, generation, attempts, first_failed FROM timers WHERE at <= ? ORDER BY at LIMIT ?",
    )?;
    let mut rows = statement.query([now, BATCH])?;
    let mut timers = Vec::new();
    while let Some(row) = rows.next()? {
        let payload: String = row.get(1)?;
        timers.push(Timer {
            name: row.get(0)?,
            payload: serde_json::from_str(&payload)?,
            generation: row.get(2)?,
            attempts: row.get(3)?,
            first_failed: row.get(4)?,
        });
    }
    let next = connection.query_row("SELECT min(at) FROM timers WHERE at > ?", [now], |row| {
        row.get(0)
    })?;
    Ok((timers, next))
}

async fn fire(world: &World, timer: Timer) {
    let result = adapters::fire(world, &timer.name, &timer.payload).await;
    let name = timer.name.clone();
    if let Err(error) = settle(world, timer, result).await {
        // It is still due and will fire again; not at once, for the disk may be full.
        tracing::warn!(%error, timer = name, "keeping that a timer has fired failed");
        tokio::time::sleep(POLL).await;
    }
}

async fn settle(
    world: &World,
    timer: Timer,
    result: Result<(), HandlerError>,
) -> Result<(), StoreError> {
    let now = world.surroundings.now_millis();
    let attempts = timer.attempts + 1;
    let first_failed = timer.first_failed.unwrap_or(now);
    let next = match &result {
        Err(HandlerError::Retry(_)) => pump::after_failure(world, attempts, first_failed),
        _ => Next::GiveUp,
    };
    let Timer {
        name,
        payload,
        generation,
        ..
    } = timer;
    world
        .store
        .write(move |tx| {
            if let (Err(_), Next::Again(at)) = (&result, next) {
                tx.prepare_cached(
                    "UPDATE timers SET at = ?, attempts = ?, first_failed = ? WHERE name = ? AND generation = ?",
                )?
                .execute(params![at, attempts, first_failed, name, generation])?;
                return Ok(());
            }
            if let Err(error) = result {
                let cause = error.to_string();
                tracing::warn!(timer = name, cause, "a timer is given up");
                dead_letters::bury(tx, Origin::Timer, &name, &name, &cause, attempts, &payload, now)?;
            }
            tx.prepare_cached("DELETE FROM timers WHERE name = ? AND generation = ?")?
                .execute(params![name, generation])?;
            Ok(())
        })
        .await
}

//! Durable timers: a payload handed back at a time, at least once, also after a restart.

use std::collections::{HashMap, VecDeque};

use backend::event::HandlerError;
use rusqlite::{Connection, Transaction, params};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

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

/// Fires what is due, until told to stop; then waits for those that are firing. One that takes its time, such as one that
/// asks somebody who does not answer, holds up none but itself.
pub(crate) async fn pump(world: World, stop: watch::Receiver<bool>) {
    let mut rest = Rest::new(stop, &world.wake.timers);
    let mut waiting = VecDeque::new();
    let mut fired = JoinSet::new();
    // By name, so that none fires a second time meanwhile. A name goes only once its task has been heard of: what was read
    // before that may still have it as due.
    let mut firing = HashMap::<Id, String>::new();
    while !rest.over() {
        let mut pause = POLL;
        if waiting.is_empty() {
            let now = world.surroundings.now_millis();
            let read = world.store.read(move |connection| due(connection, now));
            match read.await {
                Ok((timers, next)) => {
                    waiting.extend(timers);
                    waiting.retain(|timer: &Timer| firing.values().all(|it| *it != timer.name));
                    pause = next.map_or(POLL, |at| pump::duration(at - now).min(POLL));
                }
                Err(error) => {
                    tracing::warn!(%error, "reading the timers failed; it will be tried again");
                }
            }
        }
        while fired.len() < CONCURRENCY
            && let Some(timer) = waiting.pop_front()
        {
            let (name, world) = (timer.name.clone(), world.clone());
            let task = fired.spawn(async move { fire(&world, timer).await });
            firing.insert(task.id(), name);
        }
        tokio::select! {
            Some(ended) = fired.join_next_with_id() => hear(ended, &mut firing),
            () = rest.until(pause) => {}
        }
    }
    while let Some(ended) = fired.join_next_with_id().await {
        hear(ended, &mut firing);
    }
}

/// A task that fired a timer has ended. A handler that panics has failed like others; what is left is a fault of the
/// pump's own, which its timer survives.
fn hear(ended: Result<(Id, ()), JoinError>, firing: &mut HashMap<Id, String>) {
    let id = match ended {
        Ok((id, ())) => id,
        Err(error) => {
            tracing::error!(%error, "firing a timer broke off; it will fire again");
            error.id()
        }
    };
    firing.remove(&id);
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

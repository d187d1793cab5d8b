//! Delivering: what is due goes to its handler, and what came of it is kept.

use backend::event::{BusEvent, EventId, HandlerError, Outcome};
use futures::StreamExt as _;
use rusqlite::{Connection, Transaction, params};
use tokio::sync::watch;

use crate::adapters;
use crate::dead_letters::{self, Origin};
use crate::pump::{self, Next, POLL, Rest};
use crate::store::StoreError;
use crate::surroundings::{from_millis, millis};
use crate::trail::{self, Attempt};
use crate::world::World;

/// How many deliveries are under way at once.
const CONCURRENCY: usize = 16;
/// How old an event may be for another copy of it to be delivered once it has come to an end, in milliseconds: a day.
/// EventBridge keeps trying no longer, and handlers keep their receipts no longer than that.
const COPIES: i64 = 24 * 60 * 60 * 1000;
/// How many are fetched at once.
const BATCH: i64 = 128;

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
    let id = delivery.event.id.clone();
    let settled = match is_stale(world, &delivery).await {
        Ok(true) => drop_copy(world, delivery.place).await,
        Ok(false) => {
            let begun = world.surroundings.now_millis();
            let result = adapters::deliver(world, &delivery.rule, &delivery.event).await;
            settle(world, delivery, begun, result).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = settled {
        // It keeps its place in the queue and will be delivered again; not at once, for the disk may be full.
        tracing::warn!(%error, event = id.0, "keeping what became of an event failed");
        tokio::time::sleep(POLL).await;
    }
}

/// Whether it is a copy of what came to its end long ago. Asked at the last moment: a machine may have slept for days
/// with it in hand.
async fn is_stale(world: &World, delivery: &Delivery) -> Result<bool, StoreError> {
    if millis(delivery.event.time) + COPIES > world.surroundings.now_millis() {
        return Ok(false);
    }
    let (event, rule) = (delivery.event.id.0.clone(), delivery.rule.clone());
    let ended = move |connection: &Connection| {
        let sql = "SELECT state != 'pending' FROM deliveries WHERE event = ? AND rule = ?";
        Ok(connection.query_row(sql, [event, rule], |row| row.get(0))?)
    };
    world.store.read(ended).await
}

async fn drop_copy(world: &World, place: i64) -> Result<(), StoreError> {
    let drop_copy = move |tx: &Transaction<'_>| {
        tx.execute("DELETE FROM queue WHERE id = ?", [place])?;
        Ok(())
    };
    world.store.write(drop_copy).await
}

/// Keeps what a delivery came to. The first end stays, except that a success beats a death: with two copies under
/// way, one may be given up while the other gets through.
async fn settle(
    world: &World,
    delivery: Delivery,
    begun: i64,
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
            trail::attempt(tx, &tried(id, &rule, (begun, now), &result))?;
            let (state, attempts) = tx
                .prepare_cached("SELECT state, attempts + 1 FROM deliveries WHERE event = ? AND rule = ?")?
                .query_row([id, &rule], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?;
            let pending = state == "pending";
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
                (Ok(outcome), _) if pending || state == "dead" => {
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

fn tried<'a>(
    event: &'a str,
    rule: &'a str,
    (begun, ended): (i64, i64),
    result: &'a Result<Outcome, HandlerError>,
) -> Attempt<'a> {
    let (outcome, cause) = match result {
        Ok(outcome) => (state_of(*outcome), None),
        Err(HandlerError::Retry(cause) | HandlerError::Dead(cause)) => {
            ("failed", Some(cause.as_str()))
        }
    };
    Attempt {
        event,
        rule,
        begun,
        ended,
        outcome,
        cause,
    }
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

//! `/load/restaurant`: orders of the restaurant, through the real queue and workflow, and how long they took.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use backend::api::Caller;
use backend::ports::Queues as _;
use backend::restaurant::model::{Order, Status};
use backend::restaurant::{QUEUE, WORKFLOW, post_order};
use futures::StreamExt as _;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Answer, Refused, answer, faults::faults, parsed, within};
use crate::faults::Faults;
use crate::server::Front;
use crate::store::StoreError;
use crate::world::World;

/// The longest that a load may take.
const LONGEST: Duration = Duration::from_secs(600);
/// How often it is looked whether all have ended; the times are taken from what was written.
const LOOK: Duration = Duration::from_millis(100);
/// How many are placed at once.
const AT_ONCE: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    /// Orders.
    #[serde(default = "hundred")]
    count: u32,
    /// Orders a second. Without it all of them are queued before the consumer takes the first.
    rate: Option<f64>,
}

const fn hundred() -> u32 {
    100
}

/// What became of the orders. Times are in seconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Loaded {
    /// Orders that were accepted.
    accepted: u32,
    /// Of them, those that were paid and those that were not.
    succeeded: usize,
    failed: usize,
    /// From when the consumer could take the first of them to the last one's end.
    seconds: f64,
    /// Orders a second in that time.
    rate: f64,
    /// From an order's acceptance (or, where all were queued, from when the consumer could take the first) to its end.
    p50: f64,
    p99: f64,
}

/// The queues' consumers wait for as long as this lives: also where nobody waits for the load's answer any more.
struct Held<'a>(&'a Faults, &'a World);

impl<'a> Held<'a> {
    fn new(faults: &'a Faults, world: &'a World) -> Self {
        faults.hold_consumers(true);
        Self(faults, world)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.hold_consumers(false);
        self.1.wake.queues.ring();
    }
}

/// Places the orders and answers when all have ended.
pub(super) async fn run(State(front): State<Front>, body: Bytes) -> Answer<Loaded> {
    let Load { count, rate } = parsed(&body)?;
    within("count", count, 1, 20_000)?;
    let rate = rate.map(|rate| within("rate", rate, 0.1, 10_000.0));
    let rate = rate.transpose()?;
    let world = &front.world;
    let name = format!("load {}", &world.surroundings.uuid()[..8]);
    let faults = faults(&front)?;
    let held = rate.is_none().then(|| Held::new(faults, world));
    place(world, &name, count, rate).await?;
    let released = world.surroundings.now();
    drop(held);
    rested(world).await?;
    let ends = ends(world, name).await?;
    let began = |order: &End| match rate {
        Some(_) => order.created,
        None => released,
    };
    let took = |order: &End| (order.ended - began(order)).as_seconds_f64();
    let mut times: Vec<f64> = ends.iter().map(took).collect();
    times.sort_by(f64::total_cmp);
    let first = ends.iter().map(began).min().unwrap_or(released);
    let last = ends.iter().map(|end| end.ended).max().unwrap_or(released);
    let seconds = (last - first).as_seconds_f64();
    let succeeded = ends.iter().filter(|end| end.paid).count();
    answer(Loaded {
        accepted: count,
        succeeded,
        failed: ends.len() - succeeded,
        seconds,
        rate: f64::from(u32::try_from(ends.len()).unwrap_or(u32::MAX)) / seconds.max(0.001),
        p50: quantile(&times, 50),
        p99: quantile(&times, 99),
    })
}

async fn place(world: &World, name: &str, count: u32, rate: Option<f64>) -> Result<(), Refused> {
    let begun = Instant::now();
    let place = async |number: u32| {
        if let Some(rate) = rate {
            sleep_until(begun + Duration::from_secs_f64(f64::from(number) / rate)).await;
        }
        let input = json!({"name": name, "quantity": 1 + number % 100, "restaurantId": "load"});
        let arguments = [("input".to_owned(), input)].into_iter().collect();
        post_order(world, &arguments, &Caller::backend())
            .await
            .map_err(|error| Refused::Failed(error.to_string()))
    };
    let mut placed = futures::stream::iter(0..count)
        .map(place)
        .buffer_unordered(AT_ONCE);
    while let Some(order) = placed.next().await {
        order?;
    }
    Ok(())
}

/// Waits until neither queue nor workflow has anything left.
async fn rested(world: &World) -> Result<(), Refused> {
    let deadline = Instant::now() + LONGEST;
    while Instant::now() < deadline {
        let failed = |error: &dyn std::fmt::Display| Refused::Failed(error.to_string());
        let depths = world.depths(&QUEUE, &WORKFLOW).await;
        let depths = depths.map_err(|error| failed(&error))?;
        if (depths.depth, depths.in_flight) == (0, 0) {
            return Ok(());
        }
        sleep(LOOK).await;
    }
    let seconds = LONGEST.as_secs();
    Err(Refused::Failed(format!(
        "the orders have not all ended after {seconds} s"
    )))
}

/// How an order ended.
struct End {
    created: OffsetDateTime,
    ended: OffsetDateTime,
    paid: bool,
}

/// The ends of the orders of this name.
async fn ends(world: &World, name: String) -> Result<Vec<End>, Refused> {
    let read = move |connection: &Connection| {
        let sql = "SELECT item FROM items WHERE tab = 'restaurant-orders' AND json_extract(item, '$.name') = ?";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([name], |row| row.get::<_, String>(0))?;
        let mut ends = Vec::new();
        for row in rows {
            let row: Value = serde_json::from_str(&row?)?;
            let order: Order = serde_json::from_value(row)?;
            let last = order.stages.last().map(|stage| stage.at.0);
            if order.order_status != Status::Pending {
                ends.push(End {
                    created: order.created_at.0,
                    ended: last.unwrap_or(order.created_at.0),
                    paid: order.order_status == Status::Success,
                });
            }
        }
        Ok::<_, StoreError>(ends)
    };
    let ends = world.store.read(read).await;
    ends.map_err(|error| Refused::Failed(error.to_string()))
}

/// So many percent of sorted times are at most this.
fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

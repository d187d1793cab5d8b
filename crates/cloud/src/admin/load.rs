//! `/load`: order events at a given rate, through the real bus.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use backend::orders::traffic::Mix;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep_until};

use super::{Answer, Refused, answer, faults::faults, parsed, within};
use crate::bus;
use crate::server::Front;

/// The longest that a load may take, in seconds.
const LONGEST: f64 = 3600.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    /// Events a second.
    #[serde(default = "hundred")]
    rate: f64,
    /// Events.
    #[serde(default = "thousand")]
    count: u64,
    /// The same seed, the same mix.
    #[serde(default = "one")]
    seed: u64,
}

const fn hundred() -> f64 {
    100.0
}

const fn thousand() -> u64 {
    1000
}

const fn one() -> u64 {
    1
}

/// What the bus accepted.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Loaded {
    /// The orders' ids begin with it: no two loads share any.
    run: String,
    /// Events that the bus accepted.
    accepted: u64,
    /// Orders that these tell of.
    orders: u64,
    /// How long it took, in seconds.
    seconds: f64,
    /// Events a second, as it turned out.
    rate: f64,
    /// Whether a reset or the end of the cloud stopped it before it was through.
    stopped: bool,
}

/// Puts the events, in calls of at most ten as producers do. Whoever hangs up stops it.
pub(super) async fn run(State(front): State<Front>, body: Bytes) -> Answer<Loaded> {
    let Load { rate, count, seed } = parsed(&body)?;
    within("rate", rate, 0.1, 10_000.0)?;
    #[allow(clippy::cast_precision_loss, reason = "at most an hour's events")]
    within(
        "count / rate, in seconds,",
        count as f64 / rate,
        0.0,
        LONGEST,
    )?;
    let mut resets = faults(&front)?.resets();
    let mut stopping = front.stopping.clone();
    let run = front.world.surroundings.uuid()[..8].to_owned();
    let mut mix = Mix::new(seed, format!("load-{run}"), count);
    let begun = Instant::now();
    let (mut accepted, mut stopped) = (0, false);
    loop {
        #[allow(clippy::cast_precision_loss, reason = "at most an hour's events")]
        let due = begun + Duration::from_secs_f64(accepted as f64 / rate);
        tokio::select! {
            () = sleep_until(due) => {}
            _ = resets.changed() => stopped = true,
            _ = stopping.wait_for(|stopping| *stopping) => stopped = true,
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most ten"
        )]
        let behind = (begun.elapsed().as_secs_f64() * rate - accepted as f64)
            .clamp(1.0, bus::MAX_ENTRIES as f64) as usize;
        let events: Vec<_> = mix.by_ref().take(behind).collect();
        if stopped || events.is_empty() {
            break;
        }
        let ids = bus::accept(&front.world, events).await;
        let ids = ids.map_err(|error| {
            Refused::Failed(format!(
                "after {accepted} events the bus took no more: {error}"
            ))
        })?;
        accepted += ids.len() as u64;
    }
    let seconds = begun.elapsed().as_secs_f64();
    tracing::info!(run, accepted, seconds, stopped, "a load is through");
    #[allow(clippy::cast_precision_loss, reason = "at most an hour's events")]
    let rate = accepted as f64 / seconds.max(0.001);
    answer(Loaded {
        run,
        accepted,
        orders: mix.orders(),
        seconds,
        rate,
        stopped,
    })
}

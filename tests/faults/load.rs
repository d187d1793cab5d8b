//! The updates: so many after each fault, and some under way at each kill.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::process::Cloud;
use crate::{Result, until};

/// Updates that are put at once: some dozen orders on their way together.
const CHUNK: u64 = 200;
/// How fast they are put, in updates a second: slow enough for a kill in the middle.
const RATE: u64 = 400;

/// Puts updates on the bus, as many as are allowed so far.
pub(crate) struct Load {
    cloud: Arc<Cloud>,
    updates: u64,
    allowed: watch::Sender<u64>,
    begun: AtomicU64,
    ended: AtomicU64,
    interrupted: AtomicU64,
}

impl Load {
    pub(crate) fn new(cloud: Arc<Cloud>, updates: u64) -> Self {
        Self {
            cloud,
            updates,
            allowed: watch::Sender::new(0),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            interrupted: AtomicU64::new(0),
        }
    }

    /// So many may have been put.
    pub(crate) fn allow(&self, updates: u64) {
        self.allowed
            .send_modify(|allowed| *allowed = updates.min(self.updates).max(*allowed));
    }

    /// How many loads a kill has cut short.
    pub(crate) fn interrupted(&self) -> u64 {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// How many updates the bus has accepted. It is asked, and not added up here: a load that was cut short does not
    /// tell.
    async fn accepted(&self) -> Result<u64> {
        let counters = self.cloud.ask("GET", "/counters", Value::Null).await?;
        Ok(counters["accepted"].as_u64().ok_or("no account")?)
    }

    /// Puts all of them, as they are allowed. The seed tells which.
    pub(crate) async fn run(&self, seed: u64) -> Result {
        let mut allowed = self.allowed.subscribe();
        loop {
            let accepted = self.accepted().await?;
            if accepted == self.updates {
                return Ok(());
            }
            let enough = |allowed: &u64| *allowed >= accepted + CHUNK || *allowed == self.updates;
            let count = *allowed.wait_for(enough).await? - accepted;
            let number = self.begun.fetch_add(1, Ordering::SeqCst);
            let load = json!({"rate": RATE, "count": count.min(CHUNK), "seed": seed ^ number});
            if self.cloud.try_ask("POST", "/load", &load).await.is_err() {
                self.interrupted.fetch_add(1, Ordering::SeqCst);
            }
            self.ended.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Returns in the middle of a load.
    pub(crate) async fn under_way(&self) -> Result {
        let idle = async || {
            let accepted = self.accepted().await?;
            let ended = self.ended.load(Ordering::SeqCst);
            Ok(ended == self.begun.load(Ordering::SeqCst)
                && *self.allowed.borrow() < accepted + CHUNK)
        };
        until("the load at rest", idle).await?;
        let before = self.accepted().await?;
        self.allow(before + CHUNK);
        until("a load under way", async || {
            Ok(self.accepted().await? > before)
        })
        .await
    }
}

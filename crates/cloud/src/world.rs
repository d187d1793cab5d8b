//! Everything that a running cloud shares, and the starting of its pipeline.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::counters::{Counter, Counters};
use crate::error::CloudError;
use crate::faults::Faults;
use crate::pump::Bell;
use crate::settings::Settings;
use crate::store::Store;
use crate::streams::SHARDS;
use crate::surroundings::Surroundings;
use crate::trail::Cause;
use crate::workflows::Machines;
use crate::{adapters, bus, graphql, mqtt, queues, realtime, tables, timers, workflows};

/// A handle to everything a running cloud shares. It implements the backend's ports (see [`crate::adapters`]).
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
    errand: Option<Arc<Errand>>,
}

/// What somebody does with the world, as far as the account needs to know it: on account of which event, and how many
/// subscribers it reached.
#[derive(Debug, Default)]
pub(crate) struct Errand {
    pub(crate) cause: Option<Cause>,
    pub(crate) reached: Counter,
}

/// What [`World`] shares.
pub struct Shared {
    /// What it was told at start-up.
    pub settings: Settings,
    /// The database.
    pub store: Store,
    /// The clock and the randomness.
    pub surroundings: Surroundings,
    /// Who subscribes to what.
    pub hub: realtime::Hub,
    /// Who subscribes to what over MQTT.
    pub broker: mqtt::Broker,
    /// What is counted.
    pub counters: Counters,
    /// The faults that are to happen, if anyone may cause them.
    pub faults: Option<Faults>,
    /// The schemas of the GraphQL APIs.
    pub apis: graphql::Apis,
    /// The workflows.
    pub machines: Machines,
    /// Wakes the pumps.
    pub(crate) wake: Wake,
}

/// A bell for each pump, rung when there is something for it. What other processes put into the database is found by the
/// pumps' slow poll.
#[derive(Default)]
pub(crate) struct Wake {
    pub(crate) bus: Bell,
    pub(crate) streams: [Bell; SHARDS as usize],
    pub(crate) timers: Bell,
    pub(crate) queues: Bell,
    pub(crate) workflows: Bell,
    pub(crate) sweeper: Bell,
}

impl Errand {
    pub(crate) fn of(cause: Cause) -> Self {
        Self {
            cause: Some(cause),
            reached: Counter::default(),
        }
    }
}

impl Deref for World {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl World {
    /// Opens the world on the machine's own clock and randomness; nothing moves before [`World::start`].
    ///
    /// # Errors
    /// Where the data folder cannot be used.
    pub async fn open(settings: Settings) -> Result<Self, CloudError> {
        Self::open_in(settings, Surroundings::machine()).await
    }

    /// Opens the world on the clock and the randomness handed in.
    ///
    /// # Errors
    /// Where the data folder cannot be used, or what the cloud is built with does not hold up.
    pub async fn open_in(
        settings: Settings,
        surroundings: Surroundings,
    ) -> Result<Self, CloudError> {
        let store = Store::open(&settings.data).await?;
        let apis = graphql::Apis::load()?;
        let machines = Machines::load().map_err(CloudError::BuiltIn)?;
        let hub = realtime::Hub::default();
        let faults = settings.admin.map(|_| Faults::new());
        let shared = Arc::new(Shared {
            settings,
            store,
            surroundings,
            hub,
            broker: mqtt::Broker::default(),
            counters: Counters::default(),
            faults,
            apis,
            machines,
            wake: Wake::default(),
        });
        Ok(Self {
            shared,
            errand: None,
        })
    }

    /// A handle that remembers what it is used for.
    pub(crate) fn on(&self, errand: &Arc<Errand>) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            errand: Some(Arc::clone(errand)),
        }
    }

    pub(crate) fn errand(&self) -> Option<&Errand> {
        self.errand.as_deref()
    }

    /// Starts the pipeline: bus, streams, timers, queues, workflows and the sweeper of expired rows. It runs until the receiver says
    /// `true` (or its sender goes), finishes what it has in hand, and is over when the handle's
    /// [`Pipeline::finished`] returns.
    ///
    /// # Errors
    /// Where another cloud is running on the same folder, or what a fresh one lacks cannot be made.
    pub async fn start(&self, stop: watch::Receiver<bool>) -> Result<Pipeline, CloudError> {
        self.store.claim()?;
        bus::resume(&self.store).await?;
        let prepared = adapters::prepare(self).await;
        prepared.map_err(|error| CloudError::Prepare(error.to_string()))?;
        let mut pumps = JoinSet::new();
        let stopping = stop.clone();
        // The consumers first: the sweeper forgets what none of them waits for.
        adapters::consumers::start(self, &stop, &mut pumps).await?;
        pumps.spawn(bus::pump(self.clone(), stop.clone()));
        pumps.spawn(timers::pump(self.clone(), stop.clone()));
        pumps.spawn(workflows::pump(self.clone(), stop.clone()));
        for queue in adapters::QUEUES {
            pumps.spawn(queues::pump(self.clone(), queue, stop.clone()));
        }
        pumps.spawn(tables::sweep(self.clone(), stop.clone()));
        Ok(Pipeline { pumps, stopping })
    }

    /// Makes every pump look for work now, as after moving a simulated clock.
    pub fn nudge(&self) {
        let Wake {
            bus,
            streams,
            timers,
            queues,
            workflows,
            sweeper,
        } = &self.wake;
        [bus, timers, queues, workflows, sweeper]
            .into_iter()
            .chain(streams)
            .for_each(Bell::ring);
    }
}

/// The running pumps.
pub struct Pipeline {
    pumps: JoinSet<()>,
    stopping: watch::Receiver<bool>,
}

impl Pipeline {
    /// Returns when all the pumps have stopped.
    ///
    /// # Errors
    /// [`CloudError::Pipeline`] as soon as one has crashed, or has ended without being told to: without it the cloud
    /// would accept what it never delivers.
    pub async fn finished(&mut self) -> Result<(), CloudError> {
        while let Some(ended) = self.pumps.join_next().await {
            ended.map_err(|error| CloudError::Pipeline(error.to_string()))?;
            if !*self.stopping.borrow() && self.stopping.has_changed().is_ok() {
                return Err(CloudError::Pipeline("nobody told it to".into()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pump_that_ends_before_it_is_told_to_is_an_error() {
        let ended = async |pump: fn(), stop: bool| {
            let (sender, stopping) = watch::channel(stop);
            let mut pumps = JoinSet::new();
            pumps.spawn(async move { pump() });
            pumps.spawn({
                let mut stopping = stopping.clone();
                async move { drop(stopping.wait_for(|stop| *stop).await) }
            });
            let finished = Pipeline { pumps, stopping }.finished().await;
            drop(sender);
            finished.map_err(|error| error.to_string())
        };
        let crashed = ended(|| panic!("out of order"), false).await.unwrap_err();
        assert!(crashed.contains("out of order"), "{crashed}");
        assert!(ended(|| (), false).await.is_err());
        assert_eq!(ended(|| (), true).await, Ok(()));
    }
}

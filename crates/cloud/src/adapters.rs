//! Which handler hangs where, and the ports that the world offers to the handlers.

pub(crate) mod consumers;

use std::sync::Arc;
use std::time::Duration;

use backend::api::{Caller, Role};
use backend::event::{BusEvent, EventId, HandlerError, NewEvent, Outcome, Rule};
use backend::movies::model::Film;
use backend::ports::{
    Bus, Clock, Depths, Films, Index, Item, Mutation, Notice, Notify, Pace, Pacing, Page, Pause,
    PortError, Processor, Publish, Query, Queue, Queues, Random, Table, Tables, Timers, Workflow,
    Workflows, Write,
};
use backend::restaurant::{Message, MessageFailure, Payments};
use backend::{calendar, movies, orders, restaurant, tokens};
use serde_json::Value;
use time::OffsetDateTime;

use crate::faults::Faults;
use crate::graphql::{self, GraphQlRequest};
use crate::policy::Access;
use crate::pump::guarded;
use crate::store::StoreError;
use crate::surroundings::millis;
use crate::trail::Cause;
use crate::world::{Errand, World};
use crate::{bus, mqtt, queues, tables, timers, workflows};

/// Every table there is.
pub(crate) static TABLES: &[&Table] = &[
    &orders::ORDERS,
    &orders::RECEIPTS,
    &movies::MOVIES,
    &movies::REVIEWS,
    &movies::MESSAGES,
    &movies::SPEAKERS,
    &movies::PROGRAMME,
    &calendar::EVENTS,
    &calendar::CALENDARS,
    &restaurant::ORDERS,
    &restaurant::ACCEPTED,
    &tokens::TOKENS,
];

/// The tables that the rules' handlers write: the account of events ends with what their streams' consumers made of it.
pub(crate) static VIEW_MODELS: &[&Table] = &[&orders::ORDERS];

/// The bus's rules.
pub(crate) static RULES: &[&Rule] = &[&orders::RULE];

/// Every queue there is.
pub(crate) static QUEUES: &[&Queue] = &[&restaurant::QUEUE];

/// Hands an event to the rule's handler.
pub(crate) async fn deliver(
    world: &World,
    rule: &str,
    event: &BusEvent,
) -> Result<Outcome, HandlerError> {
    let cause = Cause {
        event: event.id.clone(),
        rule: rule.to_owned(),
    };
    let world = &world.on(&Arc::new(Errand::of(cause)));
    match rule {
        _ if rule == orders::RULE.name => guarded(orders::on_event(world, event)).await,
        _ => Err(HandlerError::Dead(format!(
            "there is no rule {rule:?} any more"
        ))),
    }
}

/// Hands a timer's payload to its handler, which its name tells.
pub(crate) async fn fire(world: &World, name: &str, payload: &Value) -> Result<(), HandlerError> {
    if name.starts_with(movies::rotation::Timer::PREFIX) {
        guarded(movies::on_timer(world, payload)).await
    } else {
        guarded(orders::on_timer(world, payload)).await
    }
}

/// Hands a batch of a queue to its handler, which says what of it failed.
pub(crate) async fn consume(
    world: &World,
    queue: &Queue,
    batch: &[Message],
) -> Vec<MessageFailure> {
    if queue == &restaurant::QUEUE {
        return restaurant::on_batch(world, batch).await;
    }
    let nobody = |message: &Message| MessageFailure {
        id: message.id.clone(),
        cause: format!("nobody handles the queue {}", queue.name),
    };
    batch.iter().map(nobody).collect()
}

/// Makes what a fresh cloud lacks, and sets the timers that are always there.
pub(crate) async fn prepare(world: &World) -> Result<(), HandlerError> {
    movies::prepare(world).await?;
    calendar::prepare(world).await
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl Tables for World {
    async fn get(&self, table: &'static Table, key: &str) -> Result<Option<Item>, PortError> {
        let key = key.to_owned();
        Ok(self
            .store
            .read(move |connection| tables::get(connection, table.name, &key))
            .await?)
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), PortError> {
        let now = self.surroundings.now_millis();
        let cause = self.errand().and_then(|errand| errand.cause.clone());
        let touched = self
            .store
            .write(move |tx| tables::transact(tx, &writes, cause.as_ref(), now))
            .await?;
        touched.ring(self);
        Ok(())
    }

    async fn query(
        &self,
        table: &'static Table,
        index: &'static Index,
        query: Query,
    ) -> Result<Page, PortError> {
        Ok(self
            .store
            .read(move |connection| tables::query(connection, table, index, &query))
            .await?)
    }
}

impl Bus for World {
    async fn put(&self, events: Vec<NewEvent>) -> Result<Vec<EventId>, PortError> {
        if events.len() > bus::MAX_ENTRIES {
            return Err(PortError::Refused(format!(
                "{} events: at most {}",
                events.len(),
                bus::MAX_ENTRIES
            )));
        }
        Ok(bus::accept(self, events).await?)
    }
}

impl Timers for World {
    async fn schedule(
        &self,
        name: &str,
        at: OffsetDateTime,
        payload: Value,
    ) -> Result<(), PortError> {
        let name = name.to_owned();
        let set = self
            .store
            .write(move |tx| timers::set(tx, &name, millis(at), &payload));
        set.await
            .map_err(|error: StoreError| PortError::from(error))?;
        self.wake.timers.ring();
        Ok(())
    }
}

impl Queues for World {
    async fn send(&self, queue: &'static Queue, body: Value) -> Result<(), PortError> {
        let now = self.surroundings.now_millis();
        let sent = self
            .store
            .write(move |tx| queues::send(tx, queue.name, &body, now));
        sent.await
            .map_err(|error: StoreError| PortError::from(error))?;
        self.wake.queues.ring();
        Ok(())
    }

    async fn depths(
        &self,
        queue: &'static Queue,
        workflow: &'static Workflow,
    ) -> Result<Depths, PortError> {
        Ok(queues::depths(self, queue, workflow).await?)
    }
}

impl Workflows for World {
    async fn start(
        &self,
        workflow: &'static Workflow,
        name: &str,
        input: Value,
    ) -> Result<(), PortError> {
        let ordered = input["name"].as_str().unwrap_or_default();
        let poison = self.settings.poison.as_deref();
        let faults = self.faults.as_ref();
        if poison.is_some_and(|poison| ordered.contains(poison))
            || faults.is_some_and(|faults| faults.is_poison(ordered))
        {
            let why = format!("orders such as {ordered:?} are made to fail on purpose");
            return Err(PortError::Unavailable(why));
        }
        workflows::start(self, workflow, name, input).await
    }
}

impl Processor for World {
    fn payments(&self) -> Payments {
        let set = self.settings.payments;
        let chance = self.faults.as_ref().and_then(Faults::chance);
        Payments {
            chance: chance.unwrap_or(set.chance),
            ..set
        }
    }
}

impl Publish for World {
    async fn publish(&self, mutation: Mutation) -> Result<(), PortError> {
        let request = GraphQlRequest {
            query: mutation.document.to_owned(),
            variables: mutation.variables,
            operation_name: None,
        };
        let response = graphql::execute(self, mutation.api, &Caller::backend(), request).await;
        match response.errors.first() {
            None => Ok(()),
            Some(error) => Err(PortError::Unavailable(format!(
                "{} refused: {}",
                mutation.api, error.message
            ))),
        }
    }
}

impl Notify for World {
    async fn notify(&self, Notice { topic, payload }: Notice) -> Result<(), PortError> {
        let refused = |why: &str| PortError::Refused(format!("{topic:?}: {why}"));
        let named = mqtt::Topic::new(&topic).ok_or_else(|| refused("no topic of MQTT"))?;
        let most = self.settings.mqtt.payload;
        let payload = payload.to_string();
        if payload.len() > most {
            return Err(refused(&format!("the payload has more than {most} bytes")));
        }
        let access = Access::publish(named.as_str());
        if !self.apis.policies().allow(Role::Backend, &access) {
            // As for a mutation that is refused: somebody may still put the policy right.
            let why = format!("{topic:?}: the backend's policy does not allow to publish to it");
            return Err(PortError::Unavailable(why));
        }
        let audience = self.audience(&named);
        let now = self.surroundings.now_millis();
        let message = mqtt::Message::notice(named, payload);
        let reached = self.broker.publish(message, audience, now);
        self.counters.mqtt_published.add(1);
        if let Some(errand) = self.errand() {
            errand.reached.add(reached);
        }
        Ok(())
    }
}

impl Clock for World {
    fn now(&self) -> OffsetDateTime {
        self.surroundings.now()
    }
}

impl Random for World {
    fn fill(&self, bytes: &mut [u8]) {
        self.surroundings.fill(bytes);
    }
}

impl Pause for World {
    async fn pause(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Films for World {
    async fn popular_films(&self) -> Option<Result<Vec<Film>, String>> {
        let found = self.settings.tmdb.as_ref()?.popular().await;
        match &found {
            Ok(films) if films.is_empty() => {
                tracing::warn!("TMDb's list is empty; the shipped films are shown");
            }
            Ok(films) => tracing::info!(films = films.len(), "TMDb's popular films are shown"),
            Err(problem) => {
                tracing::warn!(problem, "the shipped films are shown; TMDb is asked again");
            }
        }
        Some(found)
    }
}

impl Pacing for World {
    fn pace(&self) -> Pace {
        self.settings.pace
    }

    fn rotation(&self) -> Option<Duration> {
        Some(self.settings.rotation).filter(|rotation| !rotation.is_zero())
    }
}

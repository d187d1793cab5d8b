//! What the handlers need from the world. A port promises only what DynamoDB, EventBridge and their kin give, so that
//! nothing works here that would not work there.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::api::ApiName;
use crate::event::{EventId, NewEvent};
use crate::movies::model::Film;
use crate::restaurant::Payments;

/// A row of a table: attribute names and values.
pub type Item = Map<String, Value>;

/// Everything the handlers need.
pub trait Ports:
    Tables
    + Bus
    + Timers
    + Queues
    + Workflows
    + Publish
    + Notify
    + Films
    + Processor
    + Clock
    + Pause
    + Random
    + Pacing
    + Send
    + Sync
{
}
impl<T> Ports for T where
    T: Tables
        + Bus
        + Timers
        + Queues
        + Workflows
        + Publish
        + Notify
        + Films
        + Processor
        + Clock
        + Pause
        + Random
        + Pacing
        + Send
        + Sync
{
}

/// A declared table.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The attribute (a string) that is its key.
    pub key: &'static str,
    /// Its indexes.
    pub indexes: &'static [Index],
    /// Whether its changes go into a stream.
    pub stream: bool,
    /// The attribute (a number, epoch seconds) after which a row may go; it may still be read for a while.
    pub expires: Option<&'static str>,
}

/// A declared secondary index. Eventually consistent; rows that lack either attribute are not in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The attribute (a string) that a query names a value of.
    pub partition: &'static str,
    /// The attribute (a string, unique together with the partition) that rows are sorted by, as bytes.
    pub sort: &'static str,
}

/// Tables with conditions, transactions and keyset queries.
pub trait Tables {
    /// The row under `key` (strongly consistent).
    fn get(
        &self,
        table: &'static Table,
        key: &str,
    ) -> impl Future<Output = Result<Option<Item>, PortError>> + Send;

    /// Carries out all the writes or none. Each write of a table with a stream leaves one record there, in the same
    /// transaction. At most 100 writes.
    fn transact(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), PortError>> + Send;

    /// A page of an index.
    fn query(
        &self,
        table: &'static Table,
        index: &'static Index,
        query: Query,
    ) -> impl Future<Output = Result<Page, PortError>> + Send;
}

/// One write of a transaction.
#[derive(Debug, Clone)]
pub struct Write {
    /// Where.
    pub table: &'static Table,
    /// The row's key; a put's item holds the same.
    pub key: String,
    /// What.
    pub action: Action,
    /// On what condition about the row as it is.
    pub condition: Condition,
}

/// What a write does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Replaces the row or makes it.
    Put(Item),
    /// Changes some attributes of the row, or makes it of them.
    Update(Update),
    /// Removes the row.
    Delete,
    /// Only checks the condition.
    Check,
}

/// A change of some attributes that needs no look at the row first, so that many who add to one number do not get in
/// each other's way. Source: Amazon DynamoDB developer guide, update expressions, `SET` and `ADD`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Update {
    /// These attributes become these values.
    pub set: Vec<(&'static str, Value)>,
    /// To these numbers is added; what is absent counts as zero.
    pub add: Vec<(&'static str, i64)>,
}

impl Update {
    /// What becomes of a row.
    ///
    /// # Errors
    /// [`PortError::Refused`] where something is to be added to what is no whole number, or becomes too large for one.
    pub fn apply(&self, table: &Table, key: &str, row: Option<&Item>) -> Result<Item, PortError> {
        let mut row = row.cloned().unwrap_or_default();
        row.insert(table.key.to_owned(), key.into());
        for (name, value) in &self.set {
            row.insert((*name).to_owned(), value.clone());
        }
        for (name, more) in &self.add {
            let sum = match row.get(*name) {
                None => Some(*more),
                Some(number) => number.as_i64().and_then(|number| number.checked_add(*more)),
            };
            let sum = sum.ok_or_else(|| {
                let table = table.name;
                PortError::Refused(format!(
                    "nothing can be added to {name} of {key:?} in {table}"
                ))
            })?;
            row.insert((*name).to_owned(), sum.into());
        }
        Ok(row)
    }
}

/// A condition about a row as it is before the transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// None.
    Always,
    /// There is no row.
    Absent,
    /// There is a row.
    Present,
    /// The row's attribute equals the value.
    Equals(&'static str, Value),
}

/// Which page of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The partition's value.
    pub partition: String,
    /// Only sort keys beyond this one, exclusive, in the query's direction.
    pub after: Option<String>,
    /// From the greatest sort key down.
    pub descending: bool,
    /// At most this many rows, 1 to 1000.
    pub limit: usize,
}

/// A page of an index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The rows.
    pub items: Vec<Item>,
    /// Whether there may be more beyond the last row.
    pub more: bool,
}

/// A record of a table's stream. Ordered for each key only; delivered at least once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The table's name.
    pub table: String,
    /// The row's key.
    pub key: String,
    /// Grows with each record of a key.
    pub sequence: u64,
    /// The row before, unless it was made.
    pub old: Option<Item>,
    /// The row after, unless it was removed.
    pub new: Option<Item>,
}

/// The event bus.
pub trait Bus {
    /// Puts events (at most ten at once) on the bus of this system, all or none; they will be delivered at least once,
    /// in no order.
    fn put(
        &self,
        events: Vec<NewEvent>,
    ) -> impl Future<Output = Result<Vec<EventId>, PortError>> + Send;
}

/// Durable timers: a payload handed back at a time, at least once, also after a restart.
pub trait Timers {
    /// Sets the timer `name`, replacing one of that name that has not fired.
    fn schedule(
        &self,
        name: &str,
        at: OffsetDateTime,
        payload: Value,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Queues: what is sent is received at least once, in no order, by whoever takes batches of it.
pub trait Queues {
    /// Sends a message.
    fn send(
        &self,
        queue: &'static Queue,
        body: Value,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// How much there is in it and in the workflow that its messages begin; what is in both, since the consumer has not
    /// said so far that it has handed it on, counts once. As the real ones count: about right.
    fn depths(
        &self,
        queue: &'static Queue,
        workflow: &'static Workflow,
    ) -> impl Future<Output = Result<Depths, PortError>> + Send;
}

/// A declared queue.
/// Source: Amazon SQS developer guide, "visibility timeout" and "dead-letter queues".
#[derive(Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: &'static str,
    /// The attribute of a message (a string) by which people know what it is about.
    pub subject: &'static str,
    /// As many messages as are received at once.
    pub batch: u32,
    /// A message that was received so often and never done with goes to the dead letters.
    pub receives: u32,
}

/// How much there is in a queue and in the workflow behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Depths {
    /// Messages that wait to be received.
    pub depth: u32,
    /// Messages that were received and may come again, and executions that run.
    pub in_flight: u32,
    /// Messages that were given up, and executions that failed.
    pub dead: u32,
}

/// Whoever runs workflows.
pub trait Workflows {
    /// Starts an execution under this name. One of that name that is there already, running or ended, is left as it is,
    /// and that is a success.
    fn start(
        &self,
        workflow: &'static Workflow,
        name: &str,
        input: Value,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A workflow that is deployed.
#[derive(Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Its name.
    pub name: &'static str,
    /// The document, in the Amazon States Language: the file that is deployed.
    pub document: &'static str,
    /// The functions of this crate that it calls ([`crate::workflow::call`]), by the names it has for them.
    pub functions: &'static [&'static str],
}

/// The payment processor, simulated.
pub trait Processor {
    /// How payments go: settings of whoever runs it.
    fn payments(&self) -> Payments;
}

/// Calls mutations of our own APIs as the backend's role.
pub trait Publish {
    /// Calls it, so that whoever subscribed to it hears of it.
    fn publish(&self, mutation: Mutation) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A mutation to call.
#[derive(Debug, Clone, PartialEq)]
pub struct Mutation {
    /// Which API.
    pub api: ApiName,
    /// The GraphQL document. It selects every field: what it leaves out, nobody receives.
    pub document: &'static str,
    /// The variables.
    pub variables: Map<String, Value>,
}

/// Publishes messages to MQTT topics as the backend's role, as IoT's data plane does (`Publish`).
pub trait Notify {
    /// Hands the message to the broker, with QoS 1: whoever is connected and subscribed gets it at least once, in no
    /// order that can be relied on; nobody else ever does.
    ///
    /// # Errors
    /// [`PortError::Refused`] for what the broker does not take: a topic of more than 256 bytes or seven slashes, or with
    /// `+`, `#` or U+0000 in it; a payload of more than 128 KB.
    fn notify(&self, notice: Notice) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Where.
    pub topic: String,
    /// What, as JSON.
    pub payload: Value,
}

/// The time of day.
pub trait Clock {
    /// Now, in UTC.
    fn now(&self) -> OffsetDateTime;
}

/// Somebody who knows films.
pub trait Films {
    /// Those that are popular, or why that cannot be said, for people. Nothing where there is nobody to ask.
    fn popular_films(&self) -> impl Future<Output = Option<Result<Vec<Film>, String>>> + Send;
}

/// Waiting for a moment, where trying again at once would do harm.
pub trait Pause {
    /// Comes back after about this long.
    fn pause(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// Randomness.
pub trait Random {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// How fast things move by themselves: settings of whoever runs them.
pub trait Pacing {
    /// The longest waits of simulations.
    fn pace(&self) -> Pace;

    /// How long each movie is shown; none if they do not rotate.
    fn rotation(&self) -> Option<Duration>;
}

/// The longest waits of a simulation; each wait is drawn between zero and these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two states of one order.
    pub state: Duration,
    /// Between two orders.
    pub basket: Duration,
    /// What a task of a restaurant's order takes; never less than a quarter of it, so that it can be seen.
    pub task: Duration,
}

impl Pace {
    /// Baskets follow each other one and a half times as slowly as states, tasks twice as fast.
    #[must_use]
    pub fn from_state(state: Duration) -> Self {
        Self {
            state,
            basket: state.saturating_mul(3) / 2,
            task: state / 2,
        }
    }
}

impl Default for Pace {
    /// So that a demonstration moves: four seconds.
    fn default() -> Self {
        Self::from_state(Duration::from_secs(4))
    }
}

/// Why a port did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The condition of the write at this position did not hold; nothing was written.
    #[error("the condition of write {0} does not hold")]
    Condition(usize),
    /// Another transaction got there first; nothing was written, try again.
    #[error("another transaction is writing the same rows")]
    Conflict,
    /// Refused as it stands: too large, too many, malformed.
    #[error("refused: {0}")]
    Refused(String),
    /// Out of reach for now.
    #[error("out of reach for now: {0}")]
    Unavailable(String),
}

//! The ports in memory, for this crate's tests: it can let transactions fail before or after they are committed,
//! and lets others in before each call.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::event::{EventId, NewEvent};
use crate::movies::model::Film;
use crate::ports::{
    Action, Bus, Clock, Condition, Depths, Films, Index, Item, Mutation, Notice, Notify, Pace,
    Pacing, Page, Pause, PortError, Processor, Publish, Query, Queue, Queues, Random, Table,
    Tables, Timers, Workflow, Workflows, Write,
};
use crate::restaurant::Payments;

/// Everything the ports have been told, and what they are to answer.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) rows: BTreeMap<(&'static str, String), Item>,
    /// Every change of a row: table, key, before, after.
    pub(crate) changes: Vec<(&'static str, String, Option<Item>, Option<Item>)>,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) timers: BTreeMap<String, (OffsetDateTime, Value)>,
    /// What was sent to any queue.
    pub(crate) sent: VecDeque<Value>,
    /// What was started: workflow and name, and the input.
    pub(crate) executions: BTreeMap<(&'static str, String), Value>,
    /// Why no workflow can be started.
    pub(crate) no_workflows: Option<String>,
    pub(crate) published: Vec<Mutation>,
    pub(crate) notices: Vec<Notice>,
    /// What happens to the next notices, the next one last.
    pub(crate) lost_notices: Vec<PortError>,
    pub(crate) now: Duration,
    /// What befalls the next transactions, the next one last.
    pub(crate) faults: Vec<Fault>,
    /// What whoever knows films says.
    pub(crate) popular: Option<Result<Vec<Film>, String>>,
    /// How long each movie is shown.
    pub(crate) rotation: Option<Duration>,
    seed: u8,
}

/// What befalls a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Another one is in front: nothing is written.
    Conflict,
    /// It is committed, and the answer is lost.
    LostAnswer,
}

#[derive(Default)]
pub(crate) struct Memory(Mutex<State>);

impl Memory {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables for Memory {
    async fn get(&self, table: &'static Table, key: &str) -> Result<Option<Item>, PortError> {
        tokio::task::yield_now().await;
        Ok(self
            .state()
            .rows
            .get(&(table.name, key.to_owned()))
            .cloned())
    }

    async fn transact(&self, writes: Vec<Write>) -> Result<(), PortError> {
        tokio::task::yield_now().await;
        let mut state = self.state();
        let fault = state.faults.pop().unwrap_or(Fault::None);
        if fault == Fault::Conflict {
            return Err(PortError::Conflict);
        }
        for (position, write) in writes.iter().enumerate() {
            let row = state.rows.get(&(write.table.name, write.key.clone()));
            let holds = match &write.condition {
                Condition::Always => true,
                Condition::Absent => row.is_none(),
                Condition::Present => row.is_some(),
                Condition::Equals(name, value) => row.and_then(|row| row.get(*name)) == Some(value),
            };
            if !holds {
                return Err(PortError::Condition(position));
            }
        }
        let mut after = Vec::new();
        for write in &writes {
            let at = (write.table.name, write.key.clone());
            let row = state.rows.get(&at);
            match &write.action {
                Action::Put(item) => after.push((at, Some(item.clone()))),
                Action::Update(update) => {
                    let updated = update.apply(write.table, &write.key, row)?;
                    after.push((at, Some(updated)));
                }
                Action::Delete => after.push((at, None)),
                Action::Check => {}
            }
        }
        for (at, row) in after {
            let old = match row.clone() {
                Some(row) => state.rows.insert(at.clone(), row),
                None => state.rows.remove(&at),
            };
            if old != row {
                state.changes.push((at.0, at.1, old, row));
            }
        }
        if fault == Fault::LostAnswer {
            return Err(PortError::Unavailable("the answer was lost".to_owned()));
        }
        Ok(())
    }

    async fn query(
        &self,
        table: &'static Table,
        index: &'static Index,
        query: Query,
    ) -> Result<Page, PortError> {
        let state = self.state();
        let text =
            |row: &Item, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut rows: Vec<_> = state
            .rows
            .iter()
            .filter(|((name, _), row)| {
                *name == table.name && text(row, index.partition).as_ref() == Some(&query.partition)
            })
            .filter_map(|(_, row)| Some((text(row, index.sort)?, row.clone())))
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        if query.descending {
            rows.reverse();
        }
        rows.retain(|(sort, _)| match &query.after {
            Some(after) if query.descending => sort < after,
            Some(after) => sort > after,
            None => true,
        });
        let more = rows.len() > query.limit;
        Ok(Page {
            items: rows
                .into_iter()
                .take(query.limit)
                .map(|(_, row)| row)
                .collect(),
            more,
        })
    }
}

impl Bus for Memory {
    async fn put(&self, events: Vec<NewEvent>) -> Result<Vec<EventId>, PortError> {
        let mut state = self.state();
        let ids = events
            .iter()
            .enumerate()
            .map(|(at, _)| EventId(format!("{}", state.events.len() + at)));
        let ids = ids.collect();
        state.events.extend(events);
        Ok(ids)
    }
}

impl Timers for Memory {
    async fn schedule(
        &self,
        name: &str,
        at: OffsetDateTime,
        payload: Value,
    ) -> Result<(), PortError> {
        self.state().timers.insert(name.to_owned(), (at, payload));
        Ok(())
    }
}

impl Queues for Memory {
    async fn send(&self, _: &'static Queue, body: Value) -> Result<(), PortError> {
        self.state().sent.push_back(body);
        Ok(())
    }

    async fn depths(
        &self,
        _: &'static Queue,
        workflow: &'static Workflow,
    ) -> Result<Depths, PortError> {
        let state = self.state();
        let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
        let names = state.executions.keys();
        let running = names.filter(|(name, _)| *name == workflow.name).count();
        Ok(Depths {
            depth: count(state.sent.len()),
            in_flight: count(running),
            dead: 0,
        })
    }
}

impl Workflows for Memory {
    async fn start(
        &self,
        workflow: &'static Workflow,
        name: &str,
        input: Value,
    ) -> Result<(), PortError> {
        let mut state = self.state();
        if let Some(why) = state.no_workflows.clone() {
            return Err(PortError::Unavailable(why));
        }
        let execution = (workflow.name, name.to_owned());
        state.executions.entry(execution).or_insert(input);
        Ok(())
    }
}

impl Processor for Memory {
    fn payments(&self) -> Payments {
        Payments {
            chance: 0.5,
            seed: 3,
        }
    }
}

impl Publish for Memory {
    async fn publish(&self, mutation: Mutation) -> Result<(), PortError> {
        self.state().published.push(mutation);
        Ok(())
    }
}

impl Notify for Memory {
    async fn notify(&self, notice: Notice) -> Result<(), PortError> {
        let mut state = self.state();
        state.notices.push(notice);
        state.lost_notices.pop().map_or(Ok(()), Err)
    }
}

impl Clock for Memory {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.state().now
    }
}

impl Films for Memory {
    async fn popular_films(&self) -> Option<Result<Vec<Film>, String>> {
        self.state().popular.clone()
    }
}

impl Pause for Memory {
    async fn pause(&self, _: Duration) {
        tokio::task::yield_now().await;
    }
}

impl Random for Memory {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state();
        for byte in bytes {
            state.seed = state.seed.wrapping_mul(29).wrapping_add(17);
            *byte = state.seed;
        }
    }
}

impl Pacing for Memory {
    fn pace(&self) -> Pace {
        Pace::default()
    }

    fn rotation(&self) -> Option<Duration> {
        self.state().rotation
    }
}

//! The account of all events, added up from both sides: what the bus counts, and what is found in tables and streams.

use rusqlite::Connection;
use serde::Serialize;

use crate::adapters::VIEW_MODELS;
use crate::dead_letters::{self, Account};
use crate::error::CloudError;
use crate::store::{Store, StoreError};

/// As many of the dead as are told one by one.
const TOLD: i64 = 100;

/// The account of all events, with what was found of them downstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// What became of what the bus accepted.
    #[serde(flatten)]
    pub account: Account,
    /// Changes of view models by events that count as written.
    pub changes: u64,
    /// Changes by events that are under way still.
    pub early: u64,
    /// Changes by events that count as late, duplicate or dead: there must be none.
    pub stray: u64,
    /// Changes of one row that an event made twice, and revisions of a row that were written twice: there must be none.
    pub doubled: u64,
    /// Events written before trails were kept.
    pub untraced: u64,
    /// What the streams' consumers made of the changes.
    pub publications: Vec<Publications>,
    /// Dead letters of the bus: one for each event that is dead.
    pub letters: u64,
    /// What is dead, and why: the first hundred.
    pub dead_letters: Vec<Why>,
    /// What does not add up, in words. Empty is good.
    pub mismatches: Vec<String>,
}

/// What a stream's consumer made of the changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Publications {
    /// The consumer.
    pub consumer: String,
    /// Changes published.
    pub published: u64,
    /// Changes given up.
    pub dead: u64,
    /// Changes it has not come to, or that were given up and sent again.
    pub waiting: u64,
    /// Changes it has passed by without a trace: there must be none.
    pub lost: u64,
}

/// A dead letter, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Its id.
    pub id: i64,
    /// Which part of the pipeline gave it up.
    pub origin: String,
    /// The event's id or the row's key.
    pub subject: String,
    /// Why.
    pub cause: String,
}

impl Balance {
    /// Whether everything adds up.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        self.mismatches.is_empty()
    }

    fn found_wrong(&self) -> Vec<String> {
        let Self {
            account,
            changes,
            early,
            stray,
            doubled,
            untraced,
            letters,
            ..
        } = self;
        let Account { written, dead, .. } = account;
        let mut wrong = Vec::new();
        if !account.closes() {
            wrong.push(format!(
                "accepted is not written + late + duplicate + dead + pending + unmatched: {account:?}"
            ));
        }
        if *written != changes + untraced {
            wrong.push(format!(
                "{written} events count as written, but {changes} changes were found (and {untraced} from before)"
            ));
        }
        if *stray > 0 {
            wrong.push(format!(
                "{stray} changes by events that do not count as written"
            ));
        }
        if *doubled > 0 {
            wrong.push(format!("{doubled} changes were made twice"));
        }
        if letters != dead {
            wrong.push(format!(
                "{dead} events are dead, but there are {letters} letters of them"
            ));
        }
        for Publications {
            consumer,
            published,
            dead,
            waiting,
            lost,
        } in &self.publications
        {
            if *lost > 0 {
                wrong.push(format!(
                    "{consumer} passed by {lost} changes without a trace"
                ));
            }
            let all = changes + early + stray;
            if published + dead + waiting + lost != all {
                wrong.push(format!(
                    "of {all} changes, {consumer} has {published} published, {dead} dead and {waiting} waiting"
                ));
            }
        }
        wrong
    }
}

/// The account of all events, at one moment.
///
/// # Errors
/// Where the store fails.
pub async fn balance(store: &Store) -> Result<Balance, CloudError> {
    let add_up = |connection: &Connection| {
        // One transaction, so that all counts are of the same moment.
        let tx = connection.unchecked_transaction()?;
        found(&tx)
    };
    Ok(store.read::<_, StoreError, _>(add_up).await?)
}

fn found(connection: &Connection) -> Result<Balance, StoreError> {
    let count = |sql: &str| {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_row([], |row| row.get(0).map(i64::unsigned_abs))
    };
    let by_state = |states: &str| {
        count(&format!(
            "SELECT count(*) FROM effects e JOIN deliveries d ON d.event = e.event AND d.rule = e.rule
             WHERE d.state IN ({states})"
        ))
    };
    let total = |name: &str| {
        count(&format!(
            "SELECT coalesce((SELECT count FROM totals WHERE state = '{name}'), 0)"
        ))
    };
    let mut balance = Balance {
        account: dead_letters::counted(connection)?,
        changes: by_state("'written'")? + total("changes")?,
        early: by_state("'pending'")?,
        stray: by_state("'late', 'duplicate', 'dead', 'unmatched'")?,
        doubled: count(
            "SELECT count(*) FROM (
                 SELECT 1 FROM effects GROUP BY event, rule, tab, key HAVING count(*) > 1
                 UNION ALL
                 SELECT 1 FROM effects WHERE revision IS NOT NULL GROUP BY tab, key, revision HAVING count(*) > 1)",
        )?,
        untraced: total("untraced")?,
        publications: publications(connection)?,
        letters: count("SELECT count(*) FROM dead_letters WHERE origin = 'bus'")?,
        dead_letters: dead(connection)?,
        mismatches: Vec::new(),
    };
    balance.mismatches = balance.found_wrong();
    Ok(balance)
}

/// A consumer is known by its checkpoints, one a shard: what lies beyond them waits.
fn publications(connection: &Connection) -> Result<Vec<Publications>, StoreError> {
    // Other tables' consumers have other business than what the bus accepted.
    let tables: Vec<_> = VIEW_MODELS.iter().map(|table| table.name).collect();
    let mut statement = connection.prepare_cached(
        "SELECT c.consumer,
             coalesce((SELECT count FROM totals WHERE state = 'published/' || c.consumer), 0)
                 + coalesce(sum(p.state IN ('published', 'before')), 0),
             coalesce(sum(p.state = 'dead'), 0),
             coalesce(sum(coalesce(p.state = 'again', e.sequence > c.sequence)), 0),
             coalesce(sum(p.state IS NULL AND e.sequence <= c.sequence), 0)
         FROM checkpoints c
         LEFT JOIN effects e ON e.tab = c.tab AND e.shard = c.shard
         LEFT JOIN publications p ON p.sequence = e.sequence AND p.consumer = c.consumer
         WHERE c.tab IN (SELECT value FROM json_each(?))
         GROUP BY c.consumer ORDER BY c.consumer",
    )?;
    let read = |row: &rusqlite::Row<'_>| {
        let count = |column| row.get(column).map(i64::unsigned_abs);
        Ok(Publications {
            consumer: row.get(0)?,
            published: count(1)?,
            dead: count(2)?,
            waiting: count(3)?,
            lost: count(4)?,
        })
    };
    let rows = statement.query_map([serde_json::to_string(&tables)?], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn dead(connection: &Connection) -> Result<Vec<Why>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, origin, subject, cause FROM dead_letters ORDER BY id LIMIT ?",
    )?;
    let rows = statement.query_map([TOLD], |row| {
        Ok(Why {
            id: row.get(0)?,
            origin: row.get(1)?,
            subject: row.get(2)?,
            cause: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

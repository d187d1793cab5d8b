//! Five thousand orders from fifty clients, while the queue's consumer is killed ten times, each time in the middle of a
//! batch, and the program twice: every accepted order ends exactly once, with one execution and one notification; what is
//! poison is dead after four receives with its cause, and succeeds when it is sent again after the cause is gone.
//!
//! A tenth of it runs with every test; `cargo xtask test --soak` runs all of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by them"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use appsync::Client;
use cloud::Data;
use cloud::dead_letters::{self, Origin};
use cloud::store::{Store, StoreError};
use common::program::{Program, Result, insist, until};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const CLIENTS: usize = 50;
/// Each order of this number is poison.
const POISON: usize = 50;
const KILLS_OF_THE_CONSUMER: usize = 10;
const POST: &str = "mutation($input: PostOrderInput!, $token: ID) \
    { postOrder(input: $input, token: $token) { id orderStatus } }";
const FLAGS: [&str; 6] = ["--pace", "0", "--rotate", "0", "--visibility", "0.3"];

/// How many orders each client places.
fn orders_a_client() -> usize {
    if std::env::var_os("EDDY_SOAK").is_some() {
        100
    } else {
        10
    }
}

fn name(number: usize) -> &'static str {
    if number.is_multiple_of(POISON) {
        "Fugu soup"
    } else {
        "Soup"
    }
}

/// Places a client's orders; every seventh is sent again, as by somebody who missed the answer. Their ids, by name.
async fn place(
    client: Client,
    number: usize,
    orders: usize,
    gate: Arc<Semaphore>,
    accepted: Arc<AtomicUsize>,
) -> Result<Vec<(String, &'static str)>> {
    let mut ids = Vec::new();
    for order in 0..orders {
        gate.acquire().await?.forget();
        let name = name(number * orders + order);
        let input = json!({"name": name, "quantity": 1 + order % 100, "restaurantId": "corner"});
        let variables = json!({"input": input, "token": format!("{number}/{order}")});
        let posted = insist(&client, POST, &variables).await??;
        let id = posted["postOrder"]["id"].as_str().unwrap().to_owned();
        if (number + order).is_multiple_of(7) {
            let again = insist(&client, POST, &variables).await??;
            assert_eq!(again, posted);
        }
        accepted.fetch_add(1, Ordering::SeqCst);
        ids.push((id, name));
    }
    Ok(ids)
}

/// What lies in the folder.
struct Kept(Store);

impl Kept {
    async fn open(folder: &Path) -> Result<Self> {
        Ok(Self(Store::open(&Data::Folder(folder.to_owned())).await?))
    }

    /// The rows of a query of two texts.
    async fn pairs(&self, sql: &'static str) -> Result<Vec<(String, String)>> {
        let read = move |connection: &Connection| {
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok::<_, StoreError>(rows.collect::<std::result::Result<_, _>>()?)
        };
        Ok(self.0.read(read).await?)
    }

    /// As a map; no key is there twice.
    async fn map(&self, sql: &'static str) -> Result<BTreeMap<String, String>> {
        let (pairs, mut map) = (self.pairs(sql).await?, BTreeMap::new());
        for (key, value) in pairs {
            let twice = map.insert(key.clone(), value);
            assert_eq!(twice, None, "{key} is there twice: {sql}");
        }
        Ok(map)
    }

    async fn count(&self, sql: &'static str) -> usize {
        let read = move |connection: &Connection| {
            Ok::<_, StoreError>(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        };
        usize::try_from(self.0.read(read).await.unwrap()).unwrap()
    }

    /// Waits until nothing is queued or running any more. However long that takes, it goes on.
    async fn rests(&self) -> Result {
        let under_way = "SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM executions WHERE due IS NOT NULL)";
        let mut left = self.count(under_way).await;
        while left > 0 {
            until("fewer are under way", async || {
                self.count(under_way).await < left
            })
            .await?;
            left = self.count(under_way).await.min(left - 1);
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_accepted_order_ends_exactly_once() -> Result {
    let folder = tempfile::tempdir()?;
    let poisoned: Vec<_> = FLAGS.into_iter().chain(["--poison", "Fugu"]).collect();
    let mut program = Program::start(folder.path(), &poisoned)?;
    let orders = orders_a_client();
    let all = CLIENTS * orders;
    let accepted = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let client = program.client("restaurant");
        clients.spawn(place(
            client,
            number,
            orders,
            gate.clone(),
            accepted.clone(),
        ));
    }
    let kept = Kept::open(folder.path()).await?;
    // Ten kills of the consumer all along the way, each with a batch in its hands; two of the program beside.
    let mut share = 0;
    for kill in 1..=KILLS_OF_THE_CONSUMER {
        let lost = program.lost_batches().await?;
        program.fault("consumers", Value::Null).await?;
        let more = all * kill / (KILLS_OF_THE_CONSUMER + 1) - share;
        share += more;
        gate.add_permits(more);
        until("some more are accepted", async || {
            accepted.load(Ordering::SeqCst) >= share
        })
        .await?;
        until("the kill has cost a batch", async || {
            program.lost_batches().await.is_ok_and(|now| now > lost)
        })
        .await?;
        if kill % 4 == 0 {
            program = program.kill_and_start_again(folder.path(), &poisoned)?;
        }
        // Four kills of one message would be the death of it, as they should: none is hit twice by the same hand.
        until("what came back is done with", async || {
            let good =
                "SELECT count(*) FROM messages WHERE receives > 0 AND body NOT LIKE '%Fugu%'";
            kept.count(good).await == 0
        })
        .await?;
    }
    gate.add_permits(all - share);
    let mut names = BTreeMap::new();
    while let Some(placed) = clients.join_next().await {
        for (id, name) in placed?? {
            assert_eq!(names.insert(id, name), None, "two orders have one id");
        }
    }
    assert_eq!(names.len(), all);
    let of = |wanted: &str| -> BTreeSet<String> {
        let named = names.iter().filter(|(_, name)| **name == wanted);
        named.map(|(id, _)| id.clone()).collect()
    };
    let (poison, good) = (of("Fugu soup"), of("Soup"));
    kept.rests().await?;
    accounts_for(&kept, &good).await?;
    let letters = dead_letters::list(&kept.0).await?;
    for letter in &letters {
        assert_eq!((letter.origin, letter.attempts), (Origin::Queue, 4));
        assert!(letter.cause.contains("on purpose"), "{}", letter.cause);
    }
    // One that was sent again under its token has died more often than once.
    let dead: BTreeSet<_> = letters.into_iter().map(|letter| letter.subject).collect();
    assert_eq!(dead, poison);

    // An operator looks at them.
    let listed = command(folder.path(), &["dead-letters", "list"])?;
    let some = dead.first().unwrap();
    for words in [
        "queue restaurant-orders",
        "after 4 attempts",
        "on purpose",
        some,
    ] {
        assert!(listed.contains(words), "{listed}");
    }
    // The cause is gone, and they are sent again.
    let program = program.kill_and_start_again(folder.path(), &FLAGS)?;
    command(folder.path(), &["dead-letters", "resend", "--all"])?;
    kept.rests().await?;
    assert_eq!(dead_letters::list(&kept.0).await?, []);
    accounts_for(&kept, &names.keys().cloned().collect()).await?;
    let mailbox = command(folder.path(), &["mailbox", "--newest", "100000"])?;
    assert_eq!(
        mailbox.matches("Orders-App: order notification").count(),
        all
    );
    assert!(mailbox.contains(some), "{mailbox}");
    let again = kept
        .count("SELECT count(*) FROM items WHERE tab = 'tokens'")
        .await;
    assert_eq!(again, all, "one token an order");
    println!(
        "{all} orders by {CLIENTS} clients, {} of them poison",
        poison.len()
    );
    program.kill()
}

/// What a command beside the program prints.
fn command(folder: &Path, arguments: &[&str]) -> Result<String> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
        .args(arguments)
        .arg("--data")
        .arg(folder)
        .output()?;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// These orders and no others are there, each ended exactly once, by one execution, with one notification that says how.
async fn accounts_for(kept: &Kept, expected: &BTreeSet<String>) -> Result {
    // The executions are over, but what they changed may still be on its way into the stream's consumer; the rows are
    // there.
    let rows = kept
        .map("SELECT key, item FROM items WHERE tab = 'restaurant-orders'")
        .await?;
    assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), *expected);
    let executions = kept
        .map("SELECT name, state FROM executions WHERE machine = 'restaurant'")
        .await?;
    assert_eq!(
        executions.keys().collect::<Vec<_>>(),
        rows.keys().collect::<Vec<_>>()
    );
    assert!(executions.values().all(|state| state == "succeeded"));
    let told = kept
        .map("SELECT json_extract(body, '$.order_id'), json_extract(body, '$.order_status') FROM mailbox")
        .await?;
    let ends = kept
        .map(
            "SELECT key, json_extract(new, '$.orderStatus') FROM stream_records
             WHERE tab = 'restaurant-orders' AND json_extract(new, '$.orderStatus') != 'PENDING'",
        )
        .await?;
    let mut statuses = BTreeSet::new();
    for (id, row) in &rows {
        let row: Value = serde_json::from_str(row)?;
        let status = row["orderStatus"].as_str().unwrap();
        assert!(["SUCCESS", "FAILED"].contains(&status), "{row}");
        assert_eq!(row["revision"], 3, "{row}");
        assert_eq!(row["stages"].as_array().unwrap().len(), 3, "{row}");
        assert_eq!((&*told[id], &*ends[id]), (status, status));
        statuses.insert(status.to_owned());
    }
    assert_eq!((told.len(), ends.len()), (rows.len(), rows.len()));
    assert_eq!(statuses.len(), 2, "some were paid, some were not");
    Ok(())
}

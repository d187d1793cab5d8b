//! The page's own live views against a cloud that is a process of its own, while everything goes wrong that the admin
//! port can make go wrong, and while the process is killed twice: at the end every view is the query, row for row, and
//! the account of all events closes.
//!
//! What happens when is drawn from a seed, which is printed; `EDDY_SEED=7 cargo test --test faults` draws it again. A
//! tenth of it runs with every test; `cargo xtask test --soak` runs all of it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is a test"
)]

mod load;
#[path = "../common/page.rs"]
mod page;
mod plan;
mod process;
mod watcher;

use std::sync::Arc;
use std::time::Duration;

use cloud::store::Store;
use cloud::trail::{self, Balance};
use cloud::{Data, dead_letters};
use eddy::orders::way::Way;
use eddy::orders::wire::Orders;
use serde_json::{Value, json};
use tokio::time::Instant;

use self::load::Load;
use self::plan::{Plan, Size};
use self::process::Cloud;
use self::watcher::{Row, Watcher, visitor};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T = ()> = std::result::Result<T, Error>;

/// How long the end may take to come, once nothing goes wrong any more: the longest back-off of a client (30 s) and a
/// silent reconciliation (60 s) fit in.
const PATIENCE: Duration = Duration::from_secs(100);

fn size() -> Size {
    if std::env::var_os("EDDY_SOAK").is_some() {
        Size {
            clients: 50,
            updates: 20_000,
            faults: 1_000,
            window: 500,
            pause: 600,
        }
    } else {
        // A smaller window, so that fewer orders still move through it.
        Size {
            clients: 10,
            updates: 2_000,
            faults: 100,
            window: 100,
            pause: 220,
        }
    }
}

fn seed() -> u64 {
    match std::env::var("EDDY_SEED") {
        Ok(seed) => seed.parse().expect("EDDY_SEED is a number"),
        Err(_) => {
            let mut seed = [0; 8];
            net::random::fill(&mut seed);
            u64::from_ne_bytes(seed)
        }
    }
}

#[test]
fn the_same_seed_is_the_same_plan() {
    assert_eq!(Plan::draw(7, &size()), Plan::draw(7, &size()));
    assert_ne!(Plan::draw(7, &size()), Plan::draw(8, &size()));
}

/// Not a test: the process that the test beside it starts and kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the cloud's own process; the test beside it starts it"]
async fn the_cloud() -> Result {
    process::serve().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_is_the_query_whatever_went_wrong() -> Result {
    let (seed, size) = (seed(), size());
    let begun = Instant::now();
    println!("EDDY_SEED={seed}: {size:?}");
    let plan = Plan::draw(seed, &size);
    let folder = tempfile::tempdir()?;
    let cloud = Arc::new(Cloud::start(folder.path()).await?);
    let store = Store::open(&Data::Folder(folder.path().to_path_buf())).await?;
    let watchers: Vec<_> = (0..size.clients)
        .map(|number| {
            let orders = Orders::every(visitor(&cloud.url), Way::ALL[number % 2]);
            Ok(Watcher::start(orders, size.window))
        })
        .collect::<Result<_>>()?;
    until("everyone live", async || {
        Ok(watchers.iter().all(Watcher::is_live))
    })
    .await?;

    let load = Arc::new(Load::new(Arc::clone(&cloud), size.updates));
    let loading = Arc::clone(&load);
    let loading = tokio::spawn(async move { loading.run(plan.load).await });
    let (lives, mut faults) = (plan.lives.len(), 0);
    for (number, life) in plan.lives.iter().enumerate() {
        for step in life {
            tokio::time::sleep(step.pause).await;
            let (path, body) = step.fault.request();
            cloud.ask("POST", path, body).await?;
            faults += 1;
            load.allow(size.updates * faults / size.faults as u64);
        }
        if number + 1 < lives {
            load.under_way().await?;
            let account = dead_letters::account(&store).await?;
            assert!(account.closes(), "{account:?}");
            cloud.kill_and_start_again().await?;
        }
    }
    loading.await??;
    let kills = lives as u64 - 1;
    assert_eq!(
        load.interrupted(),
        kills,
        "each kill came in the middle of a load"
    );
    cloud.ask("POST", "/faults/reset", Value::Null).await?;
    let faulty = begun.elapsed();

    let balance = at_rest(&store).await?;
    check(&balance, size.updates);
    let truth = watcher::query(&visitor(&cloud.url), usize::MAX).await?;
    let revisions: i64 = truth.iter().map(|row| row.revision).sum();
    assert_eq!(
        revisions.unsigned_abs(),
        balance.account.written,
        "each change is one revision"
    );
    let newest = &truth[..size.window.min(truth.len())];
    for (number, watcher) in watchers.iter().enumerate() {
        let equal = until("", async || {
            Ok(watcher.is_live() && watcher.rows() == newest)
        })
        .await;
        if equal.is_err() {
            panic!(
                "EDDY_SEED={seed}: view {number} is not the query: {}",
                watcher.differs(newest)
            );
        }
    }
    let account = cloud.ask("GET", "/account", Value::Null).await?;
    assert_eq!(account["mismatches"], json!([]));
    for (number, watcher) in watchers.iter().enumerate() {
        assert_eq!(
            watcher.went_back(),
            Vec::<String>::new(),
            "EDDY_SEED={seed}: view {number}"
        );
    }
    let live: u64 = watchers.iter().map(Watcher::changes).sum();
    // Not by snapshots alone.
    assert!(live >= size.updates / 10, "only {live} changes came live");
    println!(
        "{} clients, {} updates, {} faults and {} kills in {:.1} s, equal after {:.1} s; {live} changes came live, {} orders, {:?}",
        size.clients,
        size.updates,
        size.faults,
        kills,
        faulty.as_secs_f64(),
        begun.elapsed().as_secs_f64(),
        truth.len(),
        balance.account,
    );
    Ok(())
}

/// Waits until every event is at its end and every change is published.
async fn at_rest(store: &Store) -> Result<Balance> {
    let mut last = None;
    until("every event at its end", async || {
        let balance = trail::balance(store).await?;
        let rests =
            balance.account.pending == 0 && balance.publications.iter().all(|of| of.waiting == 0);
        last = Some(balance);
        Ok(rests)
    })
    .await?;
    last.ok_or_else(|| "no account".into())
}

/// Accepted is written, late, duplicate and dead; what is written is published; nothing was done twice.
fn check(balance: &Balance, updates: u64) {
    let account = &balance.account;
    assert!(balance.adds_up(), "{:?}", balance.mismatches);
    assert_eq!(account.accepted, updates);
    let ended = account.written + account.late + account.duplicate + account.dead;
    assert_eq!(account.accepted, ended, "{account:?}");
    assert_eq!(
        (balance.doubled, balance.stray, account.dead),
        (0, 0, 0),
        "{balance:?}"
    );
    for consumer in &balance.publications {
        assert_eq!(consumer.published, account.written, "{consumer:?}");
    }
}

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result {
    let begun = Instant::now();
    while !is_so().await? {
        if begun.elapsed() > PATIENCE {
            return Err(format!("{what}: not within {PATIENCE:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// A row that is compared: everything that the page shows of an order.
fn row(order: &eddy::orders::model::Order) -> Row {
    Row {
        id: order.id.as_str().to_owned(),
        revision: order.revision.0,
        status: order.status.name().to_owned(),
        customer: order.customer.clone(),
        total: order.total,
        items: order.items.len(),
        created: order.created.0,
        updated: order.updated.0,
    }
}

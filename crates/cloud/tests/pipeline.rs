//! The pipeline over a real database: whatever the bus does, every event comes to one end, the account closes, and
//! the view model says what the events say.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use backend::api::{ApiName, Caller, resolve};
use backend::orders::model::OrderStatus;
use backend::ports::Timers;
use cloud::bus::{self, Entry};
use cloud::dead_letters::{self, Account, DeadLetter, Origin};
use cloud::surroundings::{SimulatedClock, Surroundings, from_millis};
use cloud::trail;
use cloud::world::Pipeline;
use cloud::{CloudError, Data, Settings, World};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A world with its pipeline running on a clock that the test moves.
struct Running {
    world: World,
    clock: SimulatedClock,
    stop: watch::Sender<bool>,
    pipeline: Pipeline,
}

impl Running {
    async fn start(folder: &Path, disorder: bool, start: i64) -> Result<Self> {
        // Another start, another seed: event ids are drawn from it.
        let (surroundings, clock) =
            Surroundings::simulated(from_millis(start), start.unsigned_abs());
        let settings = Settings {
            data: Data::Folder(folder.to_path_buf()),
            disorder,
            ..Settings::default()
        };
        let world = World::open_in(settings, surroundings).await?;
        let (stop, stopping) = watch::channel(false);
        let pipeline = world.start(stopping).await?;
        Ok(Self {
            world,
            clock,
            stop,
            pipeline,
        })
    }

    async fn account(&self) -> Result<Account> {
        let account = dead_letters::account(&self.world.store).await?;
        assert!(account.closes(), "{account:?}");
        Ok(account)
    }

    /// Moves the clock on until the account is as wanted.
    async fn until(&self, what: &str, wanted: impl Fn(&Account) -> bool) -> Result<Account> {
        for round in 0..20_000 {
            let account = self.account().await?;
            if wanted(&account) {
                return Ok(account);
            }
            // Small steps while much happens, the longer the more it is; larger ones while it waits.
            let small = account.accepted.saturating_mul(2).max(300);
            self.clock
                .advance(Duration::from_millis(if round < small { 20 } else { 250 }));
            self.world.nudge();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(format!("{what} never came: {:?}", self.account().await?).into())
    }

    async fn letter(&self, id: i64) -> Result<DeadLetter> {
        for _ in 0..2_000 {
            match dead_letters::show(&self.world.store, id).await {
                Err(CloudError::NoDeadLetter(_)) => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                found => return Ok(found?),
            }
        }
        Err(format!("letter {id} never came").into())
    }

    async fn order(&self, id: &str) -> Result<Value> {
        self.ask("order", json!({ "orderId": id })).await
    }

    async fn ask(&self, field: &str, arguments: Value) -> Result<Value> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        Ok(resolve(
            &self.world,
            ApiName::Orders,
            "Query",
            field,
            &arguments,
            &Caller::backend(),
        )
        .await?)
    }

    async fn every_order(&self) -> Result<BTreeMap<String, Value>> {
        let (mut orders, mut token) = (BTreeMap::new(), Value::Null);
        loop {
            let mut page = self
                .ask("orders", json!({ "limit": 100, "nextToken": token }))
                .await?;
            for order in page["items"].as_array().into_iter().flatten() {
                orders.insert(
                    order["orderId"].as_str().unwrap_or_default().to_owned(),
                    order.clone(),
                );
            }
            token = page["nextToken"].take();
            if token.is_null() {
                return Ok(orders);
            }
        }
    }

    /// Stops. Whatever has happened, the account adds up, from both sides.
    async fn end(mut self) -> Result {
        drop(self.stop);
        self.pipeline.finished().await?;
        let balance = trail::balance(&self.world.store).await?;
        assert!(balance.adds_up(), "{balance:#?}");
        Ok(())
    }
}

const START: i64 = 1_800_000_000_000;

fn basket(order: &str, quantity: i64) -> Entry {
    let item = json!({ "itemId": "i", "description": "Moonrise dumplings", "quantity": quantity, "unitPrice": 2.5 });
    let detail = json!({ "orderId": order, "customerId": "c", "currency": "EUR", "items": [item] });
    entry("ordering", "New order created", &detail)
}

fn update(order: &str, status: impl serde::Serialize) -> Entry {
    entry(
        "kitchen",
        "Order updated",
        &json!({ "orderId": order, "status": status }),
    )
}

fn entry(part: &str, detail_type: &str, detail: &Value) -> Entry {
    Entry {
        source: format!("orders.events.{part}"),
        detail_type: detail_type.to_owned(),
        detail: detail.to_string(),
    }
}

async fn put(world: &World, entries: &[Entry]) -> Result {
    for ten in entries.chunks(10) {
        for taken in bus::put(world, ten.to_vec()).await? {
            taken?;
        }
    }
    Ok(())
}

/// The way of some orders, and where each of them ends: the reference is that nothing else counts.
fn histories(orders: usize) -> (Vec<Entry>, BTreeMap<String, OrderStatus>) {
    let (mut entries, mut ends) = (Vec::new(), BTreeMap::new());
    for number in 0..orders {
        let id = format!("order-{number:03}");
        entries.push(basket(&id, 1 + (number % 5) as i64));
        // Some stop on the way, every seventh is cancelled, every fifth is told of twice.
        let last = if number % 3 == 0 { 1 + number % 6 } else { 7 };
        let way = &OrderStatus::WAY[1..=last];
        entries.extend(way.iter().map(|status| update(&id, status)));
        if number % 5 == 0 {
            entries.push(update(&id, way[0]));
        }
        let mut end = way[way.len() - 1];
        if number % 7 == 0 && !end.is_final() {
            end = OrderStatus::Cancelled;
            entries.push(update(&id, end));
        }
        ends.insert(id, end);
    }
    (entries, ends)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_events_shuffled_and_doubled() -> Result {
    let folder = tempfile::tempdir()?;
    let (entries, ends) = histories(150);
    assert!(entries.len() > 1_000);
    let running = Running::start(folder.path(), true, START).await?;
    put(&running.world, &entries).await?;
    let account = running
        .until("the end of all events", |account| account.pending == 0)
        .await?;
    assert_eq!(account.accepted, entries.len() as u64);
    assert_eq!((account.dead, account.unmatched), (0, 0));
    assert!(account.late > 0, "the bus was to shuffle: {account:?}");

    let orders = running.every_order().await?;
    assert_eq!(orders.len(), ends.len());
    for (id, end) in &ends {
        assert_eq!(orders[id]["status"], json!(end), "{id}");
    }
    let revisions: u64 = orders
        .values()
        .filter_map(|order| order["revision"].as_u64())
        .sum();
    assert_eq!(revisions, account.written, "each write is one event's");
    running.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_in_the_middle_it_goes_on_where_it_stood() -> Result {
    let folder = tempfile::tempdir()?;
    let (entries, ends) = histories(60);
    let first = Running::start(folder.path(), true, START).await?;
    put(&first.world, &entries).await?;
    let before = first
        .until("the middle", |account| account.written > 50)
        .await?;
    assert!(before.pending > 0, "still something to do: {before:?}");
    first.end().await?;

    // An hour later. The time in which nobody tried does not count against the retry window.
    let second = Running::start(folder.path(), true, START + 3_600_000).await?;
    let account = second
        .until("the end of all events", |account| account.pending == 0)
        .await?;
    assert_eq!((account.accepted, account.dead), (entries.len() as u64, 0));
    let orders = second.every_order().await?;
    for (id, end) in &ends {
        assert_eq!(orders[id]["status"], json!(end), "{id}");
    }
    second.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_kept_with_its_reason_and_disturbs_nothing() -> Result {
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), false, START).await?;
    let bad = [
        (basket("zero", 0), "items[0].quantity is 0"),
        (update("good", "BURNT"), "unknown variant `BURNT`"),
        (
            entry("ordering", "New order created", &json!({ "orderId": 5 })),
            "orderId: invalid type",
        ),
        (
            entry("kitchen", "Order updated", &json!({})),
            "missing field `orderId`",
        ),
        (
            update("never", OrderStatus::InKitchen),
            "order never is not there yet",
        ),
    ];
    put(&running.world, &[basket("good", 2)]).await?;
    put(&running.world, &bad.clone().map(|(entry, _)| entry)).await?;
    put(
        &running.world,
        &[
            update("good", OrderStatus::InKitchen),
            entry("oven", "Door opened", &json!({})),
        ],
    )
    .await?;

    // What is no JSON object does not get onto the bus; its neighbours do.
    let words = Entry {
        detail: "{\"orderId\":".to_owned(),
        ..update("good", "x")
    };
    let nameless = Entry {
        source: String::new(),
        ..update("good", "x")
    };
    let taken = bus::put(&running.world, vec![words, nameless, basket("second", 1)]).await?;
    let codes: Vec<_> = taken
        .iter()
        .map(|taken| taken.as_ref().err().map(|refused| refused.code))
        .collect();
    assert_eq!(
        codes,
        [Some("MalformedDetail"), Some("InvalidArgument"), None]
    );

    let account = running
        .until("the end of the good ones", |account| account.pending == 1)
        .await?;
    assert_eq!(
        (account.written, account.dead, account.unmatched),
        (3, 4, 1)
    );
    assert_eq!(running.order("good").await?["status"], "IN_KITCHEN");
    let before = running.clock.now();
    let account = running
        .until("the end of the retry window", |account| {
            account.pending == 0
        })
        .await?;
    assert_eq!((account.accepted, account.dead), (9, 5));
    let window = running.clock.now() - before;
    assert!(
        window >= Duration::from_secs(55) && window < Duration::from_secs(65),
        "{window}"
    );

    let letters = dead_letters::list(&running.world.store).await?;
    for (entry, reason) in &bad {
        let detail: Value = serde_json::from_str(&entry.detail)?;
        let letter = letters
            .iter()
            .find(|letter| letter.payload["detail"] == detail)
            .ok_or("no letter")?;
        assert!(
            letter.cause.contains(reason),
            "{} lacks {reason}",
            letter.cause
        );
        assert_eq!(letter.payload["source"], entry.source.as_str());
        assert_eq!(
            letter.attempts > 5,
            reason.contains("not there"),
            "{letter:?}"
        );
    }
    running.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dead_letters_are_sent_again() -> Result {
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), true, START).await?;
    put(
        &running.world,
        &[update("slow", OrderStatus::Delivered), basket("zero", 0)],
    )
    .await?;
    running
        .until("two dead letters", |account| account.dead == 2)
        .await?;
    assert_eq!(
        dead_letters::list(&running.world.store).await?.len(),
        2,
        "copies make no letters of their own"
    );

    put(&running.world, &[basket("slow", 1)]).await?;
    running
        .until("the order", |account| account.written == 1)
        .await?;
    assert_eq!(dead_letters::resend_all(&running.world).await?.resent, 2);
    let account = running
        .until("all ends", |account| account.pending == 0)
        .await?;
    assert_eq!((account.accepted, account.written, account.dead), (3, 2, 1));
    assert_eq!(running.order("slow").await?["status"], "DELIVERED");

    let letters = dead_letters::list(&running.world.store).await?;
    assert_eq!(letters.len(), 1, "what cannot be is dead again");
    let id = letters[0].id;
    assert_eq!(
        dead_letters::show(&running.world.store, id).await?,
        letters[0]
    );
    let missing = dead_letters::resend(&running.world, id + 1).await;
    assert!(matches!(missing, Err(CloudError::NoDeadLetter(_))));
    running.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_puts_in_is_noticed() -> Result {
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), false, START).await?;
    let settings = Settings {
        data: Data::Folder(folder.path().to_path_buf()),
        ..Settings::default()
    };
    let (surroundings, _) = Surroundings::simulated(from_millis(START), 5);
    let other = World::open_in(settings, surroundings).await?;
    put(&other, &[basket("theirs", 1)]).await?;
    running
        .until("their event", |account| account.written == 1)
        .await?;
    let (_stop, stopping) = watch::channel(false);
    assert!(matches!(
        other.start(stopping).await,
        Err(CloudError::InUse { .. })
    ));
    running.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_takes_six_orders_to_their_end() -> Result {
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), false, START).await?;
    let started = backend::orders::start(&running.world).await?;
    let account = running
        .until("48 events", |account| account.written == 48)
        .await?;
    assert_eq!(
        account,
        Account {
            accepted: 48,
            written: 48,
            ..Account::default()
        }
    );
    let orders = running.every_order().await?;
    assert_eq!(orders.len(), 6);
    assert!(orders.contains_key(&started.order_id.0));
    assert!(
        orders
            .values()
            .all(|order| order["status"] == "COMPLETED" && order["revision"] == 8)
    );
    let took = running.clock.now() - from_millis(START);
    assert!(took > Duration::from_secs(5), "the pace was kept: {took}");
    running.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_goes_on_after_a_restart() -> Result {
    let folder = tempfile::tempdir()?;
    let first = Running::start(folder.path(), false, START).await?;
    backend::orders::start(&first.world).await?;
    first
        .until("some of it", |account| account.written > 5)
        .await?;
    first.end().await?;
    let second = Running::start(folder.path(), false, START + 3_600_000).await?;
    second
        .until("all of it", |account| account.written == 48)
        .await?;
    assert!(
        second
            .every_order()
            .await?
            .values()
            .all(|order| order["status"] == "COMPLETED")
    );
    second.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_timer_that_means_nothing_is_kept_too() -> Result {
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), false, START).await?;
    let payload = json!({ "timer": "egg" });
    Timers::schedule(&running.world, "egg", running.clock.now(), payload.clone()).await?;
    for id in 1..=2 {
        let letter = running.letter(id).await?;
        assert_eq!(
            (letter.origin, letter.subject.as_str(), &letter.payload),
            (Origin::Timer, "egg", &payload)
        );
        assert!(
            letter.cause.contains("unknown variant `egg`"),
            "{}",
            letter.cause
        );
        dead_letters::resend(&running.world, id).await?;
    }
    assert_eq!(running.account().await?, Account::default());
    running.end().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_go_a_day_after_their_creation() -> Result {
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), false, START).await?;
    put(&running.world, &[basket("a", 1)]).await?;
    running
        .until("the order", |account| account.written == 1)
        .await?;
    running.clock.advance(Duration::from_secs(86_400));
    assert_eq!(
        running.order("a").await?,
        Value::Null,
        "not shown, whether it is still there or not"
    );
    for _ in 0..2_000 {
        running.world.nudge();
        let row =
            backend::ports::Tables::get(&running.world, &backend::orders::ORDERS, "a").await?;
        if row.is_none() {
            assert_eq!(running.every_order().await?, BTreeMap::new());
            assert_eq!(
                running.ask("orders", Value::Object(Map::new())).await?["nextToken"],
                Value::Null
            );
            running.end().await?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("the sweeper never came".into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finished_events_go_after_a_week_and_stay_in_the_account() -> Result {
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), true, START).await?;
    put(
        &running.world,
        &[basket("a", 1), basket("b", 1), basket("bad", 0)],
    )
    .await?;
    let account = running
        .until("all ends", |account| account.pending == 0)
        .await?;
    assert_eq!((account.accepted, account.written, account.dead), (3, 2, 1));
    let count = async |sql: &'static str| {
        let count = move |connection: &rusqlite::Connection| {
            Ok::<i64, cloud::store::StoreError>(connection.query_row(sql, [], |row| row.get(0))?)
        };
        running.world.store.read(count).await
    };
    // No copy is in anybody's hand when a week passes in a moment.
    while count("SELECT count(*) FROM queue").await? > 0 {
        running.clock.advance(Duration::from_millis(50));
        running.world.nudge();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let kept = async || count("SELECT count(*) FROM events").await;
    assert_eq!(kept().await?, 3);
    running.clock.advance(Duration::from_secs(8 * 24 * 3600));
    for _ in 0..2_000 {
        running.world.nudge();
        if kept().await? == 1 {
            assert_eq!(running.account().await?, account);
            // What was given up is there to be sent again, however late.
            let letter = running.letter(1).await?;
            dead_letters::resend(&running.world, letter.id).await?;
            running
                .until("its end", |account| account.dead == 1)
                .await?;
            return running.end().await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Err("the sweeper never came".into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_what_ended_long_ago_is_not_delivered() -> Result {
    const LATER: i64 = START + 2 * 24 * 3600 * 1000;
    const ORDERS: &str = "SELECT count(*) FROM items WHERE tab IN ('orders', 'orders-receipts')";
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), false, START).await?;
    put(&running.world, &[basket("a", 1)]).await?;
    let ended = |account: &Account| account.accepted == 1 && account.pending == 0;
    let account = running.until("its end", ended).await?;
    let store = running.world.store.clone();
    running.end().await?;
    let copy = |tx: &rusqlite::Transaction<'_>| {
        let sql = "INSERT INTO queue (event, rule, due) SELECT event, rule, ? FROM deliveries";
        Ok::<_, cloud::store::StoreError>(tx.execute(sql, [LATER + 60_000])?)
    };
    store.write(copy).await?;
    drop(store);
    // Two days later neither the order nor the receipt is there to say that it has been.
    let running = Running::start(folder.path(), false, LATER).await?;
    let emptied = async |sql: &'static str| -> Result {
        for _ in 0..2_000 {
            running.world.nudge();
            let count = move |connection: &rusqlite::Connection| {
                let count = connection.query_row(sql, [], |row| row.get::<_, i64>(0))?;
                Ok::<_, cloud::store::StoreError>(count)
            };
            if running.world.store.read(count).await? == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err(format!("{sql}: never").into())
    };
    emptied(ORDERS).await?;
    running.clock.advance(Duration::from_secs(60));
    emptied("SELECT count(*) FROM queue").await?;
    emptied(ORDERS).await?;
    assert_eq!(running.account().await?, account);
    running.end().await
}

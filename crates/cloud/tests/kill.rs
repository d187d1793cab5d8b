//! The program itself, killed twice in the middle of a thousand events on a bus that shuffles and doubles: every event
//! it accepted comes to one end, and a subscriber that reconnected ends equal to the query.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use appsync::{Auth, Client, Endpoint, Event, Operation, Region, State};
use aws_guest::sign::{self, Scope};
use aws_guest::{Credentials, Guest, GuestConfig, IdentityId, Service};
use backend::orders::model::OrderStatus;
use cloud::dead_letters::{self, Account};
use cloud::settings::{BUS, IDENTITY_POOL, REGION};
use cloud::store::{Store, StoreError};
use cloud::trail;
use cloud::{Data, dead_letters::DeadLetter};
use futures::StreamExt as _;
use net::UnixTime;
use net::http::Request;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T = ()> = std::result::Result<T, Error>;

const ORDERS: usize = 126;
const FIELDS: &str = "orderId currency customerId items { itemId description quantity unitPrice } numItems status \
                      total createdAt updatedAt revision";
/// How long anything may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program; killed at the latest with the test.
struct Cloud {
    child: Child,
    url: String,
}

impl Cloud {
    fn start(folder: &Path, listen: &str) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
            .args([
                "--listen",
                listen,
                "--disorder",
                "--retry-window",
                "5",
                "--data",
            ])
            .arg(folder)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
        let url = line
            .trim()
            .strip_prefix("Eddy's cloud is ready at ")
            .ok_or_else(|| format!("{line:?}"))?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            child,
        })
    }

    fn listen(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// SIGKILL: no handler, no destructor, no flushing.
    fn kill(mut self) -> Result<String> {
        let listen = self.listen().to_owned();
        self.child.kill()?;
        self.child.wait()?;
        Ok(listen)
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A producer outside: signs as the backend's role and puts ten events a call.
#[derive(Clone)]
struct Producer {
    credentials: Credentials,
    url: String,
}

impl Producer {
    fn new(cloud: &Cloud, folder: &Path) -> Result<Self> {
        let printed = Command::new(env!("CARGO_BIN_EXE_eddy-cloud"))
            .args([
                "credentials",
                "--role",
                "backend",
                "--format",
                "json",
                "--data",
            ])
            .arg(folder)
            .output()?;
        let printed: Value = serde_json::from_slice(&printed.stdout)?;
        let text = |name: &str| printed[name].as_str().unwrap_or_default().to_owned();
        let far = UnixTime(net::wall().0 + 3_600_000);
        let identity = IdentityId::new(format!("{REGION}:{}", net::random::uuid()));
        let credentials = Credentials::new(
            text("AccessKeyId"),
            text("SecretAccessKey"),
            Some(text("SessionToken")),
            far,
            identity,
        );
        Ok(Self {
            credentials,
            url: format!("{}/events/", cloud.url),
        })
    }

    /// The ids of the events that were accepted. An error leaves open whether they were.
    async fn put(&self, entries: &[Value]) -> Result<Vec<String>> {
        let body = json!({ "Entries": entries }).to_string().into_bytes();
        let request = Request::post(&self.url, body)
            .with("content-type", "application/x-amz-json-1.1")
            .with("x-amz-target", "AWSEvents.PutEvents");
        let region = Region::new(REGION);
        let scope = Scope {
            credentials: &self.credentials,
            region: &region,
            service: Service::new("events"),
            at: net::wall(),
        };
        let response = net::http::send(sign::headers(scope, request)?).await?;
        let answer: Value = serde_json::from_slice(&response.body)?;
        if response.status != 200 {
            return Err(format!("{}: {answer}", response.status).into());
        }
        let entries = answer["Entries"].as_array().cloned().unwrap_or_default();
        Ok(entries
            .iter()
            .filter_map(|entry| entry["EventId"].as_str().map(str::to_owned))
            .collect())
    }

    /// Tries until it is told that they were accepted.
    async fn insist(&self, entries: &[Value]) -> Result<Vec<String>> {
        let trying = async {
            loop {
                match self.put(entries).await {
                    Ok(ids) => return ids,
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        Ok(tokio::time::timeout(PATIENCE, trying).await?)
    }
}

fn entry(part: &str, detail_type: &str, detail: &Value) -> Value {
    json!({
        "Source": format!("orders.events.{part}"),
        "DetailType": detail_type,
        "Detail": detail.to_string(),
        "EventBusName": BUS,
    })
}

/// The events of one order that goes the whole way.
fn way(id: &str) -> Vec<Value> {
    let item =
        json!({ "itemId": "i", "description": "Harbour pie", "quantity": 2, "unitPrice": 7.95 });
    let basket = json!({ "orderId": id, "customerId": "c", "currency": "GBP", "items": [item] });
    let update = |status| {
        entry(
            "kitchen",
            "Order updated",
            &json!({ "orderId": id, "status": status }),
        )
    };
    let created = entry("ordering", "New order created", &basket);
    [created]
        .into_iter()
        .chain(OrderStatus::WAY[1..].iter().map(update))
        .collect()
}

/// A thousand events, and a few that can never be applied.
fn events() -> Vec<Value> {
    let mut events: Vec<Value> = (0..ORDERS)
        .flat_map(|number| way(&format!("order-{number:03}")))
        .collect();
    events.push(entry(
        "kitchen",
        "Order updated",
        &json!({ "orderId": "never", "status": "DELIVERED" }),
    ));
    events.push(entry(
        "kitchen",
        "Order updated",
        &json!({ "orderId": "order-000", "status": "BURNT" }),
    ));
    let empty = json!({ "orderId": "zero", "customerId": "c", "currency": "GBP", "items": [] });
    events.push(entry("ordering", "New order created", &empty));
    events
}

type View = BTreeMap<String, Value>;

/// An order counts if it is newer than what is known.
fn apply(view: &mut View, order: &Value) {
    let id = order["orderId"].as_str().unwrap_or_default();
    if view
        .get(id)
        .is_none_or(|known| known["revision"].as_u64() < order["revision"].as_u64())
    {
        view.insert(id.to_owned(), order.clone());
    }
}

async fn snapshot(client: &Client) -> Result<View> {
    let query = format!(
        "query Q($token: String) {{ orders(limit: 100, nextToken: $token) {{ items {{ {FIELDS} }} nextToken }} }}"
    );
    let (mut view, mut token) = (View::new(), Value::Null);
    loop {
        let page = client
            .execute(Operation::new(&query).with(json!({ "token": token })))
            .await?;
        for order in page["orders"]["items"].as_array().into_iter().flatten() {
            apply(&mut view, order);
        }
        token = page["orders"]["nextToken"].clone();
        if token.is_null() {
            return Ok(view);
        }
    }
}

/// What a subscriber sees: what the socket brings, and a snapshot each time the subscription has come to life.
struct Subscriber {
    view: Arc<Mutex<View>>,
    lives: watch::Receiver<usize>,
    data: Arc<AtomicUsize>,
}

impl Subscriber {
    fn start(client: &Client) -> Self {
        let (view, data) = (Arc::<Mutex<View>>::default(), Arc::<AtomicUsize>::default());
        let (lived, lives) = watch::channel(0);
        let mut events = client.subscribe_operation(Operation::new(format!(
            "subscription {{ onCreateOrUpdateOrder {{ {FIELDS} }} }}"
        )));
        let (client, shown, count) = (client.clone(), view.clone(), data.clone());
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::Data(data) => {
                        count.fetch_add(1, Ordering::SeqCst);
                        apply(&mut shown.lock().unwrap(), &data["onCreateOrUpdateOrder"]);
                    }
                    Event::State(State::Live) => {
                        // What arrives meanwhile waits in the stream. A failure means the next kill: it lives again.
                        let Ok(orders) = snapshot(&client).await else {
                            continue;
                        };
                        orders
                            .values()
                            .for_each(|order| apply(&mut shown.lock().unwrap(), order));
                        lived.send_modify(|lives| *lives += 1);
                    }
                    Event::State(State::Failed(cause)) => panic!("{cause}"),
                    Event::State(_) | Event::Incomplete(_) => {}
                }
            }
        });
        Self { view, lives, data }
    }

    async fn lives(&mut self, times: usize) -> Result {
        tokio::time::timeout(PATIENCE, self.lives.wait_for(|lives| *lives >= times)).await??;
        Ok(())
    }

    async fn until_equal(&self, orders: &View) -> Result {
        let equal = async {
            while *self.view.lock().unwrap() != *orders {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, equal).await.map_err(|_| {
            let view = self.view.lock().unwrap();
            let differing: Vec<_> = orders
                .iter()
                .filter(|(id, order)| view.get(*id) != Some(order))
                .collect();
            format!(
                "{} of {} orders differ: {:?}",
                differing.len(),
                orders.len(),
                differing.first()
            )
        })?;
        Ok(())
    }
}

/// Waits for the account, read beside the running program, to be as wanted.
async fn until(store: &Store, what: &str, wanted: impl Fn(&Account) -> bool) -> Result<Account> {
    let waiting = async {
        loop {
            let account = dead_letters::account(store).await?;
            assert!(account.closes(), "{account:?}");
            if wanted(&account) {
                return Ok::<_, Error>(account);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .map_err(|_| format!("{what} never came"))?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_thousand_events() -> Result {
    let folder = tempfile::tempdir()?;
    let first = Cloud::start(folder.path(), "127.0.0.1:0")?;
    let store = Store::open(&Data::Folder(folder.path().to_path_buf())).await?;
    let producer = Producer::new(&first, folder.path())?;
    let guest = Guest::new(GuestConfig {
        endpoint: format!("{}/cognito/", first.url),
        region: Region::new(REGION),
        identity_pool_id: IDENTITY_POOL.to_owned(),
    });
    let client = Client::new(Endpoint {
        url: format!("{}/orders/graphql", first.url),
        region: Region::new(REGION),
        auth: Auth::Guest(guest),
    });
    let mut subscriber = Subscriber::start(&client);
    subscriber.lives(1).await?;

    // Four producers, who go on through the kills; the gate lets so many calls through before each of them.
    let events = events();
    assert!(events.len() > 1_000);
    let gate = Arc::new(Semaphore::new(0));
    let mut producers = tokio::task::JoinSet::new();
    for part in 0..4 {
        let (producer, events, gate) = (producer.clone(), events.clone(), gate.clone());
        producers.spawn(async move {
            let mut accepted = Vec::new();
            for ten in events.chunks(10).skip(part).step_by(4) {
                gate.acquire().await?.forget();
                accepted.extend(producer.insist(ten).await?);
            }
            Ok::<_, Error>(accepted)
        });
    }
    let (mut running, mut pending) = (first, 0);
    for enough in [350, 700] {
        gate.add_permits(40);
        until(&store, "the middle of the putting", |account| {
            account.accepted >= enough
        })
        .await?;
        let listen = running.kill()?;
        let account = dead_letters::account(&store).await?;
        assert!(account.closes() && account.accepted < 1_000, "{account:?}");
        pending += account.pending;
        running = Cloud::start(folder.path(), &listen)?;
    }
    assert!(pending > 0, "killed with something to do");
    gate.add_permits(events.len());
    let lived = *subscriber.lives.borrow();
    let mut accepted = Vec::new();
    while let Some(produced) = producers.join_next().await {
        accepted.extend(produced??);
    }
    subscriber.lives(lived + 1).await?;
    // Some more, which the subscriber that reconnected hears of live.
    let before = subscriber.data.load(Ordering::SeqCst);
    let more: Vec<Value> = (0..10)
        .flat_map(|number| way(&format!("more-{number}")))
        .collect();
    for ten in more.chunks(10) {
        accepted.extend(producer.put(ten).await?);
    }
    let account = until(&store, "the end of all events", |account| {
        account.pending == 0
    })
    .await?;

    // Tables and streams say the same as the bus, once the last change is published.
    let balance = tokio::time::timeout(PATIENCE, async {
        loop {
            let balance = trail::balance(&store).await?;
            assert!(balance.adds_up(), "{:?}", balance.mismatches);
            if balance.publications.iter().all(|of| of.waiting == 0) {
                return Ok::<_, Error>(balance);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let balance = balance.await??;
    assert_eq!(balance.changes, account.written);
    // Both consumers: over AppSync and over MQTT.
    let published: Vec<_> = balance.publications.iter().map(|of| of.published).collect();
    assert_eq!(published, [account.written; 2]);

    // Each event that somebody was told is accepted came to one end.
    assert_eq!(accepted.len(), events.len() + more.len());
    let ends = ends(&store).await?;
    assert_eq!(ends.len() as u64, account.accepted);
    assert!(accepted.iter().all(|id| ends.contains_key(id)));
    assert!(
        ends.values()
            .all(|end| ["written", "late", "duplicate", "dead"].contains(&end.as_str())),
        "{account:?}"
    );
    // What is dead says why.
    let letters = dead_letters::list(&store).await?;
    assert_eq!(letters.len() as u64, account.dead);
    let reasons = [
        "order never is not there yet",
        "unknown variant `BURNT`",
        "the basket is empty",
    ];
    let explained =
        |letter: &DeadLetter| reasons.iter().any(|reason| letter.cause.contains(reason));
    assert!(
        account.dead >= 3 && letters.iter().all(explained),
        "{letters:#?}"
    );

    // All orders went their way, each write one revision; the subscriber has them as the query has.
    let orders = snapshot(&client).await?;
    assert_eq!(orders.len(), ORDERS + 10);
    assert!(orders.values().all(|order| order["status"] == "COMPLETED"));
    let revisions: u64 = orders
        .values()
        .filter_map(|order| order["revision"].as_u64())
        .sum();
    assert_eq!(revisions, account.written);
    subscriber.until_equal(&orders).await?;
    let live = subscriber.data.load(Ordering::SeqCst);
    assert!(
        live - before >= 20,
        "each of the last ten was created and updated live: {}",
        live - before
    );
    println!("{account:?}; {live} changes came live");
    Ok(())
}

/// What became of each event.
async fn ends(store: &Store) -> Result<BTreeMap<String, String>> {
    let ends = store.read(|connection| {
        let mut statement = connection.prepare("SELECT event, state FROM deliveries")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok::<_, StoreError>(rows.collect::<std::result::Result<_, _>>()?)
    });
    Ok(ends.await?)
}

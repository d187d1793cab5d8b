//! Live views of the page's own code, natively, against the real cloud: many of them, on a shuffling and doubling bus,
//! while the cloud goes away and comes back.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "all of it is a test")]

#[path = "common/page.rs"]
mod page;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend::api::{ApiName, Caller};
use cloud::bus::{self, Entry};
use cloud::surroundings::Surroundings;
use cloud::testing::{self, Running};
use cloud::{CloudError, Data, Settings, dead_letters};
use eddy::live::{Link, View, drive};
use eddy::orders::compare::Compare;
use eddy::orders::model::{Order, OrderId};
use eddy::orders::way::Way;
use eddy::orders::wire::{Api, Orders};
use net::UnixTime;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
/// What is compared: id, status and revision, in the view's order.
type Rows = Vec<(String, String, i64)>;

const ORDERS: usize = 60;
const LIMIT: usize = 500;
const STATES: [&str; 7] = [
    "ACCEPTED_BY_STORE",
    "IN_KITCHEN",
    "READY_FOR_PICKUP",
    "PICKED_UP_BY_DRIVER",
    "OUT_FOR_DELIVERY",
    "DELIVERED",
    "COMPLETED",
];

/// How many watch; more of them under `cargo xtask test --soak`.
fn watchers() -> usize {
    if std::env::var_os("EDDY_SOAK").is_some() {
        100
    } else {
        12
    }
}

/// A view as it was last shown.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<(Rows, bool)>>);

impl Shown {
    fn show(&self, view: &View<Order>) {
        let row = |order: &Order| {
            let status = order.status.name().to_owned();
            (order.id.as_str().to_owned(), status, order.revision.0)
        };
        let rows = view
            .window
            .rows()
            .iter()
            .map(|entry| row(&entry.row))
            .collect();
        *self.0.lock().unwrap() = (rows, view.link == Link::Live);
    }

    fn rows(&self) -> Rows {
        self.0.lock().unwrap().0.clone()
    }

    fn is_live(&self) -> bool {
        self.0.lock().unwrap().1
    }
}

fn settings(folder: &Path) -> Settings {
    Settings {
        data: Data::Folder(folder.to_path_buf()),
        disorder: true,
        ..Settings::default()
    }
}

/// What a visitor asks for.
fn visitor(url: &str) -> Api {
    Api::new(&page::configuration().orders, page::guest(url), url)
}

fn watch(orders: Orders) -> Shown {
    let shown = Shown::default();
    let shows = shown.clone();
    tokio::spawn(async move { drive::run(&orders, LIMIT, |view| shows.show(view)).await });
    shown
}

fn order_id(number: usize) -> String {
    format!("order-{number:03}")
}

/// Puts each order's creation and its way on the bus, ten at a time.
async fn put(cloud: &Running, numbers: std::ops::Range<usize>) -> Result {
    let created = |number| {
        json!({
            "orderId": order_id(number), "customerId": "customer", "currency": "EUR",
            "items": [{ "itemId": "i", "description": "Soup", "quantity": 1, "unitPrice": 4.5 }],
        })
    };
    let entry = |source: &str, detail_type: &str, detail: Value| Entry {
        source: format!("orders.events.{source}"),
        detail_type: detail_type.to_owned(),
        detail: detail.to_string(),
    };
    let entries: Vec<_> = numbers
        .flat_map(|number| {
            let updates = STATES.map(|status| {
                let detail = json!({ "orderId": order_id(number), "status": status });
                entry("kitchen", "Order updated", detail)
            });
            [entry("ordering", "New order created", created(number))]
                .into_iter()
                .chain(updates)
        })
        .collect();
    for batch in entries.chunks(bus::MAX_ENTRIES) {
        for accepted in bus::put(&cloud.world, batch.to_vec()).await? {
            accepted?;
        }
    }
    Ok(())
}

/// What the API lists, asked for as the backend.
async fn listed(cloud: &Running) -> Result<Rows> {
    let arguments = Map::from_iter([("limit".to_owned(), json!(100))]);
    let caller = Caller::backend();
    let answer = backend::api::resolve(
        &cloud.world,
        ApiName::Orders,
        "Query",
        "orders",
        &arguments,
        &caller,
    )
    .await?;
    let text = |order: &Value, name: &str| order[name].as_str().unwrap_or_default().to_owned();
    let orders = answer["items"].as_array().cloned().unwrap_or_default();
    Ok(orders
        .iter()
        .map(|order| {
            let revision = order["revision"].as_i64().unwrap_or_default();
            (text(order, "orderId"), text(order, "status"), revision)
        })
        .collect())
}

/// A cloud where another one was, as soon as the last socket of that one has let go of its folder.
async fn again(address: &str, settings: Settings) -> Result<Running> {
    let mut cloud = None;
    until("the folder free again", async || {
        let listener = TcpListener::bind(address).await?;
        let surroundings = Surroundings::machine();
        match testing::start_on(listener, settings.clone(), surroundings).await {
            Err(CloudError::InUse { .. }) => Ok(false),
            started => {
                cloud = Some(started?);
                Ok(true)
            }
        }
    })
    .await?;
    cloud.ok_or_else(|| "no cloud".into())
}

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result {
    for _ in 0..3_000 {
        if is_so().await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("{what}: not within a minute").into())
}

async fn settled(cloud: &Running) -> Result<bool> {
    let account = dead_letters::account(&cloud.world.store).await?;
    Ok(account.pending == 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_equal_the_query_though_the_cloud_was_away() -> Result {
    let folder = tempfile::tempdir()?;
    let cloud = testing::start(settings(folder.path())).await?;
    let url = cloud.url.clone();
    let address = url.trim_start_matches("http://").to_owned();
    let mut views = Vec::new();
    for number in 0..watchers() {
        let way = Way::ALL[number % 2];
        views.push(watch(Orders::every(visitor(&url), way)));
    }
    let mut followers = Vec::new();
    for way in Way::ALL {
        let id = OrderId::from(order_id(0).as_str());
        followers.push(watch(Orders::only(visitor(&url), way, id)));
    }
    let everyone_live = async || Ok(views.iter().chain(&followers).all(Shown::is_live));

    until("everyone live", &everyone_live).await?;
    put(&cloud, 0..ORDERS / 2).await?;
    until("something shown", async || Ok(!views[0].rows().is_empty())).await?;
    // In the middle of it the cloud goes away, and comes back where it was.
    cloud.shutdown().await?;
    let cloud = again(&address, settings(folder.path())).await?;
    put(&cloud, ORDERS / 2..ORDERS).await?;

    until("every event at its end", async || settled(&cloud).await).await?;
    until("everyone live again", &everyone_live).await?;
    let truth = listed(&cloud).await?;
    assert_eq!(truth.len(), ORDERS);
    for (number, view) in views.iter().enumerate() {
        until(&format!("view {number} equal to the query"), async || {
            Ok(view.rows() == truth)
        })
        .await?;
    }
    let followed: Rows = truth
        .into_iter()
        .filter(|row| row.0 == order_id(0))
        .collect();
    until("the followers equal to the query", async || {
        Ok(followers.iter().all(|view| view.rows() == followed))
    })
    .await?;
    cloud.shutdown().await?;
    Ok(())
}

/// Both ways show the same, and each change is heard of by both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_tell_as_much_as_whole_orders() -> Result {
    let cloud = testing::start(Settings {
        disorder: true,
        ..Settings::default()
    })
    .await?;
    let compare = Arc::new(Mutex::new(Compare::default()));
    let views = Way::ALL.map(|way| -> Result<Shown> {
        let compare = Arc::clone(&compare);
        let orders = Orders::every(visitor(&cloud.url), way);
        let heard = move |arrival| compare.lock().unwrap().arrived(arrival);
        Ok(watch(orders.heard_by(heard)))
    });
    let [appsync, mqtt] = views;
    let views = [appsync?, mqtt?];
    until("both live", async || Ok(views.iter().all(Shown::is_live))).await?;
    put(&cloud, 0..ORDERS).await?;
    until("every event at its end", async || settled(&cloud).await).await?;
    let truth = listed(&cloud).await?;
    for (way, view) in Way::ALL.into_iter().zip(&views) {
        until(way.name(), async || Ok(view.rows() == truth)).await?;
    }
    let changes: i64 = truth.iter().map(|row| row.2).sum();
    until("each change heard of by both", async || {
        let figures = compare.lock().unwrap().figures(UnixTime(0));
        Ok(i64::from(figures.both) == changes)
    })
    .await?;
    cloud.shutdown().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_is_no_part_of_a_topic_is_refused_in_words() -> Result {
    let cloud = testing::start(Settings::default()).await?;
    let shown = Arc::new(Mutex::new(None));
    let shows = Arc::clone(&shown);
    let orders = Orders::only(visitor(&cloud.url), Way::Mqtt, OrderId::from("a/#"));
    tokio::spawn(async move {
        drive::run(&orders, 1, |view| {
            *shows.lock().unwrap() = Some(view.link.clone());
        })
        .await;
    });
    until("told", async || {
        let link = shown.lock().unwrap().clone();
        Ok(matches!(link, Some(Link::Failed { why }) if why.contains("MQTT topic")))
    })
    .await?;
    cloud.shutdown().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_simulation_starts_though_another_cloud_gave_the_credentials() -> Result {
    let cloud = testing::start(Settings::default()).await?;
    let visitor = visitor(&cloud.url);
    visitor.start_simulation().await?;
    let address = cloud.url.trim_start_matches("http://").to_owned();
    cloud.shutdown().await?;

    // In memory: the next cloud knows nothing of this one's guests.
    let cloud = again(&address, Settings::default()).await?;
    visitor.start_simulation().await?;
    cloud.shutdown().await?;
    Ok(())
}

//! The admin port and the real client, as the tests of faults use them.

use std::collections::BTreeMap;
use std::time::Duration;

use appsync::{Auth, Client, Endpoint, Event, Operation, State, Subscription};
use aws_guest::{Guest, GuestConfig, Region};
use backend::ports::Pace;
use cloud::Settings;
use cloud::settings::{IDENTITY_POOL, REGION};
use cloud::testing::{Running, start};
use futures::StreamExt as _;
use net::http::{Method, Request};
use serde_json::{Value, json};

use super::{Answer, DEADLINE, EVERY_FIELD, send, until};

/// A running cloud with an admin port.
pub async fn cloud_with_admin(change: impl FnOnce(&mut Settings)) -> Running {
    let mut settings = Settings {
        admin: Some(([127, 0, 0, 1], 0).into()),
        pace: Pace::from_state(Duration::ZERO),
        ..Settings::default()
    };
    change(&mut settings);
    start(settings).await.unwrap()
}

pub async fn ask(cloud: &Running, method: Method, path: &str, body: Value) -> Answer {
    let admin = cloud.admin.as_deref().unwrap();
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    send(Request {
        method,
        url: format!("{admin}{path}"),
        headers: Vec::new(),
        body,
    })
    .await
}

/// Asks for something that works, and what it answers.
pub async fn told(cloud: &Running, path: &str, body: Value) -> Value {
    let answer = ask(cloud, Method::Post, path, body).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

pub async fn shown(cloud: &Running, path: &str) -> Value {
    let answer = ask(cloud, Method::Get, path, Value::Null).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// Puts a load on the bus and waits until every event has come to its end and every change is published.
pub async fn load(cloud: &Running, count: u64) -> Value {
    let loaded = told(
        cloud,
        "/load",
        json!({"rate": 1000, "count": count, "seed": 1}),
    )
    .await;
    assert_eq!(loaded["accepted"], count, "{loaded}");
    until("all is at rest", async || {
        at_rest(&shown(cloud, "/account").await)
    })
    .await;
    loaded
}

pub fn at_rest(account: &Value) -> bool {
    let waiting = account["publications"].as_array().unwrap();
    account["pending"] == 0 && waiting.iter().all(|consumer| consumer["waiting"] == 0)
}

/// The real client, as a guest: its own credentials, its own socket.
pub struct Viewer {
    pub client: Client,
    pub orders: Subscription<Value>,
    /// The newest of each order that it has seen live.
    pub seen: BTreeMap<String, Value>,
}

impl Viewer {
    pub fn of(cloud: &Running) -> Self {
        let guest = Guest::new(GuestConfig {
            endpoint: format!("{}/cognito/", cloud.url),
            region: Region::new(REGION),
            identity_pool_id: IDENTITY_POOL.to_owned(),
        });
        let client = Client::new(Endpoint {
            url: format!("{}/orders/graphql", cloud.url),
            region: Region::new(REGION),
            auth: Auth::Guest(guest),
        });
        let subscription = format!("subscription {{ onCreateOrUpdateOrder {{ {EVERY_FIELD} }} }}");
        Self {
            orders: client.subscribe_operation(Operation::new(subscription)),
            client,
            seen: BTreeMap::new(),
        }
    }

    /// One that is live.
    pub async fn live(cloud: &Running) -> Self {
        let mut viewer = Self::of(cloud);
        viewer.until(|state| *state == State::Live).await;
        viewer
    }

    /// Follows until the subscription is in such a state.
    pub async fn until(&mut self, wanted: impl Fn(&State) -> bool) -> State {
        let following = async {
            loop {
                match self.orders.next().await.expect("the subscription goes on") {
                    Event::State(state) if wanted(&state) => return state,
                    Event::Data(data) => self.see(&data),
                    Event::State(_) | Event::Incomplete(_) => {}
                }
            }
        };
        tokio::time::timeout(DEADLINE, following)
            .await
            .expect("the state in time")
    }

    /// Follows until so many orders have been seen at their end.
    pub async fn until_completed(&mut self, orders: usize) {
        let following = async {
            while self.completed() < orders {
                if let Event::Data(data) = self.orders.next().await.expect("it goes on") {
                    self.see(&data);
                }
            }
        };
        let waited = tokio::time::timeout(DEADLINE, following).await;
        assert!(waited.is_ok(), "{} of {orders}", self.completed());
    }

    pub fn completed(&self) -> usize {
        let completed = self
            .seen
            .values()
            .filter(|order| order["status"] == "COMPLETED");
        completed.count()
    }

    pub async fn query(&self) -> Result<Value, appsync::Error> {
        self.client
            .execute(Operation::new("{ orders { items { orderId revision } } }"))
            .await
    }

    fn see(&mut self, data: &Value) {
        let order = &data["onCreateOrUpdateOrder"];
        let id = order["orderId"].as_str().unwrap().to_owned();
        let newer = self
            .seen
            .get(&id)
            .is_none_or(|known| known["revision"].as_u64() < order["revision"].as_u64());
        if newer {
            self.seen.insert(id, order.clone());
        }
    }
}

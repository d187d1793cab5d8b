//! A hundred writers create events for five users at once, while connections are cut and the program is killed: each
//! user's ids are 1 to n without a gap or a clash, every accepted event is in the table once, and those who follow a
//! user hear of that user's events and of nobody else's.
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

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use appsync::{Client, Event, Operation, Region, State};
use aws_guest::{Guest, Service};
use cloud::settings::REGION;
use common::program::{PATIENCE, Program, Result, until};
use futures::StreamExt as _;
use net::http::Request;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::timeout;

const FLAGS: [&str; 2] = ["--rotate", "0"];
const WRITERS: usize = 100;
const USERS: i64 = 5;
const EVERYTHING: &str = "user_id id name dt_start dt_end location revision";

/// How many events each writer creates.
fn events_a_writer() -> usize {
    if std::env::var_os("EDDY_SOAK").is_some() {
        100
    } else {
        10
    }
}

/// The n-th event of a writer, for one of the users in turn.
fn wish(writer: usize, number: usize) -> (i64, Value) {
    let name = format!("w{writer}-{number}");
    let user = (writer + number) as i64 % USERS + 1;
    let body = json!({
        "user_id": user,
        "name": name,
        "dt_start": "2026-02-02T20:00:00",
        "dt_end": "2026-02-02T22:00:00",
        "token": name,
    });
    (user, body)
}

/// Creates events as the page does: sends again, with the same token, whatever it did not hear the end of.
#[derive(Clone)]
struct Writer {
    guest: Guest,
    url: String,
    accepted: Arc<AtomicUsize>,
    sent_again: Arc<AtomicUsize>,
}

impl Writer {
    async fn create(&self, body: &Value) -> Result<i64> {
        let request =
            Request::post(&self.url, body.to_string()).with("content-type", "application/json");
        let region = Region::new(REGION);
        let signed = self
            .guest
            .sign(Service::new("lambda"), &region, request)
            .await?;
        let answer = net::http::send(signed).await?;
        let event: Value = serde_json::from_slice(&answer.body)?;
        match (answer.status, event["id"].as_i64()) {
            (200, Some(id)) => Ok(id),
            (status, _) => Err(format!("{status}: {event}").into()),
        }
    }

    /// The event's id; told, or sent again until it is.
    async fn insist(&self, body: &Value, impatient: bool) -> Result<i64> {
        let mut wait = if impatient {
            Duration::from_millis(3)
        } else {
            PATIENCE
        };
        let trying = async {
            loop {
                // Who is impatient hangs up in the middle of the request.
                if let Ok(Ok(id)) = timeout(wait, self.create(body)).await {
                    return id;
                }
                self.sent_again.fetch_add(1, Ordering::SeqCst);
                wait = PATIENCE;
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        Ok(timeout(PATIENCE, trying)
            .await
            .map_err(|_| format!("{body} was never accepted"))?)
    }

    /// All of a writer's events, with their users and ids.
    async fn write(self, writer: usize, events: usize) -> Result<Vec<(i64, i64, String)>> {
        let mut ids = Vec::new();
        for number in 0..events {
            let (user, body) = wish(writer, number);
            let id = self
                .insist(&body, (writer + number).is_multiple_of(7))
                .await?;
            if (writer + number).is_multiple_of(5) {
                let again = self.insist(&body, false).await?;
                assert_eq!(again, id, "{body} sent again");
            }
            self.accepted.fetch_add(1, Ordering::SeqCst);
            ids.push((
                user,
                id,
                body["name"].as_str().unwrap_or_default().to_owned(),
            ));
        }
        Ok(ids)
    }
}

type View = BTreeMap<i64, Value>;

async fn snapshot(client: &Client, user: i64) -> Result<View> {
    let query = format!(
        "query Q($user: Int, $token: String) {{ listEventsTables(filter: {{user_id: {{eq: $user}}}}, limit: 1000, nextToken: $token) {{ items {{ {EVERYTHING} }} nextToken }} }}"
    );
    let (mut view, mut token) = (View::new(), Value::Null);
    loop {
        let variables = json!({"user": user, "token": token});
        let page = client
            .execute(Operation::new(&query).with(variables))
            .await?;
        for event in page["listEventsTables"]["items"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let id = event["id"].as_i64().ok_or("no id")?;
            assert!(
                view.insert(id, event.clone()).is_none(),
                "{id} is listed twice"
            );
        }
        token = page["listEventsTables"]["nextToken"].clone();
        if token.is_null() {
            return Ok(view);
        }
    }
}

/// Who follows one user: what the socket brings, and a snapshot each time the subscription has come to life.
#[derive(Clone, Default)]
struct Follower {
    view: Arc<Mutex<View>>,
    live: Arc<AtomicUsize>,
    heard: Arc<AtomicUsize>,
}

impl Follower {
    fn start(client: &Client, user: i64) -> Self {
        let follower = Self::default();
        let mut events = client.subscribe_operation(
            Operation::new(format!(
                "subscription S($user: Int) {{ onCreateEventsTableWithLocalResolver(user_id: $user) {{ {EVERYTHING} }} }}"
            ))
            .with(json!({ "user": user })),
        );
        let (client, it) = (client.clone(), follower.clone());
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::Data(data) => {
                        let event = &data["onCreateEventsTableWithLocalResolver"];
                        assert_eq!(event["user_id"], user, "somebody else's event");
                        it.heard.fetch_add(1, Ordering::SeqCst);
                        let id = event["id"].as_i64().unwrap();
                        it.view.lock().unwrap().insert(id, event.clone());
                    }
                    Event::State(State::Live) => {
                        // What arrives meanwhile waits in the stream. A failure means the next kill: it lives again.
                        if let Ok(listed) = snapshot(&client, user).await {
                            it.view.lock().unwrap().extend(listed);
                            it.live.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                    Event::State(State::Failed(cause)) => panic!("{cause}"),
                    Event::State(_) | Event::Incomplete(_) => {}
                }
            }
        });
        follower
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_writers_leave_neither_gap_nor_clash() -> Result {
    let folder = tempfile::tempdir()?;
    let mut program = Program::start(folder.path(), &FLAGS)?;
    let guest = program.guest();
    let client = program.client_of("calendar", &guest);
    let mut samples = BTreeMap::new();
    let mut followers = BTreeMap::new();
    for user in 1..=USERS {
        samples.insert(user, snapshot(&client, user).await?.len() as i64);
        followers.insert(user, Follower::start(&client, user));
    }
    until("all follow", async || {
        followers
            .values()
            .all(|it| it.live.load(Ordering::SeqCst) > 0)
    })
    .await?;

    let writer = Writer {
        guest,
        url: format!("{}/calendar/events", program.url()),
        accepted: Arc::default(),
        sent_again: Arc::default(),
    };
    let (events, mut writers) = (events_a_writer(), JoinSet::new());
    let all = WRITERS * events;
    for number in 0..WRITERS {
        writers.spawn(writer.clone().write(number, events));
    }
    let written = async |share: usize| {
        until("the middle of the writing", async || {
            writer.accepted.load(Ordering::SeqCst) >= all * share / 8
        })
        .await
    };
    let cut = json!({"share": 1.0, "how": "reset"});
    written(1).await?;
    program.fault("drop", cut.clone()).await?;
    written(2).await?;
    program.fault("refuse", json!({"seconds": 0.3})).await?;
    written(3).await?;
    program = program.kill_and_start_again(folder.path(), &FLAGS)?;
    written(5).await?;
    program.fault("refuse", json!({"seconds": 0.3})).await?;
    program.fault("drop", cut).await?;
    let mut accepted: BTreeMap<i64, BTreeMap<i64, String>> = BTreeMap::new();
    while let Some(written) = writers.join_next().await {
        for (user, id, name) in written?? {
            let clash = accepted.entry(user).or_default().insert(id, name);
            assert_eq!(
                clash, None,
                "two events were told the id {id} of user {user}"
            );
        }
    }
    let again = writer.sent_again.load(Ordering::SeqCst);
    assert!(again > 0, "nothing was in anybody's way");

    for user in 1..=USERS {
        let table = snapshot(&client, user).await?;
        let (first, count) = (samples[&user], table.len() as i64);
        assert!(
            table.keys().copied().eq(1..=count),
            "user {user}: gaps among {count}"
        );
        let told = &accepted[&user];
        assert_eq!(
            count,
            first + told.len() as i64,
            "user {user}: events that nobody was told of"
        );
        for (id, name) in told {
            assert_eq!(table[id]["name"], name.as_str(), "user {user}, event {id}");
        }
        let follower = &followers[&user];
        until("a follower has heard of everything", async || {
            *follower.view.lock().unwrap() == table
        })
        .await?;
        assert!(
            follower.heard.load(Ordering::SeqCst) > 0,
            "user {user}: nothing came by the socket"
        );
    }
    let heard: usize = followers
        .values()
        .map(|it| it.heard.load(Ordering::SeqCst))
        .sum();
    println!("{all} events by {WRITERS} writers, {again} sent again, {heard} heard by the socket");
    program.kill()
}

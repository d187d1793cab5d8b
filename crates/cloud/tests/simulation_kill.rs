//! The program is killed again and again while simulated orders are on their way: each goes the whole way, and each of
//! its workflow's events is put on the bus once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by them"
)]

mod common;

use appsync::Region;
use aws_guest::Service;
use cloud::Data;
use cloud::settings::REGION;
use cloud::store::{Store, StoreError};
use common::program::{Program, Result, until};
use net::http::Request;
use rusqlite::Connection;
use serde_json::Value;

const KILLS: i64 = 6;
const FLAGS: [&str; 4] = ["--pace", "0.3", "--rotate", "0"];

async fn count(store: &Store, sql: &'static str) -> i64 {
    let read = move |connection: &Connection| {
        Ok::<_, StoreError>(connection.query_row(sql, [], |row| row.get(0))?)
    };
    store.read(read).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn simulated_orders_go_on_after_a_kill() -> Result {
    let folder = tempfile::tempdir()?;
    let mut program = Program::start(folder.path(), &FLAGS)?;
    let request = Request::get(format!("{}/order", program.url()));
    let guest = program.guest();
    let signed = guest
        .sign(Service::EXECUTE_API, &Region::new(REGION), request)
        .await?;
    let started = net::http::send(signed).await?;
    assert_eq!(started.status, 200);
    let store = Store::open(&Data::Folder(folder.path().to_owned())).await?;
    let kitchen = "SELECT count(*) FROM events WHERE source = 'orders.events.kitchen'";
    for kill in 1..=KILLS {
        until("the orders get further", async || {
            count(&store, kitchen).await >= kill * 42 / (KILLS + 1)
        })
        .await?;
        program = program.kill_and_start_again(folder.path(), &FLAGS)?;
    }
    until("all of them are there", async || {
        let sql = "SELECT count(*) FROM items WHERE tab = 'orders'
                   AND json_extract(item, '$.status') = 'COMPLETED'";
        count(&store, sql).await == 6
    })
    .await?;
    until("their workflows are over", async || {
        let sql = "SELECT count(*) FROM executions WHERE machine = 'order' AND state = 'succeeded'";
        count(&store, sql).await == 6
    })
    .await?;
    assert_eq!(count(&store, kitchen).await, 42);
    let each = "SELECT count(DISTINCT detail) FROM events WHERE source = 'orders.events.kitchen'";
    assert_eq!(count(&store, each).await, 42, "none is there twice");
    let answer: Value = serde_json::from_slice(&started.body)?;
    assert_eq!(answer["status"], "SUBMITTED");
    assert_eq!(count(&store, "SELECT count(*) FROM dead_letters").await, 0);
    program.kill()
}

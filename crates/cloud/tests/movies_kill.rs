//! The program is killed again and again while movies rotate and people vote: one rotation follows the other, none is
//! left out or made twice, and what voters were told is accepted is in the totals of its round.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by them"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use appsync::Client;
use cloud::Data;
use cloud::store::Store;
use common::movies::{Counts, accounts_for, rounds};
use common::program::{Program, Result, insist, until};
use serde_json::json;
use tokio::task::JoinSet;

const VOTERS: usize = 20;
const FLAGS: [&str; 4] = ["--pace", "0", "--rotate", "0.5"];
const ADD: &str = "mutation($input: AddVotesInput!) { addVotes(input: $input) { id votes round } }";
const SHOWN: &str = "{ getMovies(id: \"0\") { round } }";

fn kills() -> i64 {
    if std::env::var_os("EDDY_SOAK").is_some() {
        20
    } else {
        4
    }
}

async fn round(client: &Client) -> Result<i64> {
    let shown = insist(client, SHOWN, &json!({})).await??;
    Ok(shown["getMovies"]["round"].as_i64().unwrap())
}

/// Votes until told to stop, in the round that it sees. What was accepted, and how many votes came too late.
async fn vote(
    client: Client,
    number: usize,
    seen: Arc<AtomicI64>,
    over: Arc<AtomicBool>,
) -> Result<(Counts, u32)> {
    let (mut accepted, mut stale) = (Counts::new(), 0);
    for vote in 0.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        let (round, count) = (seen.load(Ordering::SeqCst), 1 + vote % 3);
        let reaction = (1 + (vote + i64::try_from(number)?) % 5).to_string();
        let input = json!({
            "id": reaction, "count": count, "round": round, "token": format!("{number}/{vote}"),
        });
        // Nothing was written where others got in front.
        let told = loop {
            match insist(&client, ADD, &json!({ "input": input })).await? {
                Err(refusal) if refusal == "TransactionConflict" => {}
                told => break told,
            }
        };
        match told {
            Ok(_) => *accepted.entry((round, reaction)).or_default() += count,
            Err(refusal) if refusal == "StaleRound" => {
                stale += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok((accepted, stale))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotation_survives_a_kill() -> Result {
    let folder = tempfile::tempdir()?;
    let mut program = Program::start(folder.path(), &FLAGS)?;
    let client = program.client("movies");
    let begun = round(&client).await?;
    let (seen, over) = (
        Arc::new(AtomicI64::new(begun)),
        Arc::<AtomicBool>::default(),
    );
    let watch = tokio::spawn({
        let (client, seen) = (client.clone(), Arc::clone(&seen));
        async move {
            loop {
                if let Ok(round) = round(&client).await {
                    seen.store(round, Ordering::SeqCst);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let mut voters = JoinSet::new();
    for number in 0..VOTERS {
        let client = program.client("movies");
        voters.spawn(vote(client, number, Arc::clone(&seen), Arc::clone(&over)));
    }
    // A kill some time after each rotation, so that the kills fall into other moments of the rounds each time.
    for kill in 1..=kills() {
        let before = seen.load(Ordering::SeqCst);
        until("the movies rotate", async || {
            seen.load(Ordering::SeqCst) > before
        })
        .await?;
        let later = u64::try_from(kill * 97 % 500)?;
        tokio::time::sleep(Duration::from_millis(later)).await;
        program = program.kill_and_start_again(folder.path(), &FLAGS)?;
    }
    let before = seen.load(Ordering::SeqCst);
    until("they rotate on", async || {
        seen.load(Ordering::SeqCst) > before + 2
    })
    .await?;
    over.store(true, Ordering::SeqCst);
    let (mut accepted, mut stale) = (Counts::new(), 0);
    while let Some(voter) = voters.join_next().await {
        let (counts, late) = voter??;
        for (at, count) in counts {
            *accepted.entry(at).or_default() += count;
        }
        stale += late;
    }
    watch.abort();
    program.kill()?;
    let store = Store::open(&Data::Folder(folder.path().to_owned())).await?;
    let rounds = rounds(&store).await;
    let last = *rounds.last().unwrap();
    assert_eq!(
        rounds,
        (begun..=last).collect::<Vec<_>>(),
        "one after the other"
    );
    let total: i64 = accepted.values().sum();
    println!(
        "{} kills, {} rotations, {total} votes accepted, {stale} came late",
        kills(),
        last - begun
    );
    assert!(total > 0);
    accounts_for(&store, &accepted).await;
    Ok(())
}

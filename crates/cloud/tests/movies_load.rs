//! Two hundred clients vote through lost answers, retries and thirty rotations: what they were told is accepted is in the
//! totals of its round, to the vote, and the leaderboard says the same.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests fail the test"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use cloud::testing::Running;
use common::movies::{Counts, accounts_for};
use common::{Signer, backend, cloud_with, guest_named, until};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const CLIENTS: u64 = 200;
const ROTATIONS: i64 = 30;
const ADD: &str = "mutation($input: AddVotesInput!) { addVotes(input: $input) { id votes round } }";

/// Sebastiano Vigna's SplitMix64.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

fn seed() -> u64 {
    let given = std::env::var("EDDY_SEED").ok();
    let seed = given.and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| {
        let mut bytes = [0; 8];
        net::random::fill(&mut bytes);
        u64::from_ne_bytes(bytes)
    });
    println!("EDDY_SEED={seed}");
    seed
}

/// What a client was told in the end.
enum Told {
    Accepted,
    Stale,
}

/// Sends one vote until there is an answer. Some answers are lost on purpose: the connection is given up while the
/// request is under way, once it is certain that it can have arrived.
async fn told(cloud: &Running, signer: &Signer, input: &Value, draws: &mut Draws) -> (Told, u64) {
    let mut lost = 0;
    loop {
        let request = signer.graphql_of("movies", cloud, ADD, json!({"input": input}));
        let sent = net::http::send(request);
        let answer = if lost < 3 && draws.below(4) == 0 {
            let patience = Duration::from_millis(draws.below(25));
            tokio::time::timeout(patience, sent).await.ok()
        } else {
            Some(sent.await)
        };
        let Some(Ok(answer)) = answer else {
            lost += 1;
            continue;
        };
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        match body["errors"][0]["errorType"].as_str() {
            None => {
                assert!(body["data"]["addVotes"]["votes"].is_i64(), "{body}");
                return (Told::Accepted, lost);
            }
            Some("StaleRound") => return (Told::Stale, lost),
            // Nothing was written: it is sent again.
            Some("TransactionConflict") => {}
            Some(_) => panic!("{body}"),
        }
    }
}

async fn current_round(cloud: &Running) -> i64 {
    let request =
        backend(cloud).graphql_of("movies", cloud, "{ getMovies(id: 0) { round } }", json!({}));
    let answer = common::send(request).await;
    answer.body["data"]["getMovies"]["round"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_what_was_counted() {
    let soak = std::env::var_os("EDDY_SOAK").is_some();
    // Twenty thousand votes, a tenth of them in the plain run, some at a time.
    let (each, rotation) = if soak { (100, 1000) } else { (10, 400) };
    let mut seeds = Draws(seed());
    let cloud =
        Arc::new(cloud_with(|settings| settings.rotation = Duration::from_millis(rotation)).await);
    // What everybody sees as the current round; late, as it is for real viewers.
    let seen = Arc::new(AtomicI64::new(1));
    let watch = tokio::spawn({
        let (cloud, seen) = (Arc::clone(&cloud), Arc::clone(&seen));
        async move {
            loop {
                seen.store(current_round(&cloud).await, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let begun = current_round(&cloud).await;
    let span = rotation * u64::try_from(ROTATIONS).unwrap();
    let mut voters = JoinSet::new();
    for client in 0..CLIENTS {
        let (cloud, seen) = (Arc::clone(&cloud), Arc::clone(&seen));
        let mut draws = Draws(seeds.below(u64::MAX));
        voters.spawn(async move {
            let signer = guest_named(&cloud, &format!("eu-west-1:{client}"));
            let (mut accepted, mut stale, mut lost) = (Counts::new(), 0_u64, 0);
            let mut left = each;
            while left > 0 {
                tokio::time::sleep(Duration::from_millis(draws.below(4 * span / each))).await;
                let reaction = (1 + draws.below(5)).to_string();
                let count = (1 + draws.below(4)).min(left);
                left -= count;
                let count = i64::try_from(count).unwrap();
                // Who comes too late votes again, in the round that is shown by then.
                for time in 0.. {
                    let round = seen.load(Ordering::Relaxed);
                    let token = format!("{left}/{time}");
                    let input =
                        json!({"id": reaction, "count": count, "round": round, "token": token});
                    let (told, again) = told(&cloud, &signer, &input, &mut draws).await;
                    lost += again;
                    match told {
                        Told::Accepted => {
                            *accepted.entry((round, reaction)).or_default() += count;
                            break;
                        }
                        Told::Stale => stale += 1,
                    }
                    while seen.load(Ordering::Relaxed) == round {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
            }
            (accepted, stale, lost)
        });
    }
    let (mut accepted, mut stale, mut lost) = (Counts::new(), 0, 0);
    while let Some(voter) = voters.join_next().await {
        let (counts, stale_here, lost_here) = voter.unwrap();
        for (at, count) in counts {
            *accepted.entry(at).or_default() += count;
        }
        stale += stale_here;
        lost += lost_here;
    }
    until("thirty rotations", async || {
        current_round(&cloud).await > begun + ROTATIONS
    })
    .await;
    watch.abort();
    let total: i64 = accepted.values().sum();
    println!("{total} votes accepted; {stale} came late, {lost} answers were lost on purpose");
    assert!(
        stale > 0 && lost > 0,
        "some came late, some answers were lost"
    );
    accounts_for(&cloud.world.store, &accepted).await;
}

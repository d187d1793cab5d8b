//! Votes, rotation and chat, over the ports in memory.

#[path = "../../../../tests/common/cases.rs"]
mod cases;
mod chat;
mod histories;
mod publishing;

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::model::{CURRENT, REACTIONS};
use super::rotation::Timer;
use super::{MOVIES, on_timer, prepare, resolve};
use crate::api::{Caller, FieldError, IdentityId, Role};
use crate::memory::{Fault, Memory};
use crate::ports::Tables as _;

fn guest(name: &str) -> Caller {
    Caller {
        role: Role::Guest,
        identity: Some(IdentityId(name.to_owned())),
    }
}

/// Movie 0 and the reactions, with rotation.
async fn fresh() -> Memory {
    let memory = Memory::default();
    memory.state().rotation = Some(Duration::from_secs(10));
    prepare(&memory).await.unwrap();
    memory
}

async fn ask(
    memory: &Memory,
    caller: &Caller,
    field: &str,
    arguments: Value,
) -> Result<Value, FieldError> {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    resolve(memory, "", field, &arguments, caller).await
}

async fn vote(
    memory: &Memory,
    caller: &Caller,
    (id, count, round): (&str, i32, u32),
    token: &str,
) -> Result<Value, FieldError> {
    let input = json!({"id": id, "count": count, "round": round, "token": token});
    ask(memory, caller, "addVotes", json!({ "input": input })).await
}

async fn rotate(memory: &Memory, round: u32) {
    let timer = json!(Timer::Rotation { round });
    on_timer(memory, &timer).await.unwrap();
}

async fn review(memory: &Memory, id: &str) -> Value {
    let caller = Caller::backend();
    let found = ask(memory, &caller, "getReviews", json!({ "id": id })).await;
    found.unwrap()
}

async fn current(memory: &Memory) -> Map<String, Value> {
    memory.get(&MOVIES, CURRENT).await.unwrap().unwrap()
}

#[tokio::test]
async fn preparing_twice_changes_nothing() {
    let memory = fresh().await;
    let rows = memory.state().rows.clone();
    assert_eq!(rows.len(), 1 + REACTIONS.len());
    prepare(&memory).await.unwrap();
    assert_eq!(memory.state().rows, rows);
    let timers = memory.state().timers.clone();
    assert_eq!(
        timers["movies/rotation"].1,
        json!(Timer::Rotation { round: 1 })
    );
}

#[tokio::test]
async fn a_token_counts_once_and_its_first_result_is_told_again() {
    let memory = fresh().await;
    let (one, two) = (guest("one"), guest("two"));
    let first = vote(&memory, &one, ("1", 3, 1), "t").await.unwrap();
    assert_eq!(first["votes"], 3);
    vote(&memory, &two, ("1", 2, 1), "t").await.unwrap();
    // Also when the round is over, and whatever else comes under it.
    rotate(&memory, 1).await;
    assert_eq!(vote(&memory, &one, ("1", 9, 2), "t").await.unwrap(), first);
    assert_eq!(review(&memory, "1").await["topVotes"], 5);
    // A day later it is anybody's again.
    memory.state().now = Duration::from_secs(24 * 60 * 60);
    let again = vote(&memory, &one, ("1", 4, 2), "t").await.unwrap();
    assert_eq!(again["votes"], 4);
}

#[tokio::test]
async fn what_was_counted_without_an_answer_is_told_when_it_is_sent_again() {
    let memory = fresh().await;
    memory.state().faults = vec![Fault::LostAnswer];
    let lost = vote(&memory, &guest("one"), ("2", 3, 1), "t").await;
    assert_eq!(lost.unwrap_err().error_type, "InternalFailure");
    rotate(&memory, 1).await;
    let told = vote(&memory, &guest("one"), ("2", 3, 1), "t").await;
    assert!(told.is_ok(), "{told:?}");
    let kept = review(&memory, "2").await;
    assert_eq!((&kept["votes"], &kept["topVotes"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn a_vote_for_another_round_is_refused_and_its_token_stays_free() {
    let memory = fresh().await;
    let one = guest("one");
    for round in [0, 2, 7] {
        let stale = vote(&memory, &one, ("1", 1, round), "t").await;
        assert_eq!(stale.unwrap_err().error_type, "StaleRound");
    }
    assert!(vote(&memory, &one, ("1", 1, 1), "t").await.is_ok());
    for (id, count, token) in [
        ("1", 0, "u"),
        ("1", -1, "u"),
        ("1", 1001, "u"),
        ("6", 1, "u"),
        ("1", 1, ""),
    ] {
        let bad = vote(&memory, &one, (id, count, 1), token).await;
        let bad = bad.unwrap_err().error_type;
        assert_eq!(bad, "BadRequestException", "{id} {count} {token:?}");
    }
    assert_eq!(review(&memory, "1").await["votes"], 1);
}

#[tokio::test]
async fn only_more_votes_than_the_best_take_the_top() {
    let memory = fresh().await;
    let one = guest("one");
    let mut expected = (Value::Null, json!(0));
    for (round, votes, takes) in [(1, 4, true), (2, 4, false), (3, 5, true), (4, 0, false)] {
        let name = current(&memory).await["name"].clone();
        if votes > 0 {
            let cast = ("4", votes, round);
            vote(&memory, &one, cast, &format!("t{round}"))
                .await
                .unwrap();
        }
        if takes {
            expected = (name, json!(votes));
        }
        rotate(&memory, round).await;
        let kept = review(&memory, "4").await;
        assert_eq!(
            (kept["topMovie"].clone(), kept["topVotes"].clone()),
            expected
        );
        assert_eq!(
            (&kept["votes"], &kept["round"]),
            (&json!(0), &json!(round + 1))
        );
    }
}

#[tokio::test]
async fn guests_may_add_a_vote_and_set_nothing() {
    let memory = fresh().await;
    for input in [
        json!({"id": "1", "votes": 0}),
        json!({"id": "1", "votes": 7}),
        json!({"id": "1", "topMovie": "Mine"}),
        json!({"id": "1", "topVotes": 9}),
        json!({"id": "1", "type": "mine"}),
    ] {
        let arguments = json!({ "input": input });
        let refused = ask(&memory, &guest("one"), "updateReviews", arguments).await;
        assert_eq!(refused.unwrap_err().error_type, "Unauthorized", "{input}");
    }
    let one_more = json!({"input": {"id": "1"}});
    for caller in [guest("one"), Caller::backend()] {
        ask(&memory, &caller, "updateReviews", one_more.clone())
            .await
            .unwrap();
    }
    assert_eq!(review(&memory, "1").await["votes"], 2);
    let reset = json!({"input": {"id": "1", "votes": 0, "topMovie": "Ours", "topVotes": 2}});
    let reset = ask(&memory, &Caller::backend(), "updateReviews", reset).await;
    let reset = reset.unwrap();
    assert_eq!(
        (&reset["votes"], &reset["topMovie"]),
        (&json!(0), &json!("Ours"))
    );
}

/// As many votes as there are: what is told ends where GraphQL's `Int` does, and nothing else does.
#[tokio::test]
async fn more_votes_than_can_be_told_end_nothing() {
    let memory = fresh().await;
    let most = json!({"input": {"id": "1", "votes": i32::MAX}});
    ask(&memory, &Caller::backend(), "updateReviews", most)
        .await
        .unwrap();
    for token in ["t", "u"] {
        let told = vote(&memory, &guest("one"), ("1", 1000, 1), token).await;
        assert_eq!(told.unwrap()["votes"], i32::MAX);
    }
    let all = ask(&memory, &guest("one"), "listReviewss", json!({})).await;
    assert_eq!(all.unwrap()["items"][0]["votes"], i32::MAX);
    prepare(&memory).await.unwrap();
    rotate(&memory, 1).await;
    let kept = review(&memory, "1").await;
    assert_eq!(
        (&kept["votes"], &kept["topVotes"], &kept["round"]),
        (&json!(0), &json!(i32::MAX), &json!(2))
    );
}

#[tokio::test]
async fn a_round_that_a_kill_left_closed_is_open_again_when_nothing_rotates() {
    let memory = fresh().await;
    vote(&memory, &guest("one"), ("2", 3, 1), "t")
        .await
        .unwrap();
    // The reactions are closed, and then nothing gets through any more.
    memory.state().faults = [vec![Fault::Conflict; 40], vec![Fault::None]].concat();
    let cut = on_timer(&memory, &json!(Timer::Rotation { round: 1 })).await;
    assert!(cut.is_err(), "the rotation did not come to its end");
    memory.state().faults = Vec::new();
    let closed = vote(&memory, &guest("one"), ("2", 1, 1), "u").await;
    assert_eq!(closed.unwrap_err().error_type, "StaleRound");

    memory.state().rotation = None;
    prepare(&memory).await.unwrap();
    let told = vote(&memory, &guest("one"), ("2", 1, 1), "u").await;
    assert_eq!(told.unwrap()["votes"], 4, "none is lost");

    // And where it rotates, the rotation goes on where it was: nothing is opened that is about to be counted.
    memory.state().rotation = Some(Duration::from_secs(10));
    prepare(&memory).await.unwrap();
    rotate(&memory, 1).await;
    let kept = review(&memory, "2").await;
    assert_eq!((&kept["topVotes"], &kept["round"]), (&json!(4), &json!(2)));
}

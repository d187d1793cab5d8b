//! Votes, retries and rotations in every order and with everything that can befall a transaction, beside a reference
//! that knows no tables: per round and reaction what was accepted is what leaderboard and totals account for.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use proptest::prelude::*;

use super::super::REVIEWS;
use super::*;
use cases::cases;

/// Votes that guests cast at one time, with a rotation's timers beside them.
#[derive(Debug, Clone)]
struct Moment {
    /// Guest, token, reaction, count, rounds behind the one that the guest saw.
    votes: Vec<(u8, u8, u8, i32, u32)>,
    /// So often does the round's timer fire.
    timers: usize,
    faults: Vec<Fault>,
}

fn moments() -> impl Strategy<Value = Vec<Moment>> {
    let vote = (
        0..4u8,
        0..6u8,
        1..=5u8,
        1..50i32,
        prop_oneof![8 => Just(0), 1 => 1..3u32],
    );
    let fault = prop_oneof![
        6 => Just(Fault::None),
        3 => Just(Fault::Conflict),
        1 => Just(Fault::LostAnswer),
    ];
    let moment = (
        proptest::collection::vec(vote, 0..6),
        prop_oneof![2 => Just(0usize), 2 => Just(1), 1 => Just(2)],
        proptest::collection::vec(fault, 0..24),
    );
    let moment = moment.prop_map(|(votes, timers, faults)| Moment {
        votes,
        timers,
        faults,
    });
    proptest::collection::vec(moment, 1..8)
}

/// One delivery of a vote; what became of it in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cast {
    id: u8,
    count: i32,
    round: u32,
}

/// What a correct cloud holds after the votes that were counted, by plain addition.
struct Reference {
    /// Movie of each round.
    names: BTreeMap<u32, Value>,
    /// By round and reaction.
    counted: BTreeMap<(u32, u8), i32>,
}

impl Reference {
    /// Votes, best votes and best movie of a reaction in this round.
    fn reaction(&self, id: u8, round: u32) -> (Value, Value, Value) {
        let of = |round| self.counted.get(&(round, id)).copied().unwrap_or(0);
        let mut best = (0, Value::Null);
        for past in 1..round {
            if of(past) > best.0 {
                best = (of(past), self.names[&past].clone());
            }
        }
        (of(round).into(), best.0.into(), best.1)
    }
}

/// Delivers a vote until there is an answer that says whether it counts.
async fn insist(memory: &Memory, caller: &Caller, token: &str, cast: Cast) -> bool {
    let Cast { id, count, round } = cast;
    loop {
        let told = vote(memory, caller, (&id.to_string(), count, round), token).await;
        match told {
            Ok(_) => return true,
            Err(error) if error.error_type == "StaleRound" => return false,
            // Its answer was lost, or others kept writing.
            Err(error) => assert!(
                ["InternalFailure", "TransactionConflict"].contains(&error.error_type),
                "{error}"
            ),
        }
    }
}

/// A timer is fired until it is done, as the scheduler does.
async fn fire(memory: &Memory, round: u32) {
    let timer = json!(Timer::Rotation { round });
    while on_timer(memory, &timer).await.is_err() {}
}

async fn round(memory: &Memory) -> u32 {
    let round = current(memory).await["round"].as_u64().unwrap();
    u32::try_from(round).unwrap()
}

async fn history(moments: Vec<Moment>) {
    let memory = fresh().await;
    let mut reference = Reference {
        names: BTreeMap::new(),
        counted: BTreeMap::new(),
    };
    // What each guest's token stands for: its first delivery that was accepted.
    let mut accepted: BTreeMap<(u8, u8), Cast> = BTreeMap::new();
    let mut rotations = 0;
    for Moment {
        votes,
        timers,
        faults,
    } in moments
    {
        let open = round(&memory).await;
        let name = current(&memory).await["name"].clone();
        reference.names.insert(open, name);
        memory.state().faults = faults;
        let mut sent = BTreeSet::new();
        let casts = votes
            .into_iter()
            .filter(|(guest, token, ..)| sent.insert((*guest, *token)));
        let casts = casts.map(|(guest, token, id, count, behind)| {
            let round = open.saturating_sub(behind);
            ((guest, token), Cast { id, count, round })
        });
        let casts: Vec<_> = casts.collect();
        let voting = casts.iter().map(async |((who, token), cast)| {
            let caller = super::guest(&format!("guest {who}"));
            // The same delivery twice at once, as a client does whose answer is late.
            let token = format!("token {token}");
            let one = insist(&memory, &caller, &token, *cast);
            let two = insist(&memory, &caller, &token, *cast);
            let told = futures::join!(one, two);
            // One that is told that the round was over may have come before the other was counted, never after.
            told.0 || told.1
        });
        let rotating = (0..timers).map(|_| fire(&memory, open));
        let (told, _) = futures::join!(join_all(voting), join_all(rotating));
        memory.state().faults.clear();
        for ((key, cast), told) in casts.into_iter().zip(told) {
            if !told {
                continue;
            }
            // A token that was used before: told again, not counted again.
            if accepted
                .insert(key, *accepted.get(&key).unwrap_or(&cast))
                .is_none()
            {
                assert_eq!(cast.round, open, "counted in a round that was not open");
                *reference.counted.entry((cast.round, cast.id)).or_default() += cast.count;
            }
        }
        rotations += u32::from(timers > 0);
        assert_eq!(round(&memory).await, 1 + rotations, "one rotation a round");
        let now = round(&memory).await;
        for id in 1..=5u8 {
            let kept = review(&memory, &id.to_string()).await;
            let found = ["votes", "topVotes", "topMovie"].map(|name| kept[name].clone());
            assert_eq!(
                <(_, _, _)>::from(found),
                reference.reaction(id, now),
                "reaction {id}"
            );
            assert_eq!(kept["round"], now);
        }
    }
    revisions_grow_by_one(&memory);
}

/// What subscribers rely on.
fn revisions_grow_by_one(memory: &Memory) {
    let state = memory.state();
    let changes = state.changes.iter();
    for (table, key, old, new) in
        changes.filter(|(table, ..)| [MOVIES.name, REVIEWS.name].contains(table))
    {
        let (Some(old), Some(new)) = (old, new) else {
            continue;
        };
        let step = new["revision"].as_i64().unwrap() - old["revision"].as_i64().unwrap();
        let mut before = old.clone();
        before.insert("open".to_owned(), new["open"].clone());
        // That a round is being closed is not shown, so it is no revision.
        let shown = before != *new;
        assert_eq!(step, i64::from(shown), "{table} {key}: {old:?} {new:?}");
    }
}

proptest! {
    #![proptest_config(cases("histories of votes and rotations", 300, 20_000))]

    #[test]
    fn what_was_accepted_is_what_was_counted(moments in moments()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(history(moments));
    }
}

//! Counting votes.
//!
//! A vote adds to the total without looking at it first, on the condition that its round is open and its token unused:
//! two hundred at once do not get in each other's way, and what is told as accepted is in the total of its round.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::REVIEWS;
use super::model::Review;
use super::rows::{self, Row, is_passed_by};
use crate::api::{Caller, FieldError, bad_request};
use crate::input::{Id, input, too_busy};
use crate::ports::{Action, Condition, Ports, Update, Write};
use crate::retry::Tries;
use crate::tokens::{Claim, Known, Token};

/// As many clicks at once as a hand can make in a round, and more.
const MOST: i32 = 1000;

#[derive(Deserialize)]
struct Input {
    id: Id,
    count: i32,
    round: i32,
}

/// Adds votes: once for each token, and only to the round in which they were cast.
///
/// # Errors
/// `StaleRound` if that is not the one that is open.
pub(super) async fn add<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
    caller: &Caller,
) -> Result<Value, FieldError> {
    let given = arguments.get("input").and_then(|input| input.get("token"));
    let token = Token::read(caller, "movies/addVotes", given)?
        .ok_or_else(|| bad_request("token", "a token is needed"))?;
    let input: Input = input(arguments)?;
    if !(1..=MOST).contains(&input.count) {
        let message = format!("between 1 and {MOST}, not {}", input.count);
        return Err(bad_request("count", &message));
    }
    let mut tries = Tries::default();
    loop {
        let claim = match token.look(ports).await? {
            Known::Result(result) => return Ok(result),
            Known::Used => return result(ports, &token, &input.id.0).await,
            Known::Free(claim) => claim,
        };
        match ports.transact(writes(&input, claim)).await {
            Ok(()) => return result(ports, &token, &input.id.0).await,
            Err(error) if is_passed_by(&error) => {}
            Err(error) => return Err(error.into()),
        }
        // The token first: it may have been used, here or elsewhere, while the round was still open.
        if matches!(token.look(ports).await?, Known::Free(_)) {
            let row = rows::get::<Review, P>(ports, &input.id.0).await?;
            still_open(row.as_ref(), &input)?;
        }
        if !tries.again(ports).await {
            return Err(too_busy());
        }
    }
}

fn writes(input: &Input, claim: Claim) -> Vec<Write> {
    let count = Write {
        table: &REVIEWS,
        key: input.id.0.clone(),
        action: Action::Update(Update {
            set: Vec::new(),
            add: vec![("votes", input.count.into()), ("revision", 1)],
        }),
        condition: Condition::Equals("open", input.round.into()),
    };
    vec![count, claim.write(None)]
}

/// The reaction right after the votes were counted; the same one for every delivery of the token.
async fn result<P: Ports>(ports: &P, token: &Token, id: &str) -> Result<Value, FieldError> {
    let row = rows::get::<Review, P>(ports, id).await?;
    let result = json!(row.map(|row| row.shown));
    Ok(token.keep(ports, result).await?)
}

fn still_open(row: Option<&Row<Review>>, input: &Input) -> Result<(), FieldError> {
    let Some(row) = row.filter(|row| !row.deleted) else {
        return Err(bad_request(
            "id",
            &format!("there is no reaction {}", input.id.0),
        ));
    };
    if row.open.map(i64::from) == Some(input.round.into()) {
        return Ok(());
    }
    let message = match row.open {
        Some(open) => format!(
            "voting has moved on: round {open} is open, not {}",
            input.round
        ),
        None => format!(
            "voting has moved on: round {} is being closed",
            row.shown.round
        ),
    };
    Err(FieldError {
        error_type: "StaleRound",
        message,
    })
}

//! The reactions table's own mutations. Guests may add a vote; the rest is the backend's.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::model::{CURRENT, Movie, REACTIONS, Review};
use super::rows::{self, Row, is_passed_by};
use super::{MOVIES, REVIEWS};
use crate::api::{Caller, FieldError, Role, bad_request};
use crate::input::{Id, condition_failed, input, too_busy};
use crate::ports::{Action, Condition, Ports, Update, Write};
use crate::retry::Tries;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    id: Id,
    #[serde(rename = "type")]
    kind: Option<String>,
    votes: Option<i32>,
    top_movie: Option<String>,
    top_votes: Option<i32>,
}

impl Input {
    fn read(arguments: &Map<String, Value>) -> Result<Self, FieldError> {
        let read: Self = input(arguments)?;
        for (name, number) in [("votes", read.votes), ("topVotes", read.top_votes)] {
            if let Some(number) = number.filter(|number| *number < 0) {
                return Err(bad_request(name, &format!("0 or more, not {number}")));
            }
        }
        Ok(read)
    }
}

/// Makes a reaction. One that is there keeps what it has; what is absent is filled.
pub(super) async fn create<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let input = Input::read(arguments)?;
    let Id(id) = &input.id;
    if !REACTIONS.iter().any(|(known, _)| known == id) {
        return Err(bad_request("id", "there are the reactions 1 to 5"));
    }
    let mut tries = Tries::default();
    loop {
        // A reaction that is made takes part in the round that is on while it is made.
        let movie = rows::get::<Movie, P>(ports, CURRENT).await?;
        let before = rows::get::<Review, P>(ports, id).await?;
        let round = movie.as_ref().and_then(|movie| movie.shown.round);
        let row = match &before {
            Some(row) if !row.deleted => row.clone(),
            row => {
                let mut fresh = Review::fresh(id, round.unwrap_or(1));
                fresh.revision = row.as_ref().map_or(1, |row| row.shown.revision + 1);
                // What is given goes before what is usual.
                fresh.kind = None;
                fresh.votes = None;
                fresh.top_votes = None;
                let open = fresh.round;
                Row::of(fresh, Some(open))
            }
        };
        let is_there = before.as_ref().is_some_and(|row| !row.deleted);
        let filled = filled(row.clone(), &input);
        if is_there && filled == row {
            return Ok(json!(filled.shown));
        }
        let mut filled = filled;
        if is_there {
            filled.shown.revision += 1;
        }
        let mut writes = vec![rows::replace(before.as_ref(), &filled)?];
        if let Some(movie) = movie.filter(|_| !is_there) {
            writes.push(Write {
                table: &MOVIES,
                key: CURRENT.to_owned(),
                action: Action::Check,
                condition: Condition::Equals("revision", movie.shown.revision.into()),
            });
        }
        match ports.transact(writes).await {
            Ok(()) => return Ok(json!(filled.shown)),
            Err(error) if is_passed_by(&error) => {
                if !tries.again(ports).await {
                    return Err(too_busy());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn filled(mut row: Row<Review>, input: &Input) -> Row<Review> {
    let usual = Review::fresh(&row.shown.id, row.shown.round);
    let it = &mut row.shown;
    it.kind = it.kind.take().or_else(|| input.kind.clone()).or(usual.kind);
    it.votes = it.votes.or(input.votes).or(usual.votes);
    it.top_movie = it.top_movie.take().or_else(|| input.top_movie.clone());
    it.top_votes = it.top_votes.or(input.top_votes).or(usual.top_votes);
    row
}

/// Without `votes` it adds one; with votes above 0 it sets them; with 0 it resets them and sets what is at the top.
pub(super) async fn update<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
    caller: &Caller,
) -> Result<Value, FieldError> {
    let input = Input::read(arguments)?;
    let sets = input.votes.is_some() || input.top_movie.is_some() || input.top_votes.is_some();
    if caller.role == Role::Guest && sets {
        return Err(not_a_guest_s());
    }
    if input.votes.is_none() && sets {
        let message = "is set together with votes: 0, when they are reset";
        return Err(bad_request("topMovie and topVotes", message));
    }
    let Id(id) = &input.id;
    let mut tries = Tries::default();
    loop {
        let row = rows::get::<Review, P>(ports, id).await?;
        let row = row
            .filter(|row| !row.deleted)
            .ok_or_else(|| condition_failed(format!("there is no reaction {id}")))?;
        if caller.role == Role::Guest && input.kind.is_some() && input.kind != row.shown.kind {
            return Err(not_a_guest_s());
        }
        let mut update = Update {
            set: Vec::new(),
            add: vec![("revision", 1)],
        };
        update
            .set
            .extend(input.kind.clone().map(|it| ("type", it.into())));
        // One vote goes to the round that is open, whichever that is; while one is being closed there is none.
        let condition = match input.votes {
            None => {
                update.add.push(("votes", 1));
                row.open.map(|open| Condition::Equals("open", open.into()))
            }
            Some(votes) => {
                update.set.push(("votes", votes.into()));
                let (movie, best) = (input.top_movie.clone(), input.top_votes);
                update.set.extend(movie.map(|it| ("topMovie", it.into())));
                update.set.extend(best.map(|it| ("topVotes", it.into())));
                Some(Condition::Present)
            }
        };
        if let Some(condition) = condition {
            let write = Write {
                table: &REVIEWS,
                key: id.clone(),
                action: Action::Update(update),
                condition,
            };
            match ports.transact(vec![write]).await {
                Ok(()) => {
                    let row = rows::get::<Review, P>(ports, id).await?;
                    return Ok(json!(row.and_then(Row::living)));
                }
                Err(error) if is_passed_by(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if !tries.again(ports).await {
            return Err(too_busy());
        }
    }
}

/// AppSync's words for what a caller may not do.
fn not_a_guest_s() -> FieldError {
    FieldError {
        error_type: "Unauthorized",
        message: "Not Authorized to access updateReviews on type Mutation".to_owned(),
    }
}

/// Takes a reaction away; null if there is none.
pub(super) async fn delete<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    #[derive(Deserialize)]
    struct Input {
        id: Id,
    }
    let Input { id: Id(id) } = input(arguments)?;
    let mut tries = Tries::default();
    loop {
        let Some(before) = rows::get::<Review, P>(ports, &id).await? else {
            return Ok(Value::Null);
        };
        if before.deleted {
            return Ok(Value::Null);
        }
        let mut row = before.clone();
        row.deleted = true;
        row.open = None;
        row.shown.revision += 1;
        match ports
            .transact(vec![rows::replace(Some(&before), &row)?])
            .await
        {
            Ok(()) => return Ok(json!(row.shown)),
            Err(error) if is_passed_by(&error) => {
                if !tries.again(ports).await {
                    return Err(too_busy());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

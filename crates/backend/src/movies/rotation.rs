//! The rotation: one movie after the other, exactly one at a time.
//!
//! A round is closed before it is counted: first the reactions stop taking its votes, then what they have is final and
//! one transaction makes the leaderboard, the zeros and the next movie of it. However many vote meanwhile, it never
//! has to be tried again for their sake. The movie's round is the condition of all of it, so a timer that fires twice, or
//! again after a crash in the middle, rotates once.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::model::{CURRENT, Movie, REACTIONS, Review};
use super::rows::{self, Row, is_passed_by};
use super::{REVIEWS, programme};
use crate::event::HandlerError;
use crate::moment::Moment;
use crate::ports::{Action, Condition, Ports, Update, Write};
use crate::retry::Tries;

/// What a timer of this system carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "timer", rename_all = "camelCase")]
pub enum Timer {
    /// A round is over.
    Rotation {
        /// Which one.
        round: u32,
    },
    /// The list of films is to be asked for again.
    Programme,
}

impl Timer {
    /// The names of all of this system's timers begin like this.
    pub const PREFIX: &'static str = "movies/";

    const fn name(self) -> &'static str {
        match self {
            Self::Rotation { .. } => "movies/rotation",
            Self::Programme => "movies/programme",
        }
    }
}

/// Makes what a fresh cloud lacks (movie 0, five reactions at zero) and sets the timers. Does nothing twice.
///
/// # Errors
/// Where tables or timers are out of reach.
pub async fn prepare<P: Ports>(ports: &P) -> Result<(), HandlerError> {
    let rotation = ports.rotation();
    let mut tries = Tries::default();
    loop {
        let writes = missing(ports).await?;
        if writes.is_empty() {
            break;
        }
        match ports.transact(writes).await {
            Ok(()) => break,
            Err(error) if is_passed_by(&error) && tries.again(ports).await => {}
            Err(error) => return Err(error.into()),
        }
    }
    if rotation.is_some() {
        set_next(ports).await?;
    }
    set(ports, Timer::Programme, ports.now()).await
}

/// The writes that make what is not there, and that tell whether anything rotates.
async fn missing<P: Ports>(ports: &P) -> Result<Vec<Write>, HandlerError> {
    let ends_at = ports.rotation().map(|rotation| ports.now() + rotation);
    let mut writes = Vec::new();
    let movie = rows::get::<Movie, P>(ports, CURRENT).await?;
    let row = match movie.clone() {
        None => Some(Row::of(
            Movie::first(programme::film(ports, 1).await?, ends_at),
            None,
        )),
        Some(mut row) if row.shown.ends_at.is_some() != ends_at.is_some() => {
            row.shown.ends_at = ends_at.map(Moment::from);
            row.shown.revision += 1;
            Some(row)
        }
        Some(_) => None,
    };
    let round = row.as_ref().or(movie.as_ref());
    let round = round.and_then(|row| row.shown.round).unwrap_or(1);
    if let Some(row) = row {
        writes.push(rows::replace(movie.as_ref(), &row)?);
    }
    for (id, _) in REACTIONS {
        match rows::get::<Review, P>(ports, id).await? {
            None => {
                let row = Row::of(Review::fresh(id, round), Some(round));
                writes.push(rows::replace(None, &row)?);
            }
            // A rotation ended after it had closed the round, and none will come to finish it.
            Some(before) if before.open.is_none() && !before.deleted && ends_at.is_none() => {
                let mut row = before.clone();
                row.open = Some(round);
                writes.push(rows::replace(Some(&before), &row)?);
            }
            Some(_) => {}
        }
    }
    Ok(writes)
}

/// A timer of this system has fired.
///
/// # Errors
/// [`HandlerError::Dead`] if the payload is no timer of this system; [`HandlerError::Retry`] where tables or timers are
/// out of reach or others keep writing the same rows.
pub async fn on_timer<P: Ports>(ports: &P, payload: &Value) -> Result<(), HandlerError> {
    let timer: Timer = serde_path_to_error::deserialize(payload)
        .map_err(|error| HandlerError::Dead(format!("no timer of the movies: {error}")))?;
    match timer {
        Timer::Rotation { round } => {
            if ports.rotation().is_some() {
                rotate(ports, round).await?;
                set_next(ports).await?;
            }
            Ok(())
        }
        Timer::Programme => match programme::refresh(ports).await? {
            Some(wait) => set(ports, timer, ports.now() + wait).await,
            None => Ok(()),
        },
    }
}

/// Ends a round, if it is the current one.
async fn rotate<P: Ports>(ports: &P, round: u32) -> Result<(), HandlerError> {
    let mut tries = Tries::default();
    loop {
        let Some(before) = rows::get::<Movie, P>(ports, CURRENT).await? else {
            return Err(HandlerError::Retry("there is no movie yet".to_owned()));
        };
        if before.shown.round.unwrap_or(0) != round {
            return Ok(());
        }
        let done = match close(ports).await {
            Ok(()) => count(ports, before).await,
            error => error,
        };
        match done {
            Ok(()) => return Ok(()),
            Err(Passed::By) if tries.again(ports).await => {}
            Err(Passed::By) => {
                let cause = "others kept writing while a round was to be closed";
                return Err(HandlerError::Retry(cause.to_owned()));
            }
            Err(Passed::Failed(error)) => return Err(error),
        }
    }
}

/// Why a transaction of a rotation did not happen.
enum Passed {
    /// Somebody wrote the same rows.
    By,
    Failed(HandlerError),
}

impl From<HandlerError> for Passed {
    fn from(error: HandlerError) -> Self {
        Self::Failed(error)
    }
}

async fn transact<P: Ports>(ports: &P, writes: Vec<Write>) -> Result<(), Passed> {
    ports.transact(writes).await.map_err(|error| {
        if is_passed_by(&error) {
            Passed::By
        } else {
            Passed::Failed(error.into())
        }
    })
}

/// From now on the reactions take no votes.
async fn close<P: Ports>(ports: &P) -> Result<(), Passed> {
    let mut writes = Vec::new();
    for (id, _) in REACTIONS {
        if rows::get::<Review, P>(ports, id).await?.is_some() {
            writes.push(Write {
                table: &REVIEWS,
                key: id.to_owned(),
                action: Action::Update(Update {
                    set: vec![("open", Value::Null)],
                    add: Vec::new(),
                }),
                condition: Condition::Present,
            });
        }
    }
    if writes.is_empty() {
        return Ok(());
    }
    transact(ports, writes).await
}

/// What the reactions have is final: leaderboard, zeros and the next movie in one transaction.
async fn count<P: Ports>(ports: &P, before: Row<Movie>) -> Result<(), Passed> {
    let name = before.shown.film.name.clone();
    let next_round = before.shown.round.unwrap_or(0) + 1;
    let film = programme::film(ports, next_round).await?;
    let ends_at = ports.now() + ports.rotation().unwrap_or_default();
    let movie = before.shown.clone().followed_by(film, ends_at);
    let mut writes = vec![rows::replace(Some(&before), &Row::of(movie, None))?];
    for (id, _) in REACTIONS {
        let Some(before) = rows::get::<Review, P>(ports, id).await? else {
            continue;
        };
        if before.deleted {
            continue;
        }
        if before.open.is_some() {
            // Made anew since the others were closed.
            return Err(Passed::By);
        }
        let review = before.shown.clone().rotated(name.as_deref(), next_round);
        let row = Row::of(review, Some(next_round));
        writes.push(rows::replace(Some(&before), &row)?);
    }
    transact(ports, writes).await
}

/// The current round's end. One timer of this name, so setting it twice does no harm.
async fn set_next<P: Ports>(ports: &P) -> Result<(), HandlerError> {
    let Some(movie) = rows::get::<Movie, P>(ports, CURRENT).await? else {
        return Err(HandlerError::Retry("there is no movie yet".to_owned()));
    };
    let round = movie.shown.round.unwrap_or(0);
    let at = movie.shown.ends_at.map_or_else(|| ports.now(), |at| at.0);
    set(ports, Timer::Rotation { round }, at).await
}

async fn set<P: Ports>(ports: &P, timer: Timer, at: OffsetDateTime) -> Result<(), HandlerError> {
    Ok(ports.schedule(timer.name(), at, json!(timer)).await?)
}

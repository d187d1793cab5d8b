//! The movies table's own mutations, for the backend.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::model::{Film, Movie};
use super::rows::{self, Row, is_passed_by};
use crate::api::FieldError;
use crate::input::{Id, condition_failed, input, too_busy};
use crate::ports::Ports;
use crate::retry::Tries;

#[derive(Deserialize)]
struct Input {
    id: Id,
    #[serde(flatten)]
    film: Film,
}

/// A row as it is, and what it shall be.
type Decision = Result<Option<Row<Movie>>, FieldError>;

pub(super) async fn create<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let Input { id: Id(id), film } = input(arguments)?;
    let decide = |row: Option<Row<Movie>>| match row {
        Some(row) if !row.deleted => {
            Err(condition_failed(format!("there is a movie {id} already")))
        }
        row => {
            let before = row.map_or((0, None), |row| (row.shown.revision, row.shown.round));
            let movie = Movie {
                id: id.clone(),
                film: film.clone(),
                revision: before.0 + 1,
                round: before.1,
                ends_at: None,
            };
            Ok(Some(Row::of(movie, None)))
        }
    };
    write(ports, &id, decide).await
}

pub(super) async fn update<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    let Input { id: Id(id), film } = input(arguments)?;
    let decide = |row: Option<Row<Movie>>| {
        let mut row = row
            .filter(|row| !row.deleted)
            .ok_or_else(|| condition_failed(format!("there is no movie {id}")))?;
        let (old, new) = (row.shown.film, film.clone());
        row.shown.film = Film {
            name: new.name.or(old.name),
            poster: new.poster.or(old.poster),
            date: new.date.or(old.date),
            plot: new.plot.or(old.plot),
        };
        row.shown.revision += 1;
        Ok(Some(row))
    };
    write(ports, &id, decide).await
}

pub(super) async fn delete<P: Ports>(
    ports: &P,
    arguments: &Map<String, Value>,
) -> Result<Value, FieldError> {
    #[derive(Deserialize)]
    struct Input {
        id: Id,
    }
    let Input { id: Id(id) } = input(arguments)?;
    let decide = |row: Option<Row<Movie>>| {
        Ok(row.filter(|row| !row.deleted).map(|mut row| {
            row.deleted = true;
            row.shown.revision += 1;
            row
        }))
    };
    write(ports, &id, decide).await
}

/// Writes what is decided about the row as it is; again, if somebody wrote it meanwhile. Nothing decided, nothing
/// written and null returned.
async fn write<P: Ports>(
    ports: &P,
    id: &str,
    decide: impl Fn(Option<Row<Movie>>) -> Decision + Send + Sync,
) -> Result<Value, FieldError> {
    let mut tries = Tries::default();
    loop {
        let before = rows::get::<Movie, P>(ports, id).await?;
        let Some(row) = decide(before.clone())? else {
            return Ok(Value::Null);
        };
        match ports
            .transact(vec![rows::replace(before.as_ref(), &row)?])
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

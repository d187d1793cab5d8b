//! From the tables' streams to whoever subscribes.

use serde_json::{Map, Value};

use super::model::{Movie, Review};
use super::rows::{self, Kept, Row};
use super::{MOVIES, REVIEWS};
use crate::api::ApiName;
use crate::event::HandlerError;
use crate::json::to_map;
use crate::ports::{Change, Item, Mutation, Ports};

// What a mutation does not select, nobody receives: both select everything there is. A test compares them with the
// schema.
pub(super) const PUBLISH_MOVIES: &str = "mutation PublishMovies($input: PublishMoviesInput!) {
  publishMovies(input: $input) {
    id
    name
    poster
    date
    plot
    round
    revision
    endsAt
  }
}
";
pub(super) const PUBLISH_REVIEWS: &str = "mutation PublishReviews($input: PublishReviewsInput!) {
  publishReviews(input: $input) {
    id
    type
    votes
    topMovie
    topVotes
    round
    revision
  }
}
";

/// Publishes a change of a movie or a reaction. What was made or deleted is told by the mutation that did it; what is
/// not shown (that a round is being closed) is not news.
///
/// # Errors
/// [`HandlerError::Retry`] while publishing fails; [`HandlerError::Dead`] for a row that does not read.
pub async fn on_change<P: Ports>(ports: &P, change: &Change) -> Result<(), HandlerError> {
    let (input, document) = if change.table == MOVIES.name {
        (news::<Movie>(change)?, PUBLISH_MOVIES)
    } else if change.table == REVIEWS.name {
        (news::<Review>(change)?, PUBLISH_REVIEWS)
    } else {
        return Ok(());
    };
    let Some(input) = input else { return Ok(()) };
    ports
        .publish(Mutation {
            api: ApiName::Movies,
            document,
            variables: Map::from_iter([("input".to_owned(), Value::Object(input))]),
        })
        .await?;
    Ok(())
}

/// What is shown of the row now, if that is new.
fn news<T: Kept + PartialEq>(change: &Change) -> Result<Option<Item>, HandlerError> {
    let shown = |row: &Option<Item>| -> Result<Option<T>, HandlerError> {
        let row: Option<Row<T>> = row.clone().map(rows::read).transpose()?;
        Ok(row.and_then(Row::living))
    };
    let round = |row: &Option<Item>| row.as_ref().and_then(|row| row.get("round").cloned());
    match (shown(&change.old)?, shown(&change.new)?) {
        (Some(old), Some(new)) if old != new => to_map(&new).map(Some),
        // A rotation puts the next movie in the place of one that was deleted, and no mutation tells of it.
        (None, Some(new)) if change.old.is_some() && round(&change.old) != round(&change.new) => {
            to_map(&new).map(Some)
        }
        _ => Ok(None),
    }
}

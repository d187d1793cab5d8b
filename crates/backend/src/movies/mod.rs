//! Movies: one for everyone, five reactions to it, a leaderboard, a chat.
//!
//! [`resolve`] answers those who ask, vote and write: `votes` counts, `chat` keeps messages, `films` and `reviews` are
//! the tables' own mutations, `query` reads. [`on_timer`] rotates ([`rotation`], decided by [`model`]); [`on_change`]
//! publishes what has changed. [`prepare`] makes a fresh cloud's rows. What is shown next comes from the [`programme`].

mod chat;
mod films;
pub mod model;
pub mod programme;
mod publish;
mod query;
mod reviews;
pub mod rotation;
mod rows;
pub mod shipped;
pub mod tmdb;
mod votes;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use publish::on_change;
pub use rotation::{on_timer, prepare};

use crate::api::{Api, Caller, Field, FieldError};
use crate::ports::{Index, Ports, Table};

/// The movies API.
pub const API: Api = Api {
    schema: include_str!("../../../../graphql/movies/schema.graphql"),
    fields: &[
        Field::function("Query", "getMovies"),
        Field::function("Query", "listMoviess"),
        Field::function("Query", "getReviews"),
        Field::function("Query", "listReviewss"),
        Field::function("Query", "listMessages"),
        Field::function("Mutation", "createMovies"),
        Field::function("Mutation", "updateMovies"),
        Field::function("Mutation", "deleteMovies"),
        Field::function("Mutation", "createReviews"),
        Field::function("Mutation", "updateReviews"),
        Field::function("Mutation", "deleteReviews"),
        Field::function("Mutation", "addVotes"),
        Field::function("Mutation", "createMessage"),
        Field::echo("sendReaction"),
        Field::echo("publishMovies"),
        Field::echo("publishReviews"),
    ],
};

/// Movies, the current one under the id 0.
pub static MOVIES: Table = Table {
    name: "movies",
    key: "id",
    indexes: &[ALL],
    stream: true,
    expires: None,
};

/// The reactions.
pub static REVIEWS: Table = Table {
    name: "movies-reviews",
    key: "id",
    indexes: &[ALL],
    stream: true,
    expires: None,
};

/// The chat of the last day.
pub static MESSAGES: Table = Table {
    name: "movies-messages",
    key: "id",
    indexes: &[NEWEST],
    stream: false,
    expires: Some("expiresAt"),
};

/// When each guest last said something.
pub static SPEAKERS: Table = Table {
    name: "movies-speakers",
    key: "identity",
    indexes: &[],
    stream: false,
    expires: Some("expiresAt"),
};

/// The list of films that the current one is taken from.
pub static PROGRAMME: Table = Table {
    name: "movies-programme",
    key: "id",
    indexes: &[],
    stream: false,
    expires: None,
};

/// All of the table by id, in one partition: there are few.
const ALL: Index = Index {
    name: "all",
    partition: "listing",
    sort: "id",
};

/// All messages in one partition by the time they were sent. One partition is enough: it lives for a day.
const NEWEST: Index = Index {
    name: "newest",
    partition: "listing",
    sort: "listedAs",
};

/// Resolves a field of the movies API.
///
/// # Errors
/// As the caller shall see it.
pub async fn resolve<P: Ports>(
    ports: &P,
    _parent: &str,
    field: &str,
    arguments: &Map<String, Value>,
    caller: &Caller,
) -> Result<Value, FieldError> {
    match field {
        "getMovies" => query::movie(ports, arguments).await,
        "listMoviess" => query::movies(ports, arguments).await,
        "getReviews" => query::review(ports, arguments).await,
        "listReviewss" => query::reviews(ports, arguments).await,
        "listMessages" => chat::list(ports, arguments).await,
        "createMovies" => films::create(ports, arguments).await,
        "updateMovies" => films::update(ports, arguments).await,
        "deleteMovies" => films::delete(ports, arguments).await,
        "createReviews" => reviews::create(ports, arguments).await,
        "updateReviews" => reviews::update(ports, arguments, caller).await,
        "deleteReviews" => reviews::delete(ports, arguments).await,
        "addVotes" => votes::add(ports, arguments, caller).await,
        "createMessage" => chat::create(ports, arguments, caller).await,
        _ => Err(FieldError::no_resolver(field)),
    }
}

//! Calendars: events of a few users, at local times without a zone.
//!
//! [`on_call`] is behind the function's URL, by which people create, edit and delete; [`resolve`] answers the API's
//! queries and its table's mutations. Both go through `write`, which checks (`check`), allocates ids and writes;
//! [`on_change`] publishes what has changed. [`prepare`] makes a fresh cloud's calendars.

mod check;
mod function;
pub mod model;
mod publish;
mod query;
mod sample;
mod write;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

pub use function::{Method, Reply, on_call};
pub use publish::on_change;
pub use sample::{USERS, prepare};

use crate::api::{Api, Caller, Field, FieldError};
use crate::ports::{Index, Ports, Table};

/// The calendar API.
pub const API: Api = Api {
    schema: include_str!("../../../../graphql/calendar/schema.graphql"),
    fields: &[
        Field::function("Query", "getEventsTable"),
        Field::function("Query", "listEventsTables"),
        Field::function("Mutation", "createEventsTable"),
        Field::function("Mutation", "updateEventsTable"),
        Field::function("Mutation", "deleteEventsTable"),
        Field::echo("createEventsTableWithLocalResolver"),
        Field::echo("updateEventsTableWithLocalResolver"),
        Field::echo("deleteEventsTableWithLocalResolver"),
    ],
};

/// The events.
pub static EVENTS: Table = Table {
    name: "calendar-events",
    key: "key",
    indexes: &[ALL, OF_USER],
    stream: true,
    expires: None,
};

/// The users' calendars: a row for each user there is, with the last id that was given.
pub static CALENDARS: Table = Table {
    name: "calendar-calendars",
    key: "user",
    indexes: &[],
    stream: false,
    expires: None,
};

/// All events by user and id.
const ALL: Index = Index {
    name: "all",
    partition: "listing",
    sort: "key",
};

/// A user's events by id.
const OF_USER: Index = Index {
    name: "of-user",
    partition: "user",
    sort: "key",
};

/// Resolves a field of the calendar API.
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
    let input = || match arguments.get("input") {
        Some(Value::Object(input)) => input.clone(),
        _ => Map::new(),
    };
    match field {
        "getEventsTable" => query::event(ports, arguments).await,
        "listEventsTables" => query::events(ports, arguments).await,
        "createEventsTable" => Ok(write::create(ports, caller, &input()).await?),
        "updateEventsTable" => Ok(write::update(ports, caller, &input()).await?),
        "deleteEventsTable" => Ok(write::delete(ports, caller, &input()).await?),
        _ => Err(FieldError::no_resolver(field)),
    }
}

//! From the table's stream to whoever subscribes.

use serde_json::Map;

use super::EVENTS;
use super::model::Event;
use crate::api::ApiName;
use crate::event::HandlerError;
use crate::json::to_map;
use crate::ports::{Change, Mutation, Ports};

// What a mutation does not select, nobody receives: all three select everything there is. A test compares them with the
// schema.
macro_rules! publishing {
    ($operation:literal, $field:literal) => {
        concat!(
            "mutation ",
            $operation,
            "($input: EventsTableWithLocalResolverInput!) {\n  ",
            $field,
            "(input: $input) {\n",
            "    user_id\n    id\n    name\n    dt_start\n    dt_end\n    location\n    revision\n  }\n}\n",
        )
    };
}

pub(super) const CREATED: &str = publishing!("CreateEvent", "createEventsTableWithLocalResolver");
pub(super) const UPDATED: &str = publishing!("UpdateEvent", "updateEventsTableWithLocalResolver");
pub(super) const DELETED: &str = publishing!("DeleteEvent", "deleteEventsTableWithLocalResolver");

/// Publishes a change of an event. A deletion tells the event as it was last, with the revision of its end.
///
/// # Errors
/// [`HandlerError::Retry`] while publishing fails; [`HandlerError::Dead`] for a row that is no event.
pub async fn on_change<P: Ports>(ports: &P, change: &Change) -> Result<(), HandlerError> {
    if change.table != EVENTS.name {
        return Ok(());
    }
    let read = |row: &Option<_>| row.clone().map(Event::from_row).transpose();
    let (document, event) = match (read(&change.old)?, read(&change.new)?) {
        (None, Some(event)) => (CREATED, event),
        (Some(_), Some(event)) => (UPDATED, event),
        (Some(event), None) => (DELETED, event.ended()),
        (None, None) => return Ok(()),
    };
    let variables = Map::from_iter([("input".to_owned(), to_map(&event)?.into())]);
    ports
        .publish(Mutation {
            api: ApiName::Calendar,
            document,
            variables,
        })
        .await?;
    Ok(())
}

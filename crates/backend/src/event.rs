//! Producer events, as they lie on the bus, and what handling one came to.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::ports::PortError;

/// An event on the bus, in EventBridge's envelope.
/// Source: Amazon EventBridge user guide, "Event structure".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BusEvent {
    /// Given by the bus when it accepts the event; the same for each delivery of it.
    pub id: EventId,
    /// Such as `orders.events.kitchen`.
    pub source: String,
    /// Such as `Order updated`.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// When the bus accepted it.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// The payload.
    pub detail: Value,
}

/// A bus event's id, a UUID.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(pub String);

/// What a producer hands to the bus.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// See [`BusEvent::source`].
    pub source: String,
    /// See [`BusEvent::detail_type`].
    pub detail_type: String,
    /// See [`BusEvent::detail`].
    pub detail: Value,
}

/// Which events of a bus a handler wants.
/// Source: Amazon EventBridge user guide, "Event patterns".
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What the source starts with.
    pub source_prefix: &'static str,
    /// One of these.
    pub detail_types: &'static [&'static str],
}

impl Rule {
    /// Whether an event is one of those.
    #[must_use]
    pub fn matches(&self, source: &str, detail_type: &str) -> bool {
        source.starts_with(self.source_prefix) && self.detail_types.contains(&detail_type)
    }
}

/// What handling an event came to; with [`HandlerError::Dead`] these are the ends an accepted event can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The view model was written.
    Written,
    /// It says what the view model says already; nothing was written.
    Duplicate,
    /// It tells of a state that has passed; recorded, not applied.
    Late,
}

/// Why an event or a change could not be handled now, or ever.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// May succeed later: to be delivered again until the retry window ends, then dead with this reason.
    #[error("{0}")]
    Retry(String),
    /// Can never succeed: to be kept with this reason at once.
    #[error("{0}")]
    Dead(String),
}

impl From<PortError> for HandlerError {
    /// What is refused as it stands stays refused; everything else may pass.
    fn from(error: PortError) -> Self {
        match error {
            PortError::Refused(_) => Self::Dead(error.to_string()),
            PortError::Condition(_) | PortError::Conflict | PortError::Unavailable(_) => {
                Self::Retry(error.to_string())
            }
        }
    }
}

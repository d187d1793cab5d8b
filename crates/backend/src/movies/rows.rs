//! Movies and reactions as they are kept: what is shown, and beside it what is not.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::model::{Movie, Review};
use crate::event::HandlerError;
use crate::json::{from_map, to_map};
use crate::ports::{Action, Condition, Item, PortError, Table, Tables, Write};

/// The listing's one partition.
pub(super) const LISTING: &str = "all";

/// A row of [`super::MOVIES`] or [`super::REVIEWS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Row<T> {
    /// What is shown of it.
    #[serde(flatten)]
    pub(super) shown: T,
    /// The round that takes votes; none while one is being closed. Of reactions only.
    #[serde(default)]
    pub(super) open: Option<u32>,
    /// Deleted rows stay, so that one that is made anew goes on with the next revision: whoever has heard of the
    /// deletion takes only what is newer.
    #[serde(default)]
    pub(super) deleted: bool,
    listing: String,
}

impl<T> Row<T> {
    pub(super) fn of(shown: T, open: Option<u32>) -> Self {
        Self {
            shown,
            open,
            deleted: false,
            listing: LISTING.to_owned(),
        }
    }

    /// What is shown of it, unless it was deleted.
    pub(super) fn living(self) -> Option<T> {
        (!self.deleted).then_some(self.shown)
    }
}

/// What is kept in a table's rows.
pub(super) trait Kept: Serialize + DeserializeOwned + Send {
    const TABLE: &'static Table;
    /// For errors.
    const WHAT: &'static str;
    fn id(&self) -> &str;
    fn revision(&self) -> u32;
}

impl Kept for Movie {
    const TABLE: &'static Table = &super::MOVIES;
    const WHAT: &'static str = "movie";

    fn id(&self) -> &str {
        &self.id
    }

    fn revision(&self) -> u32 {
        self.revision
    }
}

impl Kept for Review {
    const TABLE: &'static Table = &super::REVIEWS;
    const WHAT: &'static str = "reaction";

    fn id(&self) -> &str {
        &self.id
    }

    fn revision(&self) -> u32 {
        self.revision
    }
}

/// The row under an id, also if it was deleted.
pub(super) async fn get<T: Kept, P: Tables>(
    ports: &P,
    id: &str,
) -> Result<Option<Row<T>>, HandlerError> {
    let row = ports.get(T::TABLE, id).await?;
    row.map(read).transpose()
}

/// A row from its attributes.
pub(super) fn read<T: Kept>(row: Item) -> Result<Row<T>, HandlerError> {
    from_map(row, T::WHAT)
}

/// The write that puts a row in the place of what was there when it was looked at.
pub(super) fn replace<T: Kept>(
    before: Option<&Row<T>>,
    row: &Row<T>,
) -> Result<Write, HandlerError> {
    Ok(Write {
        table: T::TABLE,
        key: row.shown.id().to_owned(),
        action: Action::Put(to_map(row)?),
        condition: before.map_or(Condition::Absent, |before| {
            Condition::Equals("revision", before.shown.revision().into())
        }),
    })
}

/// Whether a write may succeed if it is tried again with what is there now.
pub(super) const fn is_passed_by(error: &PortError) -> bool {
    matches!(error, PortError::Condition(_) | PortError::Conflict)
}

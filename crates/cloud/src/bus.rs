//! The event bus.
use tokio::sync::watch;
use crate::store::StoreError;
use crate::world::World;
pub(crate) async fn resume(_world: &World) -> Result<(), StoreError> { Ok(()) }
pub(crate) async fn pump(_world: World, _stop: watch::Receiver<bool>) {}

/// An entry that the bus does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refused {
    /// EventBridge's `ErrorCode`.
    pub code: &'static str,
    /// What is wrong with it.
    pub message: String,
}

/// Puts an entry of `PutEvents` on the bus.
pub async fn put(_world: &World, _entries: Vec<Entry>) -> Result<Vec<Result<backend::event::EventId, Refused>>, StoreError> { Ok(vec![]) }

/// An entry of `PutEvents` as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// `Source`.
    pub source: String,
    /// `DetailType`.
    pub detail_type: String,
    /// `Detail`: JSON in a string, as it came.
    pub detail: String,
}

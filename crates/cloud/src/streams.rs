//! Streams.
use tokio::sync::watch;
use tokio::task::JoinSet;
use crate::world::World;
pub(crate) fn start(_world: &World, _stop: &watch::Receiver<bool>, _pumps: &mut JoinSet<()>) {}

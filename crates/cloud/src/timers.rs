//! Timers.
use tokio::sync::watch;
use crate::world::World;
pub(crate) async fn pump(_world: World, _stop: watch::Receiver<bool>) {}

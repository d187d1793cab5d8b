//! Tables.
use tokio::sync::watch;
use crate::world::World;
pub(crate) async fn sweep(_world: World, _stop: watch::Receiver<bool>) {}

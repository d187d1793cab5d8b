//! Which handler hangs where, and the ports the world offers to them.
use backend::ports::*;
use time::OffsetDateTime;
use crate::world::World;
impl Clock for World { fn now(&self) -> OffsetDateTime { self.surroundings.now() } }
impl Random for World { fn fill(&self, bytes: &mut [u8]) { self.surroundings.fill(bytes); } }
impl Pacing for World { fn pace(&self) -> Pace { self.settings.pace } }

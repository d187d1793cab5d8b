//! (to be filled)
/// Who subscribes.
#[derive(Default)]
pub struct Hub;

//! The machine's clocks: the one place of the native clients that reads them.

use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::UnixTime;

#[expect(
    clippy::disallowed_methods,
    reason = "this is where `net` takes its clock from"
)]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) fn since_start() -> Duration {
    START.elapsed()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where `net` takes its clock from"
)]
pub(crate) fn wall() -> UnixTime {
    let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    };
    UnixTime(millis)
}

pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

pub(crate) async fn frame() {
    sleep(Duration::from_millis(16)).await;
}

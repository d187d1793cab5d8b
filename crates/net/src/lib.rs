//! Everything that a client takes from the world: network, clock, randomness, storage and the life of the page.
//!
//! One interface, two sides: `browser` on gloo-net and web-sys, `native` on tokio. Whoever stands on this crate (the
//! protocol clients, the page) is the same code in a browser, in a command-line program and in a test. Nothing else that
//! the page links reads a clock, opens a connection or looks at `window`.
//!
//! What lives as a value cleans up when it is dropped: a [`sleep`] clears its timer, an [`http::send`] in flight is
//! aborted, a [`socket::Socket`] closes, [`life::Events`] takes its listeners with it. On native every future here is
//! `Send` and wants a tokio runtime; in browsers none is, so keep them inside tasks and hand out channels.

#![forbid(unsafe_code)]

pub mod address;
pub mod civil;
pub mod http;
pub mod life;
pub mod percent;
pub mod random;
pub mod socket;
pub mod storage;

mod clock;
mod error;
mod task;

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
mod native;

#[cfg(target_arch = "wasm32")]
use browser as platform;
#[cfg(not(target_arch = "wasm32"))]
use native as platform;

pub use clock::{Instant, UnixTime, frame, now, sleep, sleep_until, wall, within};
pub use error::{Cause, NetError};
#[cfg(not(target_arch = "wasm32"))]
pub use native::tls::config as tls_config;
pub use task::{MaybeSend, Pending, spawn};

/// The origin of the page, such as `https://example.org`; `None` in a native program.
#[must_use]
pub fn origin() -> Option<String> {
    platform::origin()
}

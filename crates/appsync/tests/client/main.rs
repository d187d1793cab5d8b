//! The client over real sockets, against a service that follows a script.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod queries;
mod server;
mod subscriptions;

//! The session's rules on a simulated clock. [`sim`] checks what must hold at every step of every test here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail"
)]

#[path = "../../../../tests/common/broken.rs"]
mod broken;
#[path = "../../../../tests/common/cases.rs"]
mod cases;
mod connecting;
mod errors;
mod hostile;
mod properties;
mod renewal;
mod sim;
mod subscribing;
mod waking;

//! MQTT's lines under `link`'s session, on a simulated clock, against a broker made of bytes. [`sim`] checks what must hold
//! at every step of every test here.

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
mod hostile;
mod properties;
mod rules;
mod sim;
mod topics;

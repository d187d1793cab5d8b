//! What every live client needs, written once: one shared connection to an endpoint, kept alive, lost, found again and
//! renewed, and for each subscriber a state that tells the truth.
//!
//! A protocol is a [`Wire`](wire::Wire): it knows addresses and signatures, and for each connection gives a
//! [`Line`](wire::Line) that turns the few things a session says into messages, and messages into what they mean. The
//! session does not know which protocol it speaks, so a page that speaks two carries it once.
//!
//! # Reading order
//!
//! [`mod@state`] (what subscribers are told), [`wire`] (what a protocol is), [`session`] (the rules, as a pure state
//! machine), `conversation.rs` (a session and its lines: messages in, messages out, still pure), `keyring.rs`
//! (credentials by number), `actor.rs` (the one task that gives it sockets and a clock) and `handle.rs` (what clients
//! hold).

#![forbid(unsafe_code)]

mod actor;
mod conversation;
mod handle;
mod keyring;
mod map;
pub mod session;
pub mod state;
pub mod wire;

pub use conversation::{Action, Conversation};
pub use handle::{Deliveries, Handle};
pub use keyring::Keyring;
pub use map::Map;
pub use state::{Cause, Delivery, ServiceError, State, Waiting};

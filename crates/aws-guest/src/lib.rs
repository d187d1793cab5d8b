//! Guest credentials from a Cognito identity pool, the skew between our clock and the services', and SigV4.
//!
//! A [`Guest`] is one visitor's identity: a handle that any number of clients share. It asks the pool for an identity and
//! for temporary credentials when someone needs them (one request in flight however many ask), renews them before they
//! end, starts over once if the service disowns the identity, and signs requests and addresses with the time as the
//! services have it.
//!
//! Reading order: [`credentials`](Credentials) (what is held), `state` (when to renew; pure), `flight` (the calls of one
//! renewal; pure), `cognito` (those calls on the wire), `skew`, `canonical` and [`sign`], [`Guest`] (the handle that drives all of it).

#![forbid(unsafe_code)]

pub mod sign;

mod canonical;
mod cognito;
mod credentials;
mod error;
mod fetch;
mod flight;
mod guest;
mod names;
mod skew;
mod state;

pub use credentials::Credentials;
pub use error::{Error, Refusal};
pub use guest::{Guest, GuestConfig, Statuses};
pub use names::{IdentityId, Region, Service};
pub use state::Status;

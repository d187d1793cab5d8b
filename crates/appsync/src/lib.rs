//! An AppSync client for browsers and native programs.
//!
//! Queries and mutations go over HTTP; subscriptions are streams over **one** socket an endpoint, shared by all who
//! subscribe through clones of one [`Client`], opened for the first and closed a second after the last one goes.
//!
//! ```no_run
//! # use appsync::{Auth, Client, Endpoint, Event, Operation, State};
//! # use futures::StreamExt;
//! # async fn example(guest: aws_guest::Guest, region: appsync::Region) {
//! let client = Client::new(Endpoint { url: "https://api.example.com/graphql".into(), region, auth: Auth::Guest(guest) });
//! let mut orders = client.subscribe_operation(Operation::new("subscription { onOrder { id } }"));
//! while let Some(event) = orders.next().await {
//!     match event {
//!         Event::State(State::Live) => { /* acknowledged (anew): take a snapshot */ }
//!         Event::State(state) => { /* show it */ drop(state) }
//!         Event::Data(order) => { /* apply it: idempotently, it may come twice */ drop(order) }
//!         Event::Incomplete(_) => { /* something changed, but not what: fetch */ }
//!     }
//! }
//! # }
//! ```
//!
//! # What a subscriber can rely on
//!
//! - Each [`State::Live`] means: acknowledged by the service *anew*. Whatever was published before it may have been
//!   missed, so take a snapshot at each one. It comes after every reconnect, and after the daily renewal of the
//!   connection as well, although that one overlaps the old and the new connection: a snapshot a day is cheap, and
//!   nobody has to argue about what an acknowledgement promises.
//! - Data comes at least once. During a renewal both connections deliver; a consumer decides by key and revision.
//! - [`State::Failed`] is final and is about this subscription alone; the stream ends after it.
//! - Dropping a [`Subscription`] unsubscribes.
//!
//! # Reading order
//!
//! [`protocol`] (the messages), `endpoint.rs` (addresses and signatures), `wire.rs` (the protocol as [`link`]'s session
//! wants it, which has the rules of a connection) and `client.rs`; native programs
//! have operations without types as well (`untyped.rs`).

#![forbid(unsafe_code)]

mod base64;
mod client;
mod endpoint;
mod error;
pub mod protocol;
mod subscription;
#[cfg(not(target_arch = "wasm32"))]
mod untyped;
mod wire;

pub use aws_guest::Region;
pub use json::Mismatch;
pub use link::{Cause, ServiceError, State};

pub use crate::client::{Client, Operation};
pub use crate::endpoint::{ApiKey, Auth, Endpoint};
pub use crate::error::{Error, GraphQlError};
pub use crate::subscription::{Event, Made, Subscription};

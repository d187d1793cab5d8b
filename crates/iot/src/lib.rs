//! An IoT Core client for browsers and native programs: subscriptions by MQTT 5 over **one** WebSocket an endpoint, shared
//! by all who subscribe through clones of one [`Client`], opened for the first and closed a second after the last one
//! goes.
//!
//! ```no_run
//! # use iot::{Client, Endpoint, Event, Qos, State, TopicFilter};
//! # use futures::StreamExt;
//! # async fn example(guest: aws_guest::Guest, region: iot::Region) -> Result<(), iot::TopicError> {
//! let client = Client::new(Endpoint { url: "wss://example.com/mqtt".into(), region, guest });
//! let mut events = client.subscribe(TopicFilter::new("orders/events")?, Qos::AtLeastOnce);
//! while let Some(event) = events.next().await {
//!     match event {
//!         Event::State(State::Live) => { /* acknowledged (anew): take a snapshot */ }
//!         Event::State(state) => { /* show it */ drop(state) }
//!         Event::Message(message) => { /* it may come twice */ drop(message.payload) }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What a subscriber can rely on
//!
//! - Each [`State::Live`] means: acknowledged by the service *anew*. Sessions are clean, so whatever was published while
//!   there was no connection is missed: take a snapshot at each one.
//! - Messages come at least once, those of QoS 0 too: during a renewal both connections deliver, and the service doubles.
//! - [`State::Failed`] is final and is about this subscription alone; the stream ends after it.
//! - Dropping a [`Subscription`] unsubscribes.
//!
//! # Reading order
//!
//! `topic.rs` (what can be subscribed to), `packet/` (the packets), `names.rs` and `suspects.rs` (what is remembered
//! across connections), `line.rs` (one connection's rules; pure), `wire.rs` (addresses and signatures), `client.rs`. The
//! rules that hold for any live connection are [`link`]'s.

#![forbid(unsafe_code)]

#[cfg(test)]
#[path = "../../../tests/common/cases.rs"]
mod cases;
mod client;
mod line;
mod names;
#[cfg(not(target_arch = "wasm32"))]
mod outbox;
mod packet;
mod suspects;
mod topic;
mod wire;

pub use aws_guest::Region;
pub use link::{Cause, ServiceError, State};

pub use crate::client::{Client, Endpoint, Event, Subscription};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::outbox::PublishError;
pub use crate::packet::{Message, Version};
pub use crate::topic::{Qos, Topic, TopicError, TopicFilter};
pub use crate::wire::Mqtt;

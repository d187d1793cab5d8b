//! AppSync's real-time endpoint: subscriptions over a WebSocket.
//!
//! `frames` is what travels, `session` is one connection's protocol without any I/O, `hub` knows who subscribes to
//! what, `socket` joins them to a WebSocket; `place` is the endpoint that signatures have to be for.
//! Source: AppSync developer guide, "Building a real-time WebSocket client".

pub(crate) mod authorization;
mod frames;
mod hub;
mod place;
mod session;
pub(crate) mod socket;

use std::time::Duration;

pub use hub::Hub;
pub(crate) use place::Place;

/// What a connection is held to.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time between two keep-alive frames.
    pub keep_alive: Duration,
    /// How long a client shall wait for a keep-alive frame before it gives the connection up, as told to it.
    pub connection_timeout: Duration,
    /// How long a client may take to send `connection_init`.
    pub init: Duration,
    /// How long a connection may last.
    pub lifetime: Duration,
    /// Subscriptions a connection.
    pub subscriptions: usize,
    /// Bytes of a frame's payload, either way.
    pub payload: usize,
    /// Bytes of an id that a client gives a subscription: it is kept, and comes back with every event.
    pub id: usize,
    /// Events that may wait for a slow reader before it is cut off.
    pub queue: usize,
    /// How long a frame may wait for the network to take it: who reads nothing for so long is gone.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_secs(60),
            connection_timeout: Duration::from_secs(300),
            init: Duration::from_secs(15),
            lifetime: Duration::from_secs(24 * 60 * 60),
            subscriptions: 100,
            payload: 240 * 1024,
            id: 256,
            queue: 1024,
            stall: Duration::from_secs(60),
        }
    }
}

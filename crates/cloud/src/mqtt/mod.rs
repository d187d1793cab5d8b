//! MQTT over WebSocket, as AWS IoT Core speaks it: versions 3.1.1 (and 3.1, which is taken for it) and 5, QoS 0 and 1.
//!
//! `packet` is what travels, `decode` and `encode` turn it from bytes and into them; `session` is one connection's
//! protocol without any I/O; `broker` knows who subscribes to what, and what is retained; `socket` joins them to a
//! WebSocket. The codec is our own: the client's is a package, and one misunderstanding must not pass both.
//!
//! Sources: OASIS, MQTT 3.1.1 and 5; IoT Core developer guide, "MQTT" (with its differences from the specification);
//! AWS general reference, "IoT Core endpoints and quotas".
//!
//! What IoT Core does and this does not: **sessions end with their connection**. A client that asks for another is told
//! so, as MQTT lets a server (no session present; in MQTT 5 a Session Expiry Interval of 0). What a client misses while
//! it is away it reads from the table, which is the truth: a message that says "changed" is worth nothing an hour later.
//! Shared subscriptions, shadows and rules are not here, and a connection may publish as fast as it can (IoT Core
//! throttles at 100 a second).
//!
//! What nobody has written down about IoT Core, and how it is read here, stands where it is decided.

mod broker;
mod decode;
mod encode;
mod message;
mod packet;
mod properties;
mod session;
pub(crate) mod socket;
mod topic;
mod tree;
mod unacked;
mod wire;

use std::time::Duration;

pub use broker::Broker;
pub(crate) use message::Message;
pub(crate) use topic::Topic;

/// What a connection is held to. Source: AWS general reference, "AWS IoT Core message broker and protocol limits and
/// quotas", unless said otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long a client may take to send CONNECT. IoT Core's own is not documented.
    pub connect: Duration,
    /// The shortest keep-alive: a client that asks for less is given this.
    pub keep_alive_least: Duration,
    /// The longest, and what a client gets that asks for none.
    pub keep_alive_most: Duration,
    /// How long a connection may last.
    pub lifetime: Duration,
    /// Subscriptions a connection.
    pub subscriptions: usize,
    /// Filters in one SUBSCRIBE.
    pub filters: usize,
    /// Bytes of a client id.
    pub client_id: usize,
    /// Bytes of a message's payload.
    pub payload: usize,
    /// Bytes of a packet.
    pub packet: usize,
    /// Messages of QoS 1 that may wait for their acknowledgement.
    pub unacknowledged: u16,
    /// Aliases of topics that a client may use. IoT Core has as many.
    pub aliases: u16,
    /// Messages that may wait for a slow reader before it is cut off.
    pub queue: usize,
    /// How long a packet may wait for the network to take it: who reads nothing for so long is gone.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            keep_alive_least: Duration::from_secs(30),
            keep_alive_most: Duration::from_secs(1200),
            lifetime: Duration::from_secs(24 * 60 * 60),
            subscriptions: 50,
            filters: 8,
            client_id: 128,
            payload: 128 * 1024,
            packet: 146 * 1024,
            unacknowledged: 100,
            aliases: 8,
            queue: 1024,
            stall: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod codec_tests;

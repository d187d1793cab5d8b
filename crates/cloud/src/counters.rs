//! What has been counted since the cloud was started.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;

/// What a running cloud counts.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) published: Counter,
    pub(crate) delivered: Counter,
    pub(crate) sockets_opened: Counter,
    pub(crate) sockets_closed: Counter,
    pub(crate) cut_off: Counter,
    pub(crate) mqtt_published: Counter,
    pub(crate) mqtt_delivered: Counter,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// Events handed to the subscribers of GraphQL, whether there were any or not.
    pub published: u64,
    /// Data frames written to sockets.
    pub delivered: u64,
    /// Sockets opened, of either protocol.
    pub sockets_opened: u64,
    /// Sockets that are open now.
    pub sockets_open: u64,
    /// Sockets cut off since their reader did not keep up.
    pub cut_off: u64,
    /// Messages published over MQTT, whether anybody subscribed or not.
    pub mqtt_published: u64,
    /// Messages written to MQTT clients, repetitions apart.
    pub mqtt_delivered: u64,
}

/// One of them.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Counters {
    /// As they stand.
    #[must_use]
    pub fn now(&self) -> Counted {
        let closed = self.sockets_closed.get();
        let opened = self.sockets_opened.get();
        Counted {
            published: self.published.get(),
            delivered: self.delivered.get(),
            sockets_opened: opened,
            sockets_open: opened.saturating_sub(closed),
            cut_off: self.cut_off.get(),
            mqtt_published: self.mqtt_published.get(),
            mqtt_delivered: self.mqtt_delivered.get(),
        }
    }
}

//! What was delivered with QoS 1 and not acknowledged yet. Pure.
//!
//! IoT Core sends it again after at least thirty seconds, on the same connection, under the same packet identifier and
//! without the DUP flag, and gives up after an hour. Source: IoT Core's quotas, "Maximum retry interval for delivering
//! QoS 1 messages"; FreeRTOS, coreMQTT pull request 83 and amazon-freertos pull request 2517, for what was seen of it.
//! MQTT 5 forbids it (section 4.4: only when the client reconnects), and what IoT Core does for clients of MQTT 5 is not
//! written anywhere: here they are sent nothing again.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Bytes;

use super::message::Delivery;
use super::packet::Version;

/// How long an acknowledgement is waited for before the message is sent again.
pub(super) const AGAIN: Duration = Duration::from_secs(30);
/// How long it is waited for at all.
pub(super) const GIVEN_UP: Duration = Duration::from_secs(60 * 60);

/// In the order in which something is to be done about them.
#[derive(Debug)]
pub(super) struct Unacked {
    version: Version,
    /// How many there may be.
    window: usize,
    last_id: u16,
    sent: VecDeque<Sent>,
}

#[derive(Debug)]
struct Sent {
    id: u16,
    delivery: Delivery,
    first: Duration,
    due: Duration,
}

impl Unacked {
    pub(super) const fn new(version: Version, window: usize) -> Self {
        Self {
            version,
            window,
            last_id: 0,
            sent: VecDeque::new(),
        }
    }

    /// How many more may be sent.
    pub(super) fn room(&self) -> usize {
        self.window.saturating_sub(self.sent.len())
    }

    /// Remembers a delivery and gives its bytes.
    pub(super) fn send(&mut self, delivery: Delivery, now: Duration) -> Bytes {
        let id = self.free_id();
        let bytes = delivery.frame(self.version, Some(id));
        let due = now + self.patience();
        self.sent.push_back(Sent {
            id,
            delivery,
            first: now,
            due,
        });
        bytes
    }

    /// It has arrived. Says whether it was waited for.
    pub(super) fn acknowledge(&mut self, id: u16) -> bool {
        // As a rule the first one: acknowledgements come in order.
        let found = self.sent.iter().position(|sent| sent.id == id);
        found.and_then(|place| self.sent.remove(place)).is_some()
    }

    /// What is to be sent again.
    pub(super) fn due(&mut self, now: Duration) -> Vec<Bytes> {
        let mut again = Vec::new();
        while let Some(mut sent) = self.sent.pop_front_if(|sent| sent.due <= now) {
            if now < sent.first + GIVEN_UP {
                again.push(sent.delivery.frame(self.version, Some(sent.id)));
                sent.due = now + self.patience();
                self.sent.push_back(sent);
            }
        }
        again
    }

    /// When that is the case next.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.sent.front().map(|sent| sent.due)
    }

    const fn patience(&self) -> Duration {
        match self.version {
            Version::V311 => AGAIN,
            Version::V5 => GIVEN_UP,
        }
    }

    fn free_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if self.sent.iter().all(|sent| sent.id != self.last_id) {
                return self.last_id;
            }
        }
    }
}

//! What comes in: from the service, and from the driver about the service.

use std::sync::Arc;
use std::time::Duration;

use net::Instant;

use super::connection::{Phase, Progress, Purpose, Release};
use super::{
    Cause, ConnectionId, CredentialsId, Delivery, INIT_DEADLINE, OperationId, Output,
    PROBE_DEADLINE, RENEWAL, RENEWAL_SPREAD, SILENCE, START_DEADLINE, Session, Slot,
};
use crate::wire::{Heard, Payload, Refusal, Request, Verdict};

/// The least silence that a service may ask us to call death.
const LEAST_SILENCE: Duration = Duration::from_secs(1);

impl Session {
    pub(super) fn opened(
        &mut self,
        now: Instant,
        id: ConnectionId,
        credentials: Option<CredentialsId>,
    ) {
        if let Some(slot) = self.slot(id)
            && let Some(connection) = self.connection_mut(slot)
            && let Phase::Opening { .. } = connection.phase
        {
            connection.phase = Phase::Initializing {
                deadline: now + INIT_DEADLINE,
            };
            connection.heard = now;
            connection.credentials = credentials;
            self.outputs.say(id, Request::Hello);
        }
    }

    pub(super) fn authorized(
        &mut self,
        now: Instant,
        id: OperationId,
        signed: String,
        credentials: Option<CredentialsId>,
    ) {
        let Some(slot) = self.slot_of_operation(id) else {
            return;
        };
        let Some(connection) = self.connection_mut(slot) else {
            return;
        };
        let connection_id = connection.id;
        if let Some(operation) = connection.operation_mut(id)
            && let Progress::Signing { .. } = operation.progress
        {
            let limit = match operation.purpose {
                Purpose::Carry(_) => START_DEADLINE,
                Purpose::Probe => PROBE_DEADLINE,
            };
            operation.progress = Progress::Starting {
                sent: now,
                deadline: now + limit,
            };
            operation.credentials = credentials;
            let body = Arc::clone(&operation.body);
            let start = Request::Start { id, body, signed };
            self.outputs.say(connection_id, start);
        }
    }

    pub(super) fn received(&mut self, now: Instant, id: ConnectionId, heard: Heard) {
        let Some(slot) = self.slot(id) else { return };
        let Some(connection) = self.connection_mut(slot) else {
            return;
        };
        connection.heard = now;
        match (connection.phase, heard) {
            // Nothing can come through a socket that is not open.
            (Phase::Opening { .. }, _) => {}
            (Phase::Initializing { .. }, Heard::Ready { timeout }) => {
                let spread = RENEWAL_SPREAD.mul_f64(self.rng.unit());
                self.renewed = false;
                if let Some(connection) = self.connection_mut(slot) {
                    connection.phase = Phase::Ready {
                        since: now,
                        silence: timeout.unwrap_or(SILENCE).clamp(LEAST_SILENCE, SILENCE),
                        renew_at: now + RENEWAL + spread,
                    };
                    connection.pinged = now;
                }
            }
            (_, Heard::Gone(cause)) => self.lose(now, slot, cause),
            (Phase::Initializing { .. }, Heard::Refused(refusal) | Heard::Failed(_, refusal)) => {
                self.refused(now, slot, refusal);
            }
            (Phase::Initializing { .. }, _) => {}
            (Phase::Ready { .. }, Heard::Pong) => connection.asked = None,
            (Phase::Ready { .. }, Heard::Acknowledged(operation)) => {
                self.acknowledged(now, slot, operation);
            }
            (Phase::Ready { .. }, Heard::Published(operation, payload)) => {
                self.published(slot, operation, payload);
            }
            (Phase::Ready { .. }, Heard::Completed(operation)) => {
                self.ended(now, slot, operation, Verdict::Retry, Cause::Ended);
            }
            (Phase::Ready { .. }, Heard::Failed(Some(operation), Refusal { verdict, cause })) => {
                self.ended(now, slot, operation, verdict, cause);
            }
            (Phase::Ready { .. }, Heard::Failed(None, refusal)) => {
                connection.murmur = Some(refusal.cause);
            }
            (Phase::Ready { .. }, Heard::Refused(refusal)) => self.lose(now, slot, refusal.cause),
            (Phase::Ready { .. }, Heard::Alive | Heard::Ready { .. }) => {}
        }
    }

    fn acknowledged(&mut self, now: Instant, slot: Slot, id: OperationId) {
        let Some(connection) = self.connection_mut(slot) else {
            return;
        };
        let connection_id = connection.id;
        let stop = match connection.operation_mut(id) {
            // Whatever it is, nobody wants it.
            None => true,
            Some(operation) => match (operation.progress, operation.purpose) {
                (Progress::Starting { .. }, Purpose::Carry(subscription)) => {
                    operation.progress = Progress::Live { since: now };
                    connection.murmur = None;
                    if let Some(subscriber) = self.subscriptions.get_mut(&subscription) {
                        subscriber.renewed = false;
                    }
                    false
                }
                (Progress::Starting { .. }, Purpose::Probe) | (Progress::Abandoned { .. }, _) => {
                    matches!(connection.release_operation(id, true), Release::Stop(_))
                }
                // A second acknowledgement, or one for what was not sent.
                (Progress::Signing { .. } | Progress::Live { .. } | Progress::Stopping, _) => false,
            },
        };
        if stop {
            self.outputs.say(connection_id, Request::Stop { id });
        }
    }

    fn published(&mut self, slot: Slot, id: OperationId, payload: Payload) {
        // Events may overtake the acknowledgement; after a stop they no longer count.
        if let Some(operation) = self
            .connection(slot)
            .and_then(|connection| connection.operation(id))
            && let Purpose::Carry(subscription) = operation.purpose
            && let Progress::Starting { .. } | Progress::Live { .. } = operation.progress
        {
            self.outputs
                .put(Output::Deliver(subscription, Delivery::Payload(payload)));
        }
    }
}

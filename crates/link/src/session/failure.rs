//! What goes wrong, and what is done about it.

use std::mem;

use net::Instant;

use super::connection::{Expired, Operation, Phase, Progress, Purpose, Release};
use super::{
    Backoff, Cause, ConnectionId, OperationId, Output, Retry, Session, Slot, SubscriptionId,
    Trouble,
};
use crate::wire::{Refusal, Request, Verdict};

impl Session {
    pub(super) fn not_opened(&mut self, now: Instant, id: ConnectionId, trouble: Trouble) {
        let Some(slot) = self.slot(id) else { return };
        if trouble.cause == Cause::Refused && self.online {
            self.outputs.put(Output::Probe);
        }
        if trouble.permanent && slot == Slot::Current {
            self.fail_all(&trouble.cause);
        } else {
            self.lose(now, slot, trouble.cause);
        }
    }

    pub(super) fn not_authorized(&mut self, now: Instant, id: OperationId, trouble: Trouble) {
        let Some(slot) = self.slot_of_operation(id) else {
            return;
        };
        let Some(operation) = self.connection(slot).and_then(|it| it.operation(id)) else {
            return;
        };
        if !matches!(operation.progress, Progress::Signing { .. }) {
            return;
        }
        if operation.purpose == Purpose::Probe {
            // It cannot be asked, and whatever kept us from signing may have cut it too: better late than wrong.
            self.lose(now, slot, trouble.cause);
        } else {
            let verdict = if trouble.permanent {
                Verdict::GiveUp
            } else {
                Verdict::Retry
            };
            self.ended(now, slot, id, verdict, trouble.cause);
        }
    }

    /// The service refused the connection before acknowledging it.
    pub(super) fn refused(&mut self, now: Instant, slot: Slot, refusal: Refusal) {
        let Refusal { verdict, cause } = refusal;
        let credentials = self
            .connection(slot)
            .and_then(|connection| connection.credentials);
        match (verdict, credentials) {
            (Verdict::Renew | Verdict::Stale, Some(credentials))
                if verdict == Verdict::Stale || !self.renewed =>
            {
                let again = mem::replace(&mut self.renewed, true);
                self.outputs
                    .put(Output::Renew(credentials, cause.to_string()));
                match slot {
                    // Opened again at once.
                    Slot::Current if !again => self.close(Slot::Current),
                    _ => self.lose(now, slot, cause),
                }
            }
            (Verdict::Renew | Verdict::Stale | Verdict::GiveUp, _) if slot == Slot::Current => {
                self.fail_all(&cause);
            }
            _ => self.lose(now, slot, cause),
        }
    }

    /// A connection is dead, or never came to life.
    pub(super) fn lose(&mut self, now: Instant, slot: Slot, cause: Cause) {
        let since = self
            .connection(slot)
            .and_then(super::Connection::ready_since);
        self.close(slot);
        self.overlap = None;
        match slot {
            Slot::Successor => {
                let at = self.renewal_backoff.next(now, None, &mut self.rng);
                if let Some(Phase::Ready { renew_at, .. }) =
                    self.current.as_mut().map(|it| &mut it.phase)
                {
                    *renew_at = at;
                }
            }
            Slot::Current if self.successor.is_some() => self.succeed(),
            Slot::Current => {
                let at = self.backoff.next(now, since, &mut self.rng);
                self.retry = Some(Retry { at, cause });
            }
        }
    }

    pub(super) fn close(&mut self, slot: Slot) {
        let connection = match slot {
            Slot::Current => self.current.take(),
            Slot::Successor => self.successor.take(),
        };
        if let Some(connection) = connection {
            self.outputs.put(Output::Close(connection.id));
        }
    }

    /// The successor takes over. Whoever is acknowledged on it is told so anew.
    pub(super) fn succeed(&mut self) {
        self.close(Slot::Current);
        self.overlap = None;
        self.renewal_backoff = Backoff::default();
        self.current = self.successor.take();
        for (id, subscriber) in self.subscriptions.iter_mut() {
            if self
                .current
                .as_ref()
                .is_some_and(|connection| connection.is_live(*id))
            {
                subscriber.fresh = true;
                subscriber.retry = None;
            }
        }
    }

    /// The service ended an operation, or the driver could not start it.
    pub(super) fn ended(
        &mut self,
        now: Instant,
        slot: Slot,
        id: OperationId,
        verdict: Verdict,
        cause: Cause,
    ) {
        if let Some(operation) = self
            .connection_mut(slot)
            .and_then(|connection| connection.finish(id))
        {
            self.unsettled(now, slot, &operation, verdict, cause);
        }
    }

    /// A subscription has lost the operation that carried it; everything else goes on. (A probe that was answered by
    /// an error was answered.)
    fn unsettled(
        &mut self,
        now: Instant,
        slot: Slot,
        operation: &Operation,
        verdict: Verdict,
        cause: Cause,
    ) {
        let since = match operation.progress {
            Progress::Live { since } => Some(since),
            Progress::Signing { .. } | Progress::Starting { .. } => None,
            Progress::Abandoned { .. } | Progress::Stopping => return,
        };
        let Purpose::Carry(id) = operation.purpose else {
            return;
        };
        let Some(subscriber) = self.subscriptions.get_mut(&id) else {
            return;
        };
        match (verdict, operation.credentials) {
            (Verdict::Renew | Verdict::Stale, Some(credentials))
                if verdict == Verdict::Stale || !subscriber.renewed =>
            {
                let renew = Output::Renew(credentials, cause.to_string());
                self.outputs.put(renew);
                // Started again at once, the first time.
                if !mem::replace(&mut subscriber.renewed, true) {
                    return;
                }
            }
            (Verdict::Renew | Verdict::Stale | Verdict::GiveUp, _) => return self.fail(id, cause),
            (Verdict::Retry, _) => {}
        }
        match slot {
            Slot::Current => {
                let at = subscriber.backoff.next(now, since, &mut self.rng);
                subscriber.retry = Some(Retry { at, cause });
            }
            // The old connection still carries it: let it, and renew later.
            Slot::Successor => self.lose(now, slot, cause),
        }
    }

    fn fail(&mut self, id: SubscriptionId, cause: Cause) {
        if let Some(subscriber) = self.subscriptions.get_mut(&id) {
            subscriber.failed = Some(cause);
            subscriber.retry = None;
        }
        self.release(id);
    }

    fn fail_all(&mut self, cause: &Cause) {
        for subscriber in self.subscriptions.values_mut() {
            subscriber.failed.get_or_insert_with(|| cause.clone());
            subscriber.retry = None;
        }
        self.renewed = false;
        Slot::BOTH.into_iter().for_each(|slot| self.close(slot));
    }

    /// Acts on every deadline of the connections that has passed.
    pub(super) fn expire(&mut self, now: Instant) {
        for slot in Slot::BOTH {
            if let Some(connection) = self.connection_mut(slot) {
                connection.overslept(now);
            }
            while let Some(expired) = self
                .connection(slot)
                .and_then(|connection| connection.expired(now))
            {
                match expired {
                    Expired::Connection(cause) => self.lose(now, slot, cause),
                    Expired::Operation(id, cause) => self.unanswered(now, slot, id, cause),
                }
            }
        }
        if self.linger.is_some_and(|at| at <= now) {
            self.linger = None;
            Slot::BOTH.into_iter().for_each(|slot| self.close(slot));
        }
    }

    /// A start stayed without an answer on a connection that is alive.
    fn unanswered(&mut self, now: Instant, slot: Slot, id: OperationId, cause: Cause) {
        let Some(connection) = self.connection_mut(slot) else {
            return;
        };
        let connection_id = connection.id;
        let Some(operation) = connection.operation(id).cloned() else {
            return;
        };
        if let Release::Stop(id) = connection.release_operation(id, true) {
            self.outputs.say(connection_id, Request::Stop { id });
        }
        self.unsettled(now, slot, &operation, Verdict::Retry, cause);
    }
}

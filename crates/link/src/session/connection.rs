//! One connection: its phase, its deadlines and the operations on it.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use net::Instant;

use super::{ConnectionId, CredentialsId, OperationId, PROBE_DEADLINE, SubscriptionId};
use crate::map::Map;
use crate::state::{Cause, Waiting};

/// How far a connection has come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// The driver signs and opens it.
    Opening { deadline: Instant },
    /// Open, `connection_init` sent.
    Initializing { deadline: Instant },
    /// Acknowledged.
    Ready {
        since: Instant,
        silence: Duration,
        renew_at: Instant,
    },
}

/// What an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Carries a subscription's events.
    Carry(SubscriptionId),
    /// Asks whether the connection is alive.
    Probe,
}

/// How far an operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The driver signs its start.
    Signing { deadline: Instant },
    /// Its start is sent.
    Starting { sent: Instant, deadline: Instant },
    /// Acknowledged.
    Live { since: Instant },
    /// No longer wanted while its start was on the way: stopped as soon as the acknowledgement comes, or given up on.
    Abandoned { deadline: Instant },
    /// Its stop is sent.
    Stopping,
}

#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) purpose: Purpose,
    /// The request, as it is signed and then sent.
    pub(super) body: Arc<str>,
    pub(super) progress: Progress,
    pub(super) credentials: Option<CredentialsId>,
}

/// What letting go of an operation asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Release {
    Nothing,
    Stop(OperationId),
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) phase: Phase,
    pub(super) credentials: Option<CredentialsId>,
    /// When anything was last heard.
    pub(super) heard: Instant,
    /// When a ping was last sent, or had no need to be.
    pub(super) pinged: Instant,
    /// Until when the answer to a ping is waited for.
    pub(super) asked: Option<Instant>,
    /// Whether that has been put off, see [`overslept`](Self::overslept).
    put_off: bool,
    /// An error that named no operation, kept as the likely cause of a start that stays unanswered.
    pub(super) murmur: Option<Cause>,
    operations: Map<OperationId, Operation>,
    carries: Map<SubscriptionId, OperationId>,
}

/// What a deadline means when it passes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// The whole connection is dead.
    Connection(Cause),
    /// One operation got no answer.
    Operation(OperationId, Cause),
}

impl Connection {
    pub(super) fn opening(id: ConnectionId, now: Instant, deadline: Instant) -> Self {
        Self {
            id,
            phase: Phase::Opening { deadline },
            credentials: None,
            heard: now,
            pinged: now,
            asked: None,
            put_off: false,
            murmur: None,
            operations: Map::new(),
            carries: Map::new(),
        }
    }

    /// Since when it is acknowledged.
    pub(super) fn ready_since(&self) -> Option<Instant> {
        match self.phase {
            Phase::Ready { since, .. } => Some(since),
            Phase::Opening { .. } | Phase::Initializing { .. } => None,
        }
    }

    pub(super) fn operation(&self, id: OperationId) -> Option<&Operation> {
        self.operations.get(&id)
    }

    pub(super) fn operation_mut(&mut self, id: OperationId) -> Option<&mut Operation> {
        self.operations.get_mut(&id)
    }

    /// The operation that carries a subscription, wherever it stands.
    pub(super) fn carrier(&self, subscription: SubscriptionId) -> Option<&Operation> {
        self.operations.get(self.carries.get(&subscription)?)
    }

    /// Whether a subscription is acknowledged here.
    pub(super) fn is_live(&self, subscription: SubscriptionId) -> bool {
        self.carrier(subscription)
            .is_some_and(|operation| matches!(operation.progress, Progress::Live { .. }))
    }

    /// The probe that is under way.
    pub(super) fn probe(&self) -> Option<&Operation> {
        self.operations.values().find(|operation| {
            operation.purpose == Purpose::Probe
                && matches!(
                    operation.progress,
                    Progress::Signing { .. } | Progress::Starting { .. }
                )
        })
    }

    pub(super) fn begin(
        &mut self,
        id: OperationId,
        purpose: Purpose,
        body: Arc<str>,
        deadline: Instant,
    ) {
        if let Purpose::Carry(subscription) = purpose {
            self.carries.insert(subscription, id);
        }
        let progress = Progress::Signing { deadline };
        let operation = Operation {
            purpose,
            body,
            progress,
            credentials: None,
        };
        self.operations.insert(id, operation);
    }

    /// Forgets an operation that is over on the service's side.
    pub(super) fn finish(&mut self, id: OperationId) -> Option<Operation> {
        let operation = self.operations.remove(&id)?;
        self.unlink(id, operation.purpose);
        Some(operation)
    }

    /// Lets go of the operation that carries a subscription.
    pub(super) fn release(&mut self, subscription: SubscriptionId) -> Release {
        match self.carries.get(&subscription) {
            Some(&id) => self.release_operation(id, false),
            None => Release::Nothing,
        }
    }

    /// Lets go of an operation. One whose start was never acknowledged is stopped only if `unanswered` says that its
    /// answer is not waited for any longer: before its acknowledgement a service may not know it yet.
    pub(super) fn release_operation(&mut self, id: OperationId, unanswered: bool) -> Release {
        let Some(operation) = self.operations.get_mut(&id) else {
            return Release::Nothing;
        };
        let purpose = operation.purpose;
        let release = match operation.progress {
            Progress::Signing { .. } => {
                self.operations.remove(&id);
                Release::Nothing
            }
            Progress::Starting { deadline, .. } if !unanswered => {
                operation.progress = Progress::Abandoned { deadline };
                Release::Nothing
            }
            Progress::Starting { .. } | Progress::Abandoned { .. } | Progress::Live { .. } => {
                operation.progress = Progress::Stopping;
                Release::Stop(id)
            }
            Progress::Stopping => Release::Nothing,
        };
        self.unlink(id, purpose);
        release
    }

    fn unlink(&mut self, id: OperationId, purpose: Purpose) {
        if let Purpose::Carry(subscription) = purpose
            && self.carries.get(&subscription) == Some(&id)
        {
            self.carries.remove(&subscription);
        }
    }

    /// The service is asked for a sign of life, which is waited for until then.
    pub(super) fn ask(&mut self, now: Instant, deadline: Instant) {
        self.pinged = now;
        self.asked = Some(deadline);
        self.put_off = false;
    }

    /// A timer that comes long after its time was kept back with everything else (a frozen page): the answer may have
    /// come meanwhile and not have been read. It gets a moment more, once.
    pub(super) fn overslept(&mut self, now: Instant) {
        if let Some(deadline) = &mut self.asked
            && now.saturating_since(*deadline) >= PROBE_DEADLINE
            && !mem::replace(&mut self.put_off, true)
        {
            *deadline = now + PROBE_DEADLINE;
        }
    }

    /// A sign of life is wanted soon from a connection that is being set up.
    pub(super) fn hurry(&mut self, now: Instant) {
        if let Phase::Opening { deadline } | Phase::Initializing { deadline } = &mut self.phase {
            *deadline = (*deadline).min(now + PROBE_DEADLINE);
        }
    }

    pub(super) fn next_deadline(&self) -> Instant {
        let own = match self.phase {
            Phase::Opening { deadline } | Phase::Initializing { deadline } => deadline,
            Phase::Ready { silence, .. } => self.heard + silence,
        };
        let mut next = self.asked.map_or(own, |asked| asked.min(own));
        for operation in self.operations.values() {
            next = operation
                .progress
                .deadline()
                .map_or(next, |at| at.min(next));
        }
        next
    }

    /// What has expired by now, the gravest first. Called until it finds nothing, since each may change the rest.
    pub(super) fn expired(&self, now: Instant) -> Option<Expired> {
        let dead = match self.phase {
            Phase::Opening { deadline } if deadline <= now => {
                Some(Cause::NoAnswer(Waiting::Opening))
            }
            Phase::Initializing { deadline } if deadline <= now => {
                Some(Cause::NoAnswer(Waiting::Initializing))
            }
            Phase::Ready { silence, .. } if self.heard + silence <= now => Some(Cause::Silent),
            _ if self.asked.is_some_and(|deadline| deadline <= now) => {
                Some(Cause::NoAnswer(Waiting::Probing))
            }
            _ => None,
        };
        if let Some(cause) = dead {
            return Some(Expired::Connection(cause));
        }
        let late = |operation: &Operation| {
            operation
                .progress
                .deadline()
                .is_some_and(|deadline| deadline <= now)
        };
        let (&id, operation) = self
            .operations
            .iter()
            .find(|(_, operation)| late(operation))?;
        Some(match (operation.purpose, operation.progress) {
            (Purpose::Probe, _) => Expired::Connection(Cause::NoAnswer(Waiting::Probing)),
            // Nothing at all since the start was sent: it is not the start that is lost.
            (_, Progress::Starting { sent, .. }) if self.heard <= sent => {
                Expired::Connection(Cause::NoAnswer(Waiting::Starting))
            }
            (_, Progress::Signing { .. }) => {
                Expired::Operation(id, Cause::NoAnswer(Waiting::Signing))
            }
            _ => {
                let cause = self
                    .murmur
                    .clone()
                    .unwrap_or(Cause::NoAnswer(Waiting::Starting));
                Expired::Operation(id, cause)
            }
        })
    }
}

impl Progress {
    fn deadline(self) -> Option<Instant> {
        match self {
            Self::Signing { deadline }
            | Self::Starting { deadline, .. }
            | Self::Abandoned { deadline } => Some(deadline),
            Self::Live { .. } | Self::Stopping => None,
        }
    }
}

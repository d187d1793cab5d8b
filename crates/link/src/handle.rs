//! The handle of an endpoint's actor, and the subscriber's end.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures::Stream;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};

use crate::actor::{self, Command};
use crate::session::SubscriptionId;
use crate::state::{Delivery, State};
use crate::wire::Wire;

/// A handle of one endpoint. Clones share its connection; nothing is opened before somebody subscribes.
#[derive(Clone)]
pub struct Handle(Arc<Shared>);

struct Shared {
    commands: UnboundedSender<Command>,
    /// What the actor will listen to, and by which protocol, until it is started.
    unstarted: Mutex<Option<Unstarted>>,
    subscriptions: AtomicU64,
}

type Unstarted = (Arc<dyn Wire>, UnboundedReceiver<Command>);

impl Handle {
    /// A handle of what this protocol reaches.
    #[must_use]
    pub fn new(wire: Arc<dyn Wire>) -> Self {
        let (commands, unstarted) = unbounded();
        Self(Arc::new(Shared {
            commands,
            unstarted: Mutex::new(Some((wire, unstarted))),
            subscriptions: AtomicU64::new(0),
        }))
    }

    /// Subscribes to what this text asks for, as the protocol reads it. The stream begins with how the link stands.
    ///
    /// On native this must be called within a tokio runtime.
    #[must_use]
    pub fn subscribe(&self, body: Arc<str>) -> Deliveries {
        let Shared {
            commands,
            unstarted,
            subscriptions,
        } = &*self.0;
        if let Some((wire, unstarted)) = unstarted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            net::spawn(actor::run(wire, unstarted));
        }
        let id = SubscriptionId(subscriptions.fetch_add(1, Ordering::Relaxed));
        let (deliver, deliveries) = unbounded();
        // The actor runs as long as there is a handle.
        let _ = commands.unbounded_send(Command::Subscribe(id, body, deliver));
        Deliveries {
            id,
            deliveries,
            commands: commands.clone(),
            failed: false,
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// What a subscriber receives: a stream that ends only after [`State::Failed`]. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Deliveries {
    id: SubscriptionId,
    deliveries: UnboundedReceiver<Delivery>,
    commands: UnboundedSender<Command>,
    failed: bool,
}

impl Stream for Deliveries {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        if self.failed {
            return Poll::Ready(None);
        }
        let delivery = ready!(Pin::new(&mut self.deliveries).poll_next(context));
        self.failed = matches!(delivery, Some(Delivery::State(State::Failed(_))));
        Poll::Ready(delivery)
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        // Without an actor there is nothing to unsubscribe from.
        let _ = self.commands.unbounded_send(Command::Unsubscribe(self.id));
    }
}

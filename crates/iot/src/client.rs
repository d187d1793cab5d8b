//! The handle, and the subscriber's end.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use aws_guest::{Guest, Region};
use futures::Stream;
use link::wire::Wire;
use link::{Deliveries, Delivery, Handle, Keyring, State};

use crate::line::wish;
use crate::packet::Message;
use crate::topic::{Qos, TopicFilter};
use crate::wire::Mqtt;

/// A page keeps its client where any task may reach it.
const _: () = {
    const fn is_shared<T: Send + Sync + Clone>() {}
    const fn is_kept<T: Send + Unpin>() {}
    is_shared::<Client>();
    is_kept::<Subscription>();
};

/// One IoT Core endpoint.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its absolute address: `wss://…/mqtt` (or `https:`; `ws:` or `http:` for a cloud on one's own machine).
    pub url: String,
    /// The region that connections are signed for.
    pub region: Region,
    /// Whose credentials they are signed with.
    pub guest: Guest,
}

/// A client of one endpoint. Clones share its connection; nothing is opened before somebody subscribes.
#[derive(Clone)]
pub struct Client {
    pub(crate) link: Handle,
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) shared: crate::line::Shared,
}

impl Client {
    /// A client of that endpoint, by MQTT 5.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        let Endpoint { url, region, guest } = endpoint;
        Self::over(Mqtt::signed(url, region, Keyring::new(guest)))
    }

    /// A client of any broker that wants no signature, such as `ws://127.0.0.1:9001`.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn unsigned(url: impl Into<String>, version: crate::Version) -> Self {
        Self::over(Mqtt::unsigned(url, version))
    }

    fn over(mqtt: Mqtt) -> Self {
        #[cfg(not(target_arch = "wasm32"))]
        let shared = mqtt.shared();
        let wire: Arc<dyn Wire> = Arc::new(mqtt);
        Self {
            link: Handle::new(wire),
            #[cfg(not(target_arch = "wasm32"))]
            shared,
        }
    }

    /// The client ids of the connections that it has now.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn client_ids(&self) -> Vec<String> {
        crate::line::lock(&self.shared).names.used().to_vec()
    }

    /// Subscribes. The stream begins with how the link stands.
    ///
    /// On native this must be called within a tokio runtime.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "who subscribes has no more use for it"
    )]
    pub fn subscribe(&self, filter: TopicFilter, qos: Qos) -> Subscription {
        Subscription(self.link.subscribe(wish(&filter, qos)))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// What a subscriber hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The link's state changed, or [`State::Live`] came anew.
    State(State),
    /// Something was published. It may come twice.
    Message(Message),
}

/// A running subscription: a stream that ends only after [`State::Failed`]. Dropping it unsubscribes.
///
/// Messages wait without limit until they are read (a lost one would be a gap), so keep reading.
#[derive(Debug)]
pub struct Subscription(Deliveries);

impl Stream for Subscription {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            let event = match ready!(Pin::new(&mut self.0).poll_next(context)) {
                None => None,
                Some(Delivery::State(state)) => Some(Event::State(state)),
                Some(Delivery::Payload(payload)) => match payload.into() {
                    Some(message) => Some(Event::Message(message)),
                    // A line of this crate's gives nothing else.
                    None => continue,
                },
            };
            return Poll::Ready(event);
        }
    }
}

//! Publishing, which native programs do. It is an operation like a subscription: it waits for the connection, is tried
//! again when that is lost, and ends with its acknowledgement.

use std::sync::Arc;

use futures::StreamExt;
use link::{Cause, Delivery, Map, State};

use crate::client::Client;
use crate::line::lock;
use crate::topic::{Qos, Topic};

/// Why something was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It will not be: the service refused it, or the client cannot connect.
    #[error("not published: {0}")]
    Refused(Cause),
    /// The client's task has ended with its runtime.
    #[error("not published: the client's runtime has ended")]
    Ended,
}

/// What waits to be published.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    last: u64,
    publications: Map<u64, Arc<Publication>>,
}

#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) topic: Topic,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: Qos,
}

impl Outbox {
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Publication>> {
        self.publications.get(&number).cloned()
    }
}

/// The publication that a session's text asks for.
pub(crate) fn read_wish(body: &str) -> Option<u64> {
    body.strip_prefix('!')?.parse().ok()
}

impl Client {
    /// Publishes. With [`Qos::AtLeastOnce`] it returns when the broker has it, and it may arrive twice; with
    /// [`Qos::AtMostOnce`] when it is on its way. While there is no connection it waits: drop the future to give up.
    ///
    /// # Errors
    /// It is refused, finally.
    pub async fn publish(
        &self,
        topic: Topic,
        payload: impl Into<Vec<u8>>,
        qos: Qos,
    ) -> Result<(), PublishError> {
        let publication = Publication {
            topic,
            payload: payload.into(),
            qos,
        };
        let number = {
            let outbox = &mut lock(&self.shared).outbox;
            outbox.last += 1;
            outbox
                .publications
                .insert(outbox.last, Arc::new(publication));
            outbox.last
        };
        let _kept = Kept {
            client: self,
            number,
        };
        let mut deliveries = self.link.subscribe(format!("!{number}").into());
        while let Some(delivery) = deliveries.next().await {
            match delivery {
                Delivery::State(State::Live) => return Ok(()),
                Delivery::State(State::Failed(cause)) => return Err(PublishError::Refused(cause)),
                _ => {}
            }
        }
        Err(PublishError::Ended)
    }
}

/// Takes a publication out of the outbox when nobody waits for it any more.
struct Kept<'a> {
    client: &'a Client,
    number: u64,
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        drop(
            lock(&self.client.shared)
                .outbox
                .publications
                .remove(&self.number),
        );
    }
}

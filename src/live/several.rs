//! Several subscriptions as one, for views whose rows come over more than one.
//!
//! The whole is acknowledged when each part is, and anew with each part that is acknowledged anew: only then can a
//! snapshot be without gaps. A part that has failed for good does not keep the others from that, but is told.

use futures::stream::{self, Stream, StreamExt};
use net::MaybeSend;

use super::gapless::Incoming;
use super::link::Link;
use super::window::Row;

/// How the parts of a view stand.
#[derive(Debug)]
pub struct Several<const N: usize>([Link; N]);

impl<const N: usize> Several<N> {
    /// None has been heard of.
    #[must_use]
    pub const fn new() -> Self {
        Self([const { Link::Connecting }; N])
    }

    /// What it means for the whole that a part says this: up to two things, in this order.
    pub fn heard<R: Row>(
        &mut self,
        part: usize,
        incoming: Incoming<R>,
    ) -> [Option<Incoming<R>>; 2] {
        let Incoming::Link(link) = incoming else {
            return [Some(incoming), None];
        };
        self.0[part] = link.clone();
        let worst = Link::worst(self.0.iter().cloned());
        let others = self.0.iter();
        let is_acknowledged = others
            .clone()
            .all(|link| matches!(link, Link::Live | Link::Failed { .. }));
        if link == Link::Live && is_acknowledged && worst != Link::Live {
            [
                Some(Incoming::Link(Link::Live)),
                Some(Incoming::Link(worst)),
            ]
        } else {
            [Some(Incoming::Link(worst)), None]
        }
    }
}

impl<const N: usize> Default for Several<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A part of a view, by its number among the parts. One that ends without having failed was ended by the other side.
pub fn part<R: Row>(
    number: usize,
    incoming: impl Stream<Item = Incoming<R>> + Unpin + MaybeSend,
) -> impl Stream<Item = (usize, Incoming<R>)> + Unpin + MaybeSend
where
    Incoming<R>: MaybeSend,
{
    let mut failed = false;
    let end = stream::once(std::future::ready(None));
    incoming.map(Some).chain(end).filter_map(move |incoming| {
        let incoming = incoming.or_else(|| {
            let why = "the server ended the subscription".to_owned();
            (!failed).then_some(Incoming::Link(Link::Failed { why }))
        });
        failed |= matches!(incoming, Some(Incoming::Link(Link::Failed { .. })));
        std::future::ready(incoming.map(|incoming| (number, incoming)))
    })
}

/// The parts together.
pub fn whole<const N: usize, R: Row>(
    parts: impl Stream<Item = (usize, Incoming<R>)> + Unpin + MaybeSend,
) -> impl Stream<Item = Incoming<R>> + Unpin + MaybeSend
where
    Incoming<R>: MaybeSend,
{
    let mut several = Several::<N>::new();
    parts.flat_map(move |(number, incoming)| {
        stream::iter(several.heard(number, incoming).into_iter().flatten())
    })
}

#[cfg(test)]
mod tests;

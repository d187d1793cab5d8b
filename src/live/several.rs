//! Several subscriptions as one, for views whose rows come over more than one.
//!
//! The whole is acknowledged when each part is, and anew with each part that is acknowledged anew: only then can a
//! snapshot be without gaps. A part that has failed for good does not keep the others from that, but is told.

use std::task::Poll;

use futures::stream::{self, Stream};
use net::MaybeSend;

use super::erased::{Any, Changes, Kept, Told};
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

/// The parts together, by their numbers. One that ends without having failed was ended by the other side.
pub fn whole<const N: usize, R: Kept>(parts: [Changes<R>; N]) -> Changes<R> {
    Changes::forgotten(together(parts.map(Changes::told)))
}

fn together<const N: usize>(
    mut parts: [Told; N],
) -> impl Stream<Item = Incoming<Any>> + MaybeSend + use<N> {
    let mut several = Several::<N>::new();
    let mut ended = [false; N];
    let (mut turn, mut then) = (0, None);
    stream::poll_fn(move |context| {
        if then.is_some() {
            return Poll::Ready(then.take());
        }
        for _ in 0..N {
            turn = (turn + 1) % N;
            if ended[turn] {
                continue;
            }
            let Poll::Ready(incoming) = parts[turn].as_mut().poll_next(context) else {
                continue;
            };
            ended[turn] = incoming.is_none();
            let incoming = match incoming {
                Some(incoming) => incoming,
                None if matches!(several.0[turn], Link::Failed { .. }) => continue,
                None => {
                    let why = "the server ended the subscription".to_owned();
                    Incoming::Link(Link::Failed { why })
                }
            };
            let [first, second] = several.heard(turn, incoming);
            then = second;
            return Poll::Ready(first);
        }
        Poll::Pending
    })
}

#[cfg(test)]
mod tests;

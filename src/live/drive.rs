//! Runs a live view against a source: the same code in the browser, and natively in tests against the real cloud.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures::future::{Fuse, FusedFuture, FutureExt};
use futures::stream::{Stream, StreamExt};
use net::life::{self, Life};
use net::{MaybeSend, UnixTime};

use super::gapless::{Ask, Failure, Gapless, Incoming, Page, View};
use super::link::Link;
use super::window::Row;

/// Where a live view comes from.
pub trait Source {
    /// What it shows.
    type Row: Row;

    /// What happens from now on. Dropping the stream unsubscribes.
    fn subscribe(&self) -> impl Stream<Item = Incoming<Self::Row>> + Unpin + MaybeSend;

    /// A page of what there is, newest first; `after` is the [`Page::next`] of the page before.
    fn page(
        &self,
        after: Option<String>,
    ) -> impl Future<Output = Result<Page<Self::Row>, Failure>> + MaybeSend;

    /// The time, as the server has it.
    fn now(&self) -> UnixTime;
}

/// A page that takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// A view is shown once in a frame of the browser, however many changes arrive in it.
const FRAME: Duration = Duration::from_millis(16);
/// Where more arrives than anybody can read it then stays as it is for so long, so that the page has time for its reader.
const BUSY_PAUSE: Duration = Duration::from_millis(32);
/// More changes a second are that many.
const BUSY: u128 = 250;
/// Expiry and whatever else only needs the time is looked after this often.
const TICK: Duration = Duration::from_secs(30);

enum Woken<R: Row> {
    Incoming(Option<Incoming<R>>),
    Answer(Result<Page<R>, Failure>),
    Life(Life),
    Timer,
    Frame,
}

/// Keeps a view of the source's newest `limit` rows without gaps, and shows it whenever it has changed, until dropped.
pub async fn run<S: Source>(source: &S, limit: usize, mut show: impl FnMut(&View<S::Row>)) {
    let mut gapless = Gapless::new(limit, life::is_visible(), net::now());
    let mut changes = source.subscribe().fuse();
    let mut life = life::events();
    let mut asked: Option<Ask> = None;
    let mut fetch = pin!(Fuse::terminated());
    let mut timer = pin!(Fuse::terminated());
    let mut frame = pin!(Fuse::terminated());
    let mut armed = None;
    // When the view may be shown again, and what was shown last: when, after how many changes.
    let mut next = net::now();
    let mut shown = (next, 0);
    let mut stale = true;
    let mut was_live = false;
    let mut has_frame = false;

    loop {
        let now = net::now();
        if let Some(ask) = gapless.poll(now) {
            fetch.set(net::within(PATIENCE, source.page(ask.after.clone())).fuse());
            asked = Some(ask);
        }
        // Told at once, however late the next frame is: a break is not to pass unseen.
        let live = gapless.view().link == Link::Live;
        let mut present = std::mem::take(&mut has_frame) || live != was_live;
        if !present && stale && now >= next && frame.is_terminated() {
            // What comes after a pause is painted in the next frame anyway; a page that has no frames has pauses.
            present = now.saturating_since(shown.0) >= FRAME;
            if !present {
                frame.set(net::frame().fuse());
            }
        }
        if present {
            show(gapless.view());
            let changes = gapless.view().changes;
            next = now + pause(changes - shown.1, now.saturating_since(shown.0));
            shown = (now, changes);
            was_live = live;
            stale = false;
        }
        let deadline = gapless.deadline().unwrap_or(now + TICK).min(now + TICK);
        let deadline = if stale && frame.is_terminated() {
            deadline.min(next)
        } else {
            deadline
        };
        // A timer costs: set anew only if it would fire too late.
        if timer.is_terminated() || armed.is_none_or(|armed| deadline < armed) {
            timer.set(net::sleep_until(deadline).fuse());
            armed = Some(deadline);
        }

        let woken = poll_fn(|cx| {
            if let Poll::Ready(answer) = fetch.poll_unpin(cx) {
                let late = |error: net::NetError| Failure::Unreached(error.to_string());
                let answer = answer.map_err(late).flatten();
                return Poll::Ready(Woken::Answer(answer));
            }
            if let Poll::Ready(Some(event)) = life.poll_next_unpin(cx) {
                return Poll::Ready(Woken::Life(event));
            }
            if frame.poll_unpin(cx).is_ready() {
                return Poll::Ready(Woken::Frame);
            }
            if timer.poll_unpin(cx).is_ready() {
                return Poll::Ready(Woken::Timer);
            }
            if !changes.is_done()
                && let Poll::Ready(incoming) = changes.poll_next_unpin(cx)
            {
                return Poll::Ready(Woken::Incoming(incoming));
            }
            Poll::Pending
        })
        .await;

        let (now, wall) = (net::now(), source.now());
        match woken {
            Woken::Incoming(Some(incoming)) => gapless.incoming(incoming, now, wall),
            Woken::Incoming(None) => {
                // A subscription that ends without a failure was ended by the other side.
                if !matches!(gapless.view().link, Link::Failed { .. }) {
                    let why = "the server ended the subscription".to_owned();
                    gapless.incoming(Incoming::Link(Link::Failed { why }), now, wall);
                }
            }
            Woken::Answer(answer) => {
                if let Some(ask) = asked.take() {
                    gapless.answered(&ask, answer, now, wall, net::random::unit());
                }
            }
            Woken::Life(Life::Visible) => gapless.visible(true, now),
            Woken::Life(Life::Hidden) => gapless.visible(false, now),
            Woken::Life(Life::Online | Life::Wake) => gapless.retry_now(now),
            Woken::Life(Life::Offline) => {}
            Woken::Frame => {
                has_frame = true;
                continue;
            }
            Woken::Timer if gapless.expire(wall) => {}
            // Nothing has changed: what is due is asked for at the top.
            Woken::Timer => continue,
        }
        stale = true;
    }
}

/// For how long a view that took in so many changes in that time stays as it is.
fn pause(changes: u64, time: Duration) -> Duration {
    if u128::from(changes) * 1_000 > BUSY * time.as_millis() {
        BUSY_PAUSE
    } else {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_read_is_shown_less_often() {
        let pause = |changes, millis| pause(changes, Duration::from_millis(millis));
        assert_eq!(pause(2, 16), Duration::ZERO);
        assert_eq!(pause(8, 16), BUSY_PAUSE);
        assert_eq!(pause(24, 48), BUSY_PAUSE);
        assert_eq!(pause(5, 48), Duration::ZERO);
        assert_eq!(pause(0, 0), Duration::ZERO);
    }
}

//! Runs a live view against a source: the same code in the browser, and natively in tests against the real cloud.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::stream::StreamExt;
use net::life::{self, Life};
use net::{Instant, MaybeSend, Pending};

use super::erased::{self, Any, Name};
use super::gapless::{Ask, Failure, Gapless, Incoming, View};
use super::link::Link;
use super::notices::Look;
use super::source::{Paged, Source, Whence};

/// A page that takes longer counts as failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// A view is shown once in a frame of the browser, however many changes arrive in it.
const FRAME: Duration = Duration::from_millis(16);
/// Where more arrives than anybody can read it then stays as it is for so long, so that the page has time for its reader.
const BUSY_PAUSE: Duration = Duration::from_millis(32);
/// More changes than that a second are that much.
const BUSY: u64 = 250;
/// That is counted over this time: a handful that comes at once is not much.
const BUSY_OVER: Duration = Duration::from_millis(200);
/// Expiry and whatever else only needs the time is looked after this often.
const TICK: Duration = Duration::from_secs(30);

enum Woken {
    Incoming(Option<Incoming<Any>>),
    Answer(Paged<Any>),
    Looked(Result<Vec<Any>, Failure>),
    Life(Life),
    Timer,
    Frame,
}

/// Keeps a view of the source's newest `limit` rows without gaps, and shows it whenever it has changed, until dropped.
pub async fn run<S: Source>(source: &S, limit: usize, mut show: impl FnMut(&View<S::Row>) + Send) {
    let mut shown = View::new(limit);
    keep(source, limit, &mut |view| {
        erased::remember(view, &mut shown);
        show(&shown);
    })
    .await;
}

/// Shows a view, whatever its rows are.
pub(super) type Show<'a> = dyn FnMut(&View<Any>) + Send + 'a;

/// [`run`], whatever the source's rows are: generated once.
pub(super) async fn keep(source: &dyn Whence, limit: usize, show: &mut Show<'_>) {
    let mut gapless = Gapless::new(limit, life::is_visible(), net::now());
    let mut changes = source.subscribe().fuse();
    let mut life = life::events();
    let mut asked: Option<Ask> = None;
    let mut fetch = Wait::default();
    let mut looked: Option<Look<Name>> = None;
    let mut find = Wait::default();
    let mut timer = Wait::default();
    let mut frame = Wait::default();
    let mut armed = None;
    // When the view may be shown again, and when it was shown last.
    let mut next = net::now();
    let mut shown = next;
    let mut bustle = Bustle::new(next);
    let mut stale = true;
    let mut was_live = false;
    let mut has_frame = false;

    loop {
        let now = net::now();
        if let Some(ask) = gapless.poll(now) {
            fetch.set(net::within(PATIENCE, source.page(ask.after.clone())));
            asked = Some(ask);
        }
        if let Some(look) = gapless.look(now) {
            find.set(net::within(PATIENCE, source.look(look.keys.clone())));
            looked = Some(look);
        }
        // Told at once, however late the next frame is: a break is not to pass unseen.
        let live = gapless.view().link == Link::Live;
        let mut present = std::mem::take(&mut has_frame) || live != was_live;
        if !present && stale && now >= next && frame.is_over() {
            // What comes after a pause is painted in the next frame anyway; a page that has no frames has pauses.
            present = now.saturating_since(shown) >= FRAME;
            if !present {
                frame.set(net::frame());
            }
        }
        if present {
            show(gapless.view());
            next = now + bustle.pause(now, gapless.view().changes);
            shown = now;
            was_live = live;
            stale = false;
        }
        let deadlines = [gapless.deadline(), gapless.look_deadline()];
        let deadline = deadlines.into_iter().flatten().fold(now + TICK, Ord::min);
        let deadline = if stale && frame.is_over() {
            deadline.min(next)
        } else {
            deadline
        };
        // A timer costs: set anew only if it would fire too late.
        if timer.is_over() || armed.is_none_or(|armed| deadline < armed) {
            timer.set(net::sleep_until(deadline));
            armed = Some(deadline);
        }

        let woken = poll_fn(|cx| {
            if let Poll::Ready(answer) = fetch.poll(cx) {
                return Poll::Ready(Woken::Answer(answer.map_err(late).flatten()));
            }
            if let Poll::Ready(answer) = find.poll(cx) {
                return Poll::Ready(Woken::Looked(answer.map_err(late).flatten()));
            }
            if let Poll::Ready(Some(event)) = life.poll_next_unpin(cx) {
                return Poll::Ready(Woken::Life(event));
            }
            if frame.poll(cx).is_ready() {
                return Poll::Ready(Woken::Frame);
            }
            if timer.poll(cx).is_ready() {
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
            Woken::Looked(answer) => {
                if let Some(look) = looked.take() {
                    gapless.looked(&look, answer, now, wall);
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

/// Something that is waited for beside others, or is over. Behind a pointer, so that the loop is not about what it is.
struct Wait<T>(Option<Pending<T>>);

impl<T> Wait<T> {
    fn set(&mut self, work: impl Future<Output = T> + MaybeSend + 'static) {
        self.0 = Some(Box::pin(work));
    }

    const fn is_over(&self) -> bool {
        self.0.is_none()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.0 else {
            return Poll::Pending;
        };
        let done = ready!(work.as_mut().poll(context));
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<T> Default for Wait<T> {
    fn default() -> Self {
        Self(None)
    }
}

fn late(error: net::NetError) -> Failure {
    Failure::Unreached(error.to_string())
}

/// How much has been happening lately.
#[derive(Debug)]
struct Bustle {
    /// When the current count began, and at how many changes.
    since: (Instant, u64),
    is_busy: bool,
}

impl Bustle {
    fn new(now: Instant) -> Self {
        Self {
            since: (now, 0),
            is_busy: false,
        }
    }

    /// For how long a view that has taken in so many changes by now stays as it is.
    fn pause(&mut self, now: Instant, changes: u64) -> Duration {
        let (from, before) = self.since;
        let passed = now.saturating_since(from);
        if passed >= BUSY_OVER {
            let counted = u128::from(changes - before) * 1_000;
            self.is_busy = counted > u128::from(BUSY) * passed.as_millis();
            self.since = (now, changes);
        }
        if self.is_busy {
            BUSY_PAUSE
        } else {
            Duration::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_read_is_shown_less_often() {
        let at = |millis| Instant::ZERO + Duration::from_millis(millis);
        let mut bustle = Bustle::new(at(0));
        assert_eq!(bustle.pause(at(16), 20), Duration::ZERO, "a burst");
        assert_eq!(bustle.pause(at(200), 50), Duration::ZERO);
        assert_eq!(bustle.pause(at(400), 101), BUSY_PAUSE);
        assert_eq!(bustle.pause(at(500), 102), BUSY_PAUSE);
        assert_eq!(bustle.pause(at(600), 103), Duration::ZERO);
        let after_a_pause = bustle.pause(at(60_000), 1_000);
        assert_eq!(after_a_pause, Duration::ZERO);
    }
}

//! The life of the page: online and offline, visible and hidden, awake again after sleep.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use futures::stream;

use crate::{UnixTime, platform, sleep, wall};

/// Something that happened to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// There is a network again, as far as the browser knows.
    Online,
    /// There is no network.
    Offline,
    /// The page can be seen again.
    Visible,
    /// The page can no longer be seen; its timers may now be late by a minute.
    Hidden,
    /// Time has passed unnoticed: the machine slept, or the page was frozen or came back from the browser's history.
    /// Whatever was open may be dead.
    Wake,
}

/// What happens from now on, as a stream that does not end. Dropping it takes the listeners away.
///
/// On native only [`Life::Wake`] happens.
#[must_use]
pub fn events() -> Events {
    Events(platform::life::events())
}

/// Whether the browser believes that there is a network. Always true on native.
#[must_use]
pub fn is_online() -> bool {
    platform::life::is_online()
}

/// Whether the page can be seen. Always true on native.
#[must_use]
pub fn is_visible() -> bool {
    platform::life::is_visible()
}

/// See [`events`].
pub struct Events(platform::life::BoxedEvents);

impl Stream for Events {
    type Item = Life;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Life>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Events")
    }
}

/// A [`Life::Wake`] for each jump of the wall clock past a timer.
pub(crate) fn wakes() -> impl Stream<Item = Life> {
    stream::unfold(Watch::new(wall()), |mut watch| async move {
        loop {
            sleep(Watch::TICK).await;
            if watch.tick(wall(), is_visible()) {
                return Some((Life::Wake, watch));
            }
        }
    })
}

/// Tells sleep from waiting: a timer that fires far too late, by the wall clock, has slept.
#[derive(Debug)]
struct Watch {
    due: UnixTime,
}

impl Watch {
    const TICK: Duration = Duration::from_secs(5);
    /// A busy page is late by less than this.
    const VISIBLE_SLACK: Duration = Duration::from_secs(10);
    /// Browsers run a hidden page's timers once a minute.
    const HIDDEN_SLACK: Duration = Duration::from_secs(70);

    fn new(now: UnixTime) -> Self {
        Self {
            due: now + Self::TICK,
        }
    }

    /// The timer has fired: was it sleep? A clock that was set back is not.
    fn tick(&mut self, now: UnixTime, visible: bool) -> bool {
        let slack = if visible {
            Self::VISIBLE_SLACK
        } else {
            Self::HIDDEN_SLACK
        };
        let slept = now > self.due + slack;
        *self = Self::new(now);
        slept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixTime {
        UnixTime(seconds * 1_000)
    }

    #[test]
    fn a_timer_in_time_or_a_little_late_is_no_wake() {
        let mut watch = Watch::new(at(0));
        assert!(!watch.tick(at(5), true));
        assert!(!watch.tick(at(18), true));
    }

    #[test]
    fn a_jump_is_a_wake_once() {
        let mut watch = Watch::new(at(0));
        assert!(watch.tick(at(3_600), true));
        assert!(!watch.tick(at(3_605), true));
    }

    #[test]
    fn a_hidden_pages_late_timers_are_no_wake_but_a_nights_sleep_is() {
        let mut watch = Watch::new(at(0));
        assert!(!watch.tick(at(65), false));
        assert!(watch.tick(at(65 + 8 * 3_600), false));
    }

    #[test]
    fn a_clock_set_back_is_no_wake() {
        let mut watch = Watch::new(at(3_600));
        assert!(!watch.tick(at(0), true));
        assert!(!watch.tick(at(5), true));
    }
}

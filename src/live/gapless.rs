//! When a live view asks for what, so that it has no gaps.
//!
//! Pure: inputs come with the time, [`Gapless::poll`] says which page to fetch now and [`Gapless::deadline`] when to ask
//! again. The order of things: the subscription's acknowledgement, then a snapshot while changes are applied as they
//! come; a second snapshot some seconds later, since the acknowledgement does not promise what is published right after
//! it; the same after each acknowledgement anew; and, while the page is visible, a silent one each minute, since a
//! healthy socket can lose too.

use std::time::Duration;

use net::{Instant, UnixTime};

use super::link::Link;
use super::notices::{Look, Notices};
use super::window::{Change, Notice, Row, Window};

/// What a subscription says.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming<R: Row> {
    /// The link's state changed. Each [`Link::Live`] is an acknowledgement anew.
    Link(Link),
    /// A row changed.
    Change(Change<R>),
    /// A row changed, and only a part of it is told.
    Notice(Notice<R>),
    /// Something happened, but what cannot be applied: to be fetched.
    Hint,
    /// The reader wants to see so many rows more.
    Widen(usize),
}

/// A page of a snapshot, newest rows first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// What leads to the next page; none if this is the last.
    pub next: Option<String>,
}

/// Why a page did not come, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answered.
    Unreached(String),
    /// The server does not let this visitor have it.
    Refused(String),
    /// The server could not, or gave something else.
    Failed(String),
}

impl Failure {
    /// What there is to say about it.
    #[must_use]
    pub fn words(self) -> String {
        let (Self::Unreached(why) | Self::Refused(why) | Self::Failed(why)) = self;
        why
    }
}

/// A page to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Which snapshot it is for; to be handed back with the answer.
    pub snapshot: u64,
    /// [`Page::next`] of the page before; none for the first.
    pub after: Option<String>,
}

/// What a live view shows.
#[derive(Debug, Clone)]
pub struct View<R: Row> {
    /// The rows.
    pub window: Window<R>,
    /// The link's state.
    pub link: Link,
    /// Whether the rows have ever been complete: before that, an empty window does not mean that there is nothing.
    pub loaded: bool,
    /// How many changes the subscription has brought so far.
    pub changes: u64,
    /// Whether the server has ever been reached.
    pub reached: bool,
    /// Whether the last page that was asked for was refused.
    pub refused: bool,
}

impl<R: Row> View<R> {
    /// Nothing yet.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            window: Window::new(limit),
            link: Link::Connecting,
            loaded: false,
            changes: 0,
            reached: false,
            refused: false,
        }
    }
}

/// A live view's course of action.
#[derive(Debug)]
pub struct Gapless<R: Row> {
    view: View<R>,
    subscription: Link,
    /// Whether a snapshot begun since the acknowledgement is complete.
    caught_up: bool,
    visible: bool,
    /// When a snapshot shall begin: the first, the second, after a hint or a failure.
    due: Option<Instant>,
    /// When one shall begin if the page is visible.
    reconcile: Instant,
    /// How many snapshots have begun, and when the last one did.
    begun: (u64, Instant),
    reading: Option<Reading>,
    notices: Notices<R>,
    /// How many snapshots have failed since one was complete, and why the last one did.
    trouble: Option<(u32, String)>,
}

/// A snapshot on its way.
#[derive(Debug)]
struct Reading {
    after: Option<String>,
    /// Whether the page after this has been asked for.
    asked: bool,
    pages: u32,
}

impl<R: Row> Gapless<R> {
    /// From the acknowledgement's snapshot to the second one.
    pub const SECOND: Duration = Duration::from_secs(4);
    /// Between silent reconciliations.
    pub const RECONCILE: Duration = Duration::from_secs(60);
    /// Snapshots that hints ask for begin at least this long after the former one, so that events which cannot be
    /// applied do not become a storm of queries.
    pub const SPACING: Duration = Duration::from_secs(4);
    /// For so long the view waits for the acknowledgement before it shows what is there anyway.
    pub const PATIENCE: Duration = Duration::from_secs(3);
    const FIRST_RETRY: Duration = Duration::from_millis(500);
    const LAST_RETRY: Duration = Duration::from_secs(30);
    /// A snapshot of more pages does not end.
    const PAGES: u32 = 100;

    /// A view of at most `limit` rows that begins now.
    #[must_use]
    pub fn new(limit: usize, visible: bool, now: Instant) -> Self {
        Self {
            view: View::new(limit),
            subscription: Link::Connecting,
            caught_up: false,
            visible,
            due: Some(now + Self::PATIENCE),
            reconcile: now + Self::RECONCILE,
            begun: (0, now),
            reading: None,
            notices: Notices::new(),
            trouble: None,
        }
    }

    /// What is to be shown.
    #[must_use]
    pub fn view(&self) -> &View<R> {
        &self.view
    }

    /// The subscription said something, received at `wall`.
    pub fn incoming(&mut self, incoming: Incoming<R>, now: Instant, wall: UnixTime) {
        match incoming {
            Incoming::Link(link) => {
                if link == Link::Live {
                    self.view.reached = true;
                    self.acknowledged(now);
                }
                self.subscription = link;
            }
            Incoming::Change(change) => {
                self.view.changes += 1;
                self.view.window.apply(change, wall);
                self.view.window.expire(wall);
                if self.view.window.is_short() {
                    self.hint(now);
                }
            }
            Incoming::Notice(notice) => {
                self.view.changes += 1;
                if !self.notices.add(notice, &mut self.view.window, wall, now) {
                    self.hint(now);
                }
            }
            Incoming::Hint => self.hint(now),
            Incoming::Widen(rows) => {
                self.view.window.widen(rows);
                // Somebody waits; after a failure the back-off decides all the same.
                if self.view.window.is_short() && self.trouble.is_none() {
                    self.at_latest(now);
                }
            }
        }
        self.light();
    }

    /// The page became visible or hidden.
    pub fn visible(&mut self, visible: bool, now: Instant) {
        self.visible = visible;
        if visible {
            self.retry_now(now);
        }
    }

    /// There is reason to believe that what failed will succeed now: online again, awake again.
    pub fn retry_now(&mut self, now: Instant) {
        if self.trouble.is_some() && self.reading.is_none() {
            self.due = Some(now);
            self.light();
        }
    }

    /// The page that is to be fetched now, if any; whatever else is being fetched is not wanted any more.
    pub fn poll(&mut self, now: Instant) -> Option<Ask> {
        if self.reading.is_none() && self.deadline().is_some_and(|at| at <= now) {
            self.begun = (self.begun.0 + 1, now);
            self.due = None;
            self.view.window.begin_snapshot();
            self.reading = Some(Reading {
                after: None,
                asked: false,
                pages: 0,
            });
        }
        let reading = self.reading.as_mut().filter(|reading| !reading.asked)?;
        reading.asked = true;
        Some(Ask {
            snapshot: self.begun.0,
            after: reading.after.clone(),
        })
    }

    /// The rows that are to be looked up now, if any.
    pub fn look(&mut self, now: Instant) -> Option<Look<R::Key>> {
        // A snapshot that is yet to come may tell all that is missing.
        if self.caught_up {
            self.notices.poll(now)
        } else {
            None
        }
    }

    /// Takes out what has expired. Says whether anything had.
    pub fn expire(&mut self, wall: UnixTime) -> bool {
        self.view.window.expire(wall)
    }

    /// When to poll again, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let reconcile = self.visible.then_some(self.reconcile);
        let next = self.due.into_iter().chain(reconcile).min();
        next.filter(|_| self.reading.is_none())
    }

    /// When to [look](Self::look) again, if nothing happens before.
    #[must_use]
    pub fn look_deadline(&self) -> Option<Instant> {
        self.notices.deadline().filter(|_| self.caught_up)
    }

    /// What came of a page that was asked for; `unit` is random in [0, 1).
    pub fn answered(
        &mut self,
        ask: &Ask,
        answer: Result<Page<R>, Failure>,
        now: Instant,
        wall: UnixTime,
        unit: f64,
    ) {
        let Some(reading) = self
            .reading
            .as_mut()
            .filter(|_| ask.snapshot == self.begun.0)
        else {
            return;
        };
        self.view.reached |= !matches!(answer, Err(Failure::Unreached(_)));
        self.view.refused = matches!(answer, Err(Failure::Refused(_)));
        match answer {
            Ok(page) => {
                reading.pages += 1;
                let more = self.view.window.page(page.rows);
                self.view.window.expire(wall);
                if !more || page.next.is_none() {
                    self.complete(page.next.is_none(), now);
                } else if reading.pages >= Self::PAGES {
                    self.fail("the list does not end".to_owned(), now, unit);
                } else {
                    reading.after = page.next;
                    reading.asked = false;
                }
            }
            Err(failure) => self.fail(failure.words(), now, unit),
        }
        self.light();
    }

    /// What came of a look: the rows that were there.
    pub fn looked(
        &mut self,
        look: &Look<R::Key>,
        answer: Result<Vec<R>, Failure>,
        now: Instant,
        wall: UnixTime,
    ) {
        if !self.notices.is_answer(look) {
            return;
        }
        let window = &mut self.view.window;
        let all = match answer {
            Ok(rows) => {
                window.found(rows);
                window.expire(wall);
                self.notices.looked(look, window, now)
            }
            // The snapshot tells what they would have, or why not.
            Err(_) => {
                self.notices.forget();
                false
            }
        };
        if !all {
            self.hint(now);
        }
        self.light();
    }

    fn acknowledged(&mut self, now: Instant) {
        // A snapshot begun before does not count: what changed between its pages and now was told to nobody.
        self.reading = None;
        self.view.window.acknowledge();
        self.notices.forget();
        self.caught_up = false;
        self.due = Some(now);
    }

    fn complete(&mut self, ended: bool, now: Instant) {
        self.reading = None;
        self.trouble = None;
        self.view.window.complete_snapshot(ended);
        self.notices.settle(&mut self.view.window);
        self.view.loaded = true;
        self.reconcile = now + Self::RECONCILE;
        if self.subscription == Link::Live && !self.caught_up {
            self.caught_up = true;
            self.at_latest(now + Self::SECOND);
        }
        if self.view.window.is_short() || self.view.window.has_gone_back() {
            self.hint(now);
        }
    }

    fn fail(&mut self, why: String, now: Instant, unit: f64) {
        self.reading = None;
        self.view.window.abandon_snapshot();
        let failures = self.trouble.take().map_or(0, |(failures, _)| failures);
        let ceiling = Self::FIRST_RETRY
            .saturating_mul(1 << failures.min(16))
            .min(Self::LAST_RETRY);
        self.trouble = Some((failures + 1, why));
        self.due = Some(now + ceiling.mul_f64(unit.clamp(0.0, 1.0)));
    }

    fn hint(&mut self, now: Instant) {
        let soonest = if self.begun.0 == 0 {
            now
        } else {
            now.max(self.begun.1 + Self::SPACING)
        };
        // After a failure the back-off decides.
        if self.trouble.is_none() {
            self.at_latest(soonest);
        }
    }

    fn at_latest(&mut self, at: Instant) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Says what the link is like: the socket's state, or, where that is well, the snapshot's.
    fn light(&mut self) {
        self.view.link = match (&self.subscription, &self.trouble) {
            (Link::Live, Some((_, why))) => match self.due {
                Some(at) => Link::Retrying {
                    at,
                    why: why.clone(),
                },
                None => Link::Connecting,
            },
            (Link::Live, None) if !self.caught_up => Link::Connecting,
            (link, _) => link.clone(),
        };
    }
}

#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod tests;

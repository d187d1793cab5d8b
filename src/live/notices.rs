//! Notices that cannot be applied yet, and the rows that are looked up for them. Pure.
//!
//! Looking up is bounded: a few rows at a time, some times a second, whatever arrives; beyond what that can do a
//! snapshot is cheaper, and the notices are forgotten.

use std::time::Duration;

use net::{Instant, UnixTime};

use super::window::{Notice, Row, Window};

/// Rows to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look<K> {
    /// Which look this is; to be handed back with the answer.
    pub number: u64,
    /// The rows' keys, each once: at most [`LOOK`].
    pub keys: Vec<K>,
}

/// So many rows are looked up at once: half of the fields that the cloud calls for one document.
pub const LOOK: usize = 25;
/// Between two looks.
pub const SPACING: Duration = Duration::from_millis(100);
/// A row that was not there yet, or older than its notice, is looked up again after so long: what is read may lag behind
/// what is told.
pub const AGAIN: Duration = Duration::from_millis(500);
/// So often a row is looked up; then a snapshot has the word.
const TRIES: u8 = 3;
/// More notices do not wait.
const WAITING: usize = 500;

/// Notices that wait for their rows.
#[derive(Debug)]
pub(super) struct Notices<R: Row> {
    /// By revision, so that one after the other finds the one before it applied.
    waiting: Vec<Waiting<R>>,
    asked: Option<Look<R::Key>>,
    looks: u64,
    /// Not before then the next look begins.
    next: Instant,
}

#[derive(Debug)]
struct Waiting<R: Row> {
    notice: Notice<R>,
    received: UnixTime,
    /// Not before then its row is looked up.
    from: Instant,
    tried: u8,
}

impl<R: Row> Notices<R> {
    pub(super) fn new() -> Self {
        Self {
            waiting: Vec::new(),
            asked: None,
            looks: 0,
            next: Instant::ZERO,
        }
    }

    /// A notice came. Says whether it is applied, or will be: if not, a snapshot is wanted.
    pub(super) fn add(
        &mut self,
        notice: Notice<R>,
        window: &mut Window<R>,
        received: UnixTime,
        now: Instant,
    ) -> bool {
        if window.notice(&notice, received) {
            if self.waiting.iter().any(|it| it.notice.key == notice.key) {
                self.settle(window);
            }
            return true;
        }
        let is_older = |it: &Waiting<R>| it.notice.revision <= notice.revision;
        let at = self.waiting.partition_point(is_older);
        let waits = self.waiting.len() < WAITING;
        if waits {
            let waiting = Waiting {
                notice,
                received,
                from: now,
                tried: 0,
            };
            self.waiting.insert(at, waiting);
        }
        waits
    }

    /// The window has changed: what can be applied now is.
    pub(super) fn settle(&mut self, window: &mut Window<R>) {
        self.waiting
            .retain(|it| !window.notice(&it.notice, it.received));
    }

    /// A snapshot that begins later tells all of it.
    pub(super) fn forget(&mut self) {
        self.waiting.clear();
        self.asked = None;
    }

    /// What is to be looked up now, if anything.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Look<R::Key>> {
        if self.deadline().is_none_or(|at| at > now) {
            return None;
        }
        let mut keys = Vec::new();
        for it in self.waiting.iter().filter(|it| it.from <= now) {
            if keys.len() < LOOK && !keys.contains(&it.notice.key) {
                keys.push(it.notice.key.clone());
            }
        }
        self.looks += 1;
        self.next = now + SPACING;
        let look = Look {
            number: self.looks,
            keys,
        };
        self.asked = Some(look.clone());
        Some(look)
    }

    /// When to poll again, if nothing happens before.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let next = self.waiting.iter().map(|it| it.from).min();
        next.filter(|_| self.asked.is_none())
            .map(|from| from.max(self.next))
    }

    /// Whether this look is the one that is waited for; it is answered now.
    pub(super) fn is_answer(&mut self, look: &Look<R::Key>) -> bool {
        self.asked
            .take_if(|asked| asked.number == look.number)
            .is_some()
    }

    /// What was looked up is in the window, as far as it was there. Says whether all of it was; if not, and it was not
    /// the first time, a snapshot is wanted.
    pub(super) fn looked(
        &mut self,
        look: &Look<R::Key>,
        window: &mut Window<R>,
        now: Instant,
    ) -> bool {
        self.settle(window);
        let before = self.waiting.len();
        self.waiting.retain_mut(|it| {
            if look.keys.contains(&it.notice.key) {
                it.tried += 1;
                it.from = now + AGAIN;
            }
            it.tried < TRIES
        });
        self.waiting.len() == before
    }
}

//! A window onto a server's table: its newest rows, kept from snapshots and changes that overtake each other.
//!
//! Pure: no clock, no network, no browser. The rules (house.md, "A live view has no gaps"):
//!
//! - Revisions only grow. Whatever says less than what is here already changes nothing.
//! - Unless two complete snapshots, one after the other and since the same acknowledgement, say less of a row that no
//!   change vouches for: then the server has begun anew, and its row takes the place of the one that is here. What the
//!   changes of the new one have told meanwhile was passed over, so one more snapshot is wanted.
//! - A change received since the acknowledgement beats a snapshot row of equal or lower revision, and its row stays
//!   though a snapshot lacks it: snapshots are read from an index that may lag behind. That trust ends when two
//!   snapshots begun later are complete, so that a lost delete heals.
//! - A delete leaves a tombstone until two snapshots begun later are complete.
//! - When all pages of a snapshot are in, the rows in its range that it lacks, and that no change vouches for, go.
//! - A notice tells a part of a change. It is applied to the revision just before; whatever else is here, the whole row
//!   has to be looked up ([`notice`]).
//!
//! The window knows a range of positions, from the newest down to `floor`. What lies below is not its business, even
//! if there is room: between the floor and such a row there may be others that it has not seen.

pub mod notice;

use std::fmt::Debug;
use std::sync::Arc;

use net::UnixTime;

pub use notice::{Notice, Patch};

/// Grows by one with each write of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub i64);

/// A row of a window.
pub trait Row: Clone + PartialEq + Debug {
    /// Names the row, forever: never used twice.
    type Key: Eq + Clone + Debug;
    /// Where the row stands, alone; the greatest on top. Never changes, and sorts as the server does.
    type Position: Ord + Clone + Debug;
    /// What a [notice](Notice) tells of a change; [`Infallible`](std::convert::Infallible) where none come.
    type Patch: Patch<Self>;

    /// See [`Row::Key`].
    fn key(&self) -> &Self::Key;
    /// See [`Row::Position`].
    fn position(&self) -> Self::Position;
    /// See [`Revision`].
    fn revision(&self) -> Revision;
    /// From when on the row is gone, without anyone saying so.
    fn expires(&self) -> Option<UnixTime> {
        None
    }
    /// Takes over what another revision of the same row knows and this one does not, such as when a state was reached.
    /// Says whether it took anything.
    fn absorb(&mut self, _other: &Self) -> bool {
        false
    }
}

/// What happened to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<R: Row> {
    /// The row is new, or is now this.
    Put(R),
    /// The row is gone, with this as its last revision.
    Delete {
        /// Which row.
        key: R::Key,
        /// The revision of the delete.
        revision: Revision,
    },
}

/// A row as the window shows it.
#[derive(Debug, Clone)]
pub struct Entry<R> {
    /// The row.
    pub row: Arc<R>,
    /// When the change arrived that brought this revision; none if a snapshot brought it.
    pub received: Option<UnixTime>,
    trust: Option<Trust>,
    /// The last snapshot that had the row.
    seen: u64,
    /// The last snapshot that had a lower revision of the row, though no change vouched for this one.
    older: u64,
    /// Whether the last complete snapshot did.
    is_doubted: bool,
}

impl<R> Entry<R> {
    /// Brought by nobody yet.
    const fn new(row: Arc<R>) -> Self {
        Self {
            row,
            received: None,
            trust: None,
            seen: 0,
            older: 0,
            is_doubted: false,
        }
    }
}

impl<R: PartialEq> PartialEq for Entry<R> {
    /// Whether both show the same.
    fn eq(&self, other: &Self) -> bool {
        self.received == other.received
            && (Arc::ptr_eq(&self.row, &other.row) || self.row == other.row)
    }
}

/// How long a change is believed against snapshots.
#[derive(Debug, Clone, Copy)]
struct Trust {
    /// How many snapshots had begun when the change came.
    begun: u64,
    /// How many of those begun later are complete.
    later: u8,
}

impl Trust {
    const UNTIL: u8 = 2;

    /// What is left of it once the snapshot of this number is complete.
    fn after(mut self, snapshot: u64) -> Option<Self> {
        self.later += u8::from(snapshot > self.begun);
        (self.later < Self::UNTIL).then_some(self)
    }
}

/// The newest rows of a table.
///
/// A sorted vector: a few hundred rows move faster than a tree is walked, and a tree would be generated anew for every
/// type of row, which weighs in the page.
#[derive(Debug, Clone)]
pub struct Window<R: Row> {
    limit: usize,
    /// The newest first.
    rows: Vec<Entry<R>>,
    /// The lowest position of the range that the window knows; none: it knows everything to the end.
    floor: Option<R::Position>,
    tombstones: Vec<Tombstone<R>>,
    /// Rows that were looked up and lie below the range: notices of them are no news.
    outside: Vec<(R::Key, R::Position)>,
    /// How many snapshots have begun.
    begun: u64,
    /// What the pages of the present snapshot have held so far.
    snapshot: Option<Pages<R>>,
    caught_up: u64,
    /// Whether a row of the present snapshot has taken the place of one with a higher revision.
    went_back: bool,
}

#[derive(Debug, Clone)]
struct Tombstone<R: Row> {
    key: R::Key,
    revision: Revision,
    trust: Trust,
}

#[derive(Debug, Clone)]
struct Pages<R: Row> {
    rows: usize,
    lowest: Option<R::Position>,
}

impl<R: Row> Window<R> {
    /// An empty window of at most `limit` rows.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            rows: Vec::new(),
            floor: None,
            tombstones: Vec::new(),
            outside: Vec::new(),
            begun: 0,
            snapshot: None,
            caught_up: 0,
            went_back: false,
        }
    }

    /// The rows, the newest first.
    #[must_use]
    pub fn rows(&self) -> &[Entry<R>] {
        // While a snapshot is read there may be more rows than fit.
        &self.rows[..self.rows.len().min(self.limit)]
    }

    /// The row that stands there.
    #[must_use]
    pub fn get(&self, position: &R::Position) -> Option<&Entry<R>> {
        self.find(position).ok().map(|at| &self.rows[at])
    }

    /// How many rows snapshots have brought, changed or taken away so far: what changes alone did not tell.
    #[must_use]
    pub const fn caught_up(&self) -> u64 {
        self.caught_up
    }

    /// Whether rows have gone that may have others below them to move up, which only a snapshot can tell.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.floor.is_some() && self.rows.len() < self.limit
    }

    /// Whether one more snapshot is wanted: the last one has found that the server began anew.
    #[must_use]
    pub const fn has_gone_back(&self) -> bool {
        self.went_back
    }

    /// Whether there may be older rows than those that the window holds.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.floor.is_some()
    }

    /// Shows what a window of another type does, its rows and where they end taken for this one: to be looked at, not to
    /// go on with.
    pub(super) fn show<T: Row>(
        &mut self,
        other: &Window<T>,
        row: impl Fn(&T) -> Option<Arc<R>>,
        position: impl FnOnce(&T::Position) -> Option<R::Position>,
    ) {
        self.rows.clear();
        for entry in other.rows() {
            if let Some(row) = row(&entry.row) {
                self.rows.push(Entry {
                    received: entry.received,
                    ..Entry::new(row)
                });
            }
        }
        self.floor = other.floor.as_ref().and_then(position);
        self.caught_up = other.caught_up;
        self.limit = other.limit;
    }

    /// Holds so many rows more from now on. Those that there is room for come with the next snapshot.
    pub const fn widen(&mut self, rows: usize) {
        self.limit += rows;
    }

    /// The subscription was acknowledged anew: what came before vouches for nothing any more.
    pub fn acknowledge(&mut self) {
        self.abandon_snapshot();
        for entry in &mut self.rows {
            entry.trust = None;
            entry.is_doubted = false;
        }
    }

    /// A snapshot begins; a former one that is not complete is forgotten.
    pub fn begin_snapshot(&mut self) {
        self.begun += 1;
        self.went_back = false;
        self.snapshot = Some(Pages {
            rows: 0,
            lowest: None,
        });
    }

    /// A page of the present snapshot, newest rows first. Says whether more pages are wanted, if there are any.
    pub fn page(&mut self, rows: impl IntoIterator<Item = R>) -> bool {
        let Some(mut pages) = self.snapshot.take() else {
            return false;
        };
        for row in rows {
            let position = row.position();
            if pages
                .lowest
                .as_ref()
                .is_none_or(|lowest| position < *lowest)
            {
                pages.lowest = Some(position);
            }
            pages.rows += 1;
            self.merge(row);
        }
        let more = pages.rows < self.limit;
        self.snapshot = Some(pages);
        more
    }

    /// All pages of the present snapshot are in; `ended` says whether the last one was the table's last.
    pub fn complete_snapshot(&mut self, ended: bool) {
        let Some(pages) = self.snapshot.take() else {
            return;
        };
        let snapshot = self.begun;
        self.floor = if ended { None } else { pages.lowest };
        let floor = self.floor.as_ref();
        let before = self.rows.len();
        self.rows.retain_mut(|entry| {
            entry.trust = entry.trust.and_then(|trust| trust.after(snapshot));
            entry.is_doubted = entry.older == snapshot;
            let in_range = floor.is_none_or(|floor| entry.row.position() >= *floor);
            !in_range || entry.trust.is_some() || entry.seen == snapshot
        });
        self.caught_up += (before - self.rows.len()) as u64;
        self.outside
            .retain(|(_, position)| floor.is_some_and(|floor| position < floor));
        self.tombstones.retain_mut(|tombstone| {
            tombstone
                .trust
                .after(snapshot)
                .map(|trust| tombstone.trust = trust)
                .is_some()
        });
        self.trim();
    }

    /// The present snapshot will not be completed.
    pub fn abandon_snapshot(&mut self) {
        if self.snapshot.take().is_some() {
            self.trim();
        }
    }

    /// A change, received at this time.
    pub fn apply(&mut self, change: Change<R>, received: UnixTime) {
        let trust = self.trust();
        match change {
            Change::Put(row) => self.put(row, Some(received)),
            Change::Delete { key, revision } => {
                if let Some(at) = self.rows.iter().position(|entry| *entry.row.key() == key) {
                    if self.rows[at].row.revision() > revision {
                        return;
                    }
                    self.rows.remove(at);
                }
                match self
                    .tombstones
                    .iter_mut()
                    .find(|tombstone| tombstone.key == key)
                {
                    Some(tombstone) => {
                        tombstone.revision = revision.max(tombstone.revision);
                        tombstone.trust = trust;
                    }
                    None => self.tombstones.push(Tombstone {
                        key,
                        revision,
                        trust,
                    }),
                }
            }
        }
    }

    /// Takes out what has expired by `now`. Says whether anything had.
    pub fn expire(&mut self, now: UnixTime) -> bool {
        let before = self.rows.len();
        self.rows
            .retain(|entry| entry.row.expires().is_none_or(|at| at > now));
        self.rows.len() < before
    }

    /// What comes now is believed against snapshots that have begun.
    const fn trust(&self) -> Trust {
        Trust {
            begun: self.begun,
            later: 0,
        }
    }

    fn put(&mut self, row: R, received: Option<UnixTime>) {
        if self.is_buried(&row) {
            return;
        }
        let trust = Some(self.trust());
        let position = row.position();
        match self.find(&position) {
            Ok(at) => {
                let entry = &mut self.rows[at];
                let is = entry.row.revision();
                // What is older than the row does not vouch for it.
                if row.revision() >= is {
                    entry.trust = trust;
                }
                if row.revision() > is {
                    entry.row = Arc::new(succeed(row, &entry.row));
                    entry.received = received;
                } else {
                    if row.revision() == is {
                        entry.received = entry.received.or(received);
                    }
                    absorb(&mut entry.row, &row);
                }
            }
            Err(at) => {
                if !self.is_below(&position) {
                    let entry = Entry {
                        received,
                        trust,
                        ..Entry::new(Arc::new(row))
                    };
                    self.rows.insert(at, entry);
                    self.trim();
                }
            }
        }
    }

    fn merge(&mut self, row: R) {
        if self.is_buried(&row) {
            return;
        }
        let seen = self.begun;
        match self.find(&row.position()) {
            Ok(at) => {
                let entry = &mut self.rows[at];
                entry.seen = seen;
                let is = entry.row.revision();
                let is_less = row.revision() < is && entry.trust.is_none();
                if is_less && entry.is_doubted {
                    entry.row = Arc::new(row);
                    entry.received = None;
                    entry.is_doubted = false;
                    self.caught_up += 1;
                    self.went_back = true;
                } else if row.revision() > is {
                    entry.row = Arc::new(succeed(row, &entry.row));
                    entry.received = None;
                    self.caught_up += 1;
                } else if row.revision() == is && entry.trust.is_none() {
                    let row = succeed(row, &entry.row);
                    if row != *entry.row {
                        entry.row = Arc::new(row);
                    }
                } else {
                    if is_less {
                        entry.older = seen;
                    }
                    absorb(&mut entry.row, &row);
                }
            }
            Err(at) => {
                let entry = Entry {
                    seen,
                    ..Entry::new(Arc::new(row))
                };
                self.rows.insert(at, entry);
                self.caught_up += 1;
            }
        }
    }

    /// Whether the row is known to be deleted. A tombstone of a lower revision gives way.
    fn is_buried(&mut self, row: &R) -> bool {
        let Some(at) = self
            .tombstones
            .iter()
            .position(|tombstone| tombstone.key == *row.key())
        else {
            return false;
        };
        let buried = self.tombstones[at].revision >= row.revision();
        if !buried {
            self.tombstones.swap_remove(at);
        }
        buried
    }

    /// Whether what stands there is none of the window's business. While a snapshot is read everything may be.
    fn is_below(&self, position: &R::Position) -> bool {
        self.snapshot.is_none() && self.floor.as_ref().is_some_and(|floor| position < floor)
    }

    /// Where the row of this position is, or would be.
    fn find(&self, position: &R::Position) -> Result<usize, usize> {
        self.rows
            .binary_search_by(|entry| position.cmp(&entry.row.position()))
    }

    /// Drops what lies outside of the range, and narrows the range to what fits. Waits while a snapshot is read: only
    /// at its end is it known where the range ends.
    fn trim(&mut self) {
        if self.snapshot.is_some() {
            return;
        }
        if let Some(floor) = &self.floor {
            let end = self
                .rows
                .partition_point(|entry| entry.row.position() >= *floor);
            self.rows.truncate(end);
        }
        if self.rows.len() > self.limit {
            self.rows.truncate(self.limit);
            self.floor = self.rows.last().map(|entry| entry.row.position());
        }
    }
}

/// A newer revision that takes over what the former knew.
fn succeed<R: Row>(mut row: R, former: &R) -> R {
    row.absorb(former);
    row
}

/// Takes over what another revision knows, touching the row only if there is something.
fn absorb<R: Row>(row: &mut Arc<R>, other: &R) {
    let mut enriched = R::clone(row);
    if enriched.absorb(other) {
        *row = Arc::new(enriched);
    }
}

#[cfg(test)]
mod tests;

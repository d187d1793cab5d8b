//! The window against a plain model of its rules, and against a server that moves while it is read.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::cases::cases;
use crate::live::erased::{self, Any};
use crate::live::gapless::{Incoming, View};

/// What the plain rules know of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Known {
    revision: i64,
    trust: Option<(u64, u8)>,
    /// The last snapshot that told less, with nothing to vouch for the row.
    older: u64,
    is_doubted: bool,
}

impl Known {
    fn new(revision: i64, trust: Option<(u64, u8)>) -> Self {
        Self {
            revision,
            trust,
            older: 0,
            is_doubted: false,
        }
    }

    /// A change tells this.
    fn hear(&mut self, revision: i64, now: (u64, u8)) {
        if revision >= self.revision {
            self.revision = revision;
            self.trust = Some(now);
        }
    }
}

/// The rules, one row at a time and without a range: what the window has to be if everything fits.
#[derive(Default)]
struct Plainly {
    rows: BTreeMap<u8, Known>,
    tombstones: BTreeMap<u8, (i64, (u64, u8))>,
    begun: u64,
    read: Option<BTreeSet<u8>>,
}

impl Plainly {
    /// Whether a row was deleted at this revision or a later one; if not, it is no longer known to have been.
    fn stays_buried(&mut self, key: u8, revision: i64) -> bool {
        let tombstone = self.tombstones.get(&key);
        let stays = tombstone.is_some_and(|(buried, _)| *buried >= revision);
        if !stays {
            self.tombstones.remove(&key);
        }
        stays
    }

    fn input(&mut self, input: &Input) {
        let now = (self.begun, 0);
        match *input {
            Input::Acknowledge => {
                self.read = None;
                for known in self.rows.values_mut() {
                    known.trust = None;
                    known.is_doubted = false;
                }
            }
            Input::Begin => {
                self.begun += 1;
                self.read = Some(BTreeSet::new());
            }
            Input::Read(key, revision) => {
                let Some(read) = &mut self.read else { return };
                read.insert(key);
                if self.stays_buried(key, revision) {
                    return;
                }
                let fresh = Known::new(revision, None);
                let known = self.rows.entry(key).or_insert(fresh);
                if revision < known.revision && known.trust.is_none() {
                    if known.is_doubted {
                        *known = fresh;
                    } else {
                        known.older = self.begun;
                    }
                }
                known.revision = revision.max(known.revision);
            }
            Input::Complete => {
                let Some(read) = self.read.take() else { return };
                let begun = self.begun;
                let older = move |trust: (u64, u8)| (trust.0, trust.1 + u8::from(trust.0 < begun));
                for known in self.rows.values_mut() {
                    known.trust = known.trust.map(older).filter(|trust| trust.1 < 2);
                    known.is_doubted = known.older == begun;
                }
                self.tombstones
                    .values_mut()
                    .for_each(|(_, trust)| *trust = older(*trust));
                self.tombstones.retain(|_, (_, trust)| trust.1 < 2);
                self.rows
                    .retain(|key, known| known.trust.is_some() || read.contains(key));
            }
            Input::Notice(key, revision) => {
                let known = self.rows.get_mut(&key);
                if let Some(known) = known.filter(|known| known.revision + 1 >= revision) {
                    known.hear(revision, now);
                }
            }
            Input::Put(key, revision) | Input::Found(key, revision) => {
                if self.stays_buried(key, revision) {
                    return;
                }
                let fresh = Known::new(revision, Some(now));
                self.rows.entry(key).or_insert(fresh).hear(revision, now);
            }
            Input::Delete(key, revision) => {
                if self
                    .rows
                    .get(&key)
                    .is_some_and(|known| known.revision > revision)
                {
                    return;
                }
                self.rows.remove(&key);
                let buried = self
                    .tombstones
                    .get(&key)
                    .map_or(revision, |(buried, _)| revision.max(*buried));
                self.tombstones.insert(key, (buried, now));
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Input {
    Acknowledge,
    Begin,
    Read(u8, i64),
    Complete,
    Put(u8, i64),
    Notice(u8, i64),
    Found(u8, i64),
    Delete(u8, i64),
}

/// Does to a window what an input says; its rows are what becomes of plain ones.
fn take<R: Row>(
    window: &mut Window<R>,
    input: &Input,
    turn: &dyn Fn(Incoming<Plain>) -> Incoming<R>,
) {
    let of = |key, revision| match turn(Incoming::Change(put(key, revision))) {
        Incoming::Change(Change::Put(row)) => row,
        other => panic!("a row became {other:?}"),
    };
    match *input {
        Input::Acknowledge => window.acknowledge(),
        Input::Begin => window.begin_snapshot(),
        Input::Read(key, revision) => drop(window.page([of(key, revision)])),
        Input::Complete => window.complete_snapshot(true),
        Input::Found(key, revision) => window.found(vec![of(key, revision)]),
        Input::Put(key, revision) => window.apply(Change::Put(of(key, revision)), AT),
        Input::Delete(key, revision) => match turn(Incoming::Change(delete(key, revision))) {
            Incoming::Change(change) => window.apply(change, AT),
            other => panic!("a delete became {other:?}"),
        },
        Input::Notice(key, revision) => match turn(Incoming::Notice(notice(key, revision))) {
            Incoming::Notice(notice) => drop(window.notice(&notice, AT)),
            other => panic!("a notice became {other:?}"),
        },
    }
}

fn input() -> impl Strategy<Value = Input> {
    let row = || (0u8..8, 1i64..5);
    prop_oneof![
        1 => Just(Input::Acknowledge),
        2 => Just(Input::Begin),
        6 => row().prop_map(|(key, revision)| Input::Read(key, revision)),
        2 => Just(Input::Complete),
        6 => row().prop_map(|(key, revision)| Input::Put(key, revision)),
        4 => row().prop_map(|(key, revision)| Input::Notice(key, revision)),
        2 => row().prop_map(|(key, revision)| Input::Found(key, revision)),
        2 => row().prop_map(|(key, revision)| Input::Delete(key, revision)),
    ]
}

/// A table on a server, and what it published.
#[derive(Default)]
struct Server {
    rows: BTreeMap<u8, i64>,
    last: BTreeMap<u8, i64>,
    published: Vec<Change<Plain>>,
}

impl Server {
    fn write(&mut self, key: u8, delete_it: bool) {
        // Ids are never used twice: what is deleted stays deleted.
        if self.last.contains_key(&key) && !self.rows.contains_key(&key) {
            return;
        }
        let revision = self.last.get(&key).map_or(1, |revision| revision + 1);
        self.last.insert(key, revision);
        if delete_it && self.rows.remove(&key).is_some() {
            self.published.push(delete(key, revision));
        } else if !delete_it || revision == 1 {
            self.rows.insert(key, revision);
            self.published.push(put(key, revision));
        }
    }

    /// A keyset page: up to `size` rows below `after`, and whether it is the last.
    fn page(&self, after: Option<u8>, size: usize) -> (Vec<Plain>, bool) {
        let below = self.rows.range(..after.unwrap_or(u8::MAX));
        let page: Vec<_> = below
            .rev()
            .take(size)
            .map(|(&key, &revision)| row(key, revision))
            .collect();
        let ended = page
            .last()
            .is_none_or(|last| self.rows.range(..last.key).next().is_none());
        (page, ended)
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// The server writes; published now.
    Write(u8, bool),
    /// One of the published changes arrives, a second time perhaps, late perhaps.
    Deliver(Index),
    /// The same, but only as a notice; what it leads to is looked up, or has been a write before.
    Notice(Index, bool),
    /// The next page of a snapshot, or the first of a new one.
    Read,
    /// The connection is lost and acknowledged anew: what is not delivered yet never will be.
    Reconnect,
    /// The same, and the server has lost all that it knew.
    Anew,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..40, prop::bool::weighted(0.2)).prop_map(|(key, delete_it)| Step::Write(key, delete_it)),
        6 => any::<Index>().prop_map(Step::Deliver),
        6 => (any::<Index>(), any::<bool>()).prop_map(|(index, lags)| Step::Notice(index, lags)),
        4 => Just(Step::Read),
        1 => Just(Step::Reconnect),
        1 => Just(Step::Anew),
    ]
}

/// Reads a page, and completes the snapshot if it was the last that is wanted.
fn read(window: &mut Window<Plain>, server: &Server, after: &mut Option<u8>, size: usize) -> bool {
    if after.is_none() {
        window.begin_snapshot();
    }
    let (page, ended) = server.page(*after, size);
    *after = page.last().map(|last| last.key);
    if window.page(page) && !ended {
        return false;
    }
    window.complete_snapshot(ended);
    *after = None;
    true
}

proptest! {
    #![proptest_config(cases("histories of a window", 20_000, 200_000))]

    #[test]
    fn the_window_does_as_the_plain_model(inputs in prop::collection::vec(input(), 0..120)) {
        let (mut window, mut model) = (Window::new(100), Plainly::default());
        let (mut forgotten, mut remembered) = (View::<Any>::new(100), View::<Plain>::new(1));
        for input in &inputs {
            take(&mut window, input, &|incoming| incoming);
            take(&mut forgotten.window, input, &erased::forget);
            model.input(input);
            let wanted: Vec<_> = model.rows.iter().rev().map(|(&key, known)| (key, known.revision)).collect();
            prop_assert_eq!(shown(&window), wanted);
            // And as well where nobody knows what the rows are.
            erased::remember(&forgotten, &mut remembered);
            prop_assert_eq!(remembered.window.rows(), window.rows());
        }
    }

    /// Whatever happened, and whatever got lost: after the acknowledgement and two snapshots of a server at rest, the
    /// window is the server's newest rows. On the way it never goes back, unless the server did: then one snapshot more is
    /// needed, since what was deleted before stays so for two.
    #[test]
    fn the_window_ends_equal_to_the_server(
        limit in 1usize..12,
        size in 1usize..5,
        steps in prop::collection::vec(step(), 0..150),
    ) {
        let mut server = Server::default();
        let mut window = Window::new(limit);
        let mut after = None;
        let mut deliverable = 0;
        let mut outdated = BTreeSet::new();
        let mut snapshots = 2;
        window.acknowledge();
        for step in &steps {
            let before: BTreeMap<_, _> = shown(&window).into_iter().collect();
            match step {
                Step::Write(key, delete_it) => server.write(*key, *delete_it),
                Step::Deliver(index) if deliverable < server.published.len() => {
                    let published = &server.published[deliverable..];
                    window.apply(published[index.index(published.len())].clone(), AT);
                }
                Step::Notice(index, lags) if deliverable < server.published.len() => {
                    let published = &server.published[deliverable..];
                    if let Change::Put(told) = &published[index.index(published.len())]
                        && !window.notice(&notice(told.key, told.revision), AT)
                    {
                        let there = server.rows.get(&told.key);
                        // What was never deleted may be read as it was.
                        let behind = i64::from(*lags && there.is_some_and(|revision| *revision > told.revision));
                        if let Some(revision) = there {
                            window.found(vec![row(told.key, revision - behind)]);
                        }
                    }
                }
                Step::Deliver(_) | Step::Notice(..) => {}
                Step::Read => drop(read(&mut window, &server, &mut after, size)),
                Step::Reconnect => {
                    deliverable = server.published.len();
                    after = None;
                    window.acknowledge();
                }
                Step::Anew => {
                    server = Server::default();
                    deliverable = 0;
                    after = None;
                    window.acknowledge();
                    outdated = before.keys().copied().collect();
                    snapshots = 3;
                }
            }
            let rows = shown(&window);
            prop_assert!(rows.len() <= limit);
            prop_assert!(rows.is_sorted_by(|a, b| a.0 > b.0));
            for (key, revision) in rows {
                let went_back = before.get(&key).is_some_and(|before| *before > revision);
                prop_assert!(!went_back || outdated.remove(&key), "{key} went back");
            }
        }
        // A reconciliation that was under way does not count: it may have begun before the last change.
        after = None;
        for _ in 0..snapshots {
            while !read(&mut window, &server, &mut after, size) {}
        }
        let (newest, _) = server.page(None, limit);
        let newest: Vec<_> = newest.iter().map(|row| (row.key, row.revision)).collect();
        prop_assert_eq!(shown(&window), newest);
    }
}

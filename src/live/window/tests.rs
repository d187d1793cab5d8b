//! The window against cases, against a plain model of its rules, and against a server that moves while it is read.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::cases::cases;
use crate::live::erased::{self, Any};
use crate::live::gapless::{Incoming, View};

/// A row under `key`, which is its position too. What a notice tells of it is its revision once more: a row that tells
/// another has been put together wrongly.
#[derive(Debug, Clone, PartialEq)]
struct Plain {
    key: u8,
    revision: i64,
    told: i64,
    expires: Option<UnixTime>,
}

#[derive(Debug, Clone, PartialEq)]
struct Told(i64);

impl Patch<Plain> for Told {
    fn apply(&self, revision: Revision, before: &Plain) -> Plain {
        Plain {
            revision: revision.0,
            told: self.0,
            ..before.clone()
        }
    }
}

impl Row for Plain {
    type Key = u8;
    type Position = u8;
    type Patch = Told;
    fn key(&self) -> &u8 {
        &self.key
    }
    fn position(&self) -> u8 {
        self.key
    }
    fn revision(&self) -> Revision {
        Revision(self.revision)
    }
    fn expires(&self) -> Option<UnixTime> {
        self.expires
    }
}

const AT: UnixTime = UnixTime(1_000);

fn row(key: u8, revision: i64) -> Plain {
    Plain {
        key,
        revision,
        told: revision,
        expires: None,
    }
}

fn notice(key: u8, revision: i64) -> Notice<Plain> {
    Notice {
        key,
        revision: Revision(revision),
        patch: Told(revision),
    }
}

fn put(key: u8, revision: i64) -> Change<Plain> {
    Change::Put(row(key, revision))
}

fn delete(key: u8, revision: i64) -> Change<Plain> {
    Change::Delete {
        key,
        revision: Revision(revision),
    }
}

fn shown(window: &Window<Plain>) -> Vec<(u8, i64)> {
    let rows = window.rows().iter();
    rows.map(|entry| {
        assert_eq!(entry.row.revision, entry.row.told, "{entry:?} is of two");
        (entry.row.key, entry.row.revision)
    })
    .collect()
}

fn snapshot(window: &mut Window<Plain>, rows: &[(u8, i64)], ended: bool) {
    window.begin_snapshot();
    window.page(rows.iter().map(|&(key, revision)| row(key, revision)));
    window.complete_snapshot(ended);
}

/// A window of four rows that knows 9, 8, 7 and 6 and that there are more below.
fn full() -> Window<Plain> {
    let mut window = Window::new(4);
    window.acknowledge();
    snapshot(&mut window, &[(9, 1), (8, 1), (7, 1), (6, 1)], false);
    window
}

#[test]
fn a_change_beats_a_snapshot_row_of_equal_or_lower_revision() {
    let mut window = full();
    window.acknowledge();
    window.begin_snapshot();
    window.apply(put(9, 3), AT);
    window.page([row(9, 2), row(8, 5), row(7, 1), row(6, 1)]);
    window.complete_snapshot(false);
    assert_eq!(shown(&window), [(9, 3), (8, 5), (7, 1), (6, 1)]);
    assert_eq!(window.get(&9).unwrap().received, Some(AT));
    assert_eq!(window.get(&8).unwrap().received, None);
}

#[test]
fn what_a_snapshot_lacks_goes_unless_a_change_vouches_for_it() {
    let mut window = full();
    window.acknowledge();
    window.apply(put(8, 2), AT);
    snapshot(&mut window, &[(9, 1), (6, 1)], true);
    assert_eq!(
        shown(&window),
        [(9, 1), (8, 2), (6, 1)],
        "7 was not touched, 8 was"
    );
    snapshot(&mut window, &[(9, 1), (6, 1)], true);
    assert_eq!(
        shown(&window),
        [(9, 1), (6, 1)],
        "two later snapshots say that 8 is gone"
    );
}

#[test]
fn what_came_before_the_acknowledgement_vouches_for_nothing() {
    let mut window = full();
    window.apply(put(8, 2), AT);
    window.acknowledge();
    snapshot(&mut window, &[(9, 1), (7, 1), (6, 1), (5, 1)], false);
    assert_eq!(shown(&window), [(9, 1), (7, 1), (6, 1), (5, 1)]);
}

#[test]
fn a_snapshot_begun_before_a_change_does_not_count_against_it() {
    let mut window = full();
    window.begin_snapshot();
    window.apply(put(10, 1), AT);
    window.page([row(9, 1), row(8, 1), row(7, 1), row(6, 1)]);
    window.complete_snapshot(false);
    snapshot(&mut window, &[(9, 1), (8, 1), (7, 1), (6, 1)], false);
    assert_eq!(shown(&window)[0], (10, 1));
}

#[test]
fn a_deleted_row_does_not_come_back_from_a_lagging_snapshot() {
    let mut window = full();
    window.begin_snapshot();
    window.apply(delete(8, 2), AT);
    let stale = [(9, 1), (8, 1), (7, 1), (6, 1)];
    window.page(stale.map(|(key, revision)| row(key, revision)));
    window.complete_snapshot(false);
    assert_eq!(shown(&window), [(9, 1), (7, 1), (6, 1)]);
    snapshot(&mut window, &stale, false);
    assert_eq!(shown(&window), [(9, 1), (7, 1), (6, 1)]);
    window.apply(put(8, 1), AT);
    assert_eq!(
        shown(&window),
        [(9, 1), (7, 1), (6, 1)],
        "nor from a late change"
    );
    snapshot(&mut window, &[(9, 1), (7, 1), (6, 1), (5, 1)], false);
    assert!(
        window.tombstones.is_empty(),
        "two later snapshots are complete"
    );
}

#[test]
fn late_and_doubled_changes_change_nothing() {
    let mut window = full();
    window.apply(put(9, 3), AT);
    window.apply(put(9, 2), UnixTime(2_000));
    window.apply(put(9, 3), UnixTime(3_000));
    window.apply(delete(9, 2), UnixTime(4_000));
    assert_eq!(shown(&window)[0], (9, 3));
    assert_eq!(window.get(&9).unwrap().received, Some(AT));
}

#[test]
fn a_change_that_a_snapshot_has_overtaken_still_says_when_it_arrived() {
    let mut window = full();
    window.apply(put(9, 1), AT);
    assert_eq!(window.get(&9).unwrap().received, Some(AT));
}

#[test]
fn new_rows_push_the_oldest_out_and_what_lies_below_stays_out() {
    let mut window = full();
    window.apply(put(10, 1), AT);
    assert_eq!(shown(&window), [(10, 1), (9, 1), (8, 1), (7, 1)]);
    window.apply(put(6, 2), AT);
    assert_eq!(shown(&window), [(10, 1), (9, 1), (8, 1), (7, 1)]);
    window.apply(delete(9, 2), AT);
    assert!(window.is_short());
    window.apply(put(5, 2), AT);
    assert_eq!(
        shown(&window),
        [(10, 1), (8, 1), (7, 1)],
        "6 may still be there: 5 is not next"
    );
}

#[test]
fn an_abandoned_snapshot_leaves_no_hole() {
    let mut window = full();
    window.begin_snapshot();
    window.apply(put(3, 1), AT);
    window.apply(delete(7, 2), AT);
    window.abandon_snapshot();
    assert_eq!(shown(&window), [(9, 1), (8, 1), (6, 1)]);
}

#[test]
fn what_has_expired_goes() {
    let mut window = Window::new(4);
    window.apply(
        Change::Put(Plain {
            expires: Some(UnixTime(10)),
            ..row(1, 1)
        }),
        AT,
    );
    assert!(!window.expire(UnixTime(9)));
    assert!(window.expire(UnixTime(10)));
    assert!(shown(&window).is_empty());
}

#[test]
fn a_notice_changes_the_revision_before_it_and_no_other() {
    let mut window = full();
    assert!(window.notice(&notice(9, 2), AT));
    assert_eq!(shown(&window)[0], (9, 2));
    assert_eq!(window.get(&9).unwrap().received, Some(AT));
    assert!(window.notice(&notice(9, 2), UnixTime(2_000)), "once more");
    assert!(window.notice(&notice(9, 1), UnixTime(2_000)), "late");
    assert_eq!(window.get(&9).unwrap().received, Some(AT));
    assert!(!window.notice(&notice(9, 4), AT), "3 is missing");
    assert!(!window.notice(&notice(10, 1), AT), "it was never here");
    assert_eq!(shown(&window), [(9, 2), (8, 1), (7, 1), (6, 1)]);
    window.found(vec![row(9, 4)]);
    window.found(vec![row(10, 1)]);
    assert_eq!(shown(&window), [(10, 1), (9, 4), (8, 1), (7, 1)]);
    assert_eq!(window.get(&10).unwrap().received, None);
    assert!(window.notice(&notice(10, 1), AT), "it says when it came");
    assert_eq!(window.get(&10).unwrap().received, Some(AT));
}

#[test]
fn notices_of_what_is_gone_or_lies_below_are_no_news() {
    let mut window = full();
    window.apply(delete(8, 3), AT);
    assert!(window.notice(&notice(8, 3), AT));
    assert!(
        !window.notice(&notice(5, 2), AT),
        "who knows where it stands"
    );
    window.found(vec![row(5, 2)]);
    assert!(window.notice(&notice(5, 3), AT), "below the range");
    assert_eq!(shown(&window), [(9, 1), (7, 1), (6, 1)]);
    window.begin_snapshot();
    assert!(!window.notice(&notice(5, 4), AT), "the range may reach it");
    window.page([row(9, 1), row(7, 1), row(6, 1), row(5, 3)]);
    window.complete_snapshot(false);
    assert!(window.notice(&notice(5, 4), AT));
    assert_eq!(shown(&window), [(9, 1), (7, 1), (6, 1), (5, 4)]);
}

/// The rules, one row at a time and without a range: what the window has to be if everything fits.
#[derive(Default)]
struct Plainly {
    rows: BTreeMap<u8, (i64, Option<(u64, u8)>)>,
    tombstones: BTreeMap<u8, (i64, (u64, u8))>,
    begun: u64,
    read: Option<BTreeSet<u8>>,
}

impl Plainly {
    fn input(&mut self, input: &Input) {
        let now = (self.begun, 0);
        match *input {
            Input::Acknowledge => {
                self.read = None;
                self.rows.values_mut().for_each(|(_, trust)| *trust = None);
            }
            Input::Begin => {
                self.begun += 1;
                self.read = Some(BTreeSet::new());
            }
            Input::Read(key, revision) => {
                let Some(read) = &mut self.read else { return };
                read.insert(key);
                if self
                    .tombstones
                    .get(&key)
                    .is_some_and(|(buried, _)| *buried >= revision)
                {
                    return;
                }
                self.tombstones.remove(&key);
                let (is, _) = self.rows.entry(key).or_insert((revision, None));
                *is = revision.max(*is);
            }
            Input::Complete => {
                let Some(read) = self.read.take() else { return };
                let begun = self.begun;
                let older = move |trust: (u64, u8)| (trust.0, trust.1 + u8::from(trust.0 < begun));
                for (_, trust) in self.rows.values_mut() {
                    *trust = trust.map(older).filter(|trust| trust.1 < 2);
                }
                self.tombstones
                    .values_mut()
                    .for_each(|(_, trust)| *trust = older(*trust));
                self.tombstones.retain(|_, (_, trust)| trust.1 < 2);
                self.rows
                    .retain(|key, (_, trust)| trust.is_some() || read.contains(key));
            }
            Input::Notice(key, revision) => {
                if let Some((is, trust)) =
                    self.rows.get_mut(&key).filter(|(is, _)| is + 1 >= revision)
                {
                    *is = revision.max(*is);
                    *trust = Some(now);
                }
            }
            Input::Put(key, revision) | Input::Found(key, revision) => {
                if self
                    .tombstones
                    .get(&key)
                    .is_some_and(|(buried, _)| *buried >= revision)
                {
                    return;
                }
                self.tombstones.remove(&key);
                let is = self
                    .rows
                    .get(&key)
                    .map_or(revision, |(is, _)| revision.max(*is));
                self.rows.insert(key, (is, Some(now)));
            }
            Input::Delete(key, revision) => {
                if self.rows.get(&key).is_some_and(|(is, _)| *is > revision) {
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
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..40, prop::bool::weighted(0.2)).prop_map(|(key, delete_it)| Step::Write(key, delete_it)),
        6 => any::<Index>().prop_map(Step::Deliver),
        6 => (any::<Index>(), any::<bool>()).prop_map(|(index, lags)| Step::Notice(index, lags)),
        4 => Just(Step::Read),
        1 => Just(Step::Reconnect),
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
            let wanted: Vec<_> = model.rows.iter().rev().map(|(&key, &(revision, _))| (key, revision)).collect();
            prop_assert_eq!(shown(&window), wanted);
            // And as well where nobody knows what the rows are.
            erased::remember(&forgotten, &mut remembered);
            prop_assert_eq!(remembered.window.rows(), window.rows());
        }
    }

    /// Whatever happened, and whatever got lost: after the acknowledgement and two snapshots of a server at rest, the
    /// window is the server's newest rows. On the way it never goes back.
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
            }
            let rows = shown(&window);
            prop_assert!(rows.len() <= limit);
            prop_assert!(rows.is_sorted_by(|a, b| a.0 > b.0));
            for (key, revision) in rows {
                prop_assert!(before.get(&key).is_none_or(|before| *before <= revision), "{key} went back");
            }
        }
        // A reconciliation that was under way does not count: it may have begun before the last change.
        after = None;
        for _ in 0..2 {
            while !read(&mut window, &server, &mut after, size) {}
        }
        let (newest, _) = server.page(None, limit);
        let newest: Vec<_> = newest.iter().map(|row| (row.key, row.revision)).collect();
        prop_assert_eq!(shown(&window), newest);
    }
}

//! The window against cases; against everything else in `histories`.

mod histories;

use super::*;

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

#[test]
fn a_server_that_began_anew_is_believed_once_two_snapshots_say_so() {
    let anew = [(9, 1), (8, 1), (7, 1), (6, 1)];
    let mut window = full();
    window.apply(put(9, 7), AT);
    snapshot(&mut window, &anew, false);
    snapshot(&mut window, &anew, false);
    assert_eq!(shown(&window)[0], (9, 7), "a change vouches for it");

    window.acknowledge();
    snapshot(&mut window, &anew, false);
    assert_eq!(shown(&window)[0], (9, 7), "one may lag behind");
    window.begin_snapshot();
    window.abandon_snapshot();
    window.acknowledge();
    snapshot(&mut window, &anew, false);
    assert_eq!(shown(&window)[0], (9, 7), "one since the acknowledgement");
    window.begin_snapshot();
    window.abandon_snapshot();
    assert!(!window.has_gone_back());
    window.apply(put(9, 2), AT);
    snapshot(&mut window, &[(9, 3), (8, 1), (7, 1), (6, 1)], false);
    assert_eq!(shown(&window)[0], (9, 3));
    assert!(window.has_gone_back(), "and one more is wanted");
    window.apply(put(9, 4), AT);
    assert_eq!(shown(&window)[0], (9, 4), "what comes next is applied");
    snapshot(&mut window, &[(9, 4), (8, 1), (7, 1), (6, 1)], false);
    assert!(!window.has_gone_back());
}

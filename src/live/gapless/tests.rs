//! The course of a live view, under a clock that the tests turn.

use proptest::prelude::*;

use super::*;
use crate::cases::cases;
use crate::live::window::{Patch, Revision};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plain(pub(super) u8, pub(super) i64);

impl Row for Plain {
    type Key = u8;
    type Position = u8;
    type Patch = Told;
    fn key(&self) -> &u8 {
        &self.0
    }
    fn position(&self) -> u8 {
        self.0
    }
    fn revision(&self) -> Revision {
        Revision(self.1)
    }
}

/// All that there is to tell of such a row is its revision.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told;

impl Patch<Plain> for Told {
    fn apply(&self, revision: Revision, before: &Plain) -> Plain {
        Plain(before.0, revision.0)
    }
}

pub(super) const WALL: UnixTime = UnixTime(1_000);

/// A live view, its clock, and what it asks for.
pub(super) struct Test {
    pub(super) gapless: Gapless<Plain>,
    pub(super) now: Instant,
}

impl Test {
    pub(super) fn new() -> Self {
        Self {
            gapless: Gapless::new(4, true, Instant::ZERO),
            now: Instant::ZERO,
        }
    }

    /// One that has been acknowledged and has read its first snapshot.
    pub(super) fn live() -> Self {
        let mut test = Self::new();
        test.link(Link::Live);
        test.snapshot(&[Plain(2, 1), Plain(1, 1)]);
        assert_eq!(test.gapless.view().link, Link::Live);
        test
    }

    pub(super) fn link(&mut self, link: Link) {
        self.gapless.incoming(Incoming::Link(link), self.now, WALL);
    }

    pub(super) fn put(&mut self, row: Plain) {
        self.gapless
            .incoming(Incoming::Change(Change::Put(row)), self.now, WALL);
    }

    pub(super) fn notice(&mut self, key: u8, revision: i64) {
        let notice = Notice {
            key,
            revision: Revision(revision),
            patch: Told,
        };
        self.gapless
            .incoming(Incoming::Notice(notice), self.now, WALL);
    }

    /// Looks up what is wanted now, and says what that was.
    pub(super) fn look(&mut self, rows: &[Plain]) -> Vec<u8> {
        let Some(look) = self.gapless.look(self.now) else {
            return Vec::new();
        };
        assert_eq!(self.gapless.look(self.now), None, "one look at a time");
        let rows = rows.iter().filter(|row| look.keys.contains(&row.0));
        let rows = rows.cloned().collect();
        self.gapless.looked(&look, Ok(rows), self.now, WALL);
        look.keys
    }

    pub(super) fn after(&mut self, duration: Duration) -> &mut Self {
        self.now = self.now + duration;
        self
    }

    pub(super) fn asks(&mut self) -> Option<Ask> {
        self.gapless.poll(self.now)
    }

    pub(super) fn answer(&mut self, ask: &Ask, rows: &[Plain], next: Option<&str>) {
        let page = Page {
            rows: rows.to_vec(),
            next: next.map(str::to_owned),
        };
        self.gapless.answered(ask, Ok(page), self.now, WALL, 0.5);
    }

    pub(super) fn fail(&mut self, ask: &Ask) {
        self.gapless.answered(
            ask,
            Err(Failure::Unreached("no answer".to_owned())),
            self.now,
            WALL,
            0.5,
        );
    }

    /// Reads a whole snapshot, which has to be wanted now.
    pub(super) fn snapshot(&mut self, rows: &[Plain]) {
        let ask = self.asks().expect("a snapshot is wanted now");
        assert_eq!(ask.after, None);
        self.answer(&ask, rows, None);
    }

    pub(super) fn rows(&self) -> Vec<Plain> {
        self.gapless
            .view()
            .window
            .rows()
            .iter()
            .map(|entry| (*entry.row).clone())
            .collect()
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_snapshot_waits_for_the_acknowledgement() {
    let mut test = Test::new();
    assert_eq!(test.asks(), None);
    test.link(Link::Connecting);
    assert_eq!(test.after(SECOND).asks(), None);
    test.link(Link::Live);
    assert_eq!(
        test.gapless.view().link,
        Link::Connecting,
        "not live before the snapshot is complete"
    );
    let ask = test.asks().unwrap();
    assert_eq!(test.asks(), None, "one page at a time");
    test.put(Plain(9, 2));
    test.answer(&ask, &[Plain(9, 1), Plain(8, 1)], Some("next"));
    let ask = test.asks().unwrap();
    assert_eq!(ask.after.as_deref(), Some("next"));
    assert!(!test.gapless.view().loaded);
    test.answer(&ask, &[Plain(7, 1)], None);
    assert_eq!(test.rows(), [Plain(9, 2), Plain(8, 1), Plain(7, 1)]);
    assert_eq!(test.gapless.view().link, Link::Live);
}

#[test]
fn a_second_snapshot_follows_and_then_one_each_minute() {
    let mut test = Test::live();
    assert_eq!(test.after(Duration::from_millis(3_999)).asks(), None);
    test.after(Duration::from_millis(1))
        .snapshot(&[Plain(3, 1), Plain(2, 1), Plain(1, 1)]);
    assert_eq!(
        test.rows().len(),
        3,
        "what the acknowledgement did not promise"
    );
    for _ in 0..3 {
        assert_eq!(test.after(SECOND * 59).asks(), None);
        test.after(SECOND).snapshot(&[Plain(3, 1)]);
        assert_eq!(test.gapless.view().link, Link::Live, "silently");
    }
    assert_eq!(test.rows(), [Plain(3, 1)]);
}

#[test]
fn a_hidden_page_does_not_reconcile_until_it_is_seen() {
    let mut test = Test::live();
    test.after(SECOND * 4).snapshot(&[]);
    test.gapless.visible(false, test.now);
    assert_eq!(test.after(SECOND * 3_600).asks(), None);
    assert_eq!(test.gapless.deadline(), None);
    test.gapless.visible(true, test.now);
    test.snapshot(&[]);
}

#[test]
fn each_acknowledgement_begins_anew() {
    let mut test = Test::live();
    test.link(Link::Offline);
    assert_eq!(test.gapless.view().link, Link::Offline);
    test.after(SECOND).link(Link::Live);
    assert_eq!(test.gapless.view().link, Link::Connecting);
    let stale = test.asks().unwrap();
    test.link(Link::Live);
    let ask = test.asks().unwrap();
    test.answer(&stale, &[Plain(7, 7)], None);
    assert_eq!(
        test.gapless.view().link,
        Link::Connecting,
        "the former snapshot does not count"
    );
    test.answer(&ask, &[Plain(3, 1)], None);
    assert_eq!(test.rows(), [Plain(3, 1)]);
    assert_eq!(test.gapless.view().link, Link::Live);
    test.after(SECOND * 4).snapshot(&[]);
}

#[test]
fn a_server_that_began_anew_is_shown_seconds_after_it_is_there() {
    let mut test = Test::live();
    test.after(SECOND * 4)
        .snapshot(&[Plain(2, 40), Plain(1, 41)]);
    test.link(Link::Offline);
    test.after(SECOND).link(Link::Live);
    test.snapshot(&[Plain(2, 1), Plain(1, 1)]);
    assert_eq!(test.rows(), [Plain(2, 40), Plain(1, 41)]);
    // Somebody writes, and what they write is passed over.
    test.put(Plain(1, 2));
    let ask = test.after(SECOND * 4).asks().unwrap();
    test.put(Plain(1, 3));
    test.answer(&ask, &[Plain(2, 1), Plain(1, 2)], None);
    assert_eq!(test.rows(), [Plain(2, 1), Plain(1, 2)]);
    assert_eq!(test.after(SECOND * 3).asks(), None);
    test.after(SECOND).snapshot(&[Plain(2, 1), Plain(1, 3)]);
    assert_eq!(test.rows(), [Plain(2, 1), Plain(1, 3)]);
    assert_eq!(test.after(SECOND * 30).asks(), None, "and that was all");
}

#[test]
fn a_failed_snapshot_shows_and_is_tried_again_with_backoff() {
    let mut test = Test::new();
    test.link(Link::Live);
    // Half of 0.5 s, 1 s, 2 s, … up to 30 s.
    for wait in [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000] {
        let ask = test.asks().unwrap();
        test.fail(&ask);
        let at = test.now + Duration::from_millis(wait);
        assert_eq!(
            test.gapless.view().link,
            Link::Retrying {
                at,
                why: "no answer".to_owned()
            }
        );
        assert_eq!(test.gapless.deadline(), Some(at));
        test.gapless.incoming(Incoming::Hint, test.now, WALL);
        assert_eq!(
            test.gapless.deadline(),
            Some(at),
            "a hint does not undo the back-off"
        );
        test.now = at;
    }
    let ask = test.asks().unwrap();
    test.fail(&ask);
    test.gapless.retry_now(test.now);
    test.snapshot(&[]);
    assert_eq!(test.gapless.view().link, Link::Live);
}

#[test]
fn hints_fetch_soon_but_are_no_storm() {
    let mut test = Test::live();
    test.after(SECOND * 4).snapshot(&[]);
    test.gapless.incoming(Incoming::Hint, test.now, WALL);
    assert_eq!(test.after(SECOND * 3).asks(), None);
    test.gapless.incoming(Incoming::Hint, test.now, WALL);
    test.after(SECOND).snapshot(&[]);
    assert_eq!(
        test.after(SECOND * 10).asks(),
        None,
        "two hints, one snapshot"
    );
    test.gapless.incoming(Incoming::Hint, test.now, WALL);
    test.snapshot(&[]);
}

#[test]
fn without_an_acknowledgement_the_view_shows_what_is_there_and_the_link_tells_the_truth() {
    let mut test = Test::new();
    let why = "denied".to_owned();
    test.link(Link::Failed { why: why.clone() });
    test.after(SECOND * 3).snapshot(&[Plain(1, 1)]);
    assert!(test.gapless.view().loaded);
    assert_eq!(test.gapless.view().link, Link::Failed { why });
    test.after(SECOND * 60).snapshot(&[Plain(1, 2)]);
}

#[test]
fn a_list_that_does_not_end_is_given_up() {
    let mut test = Test::new();
    test.link(Link::Live);
    for _ in 0..100 {
        let ask = test.asks().unwrap();
        test.answer(&ask, &[], Some("again"));
    }
    assert_eq!(test.asks(), None);
    assert!(matches!(test.gapless.view().link, Link::Retrying { .. }));
}

#[test]
fn a_delete_that_makes_room_fetches_what_moves_up() {
    let mut test = Test::new();
    let full = [Plain(9, 1), Plain(8, 1), Plain(7, 1), Plain(6, 1)];
    test.link(Link::Live);
    for _ in 0..2 {
        let ask = test.asks().unwrap();
        test.answer(&ask, &full, Some("more"));
        test.after(SECOND * 4);
    }
    assert_eq!(test.asks(), None);
    let delete = Change::Delete {
        key: 8,
        revision: Revision(2),
    };
    test.gapless
        .incoming(Incoming::Change(delete), test.now, WALL);
    let ask = test.asks().unwrap();
    test.answer(
        &ask,
        &[Plain(9, 1), Plain(7, 1), Plain(6, 1), Plain(5, 1)],
        Some("more"),
    );
    assert_eq!(
        test.rows(),
        [Plain(9, 1), Plain(7, 1), Plain(6, 1), Plain(5, 1)]
    );
}

#[test]
fn a_reader_who_wants_more_gets_it_at_once() {
    let mut test = Test::new();
    let newest = [Plain(9, 1), Plain(8, 1), Plain(7, 1), Plain(6, 1)];
    test.link(Link::Live);
    let ask = test.asks().unwrap();
    test.answer(&ask, &newest, Some("more"));
    assert!(test.gapless.view().window.is_cut());
    assert_eq!(test.asks(), None);
    test.gapless.incoming(Incoming::Widen(4), test.now, WALL);
    let ask = test.asks().unwrap();
    test.answer(&ask, &newest, Some("more"));
    let ask = test.asks().unwrap();
    test.answer(&ask, &[Plain(5, 1), Plain(4, 1)], None);
    assert_eq!(test.rows().len(), 6);
    assert!(!test.gapless.view().window.is_cut());
}

#[derive(Debug, Clone)]
enum Step {
    Link(u8),
    Put(u8, i64),
    Notice(u8, i64),
    Look(Option<(u8, i64)>),
    Hint,
    Visible(bool),
    Pass(u16),
    Answer(Option<(u8, bool)>),
}

#[test]
fn it_is_known_whether_the_server_was_reached_and_what_it_refuses() {
    let mut test = Test::new();
    let mut answered = |answer| {
        test.now = test.gapless.deadline().unwrap();
        let ask = test.asks().unwrap();
        test.gapless.answered(&ask, answer, test.now, WALL, 0.5);
        let view = test.gapless.view();
        (view.reached, view.refused)
    };
    let why = || "no".to_owned();
    assert_eq!(answered(Err(Failure::Unreached(why()))), (false, false));
    assert_eq!(answered(Err(Failure::Refused(why()))), (true, true));
    assert_eq!(answered(Err(Failure::Unreached(why()))), (true, false));
    assert_eq!(answered(Err(Failure::Failed(why()))), (true, false));
}

proptest! {
    #![proptest_config(cases("histories of a live view", 20_000, 200_000))]

    /// Whatever happens: nothing is asked twice, a deadline that has come leads to a question, and a view that is left
    /// alone ends live.
    #[test]
    fn it_never_gets_stuck(steps in prop::collection::vec(prop_oneof![
        (0u8..4).prop_map(Step::Link),
        (0u8..9, 0i64..4).prop_map(|(key, revision)| Step::Put(key, revision)),
        (0u8..9, 0i64..4).prop_map(|(key, revision)| Step::Notice(key, revision)),
        prop::option::of((0u8..9, 0i64..4)).prop_map(Step::Look),
        Just(Step::Hint),
        any::<bool>().prop_map(Step::Visible),
        (0u16..20_000).prop_map(Step::Pass),
        prop::option::of((0u8..9, any::<bool>())).prop_map(Step::Answer),
    ], 0..60)) {
        let mut test = Test::new();
        let (mut asked, mut looked) = (None, None);
        for step in steps {
            match step {
                Step::Link(0) => test.link(Link::Live),
                Step::Link(1) => test.link(Link::Offline),
                Step::Link(_) => test.link(Link::Connecting),
                Step::Put(key, revision) => test.put(Plain(key, revision)),
                Step::Notice(key, revision) => test.notice(key, revision),
                Step::Look(answer) => if let Some(look) = looked.take() {
                    let rows = answer.map(|(key, revision)| vec![Plain(key, revision)]);
                    let answer = rows.ok_or_else(|| Failure::Unreached("no answer".to_owned()));
                    test.gapless.looked(&look, answer, test.now, WALL);
                },
                Step::Hint => test.gapless.incoming(Incoming::Hint, test.now, WALL),
                Step::Visible(visible) => test.gapless.visible(visible, test.now),
                Step::Pass(millis) => drop(test.after(Duration::from_millis(millis.into()))),
                Step::Answer(answer) => match (asked.take(), answer) {
                    (Some(ask), Some((key, more))) => test.answer(&ask, &[Plain(key, 1)], more.then_some("more")),
                    (Some(ask), None) => test.fail(&ask),
                    (None, _) => {}
                },
            }
            let deadline = test.gapless.deadline();
            let ask = test.asks();
            prop_assert!(ask.is_some() || deadline.is_none_or(|at| at > test.now));
            prop_assert_eq!(test.asks(), None);
            asked = ask.or(asked);
            let deadline = test.gapless.look_deadline();
            let look = test.gapless.look(test.now);
            prop_assert!(look.is_some() || deadline.is_none_or(|at| at > test.now));
            prop_assert_eq!(test.gapless.look(test.now), None);
            looked = look.or(looked);
        }
        test.gapless.visible(true, test.now);
        test.link(Link::Live);
        let ask = test.asks().unwrap();
        test.answer(&ask, &[Plain(1, 9)], None);
        prop_assert_eq!(&test.gapless.view().link, &Link::Live);
        prop_assert_eq!(test.gapless.view().window.get(&1).unwrap().row.1, 9);
    }
}

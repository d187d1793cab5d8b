//! Views that are told in notices: what is looked up for them, when, and that it ends well.

use std::collections::BTreeMap;

use proptest::sample::Index;

use super::tests::{Plain, Test, WALL};
use super::*;
use crate::cases::cases;
use crate::live::notices::{AGAIN, LOOK, SPACING};
use crate::live::window::Revision;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);
const NOTHING: [u8; 0] = [];

/// A view of the rows 2 and 1 whose two first snapshots are in.
fn settled() -> Test {
    let mut test = Test::live();
    test.after(Gapless::<Plain>::SECOND)
        .snapshot(&[Plain(2, 1), Plain(1, 1)]);
    test
}

#[test]
fn what_a_notice_does_not_tell_is_looked_up_and_what_came_meanwhile_is_applied() {
    let mut test = settled();
    test.notice(2, 2);
    assert_eq!(test.look(&[]), NOTHING, "it was the next revision");
    test.notice(3, 1);
    let look = test.gapless.look(test.now).unwrap();
    assert_eq!(look.keys, [3]);
    // Out of order, while the answer is on its way.
    test.notice(3, 4);
    test.notice(3, 3);
    test.gapless
        .looked(&look, Ok(vec![Plain(3, 2)]), test.now, WALL);
    assert_eq!(test.rows(), [Plain(3, 4), Plain(2, 2), Plain(1, 1)]);
    assert_eq!(test.gapless.look_deadline(), None, "nothing is missing");
    assert_eq!(test.gapless.view().changes, 4);
    let entry = test.gapless.view().window.get(&3).unwrap();
    assert_eq!(entry.received, Some(WALL));
}

#[test]
fn looks_are_few_however_much_is_told() {
    let mut test = settled();
    let rows: Vec<_> = (10..60).map(|key| Plain(key, 1)).collect();
    for row in &rows {
        test.notice(row.0, 1);
        test.notice(row.0, 1);
    }
    for _ in 0..rows.len() / LOOK {
        assert_eq!(test.look(&rows).len(), LOOK);
        assert_eq!(test.look(&rows), NOTHING, "not before it is time");
        test.after(SPACING);
    }
    assert_eq!(test.look(&rows), NOTHING);
    // More than can be looked up in time: one snapshot for all of them.
    for (key, revision) in (0..=250).flat_map(|key| [(key, 7), (key, 9), (key, 11)]) {
        test.notice(key, revision);
    }
    test.after(Gapless::<Plain>::SPACING);
    assert!(test.asks().is_some());
}

#[test]
fn a_row_that_is_not_there_yet_is_looked_up_again_and_then_a_snapshot_has_the_word() {
    let mut test = settled();
    test.notice(3, 1);
    for _ in 0..3 {
        assert_eq!(test.look(&[]), [3]);
        assert_eq!(test.after(SPACING).look(&[]), NOTHING);
        test.after(AGAIN);
    }
    assert_eq!(test.look(&[]), NOTHING);
    let at = test.gapless.deadline().unwrap();
    assert!(at <= test.now + Gapless::<Plain>::SPACING);
    test.now = at;
    test.snapshot(&[Plain(2, 1), Plain(1, 1)]);
    assert_eq!(test.gapless.look_deadline(), None);
}

#[test]
fn looks_wait_for_the_acknowledgement_s_snapshot_and_former_ones_do_not_count() {
    let mut test = settled();
    test.notice(3, 1);
    let stale = test.gapless.look(test.now).unwrap();
    test.link(Link::Live);
    test.notice(4, 2);
    assert_eq!(test.look(&[]), NOTHING, "the snapshot may tell");
    test.gapless
        .looked(&stale, Ok(vec![Plain(3, 9)]), test.now, WALL);
    test.snapshot(&[Plain(4, 1), Plain(2, 1)]);
    assert_eq!(test.rows(), [Plain(4, 2), Plain(2, 1)]);
    assert_eq!(test.look(&[]), NOTHING);
}

#[test]
fn a_look_that_fails_leads_to_a_snapshot() {
    let mut test = settled();
    test.notice(3, 1);
    let look = test.gapless.look(test.now).unwrap();
    let failure = Failure::Refused("no".to_owned());
    test.gapless.looked(&look, Err(failure), test.now, WALL);
    assert_eq!(test.gapless.look_deadline(), None);
    test.after(Gapless::<Plain>::SPACING)
        .snapshot(&[Plain(3, 1)]);
    assert_eq!(test.gapless.view().link, Link::Live);
}

#[derive(Debug, Clone)]
enum Step {
    /// The server writes a row, and publishes a notice.
    Write(u8),
    /// A notice arrives, perhaps not for the first time; others later, or before.
    Deliver(Index),
    Look,
    Pass(u16),
}

proptest! {
    #![proptest_config(cases("histories told in notices", 10_000, 100_000))]

    /// Notices in any order, any number of times, tell as much as whole rows do: once each has come and what is missing
    /// has been looked up, the view is the server's newest rows, without another snapshot.
    #[test]
    fn notices_are_enough(steps in prop::collection::vec(prop_oneof![
        4 => (0u8..20).prop_map(Step::Write),
        4 => any::<Index>().prop_map(Step::Deliver),
        2 => Just(Step::Look),
        1 => (0u16..300).prop_map(Step::Pass),
    ], 0..150)) {
        let mut test = Test::new();
        let mut server = BTreeMap::<u8, i64>::new();
        let newest = |server: &BTreeMap<u8, i64>| -> Vec<Plain> {
            server.iter().rev().map(|(&key, &revision)| Plain(key, revision)).collect()
        };
        let mut published = Vec::new();
        let mut told = 0;
        test.link(Link::Live);
        test.snapshot(&[]);
        for step in &steps {
            match step {
                Step::Write(key) => {
                    let revision = server.entry(*key).or_default();
                    *revision += 1;
                    published.push((*key, *revision));
                }
                Step::Deliver(index) if !published.is_empty() => {
                    let (key, revision) = published[index.index(published.len())];
                    test.notice(key, revision);
                    told += 1;
                }
                Step::Deliver(_) => {}
                Step::Look => drop(test.look(&newest(&server))),
                Step::Pass(millis) => drop(test.after(Duration::from_millis((*millis).into()))),
            }
        }
        for (key, revision) in published.iter().rev() {
            test.notice(*key, *revision);
        }
        while let Some(at) = test.gapless.look_deadline() {
            test.now = test.now.max(at);
            test.look(&newest(&server));
        }
        let limit = test.rows().len().max(server.len().min(4));
        prop_assert_eq!(test.rows(), &newest(&server)[..limit]);
        prop_assert_eq!(test.gapless.view().changes, (told + published.len()) as u64);
        for row in test.rows() {
            let entry = test.gapless.view().window.get(&row.0).unwrap();
            prop_assert_eq!(entry.received, Some(WALL), "its notice has come");
            prop_assert_eq!(entry.row.revision(), Revision(row.1));
        }
        prop_assert!(test.now < Instant::ZERO + SECOND * 60);
    }
}

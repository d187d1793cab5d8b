use proptest::prelude::*;

use super::*;
use crate::cases::cases;
use crate::live::window::Revision;

fn at(millis: u64) -> Instant {
    Instant::from_start(Duration::from_millis(millis))
}

fn total(round: i64, revision: i64, votes: i64) -> Total {
    Total {
        round: Round(round),
        revision: Revision(revision),
        votes,
    }
}

/// In round 1, with ten votes for love.
fn begun() -> Votes {
    let mut votes = Votes::new();
    votes.observe(Some(Round(1)), [(Reaction::Love, &total(1, 1, 10))]);
    votes
}

fn poll(votes: &mut Votes, now: u64) -> Option<(u32, Token)> {
    let sent = votes.poll(at(now), || Token(format!("t{now}")));
    sent.map(|(batch, token)| (batch.count, token))
}

#[test]
fn clicks_are_shown_at_once_and_go_as_one_after_a_moment() {
    let mut votes = begun();
    for now in [0, 100, 200] {
        votes.cast(Reaction::Love, at(now));
    }
    assert_eq!(
        (votes.total(Reaction::Love), votes.pending(Reaction::Love)),
        (13, 3)
    );
    assert_eq!(votes.deadline(), Some(at(300)));
    assert_eq!(poll(&mut votes, 299), None);
    assert_eq!(poll(&mut votes, 300), Some((3, Token("t300".into()))));
    assert_eq!(votes.total(Reaction::Love), 13);
    assert_eq!(poll(&mut votes, 9_000), None, "one at a time");
    votes.answered(
        Reaction::Love,
        Outcome::Counted(total(1, 2, 13)),
        at(400),
        0.0,
    );
    assert_eq!(
        (votes.total(Reaction::Love), votes.pending(Reaction::Love)),
        (13, 0)
    );
}

#[test]
fn the_event_may_come_before_the_answer_and_nothing_is_shown_twice() {
    let mut votes = begun();
    votes.cast(Reaction::Love, at(0));
    poll(&mut votes, 300);
    votes.observe(Some(Round(1)), [(Reaction::Love, &total(1, 2, 11))]);
    assert_eq!(votes.total(Reaction::Love), 11);
    // A click while the first is on its way.
    votes.cast(Reaction::Love, at(310));
    assert_eq!(votes.total(Reaction::Love), 12);
    votes.answered(
        Reaction::Love,
        Outcome::Counted(total(1, 2, 11)),
        at(320),
        0.0,
    );
    assert_eq!(votes.total(Reaction::Love), 12);
    assert_eq!(poll(&mut votes, 610).map(|(count, _)| count), Some(1));
    let counted = Outcome::Counted(total(1, 3, 12));
    votes.answered(Reaction::Love, counted, at(620), 0.0);
    // The view, which is behind the answer, changes nothing.
    votes.observe(Some(Round(1)), [(Reaction::Love, &total(1, 2, 11))]);
    assert_eq!(votes.total(Reaction::Love), 12);
}

#[test]
fn a_cloud_that_began_anew_begins_anew_here() {
    for round in [1, 7] {
        let mut votes = Votes::new();
        let before = total(round, 40, 39);
        votes.observe(Some(Round(round)), [(Reaction::Love, &before)]);
        votes.observe(Some(Round(1)), [(Reaction::Love, &total(1, 1, 0))]);
        assert_eq!(votes.total(Reaction::Love), 0);
        votes.cast(Reaction::Love, at(0));
        assert_eq!(poll(&mut votes, 300).map(|(count, _)| count), Some(1));
        let counted = Outcome::Counted(total(1, 2, 1));
        votes.answered(Reaction::Love, counted, at(310), 0.0);
        assert_eq!((votes.total(Reaction::Love), votes.told()), (1, None));
    }
}

#[test]
fn what_nobody_knows_of_goes_again_under_the_same_token() {
    let mut votes = begun();
    votes.cast(Reaction::Meh, at(0));
    let first = poll(&mut votes, 300);
    votes.answered(Reaction::Meh, Outcome::Unknown, at(400), 1.0);
    assert_eq!(votes.waiting(), 1);
    votes.cast(Reaction::Meh, at(410));
    assert_eq!((votes.waiting(), votes.total(Reaction::Meh)), (2, 2));
    assert_eq!(poll(&mut votes, 800), None);
    votes.hurry(at(800));
    assert_eq!(poll(&mut votes, 800), first);
    votes.answered(
        Reaction::Meh,
        Outcome::Counted(total(1, 1, 1)),
        at(810),
        0.0,
    );
    assert_eq!(votes.waiting(), 0);
    assert_eq!(poll(&mut votes, 810).map(|(count, _)| count), Some(1));
}

#[test]
fn when_the_round_moves_on_what_is_not_counted_is_told() {
    let mut votes = begun();
    votes.cast(Reaction::Love, at(0));
    poll(&mut votes, 300);
    votes.cast(Reaction::Love, at(310));
    votes.cast(Reaction::Hate, at(310));
    votes.observe(Some(Round(2)), [(Reaction::Love, &total(2, 3, 0))]);
    assert_eq!(votes.told(), Some(&Told::Late(2)));
    assert_eq!(votes.total(Reaction::Love), 0, "of another round");
    // The one that was on its way may have been in time: the answer says so.
    votes.answered(Reaction::Love, Outcome::Late, at(320), 0.0);
    assert_eq!(votes.told(), Some(&Told::Late(3)));
    votes.cast(Reaction::Love, at(330));
    assert_eq!((votes.told(), votes.total(Reaction::Love)), (None, 1));
}

#[test]
fn before_a_movie_is_known_there_is_nothing_to_vote_for() {
    let mut votes = Votes::new();
    votes.cast(Reaction::Love, at(0));
    assert_eq!((votes.total(Reaction::Love), votes.deadline()), (0, None));
    votes.observe(Some(Round(5)), []);
    assert_eq!(votes.told(), None);
}

#[test]
fn what_is_refused_is_told_and_no_longer_shown() {
    let mut votes = begun();
    votes.cast(Reaction::Love, at(0));
    poll(&mut votes, 300);
    votes.answered(Reaction::Love, Outcome::Refused("no".into()), at(400), 0.0);
    assert_eq!(votes.told(), Some(&Told::Refused("no".into())));
    assert_eq!(votes.total(Reaction::Love), 10);
}

/// What happens, in any order.
#[derive(Debug, Clone)]
enum Step {
    Click,
    Others(i64),
    /// So much time passes, and what is due is sent.
    Pass(u64),
    /// The cloud does what it got; whether the answer, and the event, come back.
    Execute {
        answer: bool,
        event: bool,
    },
    /// The answer to what was done comes, or word that it is lost.
    Lost,
    Rotate,
    Hear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Click),
        2 => (1..5i64).prop_map(Step::Others),
        4 => (1..700u64).prop_map(Step::Pass),
        4 => (any::<bool>(), any::<bool>()).prop_map(|(answer, event)| Step::Execute { answer, event }),
        1 => Just(Step::Lost),
        1 => Just(Step::Rotate),
        2 => Just(Step::Hear),
    ];
    prop::collection::vec(step, 1..80)
}

/// The cloud, as plainly as it can be said.
#[derive(Debug)]
struct Cloud {
    now: Total,
    done: Vec<(Token, Result<Total, ()>)>,
}

impl Cloud {
    fn execute(&mut self, batch: &Batch, token: &Token) -> Result<Total, ()> {
        if let Some((_, result)) = self.done.iter().find(|(done, _)| done == token) {
            return *result;
        }
        let result = if batch.round == self.now.round {
            self.write(self.now.votes + i64::from(batch.count), self.now.round);
            Ok(self.now)
        } else {
            Err(())
        };
        // What is too late is too late each time: it need not be kept.
        if result.is_ok() {
            self.done.push((token.clone(), result));
        }
        result
    }

    const fn write(&mut self, votes: i64, round: Round) {
        self.now = Total {
            round,
            votes,
            revision: Revision(self.now.revision.0 + 1),
        };
    }
}

proptest! {
    #![proptest_config(cases("votes on their way", 2_000, 50_000))]

    /// Whatever is lost and in whatever order things come: what is shown is never more than the truth once all clicks of
    /// this round that can still count have counted, and in the end it is the truth; every click is counted or told.
    #[test]
    fn every_click_counts_once_or_is_told(steps in steps()) {
        let mut votes = Votes::new();
        let mut cloud = Cloud { now: total(1, 1, 0), done: Vec::new() };
        votes.observe(Some(Round(1)), [(Reaction::Like, &cloud.now)]);
        let (mut now, mut tokens, mut clicks, mut counted, mut others) = (0, 0, 0u32, 0u32, [0i64; 100]);
        let mut flying: Option<(Batch, Token)> = None;
        let mut late = 0;
        let hear = |votes: &mut Votes, cloud: &Cloud, late: &mut u32| {
            // A word stays until the next click; what it adds is what counts.
            let before = match votes.told() { Some(Told::Late(count)) => *count, _ => 0 };
            votes.observe(Some(cloud.now.round), [(Reaction::Like, &cloud.now)]);
            let after = match votes.told() { Some(Told::Late(count)) => *count, _ => 0 };
            *late += after - before;
        };
        let end = [Step::Pass(60_000), Step::Execute { answer: true, event: true }, Step::Hear];
        let endings = std::iter::repeat_n(end, 4).flatten();
        for step in steps.into_iter().chain(endings) {
            match step {
                Step::Click => {
                    votes.cast(Reaction::Like, at(now));
                    clicks += 1;
                }
                Step::Others(count) => {
                    others[cloud.now.round.0 as usize] += count;
                    cloud.write(cloud.now.votes + count, cloud.now.round);
                }
                Step::Pass(millis) => {
                    now += millis;
                    let sent = votes.poll(at(now), || { tokens += 1; Token(tokens.to_string()) });
                    if sent.is_some() {
                        prop_assert!(flying.is_none(), "one at a time");
                        flying = sent;
                    }
                }
                Step::Execute { answer, event } => if let Some((batch, token)) = flying.take() {
                    let result = cloud.execute(&batch, &token);
                    if event {
                        hear(&mut votes, &cloud, &mut late);
                    }
                    let outcome = match (answer, result) {
                        (false, _) => Outcome::Unknown,
                        (true, Ok(total)) => {
                            counted += batch.count;
                            Outcome::Counted(total)
                        }
                        (true, Err(())) => {
                            late += batch.count;
                            Outcome::Late
                        }
                    };
                    votes.answered(Reaction::Like, outcome, at(now), 0.5);
                },
                Step::Lost => if flying.take().is_some() {
                    votes.answered(Reaction::Like, Outcome::Unknown, at(now), 0.5);
                },
                Step::Rotate => {
                    let next = Round(cloud.now.round.0 + 1);
                    cloud.write(0, next);
                }
                Step::Hear => hear(&mut votes, &cloud, &mut late),
            }
            let shown = votes.total(Reaction::Like);
            if votes.round == Some(cloud.now.round) {
                let open = i64::from(votes.pending(Reaction::Like));
                prop_assert!(shown <= cloud.now.votes + open, "{shown} of {} and {open}", cloud.now.votes);
            }
        }
        prop_assert_eq!(votes.pending(Reaction::Like), 0);
        prop_assert_eq!(votes.total(Reaction::Like), cloud.now.votes);
        prop_assert_eq!(counted + late, clicks);
        let of_us: u32 = cloud.done.len() as u32;
        prop_assert!(of_us <= clicks);
    }
}

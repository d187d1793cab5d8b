//! What is being written into the calendar: each under its token, sent until it is answered, whatever screen is shown
//! meanwhile. Pure.

use net::Instant;

use super::form::{Fault, Wish};
use super::model::{Event, EventId};
use crate::live::flight::{Flight, Token};
use crate::live::window::Revision;

/// What somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A new event.
    Create(Wish),
    /// The event, seen at this revision, is to be this.
    Update(EventId, Revision, Wish),
    /// The event, seen at this revision, is to go.
    Delete(EventId, Revision),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Done: the event as it is, or as it was last.
    Done(Event),
    /// It was refused, for these reasons; the same will be refused again.
    Refused(Vec<Fault>),
    /// Nobody knows: to be sent again under the same token. Why, in words.
    Unknown(String),
}

/// Names something that is written; never used twice.
pub type Number = u64;

/// What is on its way, and what came back and was not looked at yet.
#[derive(Debug, Default)]
pub struct Outbox {
    jobs: Vec<Job>,
    last: Number,
}

#[derive(Debug)]
struct Job {
    number: Number,
    flight: Flight<Action>,
    /// What the event is called.
    name: String,
    /// Why it was not answered the last time; none before that.
    late: Option<String>,
    end: Option<Result<Event, Vec<Fault>>>,
    /// Whether the form that it came from is still open, and tells what became of it.
    watched: bool,
}

/// Something that no open form tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What is being done: creating, changing, deleting.
    pub doing: &'static str,
    /// What the event is called.
    pub name: String,
    /// Why it is late, or why it was refused.
    pub why: String,
    /// Whether it was refused; else it is sent again.
    pub refused: bool,
}

impl Action {
    /// The event that it is about, if there is one already.
    const fn event(&self) -> Option<EventId> {
        match self {
            Self::Create(_) => None,
            Self::Update(id, ..) | Self::Delete(id, _) => Some(*id),
        }
    }

    /// What it does, for who reads of it.
    const fn doing(&self) -> &'static str {
        match self {
            Self::Create(_) => "Creating",
            Self::Update(..) => "Changing",
            Self::Delete(..) => "Deleting",
        }
    }

    /// The revision that was seen, if there was one.
    const fn seen(&mut self) -> Option<&mut Revision> {
        match self {
            Self::Create(_) => None,
            Self::Update(_, seen, _) | Self::Delete(_, seen) => Some(seen),
        }
    }
}

impl Outbox {
    /// Takes something, about an event of this name, to be sent now.
    pub fn put(&mut self, action: Action, name: String, token: Token, now: Instant) -> Number {
        self.last += 1;
        self.jobs.push(Job {
            number: self.last,
            flight: Flight::new(action, token, now),
            name,
            late: None,
            end: None,
            watched: true,
        });
        self.last
    }

    /// The next that is to be sent now; then it is on its way. What is done with one event is sent one after the other.
    pub fn poll(&mut self, now: Instant) -> Option<(Number, Action, Token)> {
        let mut all = 0..self.jobs.len();
        let at = all.find(|at| self.is_next(*at) && self.jobs[*at].flight.departs(now))?;
        let job = &self.jobs[at];
        Some((
            job.number,
            job.flight.what.clone(),
            job.flight.token.clone(),
        ))
    }

    /// What came of an attempt; `unit` is random in [0, 1).
    pub fn answered(&mut self, number: Number, outcome: Outcome, now: Instant, unit: f64) {
        let Some(job) = self.find(number) else {
            return;
        };
        match outcome {
            Outcome::Done(event) => {
                let revision = event.revision;
                let before = job.flight.what.seen().copied();
                let of = job.flight.what.event();
                job.end = Some(Ok(event));
                // Whoever went on from what this one went on from knew of this one.
                for job in self.jobs.iter_mut().filter(|job| job.end.is_none()) {
                    let what = &mut job.flight.what;
                    if what.event() == of
                        && let Some(seen) = what.seen()
                        && Some(*seen) == before
                    {
                        *seen = revision;
                    }
                }
            }
            Outcome::Refused(faults) => job.end = Some(Err(faults)),
            Outcome::Unknown(why) => {
                job.flight.failed(now, unit);
                job.late = Some(why);
            }
        }
        self.forget();
    }

    /// There is reason to believe that it will succeed now.
    pub fn hurry(&mut self, now: Instant) {
        self.jobs.iter_mut().for_each(|job| job.flight.hurry(now));
    }

    /// When something is to be sent again.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let next = (0..self.jobs.len()).filter(|at| self.is_next(*at));
        next.filter_map(|at| self.jobs[at].flight.due()).min()
    }

    /// What became of it, once.
    pub fn take(&mut self, number: Number) -> Option<Result<Event, Vec<Fault>>> {
        let at = self.jobs.iter().position(|job| job.number == number)?;
        self.jobs[at].end.as_ref()?;
        self.jobs.remove(at).end
    }

    /// Nobody waits for it any more: if it is refused, that has to be told elsewhere.
    pub fn leave(&mut self, number: Number) {
        if let Some(job) = self.find(number) {
            job.watched = false;
        }
        self.forget();
    }

    /// Whether its end is there to be taken.
    #[must_use]
    pub fn has_ended(&self, number: Number) -> bool {
        let mut jobs = self.jobs.iter();
        jobs.any(|job| job.number == number && job.end.is_some())
    }

    /// Whether it, or what has to go before it, was sent in vain at least once and is still to be sent.
    #[must_use]
    pub fn is_late(&self, number: Number) -> bool {
        let at = self.jobs.iter().position(|job| job.number == number);
        at.is_some_and(|at| self.late(at).is_some())
    }

    /// What waits to be sent again, and what was refused though its form had gone; the newest first.
    #[must_use]
    pub fn notices(&self) -> Vec<(Number, Notice)> {
        let jobs = self.jobs.iter().enumerate().rev();
        let told = jobs.filter_map(|(at, job)| {
            let (why, refused) = match &job.end {
                Some(Err(faults)) if !job.watched => (words(faults), true),
                Some(_) => return None,
                None => (self.late(at)?.to_owned(), false),
            };
            let notice = Notice {
                doing: job.flight.what.doing(),
                name: job.name.clone(),
                why,
                refused,
            };
            Some((job.number, notice))
        });
        told.collect()
    }

    /// It has been read that it was refused.
    pub fn dismiss(&mut self, number: Number) {
        self.jobs
            .retain(|job| job.number != number || job.end.is_none());
    }

    /// What is to be sent before it, since it is about the same event, and it itself; nothing if it has ended.
    fn line(&self, at: usize) -> impl Iterator<Item = &Job> {
        let last = &self.jobs[at];
        let is_of = |job: &&Job| {
            let (one, other) = (job.flight.what.event(), last.flight.what.event());
            job.end.is_none() && (job.number == last.number || one.is_some() && one == other)
        };
        self.jobs[..=at]
            .iter()
            .filter(move |job| last.end.is_none() && is_of(job))
    }

    /// Whether it is open and the first of its line.
    fn is_next(&self, at: usize) -> bool {
        self.line(at).count() == 1
    }

    /// Why it waits.
    fn late(&self, at: usize) -> Option<&str> {
        self.line(at).find_map(|job| job.late.as_deref())
    }

    fn find(&mut self, number: Number) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.number == number)
    }

    /// What went well and nobody waits for.
    fn forget(&mut self) {
        let is_told = |job: &Job| job.watched || !matches!(job.end, Some(Ok(_)));
        self.jobs.retain(is_told);
    }
}

/// All that was found wrong, as a sentence.
#[must_use]
pub fn words(faults: &[Fault]) -> String {
    let told = faults.iter().map(|fault| match fault.field {
        Some(field) => [field.name(), " ", &fault.message].concat(),
        None => fault.message.clone(),
    });
    told.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::form::{Draft, Field};
    use super::super::model::tests::event;
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    /// Of another event each time.
    fn delete(outbox: &mut Outbox, token: &str) -> Number {
        let id = EventId(outbox.last.cast_signed() + 1);
        let action = Action::Delete(id, Revision(1));
        outbox.put(action, "Walk".to_owned(), Token(token.to_owned()), at(0))
    }

    fn refused() -> Outcome {
        let (field, message) = (Some(Field::End), "must not be before the start".to_owned());
        Outcome::Refused(vec![Fault { field, message }])
    }

    #[test]
    fn what_is_not_answered_is_sent_again_under_its_token_and_told_meanwhile() {
        let mut outbox = Outbox::default();
        let (one, two) = (delete(&mut outbox, "a"), delete(&mut outbox, "b"));
        let sent =
            |outbox: &mut Outbox, now| outbox.poll(at(now)).map(|(at, _, token)| (at, token.0));
        assert_eq!(sent(&mut outbox, 0), Some((one, "a".to_owned())));
        assert_eq!(sent(&mut outbox, 0), Some((two, "b".to_owned())));
        assert_eq!((sent(&mut outbox, 0), outbox.deadline()), (None, None));
        outbox.answered(one, Outcome::Unknown("no network".to_owned()), at(0), 1.0);
        assert!(outbox.is_late(one) && !outbox.is_late(two));
        let notices = outbox.notices();
        assert_eq!(notices.len(), 1);
        assert_eq!(
            (&*notices[0].1.why, notices[0].1.refused),
            ("no network", false)
        );
        assert_eq!(outbox.deadline(), Some(at(500)));
        outbox.hurry(at(10));
        assert_eq!(sent(&mut outbox, 10), Some((one, "a".to_owned())));
        let walk = event(1, "2026-02-02T20:00", "2026-02-02T21:00");
        outbox.answered(one, Outcome::Done(walk.clone()), at(20), 0.0);
        assert!(outbox.has_ended(one) && outbox.notices().is_empty());
        assert_eq!(outbox.take(one), Some(Ok(walk)));
        assert_eq!(outbox.take(one), None);
    }

    #[test]
    fn what_is_done_with_one_event_goes_one_after_the_other_each_from_what_the_one_before_made_of_it()
     {
        let mut outbox = Outbox::default();
        let walk = |revision| Event {
            revision: Revision(revision),
            ..event(1, "2026-02-02T20:00", "2026-02-02T21:00")
        };
        let wish = Draft::of(&walk(1));
        let wish = Draft {
            name: "Walk".to_owned(),
            ..wish
        }
        .check()
        .unwrap();
        let mut put = |action, token: &str| {
            outbox.put(action, "Walk".to_owned(), Token(token.to_owned()), at(0))
        };
        let one = put(Action::Update(EventId(1), Revision(1), wish.clone()), "a");
        let two = put(Action::Update(EventId(1), Revision(1), wish.clone()), "b");
        let three = put(Action::Delete(EventId(1), Revision(7)), "c");
        let other = put(Action::Delete(EventId(2), Revision(1)), "d");
        let create = put(Action::Create(wish), "e");
        let sent = |outbox: &mut Outbox| {
            let sent = std::iter::from_fn(|| outbox.poll(at(1_000)));
            sent.map(|(number, mut action, _)| (number, action.seen().map(|seen| seen.0)))
                .collect::<Vec<_>>()
        };
        let first = [(one, Some(1)), (other, Some(1)), (create, None)];
        assert_eq!(sent(&mut outbox), first);
        assert_eq!(outbox.deadline(), None, "those that wait wake nobody");
        outbox.answered(one, Outcome::Unknown("no network".to_owned()), at(0), 1.0);
        assert_eq!(outbox.deadline(), Some(at(500)));
        let notices = outbox.notices().into_iter();
        let told: Vec<_> = notices
            .map(|(number, notice)| (number, notice.doing))
            .collect();
        let all = [(three, "Deleting"), (two, "Changing"), (one, "Changing")];
        assert_eq!(told, all, "those that wait for it wait for the same reason");
        assert_eq!(sent(&mut outbox), [(one, Some(1))]);
        outbox.answered(one, Outcome::Done(walk(2)), at(0), 0.0);
        assert_eq!(sent(&mut outbox), [(two, Some(2))], "it knew of the first");
        outbox.answered(two, refused(), at(0), 0.0);
        let last = [(three, Some(7))];
        assert_eq!(sent(&mut outbox), last, "it has seen something else");
    }

    #[test]
    fn a_refusal_reaches_somebody_though_the_form_has_gone() {
        let mut outbox = Outbox::default();
        let (one, two) = (delete(&mut outbox, "a"), delete(&mut outbox, "b"));
        while outbox.poll(at(0)).is_some() {}
        outbox.answered(one, refused(), at(1), 0.0);
        assert_eq!(outbox.notices(), [], "its form tells it");
        outbox.leave(one);
        outbox.leave(two);
        let notices = outbox.notices();
        assert_eq!(notices[0].1.why, "End must not be before the start");
        assert!(notices[0].1.refused);
        outbox.dismiss(two);
        outbox.dismiss(one);
        assert_eq!(outbox.notices(), []);
        // What goes well need not be told; and it was not dismissed while it was on its way.
        outbox.answered(
            two,
            Outcome::Done(event(1, "2026-02-02T20:00", "2026-02-02T21:00")),
            at(2),
            0.0,
        );
        assert!(!outbox.has_ended(two) && outbox.jobs.is_empty());
    }
}

//! Messages on their way: one after the other, each once. Pure.

use std::time::Duration;

use net::Instant;

use super::model::{Message, MessageId};
use crate::live::flight::{Departures, Token};

/// A message that is to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What the visitor is called.
    pub name: String,
    /// What they say.
    pub text: String,
}

/// Why a text is none to be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is nothing.
    #[error("Write something first.")]
    Empty,
    /// There is too much.
    #[error("That is {length} characters; at most {most} are taken.")]
    Long {
        /// So many characters.
        length: usize,
        /// So many would do.
        most: usize,
    },
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was said, now or before, and is this one.
    Said(Message),
    /// It is one too many for now.
    TooMany {
        /// What the cloud says about it.
        why: String,
        /// So long there is no room for it.
        wait: Duration,
    },
    /// It cannot be said, and why.
    Refused(String),
    /// Nobody knows: to be sent again.
    Unknown,
}

/// A text that comes back to the one who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The text.
    pub text: String,
    /// Why.
    pub why: String,
}

/// The visitor's messages on their way.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    departures: Departures<Draft>,
    /// So many of them, from the first on, have had to wait, or were to follow one that had.
    waited: usize,
    returned: Option<Returned>,
    own: Vec<MessageId>,
}

impl Outbox {
    /// Characters (Unicode scalar values) of a message, as the cloud counts them.
    pub const LONGEST: usize = 500;
    /// Characters of a name.
    pub const LONGEST_NAME: usize = 40;
    /// So many of the visitor's own messages are remembered.
    const OWN: usize = 100;

    /// With what the visitor said on earlier visits.
    #[must_use]
    pub fn with_own(own: Vec<MessageId>) -> Self {
        Self {
            own,
            ..Self::default()
        }
    }

    /// To be said as soon as what was to be said before is.
    pub fn say(&mut self, draft: Draft) {
        self.departures.push(draft);
        if self.waited > 0 {
            self.all_wait();
        }
    }

    /// The next message to be sent, and under which token; `token` makes new ones.
    pub fn poll(&mut self, now: Instant, token: impl FnOnce() -> Token) -> Option<(Draft, Token)> {
        self.departures.poll(now, token)
    }

    /// When to poll again, if nothing happens before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.departures.deadline()
    }

    /// What came of the message that was sent; `unit` is random in [0, 1). What is refused comes back, and so does what
    /// was to follow it: said alone it might mean something else. What has waited for the network all goes out at once when
    /// that is back: where it is too much it waits on. Who writes too fast is told so.
    pub fn answered(&mut self, outcome: Outcome, now: Instant, unit: f64) {
        let said = match outcome {
            Outcome::Unknown => {
                self.departures.failed(now, unit);
                return self.all_wait();
            }
            Outcome::TooMany { wait, .. } if self.waited > 0 => {
                self.departures.delay(now + wait);
                return self.all_wait();
            }
            Outcome::TooMany { why, .. } | Outcome::Refused(why) => Err(why),
            Outcome::Said(message) => Ok(message.id),
        };
        let Some(draft) = self.departures.landed() else {
            return;
        };
        self.waited = self.waited.saturating_sub(1);
        match said {
            Ok(id) => {
                if self.own.len() == Self::OWN {
                    self.own.remove(0);
                }
                self.own.push(id);
            }
            Err(why) => {
                // What came back before and nobody asked for is not lost to what comes now.
                let before = self.returned.take().map(|returned| returned.text);
                let texts = before.into_iter().chain([draft.text]);
                let texts = texts.chain(self.departures.call_off().map(|draft| draft.text));
                let text = texts.collect::<Vec<_>>().join(" ");
                self.returned = Some(Returned { text, why });
                self.waited = 0;
            }
        }
    }

    fn all_wait(&mut self) {
        self.waited = self.unsaid().count();
    }

    /// See [`Departures::hurry`].
    pub fn hurry(&mut self, now: Instant) {
        self.departures.hurry(now);
    }

    /// What is not known to be said, in order.
    pub fn unsaid(&self) -> impl Iterator<Item = &Draft> {
        self.departures.unanswered()
    }

    /// Whether the first of them could not be sent, or said, at once.
    #[must_use]
    pub const fn is_delayed(&self) -> bool {
        self.waited > 0
    }

    /// What has come back; asked for once.
    pub const fn returned(&mut self) -> Option<Returned> {
        self.returned.take()
    }

    /// The visitor's own messages, as far as they are remembered.
    #[must_use]
    pub fn own(&self) -> &[MessageId] {
        &self.own
    }
}

/// A text as it will be said, if it can be.
///
/// # Errors
/// In words for people.
pub fn fit(text: &str, most: usize) -> Result<String, Unfit> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Unfit::Empty),
        length if length > most => Err(Unfit::Long { length, most }),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::movies::model::tests::message;

    fn at(millis: u64) -> Instant {
        Instant::from_start(Duration::from_millis(millis))
    }

    fn draft(text: &str) -> Draft {
        Draft {
            name: "ida".into(),
            text: text.into(),
        }
    }

    fn said(id: &str) -> Outcome {
        Outcome::Said(message(id, 0))
    }

    fn too_many(seconds: u64) -> Outcome {
        Outcome::TooMany {
            why: "too fast".into(),
            wait: Duration::from_secs(seconds),
        }
    }

    fn sent(outbox: &mut Outbox, now: u64) -> Option<(String, Token)> {
        let sent = outbox.poll(at(now), || Token(format!("t{now}")));
        sent.map(|(draft, token)| (draft.text, token))
    }

    #[test]
    fn messages_go_one_after_the_other() {
        let mut outbox = Outbox::default();
        outbox.say(draft("a"));
        outbox.say(draft("b"));
        assert_eq!(sent(&mut outbox, 0), Some(("a".into(), Token("t0".into()))));
        assert_eq!(sent(&mut outbox, 1), None, "one at a time");
        assert_eq!(outbox.unsaid().count(), 2);
        outbox.answered(said("1"), at(2), 0.0);
        assert_eq!(sent(&mut outbox, 3), Some(("b".into(), Token("t3".into()))));
        outbox.answered(said("2"), at(4), 0.0);
        assert_eq!(sent(&mut outbox, 5), None);
        assert_eq!(outbox.unsaid().count(), 0);
        assert_eq!(outbox.own(), ["1".into(), "2".into()]);
    }

    #[test]
    fn what_nobody_knows_of_goes_again_under_the_same_token() {
        let mut outbox = Outbox::default();
        outbox.say(draft("a"));
        let first = sent(&mut outbox, 0);
        outbox.answered(Outcome::Unknown, at(10), 1.0);
        assert!(outbox.is_delayed());
        assert_eq!(sent(&mut outbox, 20), None);
        assert_eq!(outbox.deadline(), Some(at(510)));
        outbox.hurry(at(30));
        assert_eq!(sent(&mut outbox, 30), first);
    }

    #[test]
    fn what_is_refused_comes_back_with_what_was_to_follow() {
        let mut outbox = Outbox::default();
        for text in ["a", "b", "c"] {
            outbox.say(draft(text));
        }
        sent(&mut outbox, 0);
        outbox.answered(Outcome::Refused("too fast".into()), at(1), 0.0);
        assert_eq!(
            outbox.returned(),
            Some(Returned {
                text: "a b c".into(),
                why: "too fast".into()
            })
        );
        assert_eq!(outbox.returned(), None);
        assert_eq!(sent(&mut outbox, 2), None);

        for (now, text) in [(3, "d"), (5, "e")] {
            outbox.say(draft(text));
            sent(&mut outbox, now);
            outbox.answered(Outcome::Refused("no".into()), at(now), 0.0);
        }
        let returned = outbox.returned().map(|returned| returned.text);
        assert_eq!(
            returned.as_deref(),
            Some("d e"),
            "the second beside the first"
        );
    }

    #[test]
    fn what_waited_and_is_too_much_at_once_waits_on_and_goes_in_order() {
        let mut outbox = Outbox::default();
        outbox.say(draft("a"));
        sent(&mut outbox, 0);
        outbox.answered(Outcome::Unknown, at(10), 1.0);
        outbox.say(draft("b"));
        outbox.hurry(at(1_000));
        assert!(sent(&mut outbox, 1_000).is_some());
        outbox.answered(said("1"), at(1_010), 0.0);
        let second = sent(&mut outbox, 1_020);
        outbox.answered(too_many(4), at(1_030), 0.0);
        // Written while that one waits: it follows.
        outbox.say(draft("c"));
        assert!(outbox.is_delayed());
        assert_eq!(outbox.deadline(), Some(at(5_030)));
        assert_eq!(sent(&mut outbox, 5_029), None);
        assert_eq!(sent(&mut outbox, 5_030), second, "under its token");
        outbox.answered(said("2"), at(5_040), 0.0);
        sent(&mut outbox, 5_050);
        outbox.answered(too_many(4), at(5_060), 0.0);
        assert_eq!(outbox.returned(), None);
        assert!(sent(&mut outbox, 9_060).is_some());
        outbox.answered(said("3"), at(9_070), 0.0);
        assert!(!outbox.is_delayed());
        assert_eq!(outbox.own(), ["1".into(), "2".into(), "3".into()]);

        // What is written too fast now is told so.
        for text in ["d", "e"] {
            outbox.say(draft(text));
        }
        sent(&mut outbox, 9_100);
        outbox.answered(too_many(4), at(9_110), 0.0);
        let returned = outbox.returned();
        assert_eq!(returned.map(|it| it.text).as_deref(), Some("d e"));
        assert_eq!((outbox.unsaid().count(), outbox.is_delayed()), (0, false));
    }

    #[test]
    fn a_text_is_measured_in_characters_after_trimming() {
        assert_eq!(fit("  hi \n", 2), Ok("hi".into()));
        assert_eq!(fit(" \t", 9), Err(Unfit::Empty));
        assert_eq!(
            fit(&"😀".repeat(500), 500).map(|text| text.len()),
            Ok(2_000)
        );
        let long = fit(&"é".repeat(501), 500).unwrap_err();
        assert_eq!(
            long.to_string(),
            "That is 501 characters; at most 500 are taken."
        );
    }

    #[test]
    fn only_so_many_own_messages_are_remembered() {
        let mut outbox = Outbox::default();
        for number in 0..150 {
            outbox.say(draft("x"));
            sent(&mut outbox, number);
            outbox.answered(said(&number.to_string()), at(0), 0.0);
        }
        assert_eq!(outbox.own().len(), Outbox::OWN);
        assert_eq!(outbox.own()[0], "50".into());
    }
}

//! Movies as the page thinks of them: plain values, no browser, no framework, no client.
//!
//! The current movie, the five reactions and the chat are rows of one live view: they come with one snapshot, and the
//! machinery of a view is in the page once.

use std::cmp::Reverse;
use std::convert::Infallible;

use net::UnixTime;

use crate::id::id;
use crate::live::window::{Entry, Revision, Row};

/// How long a message is kept, in milliseconds.
const KEPT: i64 = 24 * 60 * 60 * 1000;

/// What people think of a movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Reaction {
    Love,
    Like,
    Meh,
    Unknown,
    Hate,
}

impl Reaction {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Love, Self::Like, Self::Meh, Self::Unknown, Self::Hate];

    /// The API's id of it.
    #[must_use]
    pub const fn id(self) -> &'static str {
        ["1", "2", "3", "4", "5"][self as usize]
    }

    /// The one of that id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reaction| reaction.id() == id)
    }

    /// The same for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        ["Love", "Like", "Meh", "Not seen", "Hate"][self as usize]
    }
}

/// A round of voting; grows by one with each movie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Round(pub i64);

/// The movie that is shown to everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movie {
    /// Its title.
    pub name: String,
    /// Where its poster is, if it has one.
    pub poster: Option<String>,
    /// When it came out, such as `2026-02-02`.
    pub date: String,
    /// What it is about.
    pub plot: String,
    /// The round it is shown in.
    pub round: Round,
    /// See [`Revision`].
    pub revision: Revision,
    /// When the round ends, by the cloud's clock; none while nothing rotates.
    pub ends: Option<UnixTime>,
}

/// What one reaction has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Which reaction.
    pub reaction: Reaction,
    /// Its votes.
    pub total: Total,
    /// The movie that got the most of these in one round.
    pub best: Option<Best>,
}

/// A reaction's votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The round that they were cast in.
    pub round: Round,
    /// See [`Revision`].
    pub revision: Revision,
    /// How many there are.
    pub votes: i64,
}

/// A place on the leaderboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Best {
    /// The movie's title.
    pub movie: String,
    /// How many votes it had.
    pub votes: i64,
}

id! {
    /// A message's id.
    MessageId
}

/// What somebody said in the chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// What whoever said it is called; any text, empty if they did not say.
    pub name: String,
    /// Any text.
    pub text: String,
    /// When, by the cloud's clock.
    pub sent: UnixTime,
}

/// A row of the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    place: Place,
    /// What it is.
    pub is: Is,
}

/// What a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Is {
    Movie(Movie),
    Review(Review),
    Message(Message),
}

/// Where a row stands: the messages below, the newest of them on top. It also names the row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Place {
    Message(UnixTime, MessageId),
    Review(Reverse<Reaction>),
    Movie,
}

impl From<Is> for Item {
    fn from(is: Is) -> Self {
        let place = match &is {
            Is::Movie(_) => Place::Movie,
            Is::Review(review) => Place::Review(Reverse(review.reaction)),
            Is::Message(message) => Place::Message(message.sent, message.id.clone()),
        };
        Self { place, is }
    }
}

impl Row for Item {
    type Key = Place;
    type Position = Place;
    type Patch = Infallible;

    fn key(&self) -> &Place {
        &self.place
    }

    fn position(&self) -> Place {
        self.place.clone()
    }

    fn revision(&self) -> Revision {
        match &self.is {
            Is::Movie(movie) => movie.revision,
            Is::Review(review) => review.total.revision,
            // What is said is said.
            Is::Message(_) => Revision(1),
        }
    }

    fn expires(&self) -> Option<UnixTime> {
        match &self.is {
            Is::Message(message) => Some(message.sent.plus_millis(KEPT)),
            Is::Movie(_) | Is::Review(_) => None,
        }
    }
}

/// The movie that is shown, if it is known.
#[must_use]
pub fn movie(rows: &[Entry<Item>]) -> Option<&Movie> {
    rows.iter().find_map(|entry| match &entry.row.is {
        Is::Movie(movie) => Some(movie),
        _ => None,
    })
}

/// What is known of the reactions.
pub fn reviews(rows: &[Entry<Item>]) -> impl Iterator<Item = &Review> {
    rows.iter().filter_map(|entry| match &entry.row.is {
        Is::Review(review) => Some(review),
        _ => None,
    })
}

/// The messages, the newest first.
pub fn messages(rows: &[Entry<Item>]) -> impl Iterator<Item = &Message> {
    rows.iter().filter_map(|entry| match &entry.row.is {
        Is::Message(message) => Some(message),
        _ => None,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::live::window::{Change, Window};

    pub(in crate::movies) fn message(id: &str, sent: i64) -> Message {
        Message {
            id: id.into(),
            name: "ida".into(),
            text: format!("text of {id}"),
            sent: UnixTime(sent),
        }
    }

    fn review(reaction: Reaction, revision: i64) -> Review {
        let total = Total {
            round: Round(1),
            revision: Revision(revision),
            votes: revision,
        };
        Review {
            reaction,
            total,
            best: None,
        }
    }

    pub(in crate::movies) fn film(round: i64, ends: Option<i64>) -> Movie {
        Movie {
            name: "A Film".into(),
            poster: None,
            date: "2026-02-02".into(),
            plot: String::new(),
            round: Round(round),
            revision: Revision(round),
            ends: ends.map(UnixTime),
        }
    }

    pub(in crate::movies) fn window(items: impl IntoIterator<Item = Is>) -> Window<Item> {
        let mut window = Window::new(10);
        for item in items {
            window.apply(Change::Put(item.into()), UnixTime(0));
        }
        window
    }

    #[test]
    fn ids_and_reactions_belong_to_each_other() {
        for reaction in Reaction::ALL {
            assert_eq!(Reaction::of(reaction.id()), Some(reaction));
            assert!(!reaction.words().is_empty());
        }
        assert_eq!(Reaction::of("6"), None);
        assert_eq!(Reaction::of(""), None);
    }

    #[test]
    fn one_window_holds_the_movie_the_reactions_and_the_messages() {
        let window = window([
            Is::Message(message("a", 5)),
            Is::Review(review(Reaction::Hate, 1)),
            Is::Message(message("c", 9)),
            Is::Movie(film(3, None)),
            Is::Review(review(Reaction::Love, 1)),
            Is::Message(message("b", 9)),
            Is::Review(review(Reaction::Love, 4)),
        ]);
        let rows = window.rows();
        assert_eq!(movie(rows), Some(&film(3, None)));
        let told: Vec<_> = reviews(rows)
            .map(|review| (review.reaction, review.total.votes))
            .collect();
        assert_eq!(told, [(Reaction::Love, 4), (Reaction::Hate, 1)]);
        let ids: Vec<_> = messages(rows).map(|message| message.id.as_str()).collect();
        assert_eq!(ids, ["c", "b", "a"]);
    }

    #[test]
    fn only_messages_are_forgotten() {
        let mut window = window([
            Is::Movie(film(3, None)),
            Is::Message(message("a", 5)),
            Is::Message(message("b", 6)),
        ]);
        assert!(window.expire(UnixTime(KEPT + 5)));
        assert!(window.expire(UnixTime(i64::MAX)));
        assert_eq!(window.rows().len(), 1);
    }
}

//! Movies, reactions and what a rotation makes of them. Pure: the same rows always come to the same.

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

use crate::moment::Moment;

/// The id of the current movie.
pub const CURRENT: &str = "0";

/// The reactions there are: ids and types.
pub const REACTIONS: [(&str, &str); 5] = [
    ("1", "love"),
    ("2", "like"),
    ("3", "meh"),
    ("4", "unknown"),
    ("5", "hate"),
];

/// A movie as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Movie {
    /// Its key.
    pub id: String,
    /// What is known of the film.
    #[serde(flatten)]
    pub film: Film,
    /// Which round of voting it is shown in; only the current one has one.
    pub round: Option<u32>,
    /// Starts at 1 and grows by one with each write.
    pub revision: u32,
    /// When the round ends; nothing while nothing rotates.
    pub ends_at: Option<Moment>,
}

/// A film.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Film {
    /// Its title.
    pub name: Option<String>,
    /// The address of its poster.
    pub poster: Option<String>,
    /// The day it came out.
    pub date: Option<String>,
    /// What it is about.
    pub plot: Option<String>,
}

/// A reaction as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// One of [`REACTIONS`].
    pub id: String,
    /// Its type, such as `love`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Of this round so far. A vote adds to the row without looking at it, so there may be more in it than GraphQL's
    /// `Int` can tell: then this is as many as it can.
    #[serde(default, deserialize_with = "as_many_as_can_be_told")]
    pub votes: Option<i32>,
    /// The movie that got the most of these in one round.
    pub top_movie: Option<String>,
    /// How many those were.
    #[serde(default, deserialize_with = "as_many_as_can_be_told")]
    pub top_votes: Option<i32>,
    /// The round that the votes belong to.
    pub round: u32,
    /// Starts at 1 and grows by one with each write.
    pub revision: u32,
}

fn as_many_as_can_be_told<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i32>, D::Error> {
    let kept = Option::<i64>::deserialize(deserializer)?;
    Ok(kept.map(|kept| i32::try_from(kept.max(0)).unwrap_or(i32::MAX)))
}

impl Review {
    /// A reaction that nobody has had yet.
    #[must_use]
    pub fn fresh(id: &str, round: u32) -> Self {
        let known = REACTIONS.iter().find(|(known, _)| *known == id);
        Self {
            id: id.to_owned(),
            kind: known.map(|(_, kind)| (*kind).to_owned()),
            votes: Some(0),
            top_movie: None,
            top_votes: Some(0),
            round,
            revision: 1,
        }
    }

    /// The next round begins: if this one's votes are more than the best ones, its movie and they are the best now;
    /// the votes begin anew.
    #[must_use]
    pub fn rotated(self, movie: Option<&str>, next_round: u32) -> Self {
        let votes = self.votes.unwrap_or(0);
        let best = self.top_votes.unwrap_or(0);
        let (top_movie, top_votes) = if votes > best {
            (movie.map(str::to_owned), votes)
        } else {
            (self.top_movie, best)
        };
        Self {
            votes: Some(0),
            top_movie,
            top_votes: Some(top_votes),
            round: next_round,
            revision: self.revision + 1,
            ..self
        }
    }
}

impl Movie {
    /// The first movie of all.
    #[must_use]
    pub fn first(film: Film, ends_at: Option<OffsetDateTime>) -> Self {
        Self {
            id: CURRENT.to_owned(),
            film,
            round: Some(1),
            revision: 1,
            ends_at: ends_at.map(Moment::from),
        }
    }

    /// The next movie takes this one's place.
    #[must_use]
    pub fn followed_by(self, film: Film, ends_at: OffsetDateTime) -> Self {
        Self {
            id: self.id,
            film,
            round: Some(self.round.unwrap_or(0) + 1),
            revision: self.revision + 1,
            ends_at: Some(Moment::from(ends_at)),
        }
    }
}

//! What the movies API says, turned into what the models know. Parsed once, here.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use appsync::{Client, Error, Event, State};
use aws_guest::Guest;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::stream::{Stream, StreamExt};
use json::Value;
use net::UnixTime;
use net::civil::rfc3339;

use super::chat::{self, Draft};
use super::model::{Best, Is, Item, Message, Movie, Reaction, Review, Round, Total};
use super::votes::{self, Batch};
use crate::live::erased::{self, Any, Changes};
use crate::live::flight::Token;
use crate::live::gapless::{Incoming, Page};
use crate::live::several::whole;
use crate::live::source::Paged;
use crate::live::window::{Change, Revision};
use crate::live::{Asked, Source};
use crate::{api, config};

// The operations' types, made from `graphql/movies/` when the page is built: the module `schema`.
include!(concat!(env!("OUT_DIR"), "/movies.rs"));

use schema::shared::{MessageFields, MovieFields, ReactionFields, ReviewFields};

/// As many messages as the server gives at once.
const PAGE: i64 = 100;

/// The movies API.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    guest: Guest,
    /// Where posters may come from beside the page's own origin.
    images: Option<String>,
}

impl Api {
    /// The API of a configuration, seen from a page of this origin, for this guest.
    #[must_use]
    pub fn new(movies: &config::Movies, guest: Guest, origin: &str) -> Self {
        Self {
            client: api::client(&movies.api, &guest, origin),
            guest,
            images: movies.images.as_ref().map(|images| images.resolve(origin)),
        }
    }

    /// The time, as the cloud has it.
    #[must_use]
    pub fn now(&self) -> UnixTime {
        self.guest.now()
    }

    /// Sends a batch of votes.
    pub fn vote(&self, batch: &Batch, token: Token) -> Asked<votes::Outcome> {
        let input = schema::add_votes::AddVotesInput {
            id: batch.reaction.id().to_owned(),
            count: i64::from(batch.count),
            round: batch.round.0,
            token: token.0,
        };
        let variables = schema::add_votes::Variables { input };
        api::ask::<schema::AddVotes, _>(&self.client, variables, |answer| match answer {
            Ok(data) => match data.add_votes.and_then(review) {
                Some(review) => votes::Outcome::Counted(review.total),
                None => votes::Outcome::Refused("the answer cannot be read".to_owned()),
            },
            Err(error) if api::is_about(&error, "StaleRound") => votes::Outcome::Late,
            Err(error) if api::is_open(&error) => votes::Outcome::Unknown,
            Err(error) => votes::Outcome::Refused(api::words(&error)),
        })
    }

    /// Has a batch burst on every screen; nobody waits for that, and what is lost is lost.
    pub fn burst(&self, batch: &Batch, token: Token) -> Asked<()> {
        let input = schema::send_reaction::SendReactionInput {
            id: batch.reaction.id().to_owned(),
            count: i64::from(batch.count),
            token: token.0,
        };
        let variables = schema::send_reaction::Variables { input };
        Asked::new(self.client.ask::<schema::SendReaction>(variables), drop)
    }

    /// Says something.
    pub fn say(&self, draft: Draft, token: Token) -> Asked<chat::Outcome> {
        let variables = schema::create_message::Variables {
            message: draft.text,
            name: Some(draft.name),
            token: Some(token.0),
        };
        api::ask::<schema::CreateMessage, _>(&self.client, variables, |answer| match answer {
            Ok(data) => match data.create_message.and_then(message) {
                Some(message) => chat::Outcome::Said(message),
                None => chat::Outcome::Refused("the answer cannot be read".to_owned()),
            },
            Err(error) if api::is_open(&error) => chat::Outcome::Unknown,
            Err(error) => {
                let why = api::words(&error);
                if api::is_about(&error, "RateLimited") {
                    let wait = wait(&why);
                    return chat::Outcome::TooMany { why, wait };
                }
                chat::Outcome::Refused(why)
            }
        })
    }

    /// The bursts on every screen, as they come; and why none can come, once.
    pub fn bursts(&self) -> impl Stream<Item = Option<Result<Burst, String>>> + Unpin + use<> {
        let variables = schema::on_send_reaction::Variables {};
        let told = self.client.subscribe::<schema::OnSendReaction>(variables);
        let bursts = told.made(|data| burst(data.on_send_reaction?));
        bursts.map(|event| match event {
            Event::Data(burst) => Some(Ok(burst)),
            Event::State(State::Failed(cause)) => Some(Err(cause.to_string())),
            // Nothing is kept of bursts: what is missed is missed.
            Event::State(_) | Event::Incomplete(_) => None,
        })
    }

    /// Where the page gets a poster from; none from where its policy lets no pictures come.
    #[must_use]
    pub fn picture<'a>(&self, poster: &'a str) -> Option<&'a str> {
        let is_ours = poster.starts_with('/') && !poster.starts_with("//");
        let images = self.images.as_deref();
        let is_known = images.is_some_and(|images| poster.starts_with(images));
        (is_ours || is_known).then_some(poster)
    }
}

/// Reactions that burst on every screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// Which.
    pub reaction: Reaction,
    /// How many at once.
    pub count: u32,
}

/// The current movie, the reactions and the chat, as they are and as they change.
#[derive(Debug)]
pub struct Movies {
    api: Api,
    here: Mutex<Option<UnboundedReceiver<Incoming<Any>>>>,
}

/// Tells the view what the page itself knows.
#[derive(Debug, Clone)]
pub struct Here(UnboundedSender<Incoming<Any>>);

impl Here {
    /// The reader wants to see so many messages more.
    pub fn wider(&self, by: usize) {
        self.tell(Incoming::Widen(by));
    }

    /// This was said: the answer is there, whether or not the subscription has told of it.
    pub fn said(&self, message: Message) {
        let message = Change::Put(Item::from(Is::Message(message)));
        self.tell(Incoming::Change(erased::change(message)));
    }

    fn tell(&self, known: Incoming<Any>) {
        // Without a view nobody looks.
        let _ = self.0.unbounded_send(known);
    }
}

impl Movies {
    /// Everything, and what tells the view of it more.
    #[must_use]
    pub fn new(api: Api) -> (Self, Here) {
        let (tell, here) = unbounded();
        let here = Mutex::new(Some(here));
        (Self { api, here }, Here(tell))
    }
}

impl Source for Movies {
    type Row = Item;

    fn subscribe(&self) -> Changes<Item> {
        let client = &self.api.client;
        let put = |is: Is| Some(Change::Put(Item::from(is)));
        let movies = schema::on_update_movies::Variables {};
        let movies = client.subscribe::<schema::OnUpdateMovies>(movies);
        let reviews = schema::on_update_reviews::Variables {};
        let reviews = client.subscribe::<schema::OnUpdateReviews>(reviews);
        let messages = schema::on_create_message::Variables {};
        let messages = client.subscribe::<schema::OnCreateMessage>(messages);
        let parts = [
            // What is told is what somebody selected, and that may be a guest: it is applied only if all that is shown of
            // the row is in it. In a snapshot what is null is so.
            api::changes(movies, move |data| {
                let row = data.on_update_movies?;
                row.round?;
                put(movie(row)?)
            }),
            api::changes(reviews, move |data| {
                let row = data.on_update_reviews?;
                row.round?;
                if row.top_votes? > 0 {
                    row.top_movie.as_ref()?;
                }
                put(Is::Review(review(row)?))
            }),
            api::changes(messages, move |data| {
                let row = data.on_create_message?;
                row.name.as_ref()?;
                put(Is::Message(message(row)?))
            }),
        ];
        let here = self.here.lock();
        let here = here.unwrap_or_else(PoisonError::into_inner).take();
        whole(parts).beside(here)
    }

    fn page(&self, after: Option<String>) -> Asked<Paged<Item>> {
        let is_first = after.is_none();
        let variables = schema::screen::Variables {
            limit: Some(PAGE),
            next_token: after,
        };
        let answer = self.api.client.ask::<schema::Screen>(variables);
        Asked::new(answer, move |answer| page(answer, is_first))
    }

    fn now(&self) -> UnixTime {
        self.api.now()
    }
}

fn page(answer: Result<Value, Error>, is_first: bool) -> Paged<Item> {
    let answer: schema::screen::ResponseData = api::read(answer)?;
    let (mut rows, mut next) = (Vec::new(), None);
    // A row of a kind that this page does not know is not shown; the others are.
    let mut show = |row: Option<Is>| {
        if let Some(is) = row {
            rows.push(Item::from(is));
        }
    };
    // They come with every page, and each row of a snapshot is counted.
    if is_first {
        show(answer.get_movies.and_then(movie));
        if let Some(reviews) = answer.list_reviewss.and_then(|reviews| reviews.items) {
            for row in reviews {
                show(row.and_then(review).map(Is::Review));
            }
        }
    }
    if let Some(messages) = answer.list_messages {
        next = messages.next_token;
        for row in messages.items {
            show(message(row).map(Is::Message));
        }
    }
    Ok(Page { rows, next })
}

/// How long there is no room for a message, as a refusal says it at its end ("… write on in 5 s"); where it does not, as
/// long as the schema's rule has it.
fn wait(words: &str) -> Duration {
    let seconds = words.rsplit(' ').nth(1).and_then(|it| it.parse().ok());
    Duration::from_secs(seconds.unwrap_or(5))
}

// Fields are null where a publisher did not select them: then there is nothing to be applied.

fn movie(row: MovieFields) -> Option<Is> {
    let ends = match row.ends_at {
        Some(at) => Some(rfc3339(&at)?),
        None => None,
    };
    Some(Is::Movie(Movie {
        name: row.name?,
        poster: row.poster,
        date: row.date.unwrap_or_default(),
        plot: row.plot.unwrap_or_default(),
        round: Round(row.round.unwrap_or_default()),
        revision: Revision(row.revision?),
        ends,
    }))
}

fn review(row: ReviewFields) -> Option<Review> {
    let total = Total {
        round: Round(row.round.unwrap_or_default()),
        revision: Revision(row.revision?),
        votes: row.votes?,
    };
    let best = row.top_movie.filter(|movie| !movie.is_empty());
    let best = best.map(|movie| Best {
        movie,
        votes: row.top_votes.unwrap_or_default(),
    });
    Some(Review {
        reaction: Reaction::of(&row.id)?,
        total,
        best,
    })
}

fn message(row: MessageFields) -> Option<Message> {
    Some(Message {
        id: row.id?.as_str().into(),
        name: row.name.unwrap_or_default(),
        text: row.message?,
        sent: rfc3339(&row.sent_at?)?,
    })
}

fn burst(row: ReactionFields) -> Option<Burst> {
    Some(Burst {
        reaction: Reaction::of(&row.id)?,
        // More than that nobody can see.
        count: u32::try_from(row.count.clamp(0, 100)).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::agreement;

    #[test]
    fn the_movie_and_the_reactions_are_of_the_first_page() {
        let answer = || {
            let answer = json!({
                "getMovies": {"id": "0", "name": "Metropolis", "round": 3, "revision": 8},
                "listReviewss": {"items": [{"id": "1", "votes": 12, "round": 3, "revision": 4}]},
                "listMessages": {
                    "items": [{"id": "m", "name": null, "message": "Hello", "sentAt": "2026-02-02T20:00:00Z"}],
                    "nextToken": "next"
                }
            });
            Ok(Value::from(answer))
        };
        for (is_first, rows) in [(true, 3), (false, 1)] {
            let page = page(answer(), is_first).unwrap();
            assert_eq!(
                (page.rows.len(), page.next.as_deref()),
                (rows, Some("next"))
            );
        }
    }

    #[test]
    fn a_refusal_says_how_long_to_wait() {
        let five = Duration::from_secs(5);
        for (words, wait_for) in [
            (
                "5 messages in 5 seconds are enough: write on in 3 s",
                Duration::from_secs(3),
            ),
            ("write on in a while", five),
            ("", five),
        ] {
            assert_eq!(wait(words), wait_for, "{words}");
        }
    }

    #[test]
    fn answers_are_read_and_variables_written_as_serde_does_it() {
        agreement::on_reading::<schema::screen::ResponseData>(&json!({
            "getMovies": {
                "id": "0", "name": "Metropolis", "poster": "/m.svg", "date": "1927-01-10", "plot": "A city.",
                "round": 3, "revision": 8, "endsAt": "2026-02-02T20:00:00Z"
            },
            "listReviewss": {"items": [null, {
                "id": "1", "type": "love", "votes": 12, "topMovie": "M", "topVotes": 9, "round": 3, "revision": 4
            }]},
            "listMessages": {
                "items": [{"id": "m", "name": "A", "message": "Hello", "sentAt": "2026-02-02T20:00:00Z"}],
                "nextToken": null
            }
        }));
        agreement::on_reading::<schema::on_send_reaction::ResponseData>(
            &json!({"onSendReaction": {"id": "1", "count": 3}}),
        );
        let input = schema::add_votes::AddVotesInput {
            id: "1".to_owned(),
            count: 2,
            round: 3,
            token: "t".to_owned(),
        };
        agreement::on_writing(schema::add_votes::Variables { input });
    }
}

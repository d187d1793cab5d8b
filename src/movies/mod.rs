//! Movies: one for everyone, votes and their leaderboard, a chat.

pub mod chat;
pub mod model;
pub mod pace;
pub mod view;
pub mod votes;
pub mod wire;

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use net::Instant;
use net::life::Life;

use crate::live::flight::Token;
use crate::live::{self, Link, View};
use crate::ui::{ReadLink, effect};
use chat::{Draft, Outbox};
use model::{Item, MessageId, Reaction, movie, reviews};
use votes::Votes;
use wire::{Api, Movies, Wider};

/// The chat begins with the newest messages, so many, and reaches back by as many when the reader asks for older ones.
pub const MESSAGES: usize = 200;
/// Beside the messages the view holds the movie and the five reactions.
const WINDOW: usize = MESSAGES + 1 + Reaction::ALL.len();
/// Longer than that nobody waits for an answer: it is sent again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where the visitor's own messages are kept between visits, to be marked as such.
const OWN: &str = "eddy.movies.own";

/// What the page knows of movies, whatever screen is shown.
#[derive(Clone)]
pub struct Live {
    /// Where they come from.
    pub api: Api,
    /// The movie, the reactions, the newest messages.
    pub view: ReadSignal<View<Item>>,
    /// The visitor's votes.
    pub votes: RwSignal<Votes>,
    /// The visitor's messages on their way.
    pub outbox: RwSignal<Outbox>,
    wider: Wider,
    /// When what is on its way is looked after next.
    armed: StoredValue<Option<Instant>>,
}

impl Live {
    /// Follows them for as long as the current owner lives.
    #[must_use]
    pub fn start(api: Api) -> Self {
        let (source, wider) = Movies::new(api.clone());
        let own = net::storage::get(OWN).unwrap_or_default();
        let own = own.split_whitespace().map(MessageId::from).collect();
        let movies = Self {
            api,
            view: live::follow(source, WINDOW),
            votes: RwSignal::new(Votes::new()),
            outbox: RwSignal::new(Outbox::with_own(own)),
            wider,
            armed: StoredValue::new(None),
        };
        let (view, votes) = (movies.view, movies.votes);
        effect(move || {
            view.with(|view| {
                let rows = view.window.rows();
                let totals = reviews(rows).map(|review| (review.reaction, &review.total));
                votes.maybe_update(|votes| votes.observe(movie(rows).map(|it| it.round), totals));
            });
        });
        // What failed is sent again at once when there is a reason to.
        let again = movies.clone();
        let is_live = Memo::new(move |_| view.with(|view| view.link == Link::Live));
        effect(move || {
            if is_live.get() {
                again.hurry();
            }
        });
        let again = movies.clone();
        live::each(net::life::events(), move |event| {
            if matches!(event, Life::Online | Life::Wake | Life::Visible) {
                again.hurry();
            }
        });
        movies
    }

    /// The state of the link behind them.
    #[must_use]
    pub fn link(&self) -> ReadLink {
        let view = self.view;
        Arc::new(move || view.with(|view| view.link.clone()))
    }

    /// A click.
    pub fn vote(&self, reaction: Reaction) {
        self.votes.update(|votes| votes.cast(reaction, net::now()));
        self.send();
    }

    /// Something to be said.
    pub fn say(&self, draft: Draft) {
        self.outbox.update(|outbox| outbox.say(draft));
        self.send();
    }

    /// Wants older messages.
    pub fn reach_back(&self) {
        self.wider.by(MESSAGES);
    }

    fn hurry(&self) {
        let now = net::now();
        self.votes.update_untracked(|votes| votes.hurry(now));
        self.outbox.update_untracked(|outbox| outbox.hurry(now));
        self.send();
    }

    /// Sends what is due, and comes back when the next is. Signals may be gone with their owner: then nothing is.
    fn send(&self) {
        let now = net::now();
        let token = || Token(net::random::uuid());
        let batch = || {
            self.votes.try_maybe_update(|votes| {
                let sent = votes.poll(now, token);
                (sent.is_some(), sent)
            })
        };
        while let Some(Some((batch, token))) = batch() {
            let movies = self.clone();
            net::spawn(async move {
                let reaction = batch.reaction;
                let vote = movies.api.vote(batch.clone(), token);
                let outcome = net::within(PATIENCE, vote).await;
                let outcome = outcome.unwrap_or(votes::Outcome::Unknown);
                let counted = matches!(outcome, votes::Outcome::Counted(_));
                let (now, unit) = (net::now(), net::random::unit());
                let _ = movies
                    .votes
                    .try_update(|votes| votes.answered(reaction, outcome, now, unit));
                movies.send();
                if counted {
                    let token = Token(net::random::uuid());
                    movies.api.burst(batch, token).await;
                }
            });
        }
        let draft = self.outbox.try_maybe_update(|outbox| {
            let sent = outbox.poll(now, token);
            (sent.is_some(), sent)
        });
        if let Some(Some((draft, token))) = draft {
            let movies = self.clone();
            net::spawn(async move {
                let said = net::within(PATIENCE, movies.api.say(draft, token)).await;
                let outcome = said.unwrap_or(chat::Outcome::Unknown);
                let (now, unit) = (net::now(), net::random::unit());
                let _ = movies.outbox.try_update(|outbox| {
                    outbox.answered(outcome, now, unit);
                    keep(outbox.own());
                });
                movies.send();
            });
        }
        self.arm();
    }

    /// Sends again when something is due, unless that will happen anyway.
    fn arm(&self) {
        let votes = self.votes.try_with_untracked(Votes::deadline).flatten();
        let outbox = self.outbox.try_with_untracked(Outbox::deadline).flatten();
        let Some(at) = votes.into_iter().chain(outbox).min() else {
            return;
        };
        let is_armed = |armed: &mut Option<Instant>| {
            let is_armed = armed.is_some_and(|armed| armed <= at);
            if !is_armed {
                *armed = Some(at);
            }
            is_armed
        };
        if self.armed.try_update_value(is_armed) == Some(false) {
            let movies = self.clone();
            net::spawn(async move {
                net::sleep_until(at).await;
                let _ = movies.armed.try_update_value(|armed| {
                    if *armed == Some(at) {
                        *armed = None;
                    }
                });
                movies.send();
            });
        }
    }
}

fn keep(own: &[MessageId]) {
    let ids: Vec<_> = own.iter().map(MessageId::as_str).collect();
    net::storage::set(OWN, &ids.join(" "));
}

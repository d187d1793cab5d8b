//! Movies: one for everyone, votes and their leaderboard, a chat.

pub mod chat;
pub mod model;
pub mod pace;
pub mod view;
pub mod votes;
pub mod wire;

use std::time::Duration;

use crate::ui::signal::{ReadSignal, RwSignal, once};
use leptos::prelude::*;
use net::UnixTime;

use crate::live::again::{self, Alarm};
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

/// What the page knows of movies, whatever screen is shown. Handles only: what is done with them is generated once.
#[derive(Clone, Copy)]
pub struct Live {
    /// Where they come from.
    api: StoredValue<Api>,
    /// The movie, the reactions, the newest messages.
    pub view: ReadSignal<View<Item>>,
    /// The visitor's votes.
    pub votes: RwSignal<Votes>,
    /// The visitor's messages on their way.
    pub outbox: RwSignal<Outbox>,
    wider: StoredValue<Wider>,
    /// When what is on its way is looked after next.
    alarm: Alarm,
}

impl Live {
    /// Follows them for as long as the current owner lives.
    #[must_use]
    pub fn start(api: Api) -> Self {
        let (source, wider) = Movies::new(api.clone());
        let own = net::storage::get(OWN).unwrap_or_default();
        let own = own.split_whitespace().map(MessageId::from).collect();
        let movies = Self {
            api: StoredValue::new(api),
            view: live::follow(source, WINDOW),
            votes: RwSignal::new(Votes::new()),
            outbox: RwSignal::new(Outbox::with_own(own)),
            wider: StoredValue::new(wider),
            alarm: Alarm::new(),
        };
        let (votes, mut was_live) = (movies.votes, false);
        effect(move || {
            let is_live = movies.with(|view| {
                let rows = view.window.rows();
                let totals = reviews(rows).map(|review| (review.reaction, &review.total));
                votes.maybe_update(|votes| votes.observe(movie(rows).map(|it| it.round), totals));
                view.link == Link::Live
            });
            // What failed is sent again at once when there is a reason to.
            if is_live && !was_live {
                movies.hurry();
            }
            was_live = is_live;
        });
        again::on_return(move || movies.hurry());
        movies
    }

    /// Reads what is shown, and runs anew when that changes. A closure that reads a signal weighs far more in the page
    /// than one that is handed what is in it.
    pub fn with<T: Default>(self, read: impl FnOnce(&View<Item>) -> T) -> T {
        once(|read| self.look(read), read)
    }

    fn look(self, read: &mut dyn FnMut(&View<Item>)) {
        self.view.with(|view| read(view));
    }

    /// The same of the visitor's votes.
    fn tally<T: Default>(self, read: impl FnOnce(&Votes) -> T) -> T {
        once(|read| self.count(read), read)
    }

    fn count(self, read: &mut dyn FnMut(&Votes)) {
        self.votes.with(|votes| read(votes));
    }

    /// The state of the link behind them.
    #[must_use]
    pub fn link(self) -> ReadLink {
        live::link_of(self.view)
    }

    /// See [`Api::picture`].
    fn picture(self, poster: &str) -> Option<String> {
        let read = |api: &Api| api.picture(poster).map(str::to_owned);
        self.api.with_value(read)
    }

    /// The time, as the cloud has it.
    fn now(self) -> UnixTime {
        self.api.with_value(Api::now)
    }

    /// A click.
    pub fn vote(self, reaction: Reaction) {
        self.votes.update(|votes| votes.cast(reaction, net::now()));
        self.send();
    }

    /// Something to be said.
    pub fn say(self, draft: Draft) {
        self.outbox.update(|outbox| outbox.say(draft));
        self.send();
    }

    /// Wants older messages.
    pub fn reach_back(self) {
        self.wider.with_value(|wider| wider.by(MESSAGES));
    }

    fn hurry(self) {
        let now = net::now();
        self.votes.update_untracked(|votes| votes.hurry(now));
        self.outbox.update_untracked(|outbox| outbox.hurry(now));
        self.send();
    }

    /// Sends what is due, and comes back when the next is. Signals may be gone with their owner: then nothing is.
    fn send(self) {
        let Some(api) = self.api.try_get_value() else {
            return;
        };
        let now = net::now();
        let token = || Token(net::random::uuid());
        let batch = || {
            self.votes.try_maybe_update(|votes| {
                let sent = votes.poll(now, token);
                (sent.is_some(), sent)
            })
        };
        while let Some(Some((batch, token))) = batch() {
            let api = api.clone();
            net::spawn(async move {
                let reaction = batch.reaction;
                let vote = api.vote(batch.clone(), token);
                let outcome = net::within(PATIENCE, vote).await;
                let outcome = outcome.unwrap_or(votes::Outcome::Unknown);
                let counted = matches!(outcome, votes::Outcome::Counted(_));
                let (now, unit) = (net::now(), net::random::unit());
                let _ = self
                    .votes
                    .try_update(|votes| votes.answered(reaction, outcome, now, unit));
                self.send();
                if counted {
                    let token = Token(net::random::uuid());
                    api.burst(batch, token).await;
                }
            });
        }
        let draft = self.outbox.try_maybe_update(|outbox| {
            let sent = outbox.poll(now, token);
            (sent.is_some(), sent)
        });
        if let Some(Some((draft, token))) = draft {
            net::spawn(async move {
                let said = net::within(PATIENCE, api.say(draft, token)).await;
                let outcome = said.unwrap_or(chat::Outcome::Unknown);
                let (now, unit) = (net::now(), net::random::unit());
                let _ = self.outbox.try_update(|outbox| {
                    outbox.answered(outcome, now, unit);
                    keep(outbox.own());
                });
                self.send();
            });
        }
        self.arm();
    }

    /// Sends again when something is due, unless that will happen anyway.
    fn arm(self) {
        let votes = self.votes.try_with_untracked(Votes::deadline).flatten();
        let outbox = self.outbox.try_with_untracked(Outbox::deadline).flatten();
        let Some(at) = votes.into_iter().chain(outbox).min() else {
            return;
        };
        self.alarm.set(at, move || self.send());
    }
}

fn keep(own: &[MessageId]) {
    let ids: Vec<_> = own.iter().map(MessageId::as_str).collect();
    net::storage::set(OWN, &ids.join(" "));
}

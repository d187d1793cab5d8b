//! Movies: one for everyone, votes and their leaderboard, a chat.

pub mod chat;
pub mod model;
pub mod pace;
pub mod view;
pub mod votes;
pub mod wire;

use crate::ui::signal::{ReadSignal, RwSignal, once};
use net::UnixTime;

use crate::live::again::{self, Alarm};
use crate::live::flight::Token;
use crate::live::{self, Link, View};
use crate::ui::{ReadLink, effect};
use chat::{Draft, Outbox};
use model::{Item, MessageId, Reaction, movie, reviews};
use votes::{Batch, Votes};
use wire::{Api, Here, Movies};

/// The chat begins with the newest messages, so many, and reaches back by as many when the reader asks for older ones.
pub const MESSAGES: usize = 200;
/// Beside the messages the view holds the movie and the five reactions.
const WINDOW: usize = MESSAGES + 1 + Reaction::ALL.len();
/// Where the visitor's own messages are kept between visits, to be marked as such.
const OWN: &str = "eddy.movies.own";

/// What the page knows of movies, whatever screen is shown.
pub struct Live {
    /// Where they come from.
    api: Api,
    /// The movie, the reactions, the newest messages.
    pub view: ReadSignal<View<Item>>,
    /// The visitor's votes.
    pub votes: RwSignal<Votes>,
    /// The visitor's messages on their way.
    pub outbox: RwSignal<Outbox>,
    /// What the page itself knows, for the view.
    here: Here,
    /// When what is on its way is looked after next.
    alarm: Alarm,
}

impl Live {
    /// Follows them for as long as the page is open. To be called once, under the page's own owner.
    #[must_use]
    pub fn start(api: Api) -> &'static Self {
        let (source, here) = Movies::new(api.clone());
        let own = net::storage::get(OWN).unwrap_or_default();
        let own = own.split_whitespace().map(MessageId::from).collect();
        let movies = live::forever(Self {
            api,
            view: live::follow(source, WINDOW),
            votes: RwSignal::new(Votes::new()),
            outbox: RwSignal::new(Outbox::with_own(own)),
            here,
            alarm: Alarm::new(),
        });
        let mut was_live = false;
        effect(move || {
            let is_live = movies.with(|view| {
                let rows = view.window.rows();
                let totals = reviews(rows).map(|review| (review.reaction, &review.total));
                let round = movie(rows).map(|it| it.round);
                movies
                    .votes
                    .maybe_update(|votes| votes.observe(round, totals));
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
    pub fn with<T: Default>(&self, read: impl FnOnce(&View<Item>) -> T) -> T {
        once(|read| self.look(read), read)
    }

    fn look(&self, read: &mut dyn FnMut(&View<Item>)) {
        self.view.with(|view| read(view));
    }

    /// The same of the visitor's votes.
    fn tally<T: Default>(&self, read: impl FnOnce(&Votes) -> T) -> T {
        once(|read| self.count(read), read)
    }

    fn count(&self, read: &mut dyn FnMut(&Votes)) {
        self.votes.with(|votes| read(votes));
    }

    /// The state of the link behind them.
    #[must_use]
    pub fn link(&self) -> ReadLink {
        live::link_of(self.view)
    }

    /// See [`Api::picture`].
    fn picture(&self, poster: &str) -> Option<String> {
        self.api.picture(poster).map(str::to_owned)
    }

    /// The time, as the cloud has it.
    fn now(&self) -> UnixTime {
        self.api.now()
    }

    /// A click.
    pub fn vote(&'static self, reaction: Reaction) {
        self.votes.update(|votes| votes.cast(reaction, net::now()));
        self.send();
    }

    /// Something to be said.
    pub fn say(&'static self, draft: Draft) {
        self.outbox.update(|outbox| outbox.say(draft));
        self.send();
    }

    /// Wants older messages.
    pub fn reach_back(&self) {
        self.here.wider(MESSAGES);
    }

    fn hurry(&'static self) {
        let now = net::now();
        self.votes.update_untracked(|votes| votes.hurry(now));
        self.outbox.update_untracked(|outbox| outbox.hurry(now));
        self.send();
    }

    /// Sends what is due, and comes back when the next is.
    fn send(&'static self) {
        let (now, token) = (net::now(), || Token(net::random::uuid()));
        let batch = |votes: &mut Votes| {
            let sent = votes.poll(now, token);
            (sent.is_some(), sent)
        };
        while let Some(Some((batch, token))) = self.votes.try_maybe_update(batch) {
            let vote = self.api.vote(&batch, token);
            vote.told(move |outcome| self.voted(&batch, outcome));
        }
        let draft = |outbox: &mut Outbox| {
            let sent = outbox.poll(now, token);
            (sent.is_some(), sent)
        };
        if let Some(Some((draft, token))) = self.outbox.try_maybe_update(draft) {
            self.api
                .say(draft, token)
                .told(|outcome| self.said(outcome));
        }
        let votes = self.votes.with_untracked(Votes::deadline);
        let outbox = self.outbox.with_untracked(Outbox::deadline);
        if let Some(at) = votes.into_iter().chain(outbox).min() {
            self.alarm.set(at, || self.send());
        }
    }

    fn voted(&'static self, batch: &Batch, outcome: votes::Outcome) {
        let is_counted = matches!(outcome, votes::Outcome::Counted(_));
        let (reaction, now, unit) = (batch.reaction, net::now(), net::random::unit());
        self.votes
            .update(|votes| votes.answered(reaction, outcome, now, unit));
        self.send();
        if is_counted {
            let token = Token(net::random::uuid());
            self.api.burst(batch, token).told(drop);
        }
    }

    fn said(&'static self, outcome: chat::Outcome) {
        let (now, unit) = (net::now(), net::random::unit());
        if let chat::Outcome::Said(message) = &outcome {
            self.here.said(message.clone());
        }
        self.outbox.update(|outbox| {
            outbox.answered(outcome, now, unit);
            keep(outbox.own());
        });
        self.send();
    }
}

fn keep(own: &[MessageId]) {
    let ids: Vec<_> = own.iter().map(MessageId::as_str).collect();
    net::storage::set(OWN, &ids.join(" "));
}

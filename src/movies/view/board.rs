//! The leaderboard: for each reaction the movie that got the most of them in one round.

use leptos::prelude::*;

use crate::movies::Live;
use crate::movies::model::{Best, Reaction, reviews};
use crate::ui::{El, Words, el};

/// A line a reaction.
pub(super) fn board(movies: &Live, body: El) {
    let view = movies.view;
    let lines = Reaction::ALL.map(|reaction| {
        let best = Memo::new(move |_| {
            view.with(|view| {
                let mut reviews = reviews(view.window.rows());
                let review = reviews.find(|review| review.reaction == reaction);
                review.and_then(|review| review.best.clone())
            })
        });
        let told = move |read: fn(&Best) -> Words| {
            move || best.with(|best| best.as_ref().map_or("–".into(), read))
        };
        let name = el("th")
            .set("scope", "row")
            .child(super::icon(reaction))
            .text(reaction.words());
        el("tr")
            .set("data-reaction", reaction.id())
            .child(name)
            .child(
                el("td")
                    .set("dir", "auto")
                    .live(told(|best| best.movie.clone().into())),
            )
            .child(
                el("td")
                    .class("numeric is-end")
                    .live(told(|best| best.votes.to_string().into())),
            )
    });
    let _ = body.children(lines);
}

//! The leaderboard: for each reaction the movie that got the most of them in one round.

use crate::movies::Live;
use crate::movies::model::{Best, Reaction, reviews};
use crate::ui::{El, Words, el};

/// A line a reaction.
pub(super) fn board(movies: &'static Live, body: El) {
    let lines = Reaction::ALL.map(|reaction| {
        let told = move |read: fn(&Best) -> Words| {
            move || {
                let told = movies.with(|view| {
                    let mut reviews = reviews(view.window.rows());
                    let review = reviews.find(|review| review.reaction == reaction)?;
                    review.best.as_ref().map(read)
                });
                told.unwrap_or("–".into())
            }
        };
        let name = el("th")
            .set("scope", "row")
            .child(super::icon(reaction))
            .text(reaction.words());
        let film = told(|best| best.movie.clone().into());
        let votes = told(|best| best.votes.to_string().into());
        el("tr")
            .set("data-reaction", reaction.id())
            .child(name)
            .child(el("td").set("dir", "auto").live(film))
            .child(el("td").class("numeric is-end").live(votes))
    });
    let _ = body.children(lines);
}

//! The movies' screen: the film of the moment with its votes, the leaderboard, the chat. And their panel on the overview.

mod board;
mod bursts;
mod chat;
mod explanation;
mod film;
mod form;
mod now;

use super::Live;
use super::model::{Item, Reaction};
use crate::live::{Link, View};
use crate::ui::light::lit;
use crate::ui::{self, El, light, svg, template};
pub use now::now;

/// The movies' screen.
#[must_use]
pub fn screen(movies: &'static Live) -> El {
    let screen = template("movies");
    let film = screen.find(".film");
    let link = movies.link();
    let _ = film.find(".panel-head").child(light("movies", &link));
    film::show(film.find(".film-now"), film::showing(movies), film::film);
    film::round(movies, &film);
    film::vote(movies, &film);
    let come = bursts::bursts(movies, film.find(".sky"));
    let _ = film.find(".word").live(move || come.failed.get());
    board::board(movies, screen.find("tbody"));
    chat::chat(movies, &screen.find(".chat"));
    lit(ui::screen().class("page movies"), &link)
        .child(screen)
        .child(explanation::explanation(movies, come.bursts))
}

/// A reaction's picture.
fn icon(reaction: Reaction) -> El {
    let href = ["#reaction-", reaction.id()].concat();
    svg("svg")
        .class("icon")
        .set("viewBox", "0 0 24 24")
        .set("aria-hidden", "true")
        .child(svg("use").set("href", &href))
}

/// What stands where no movie is, by why that is so.
fn nothing(view: &View<Item>) -> &'static str {
    match &view.link {
        Link::Failed { .. } => "denied",
        _ if view.refused => "denied",
        _ if view.loaded => "no-movie",
        Link::Retrying { .. } if !view.reached => "no-cloud",
        _ => "film-loading",
    }
}

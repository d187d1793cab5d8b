//! The movies' screen: the film of the moment with its votes, the leaderboard, the chat. And their panel on the overview.

mod board;
mod bursts;
mod chat;
mod explanation;
mod film;
mod form;
mod now;

use leptos::prelude::*;

use super::Live;
use super::model::{Item, Movie, Reaction, movie};
use crate::live::{Link, View};
use crate::ui::light::lit;
use crate::ui::{self, El, light, svg, template};
pub use now::now;

/// The movies' screen.
#[must_use]
pub fn screen(movies: &Live) -> El {
    let screen = template("movies");
    let view = movies.view;
    let film = screen.find(".film");
    let _ = film
        .find(".panel-head")
        .child(light("movies", &movies.link()));
    let _ = film.find(".film-now").slot({
        let film = film::current(movies);
        let shown = Memo::new(move |_| view.with(nothing));
        move || match shown.get() {
            "" => film.with(|film| film.as_ref().map(film::film)),
            why => Some(template(why)),
        }
    });
    film::round(movies, &film);
    film::vote(movies, &film);
    let come = bursts::bursts(movies, film.find(".sky"));
    let _ = film.find(".word").live(move || come.failed.get());
    board::board(movies, screen.find("tbody"));
    chat::chat(movies, &screen.find(".chat"));
    lit(ui::screen().class("page movies"), &movies.link())
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

/// The movie of the moment, anew only when another is shown.
fn shown(view: ReadSignal<View<Item>>) -> Memo<Option<Movie>> {
    Memo::new(move |_| view.with(|view| movie(view.window.rows()).cloned()))
}

/// What stands where no movie is, by why that is so.
fn nothing(view: &View<Item>) -> &'static str {
    match &view.link {
        _ if movie(view.window.rows()).is_some() => "",
        Link::Failed { .. } => "denied",
        _ if view.refused => "denied",
        _ if view.loaded => "no-movie",
        Link::Retrying { .. } if !view.reached => "no-cloud",
        _ => "film-loading",
    }
}

//! The movies' panel on the overview.

use leptos::prelude::*;

use super::film;
use crate::movies::Live;
use crate::movies::model::{Reaction, messages};
use crate::ui::{El, Words, el, light, template};

/// The film of the moment, its votes, and what was said last.
#[must_use]
pub fn now(movies: &Live) -> El {
    let panel = template("movies-now");
    let view = movies.view;
    let _ = panel
        .find(".panel-head")
        .child(light("movies", &movies.link()));
    let film = film::current(movies);
    let shown = Memo::new(move |_| view.with(super::nothing));
    let left = film::pace(movies);
    let of = movies.clone();
    let _ = panel.find(".film-now").slot(move || match shown.get() {
        "" => film.with(|film| {
            let film = film.as_ref()?;
            let text = el("div")
                .child(el("h3").set("dir", "auto").text(film.name()))
                .child(el("p").class("quiet numeric").live(film::left(&of, left)));
            Some(
                el("div")
                    .class("film-small")
                    .child(film::frame(film.poster()))
                    .child(text),
            )
        }),
        why => Some(template(why)),
    });
    let totals = Reaction::ALL.map(|reaction| {
        el("li")
            .set("data-reaction", reaction.id())
            .child(super::icon(reaction))
            .child(el("span").class("hidden").text(reaction.words()).text(" "))
            .child(film::total(movies, reaction))
    });
    let _ = panel.find(".totals").children(totals);
    let newest = Memo::new(move |_| view.with(|view| messages(view.window.rows()).next().cloned()));
    let _ = panel.find("bdi").live(move || {
        newest.with(|it| {
            it.as_ref()
                .map_or(Words::from(""), |it| it.name.clone().into())
        })
    });
    let _ = panel.find(".newest-said").live(move || {
        newest.with(|it| {
            it.as_ref()
                .map_or(Words::from(""), |it| it.text.clone().into())
        })
    });
    panel
}

//! The movies' panel on the overview.

use super::film;
use crate::movies::Live;
use crate::movies::model::{Message, Reaction, messages};
use crate::ui::{El, Words, el, light, template};

/// The film of the moment, its votes, and what was said last.
#[must_use]
pub fn now(movies: &'static Live) -> El {
    let panel = template("movies-now");
    let link = light("movies", &movies.link());
    let _ = panel.find(".panel-head").child(link);
    film::show(panel.find(".film-now"), film::showing(movies), film::small);
    let mut left = film::left(movies);
    let _ = panel
        .find(".round-left")
        .live(move || film::seconds(left()));
    let totals = Reaction::ALL.map(|reaction| {
        el("li")
            .set("data-reaction", reaction.id())
            .child(super::icon(reaction))
            .child(el("span").class("hidden").text(reaction.words()).text(" "))
            .child(film::total(movies, reaction))
    });
    let _ = panel.find(".totals").children(totals);
    let newest = move |read: fn(&Message) -> &String| {
        move || {
            movies.with(|view| {
                let newest = messages(view.window.rows()).next();
                newest.map_or(Words::from(""), |it| read(it).clone().into())
            })
        }
    };
    let _ = panel.find("bdi").live(newest(|it| &it.name));
    let _ = panel.find(".newest-said").live(newest(|it| &it.text));
    panel
}

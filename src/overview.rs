//! All live panels at once, and places for those to come.

use crate::movies;
use crate::orders;
use crate::orders::way::Way;
use crate::restaurant;
use crate::ui::{El, el, template};

/// The overview.
#[must_use]
pub fn overview(orders: &orders::Live, movies: movies::Live, restaurant: restaurant::Live) -> El {
    let hero = el("header")
        .class("hero")
        .child(el("h1").text("Event-driven systems, live"))
        .child(el("p").class("quiet").text(
            "Eddy shows what happens on a server in every open browser, as it happens: without a reload, and without a gap.",
        ));
    let panels = el("div")
        .class("overview")
        .child(hero)
        .child(orders::view::now(orders))
        .child(movies::view::now(movies))
        .child(restaurant::view::now(restaurant))
        .child(template("places"));
    let feed = orders.by(Way::AppSync);
    orders::view::main("page", feed)
        .child(panels)
        .child(orders::view::explanation("pattern-orders", feed))
}

//! All live panels at once.

use crate::calendar;
use crate::movies;
use crate::orders;
use crate::orders::way::Way;
use crate::restaurant;
use crate::ui::{El, el};

/// The overview.
#[must_use]
pub fn overview(
    orders: &'static orders::Live,
    movies: &'static movies::Live,
    restaurant: &'static restaurant::Live,
    calendar: &'static calendar::Live,
) -> El {
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
        .child(calendar::view::now(calendar))
        .child(restaurant::view::now(restaurant));
    let feed = orders.by(Way::AppSync);
    orders::view::main("page", feed)
        .child(panels)
        .child(orders::view::explanation("pattern-orders", feed))
}

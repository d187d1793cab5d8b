//! What stands around every screen: navigation, the links' state, who the guest is, what went wrong lately.

mod links;

use std::sync::Arc;

use crate::ui::signal::{ReadSignal, RwSignal};

use crate::live::{Journal, Link};
use crate::route::Route;
use crate::ui::light::{lamp, lit, words};
use crate::ui::{El, ReadLink, effect, el, mark, theme};
pub use links::links;

/// A link of the page.
#[derive(Clone)]
pub struct Line {
    /// What it is for.
    pub name: &'static str,
    /// How it reaches the cloud.
    pub way: &'static str,
    /// Its state.
    pub link: ReadLink,
    /// How many rows it has caught up so far.
    pub caught_up: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// What stands above every screen.
#[must_use]
pub fn header(route: ReadSignal<Route>, lines: &[Line]) -> El {
    let here = move |is: fn(&Route) -> bool| move || if route.with(is) { "page" } else { "false" };
    let brand = el("a")
        .class("brand")
        .set("href", "/")
        .child(mark())
        .text("Eddy");
    let overview = el("a")
        .set("href", "/")
        .bind("aria-current", here(|route| *route == Route::Overview))
        .text("Overview");
    let orders = el("a")
        .set("href", "/orders")
        .bind(
            "aria-current",
            here(|route| matches!(route, Route::Orders(_))),
        )
        .text("Orders");
    let compare = el("a")
        .set("href", "/compare")
        .bind(
            "aria-current",
            here(|route| matches!(route, Route::Compare(_))),
        )
        .text("Compare");
    let movies = el("a")
        .set("href", "/movies")
        .bind("aria-current", here(|route| *route == Route::Movies))
        .text("Movies");
    let restaurant = el("a")
        .set("href", "/restaurant")
        .bind("aria-current", here(|route| *route == Route::Restaurant))
        .text("Restaurant");
    let calendar = el("a")
        .set("href", "/calendar")
        .bind(
            "aria-current",
            here(|route| matches!(route, Route::Calendar(_))),
        )
        .text("Calendar");
    let worst = worst(lines);
    let state = el("button")
        .class("light")
        .set("type", "button")
        .set("popovertarget", "links")
        .child(lamp())
        .child(el("span").class("hidden").text("Links: "))
        .child(words(&worst, false));
    el("header")
        .class("shell")
        .child(brand)
        .child(
            el("nav")
                .set("aria-label", "Screens")
                .child(overview)
                .child(orders)
                .child(compare)
                .child(movies)
                .child(calendar)
                .child(restaurant),
        )
        .child(lit(state, &worst))
        .child(theme())
}

/// Keeps a journal of the links.
#[must_use]
pub fn journal(lines: &[Line]) -> RwSignal<Journal> {
    let journal = RwSignal::new(Journal::default());
    for line in lines.iter().cloned() {
        effect(move || {
            let (link, rows) = ((line.link)(), (line.caught_up)());
            journal.maybe_update(|journal| {
                journal.observe(line.name, &link, rows, net::now(), net::wall())
            });
        });
    }
    journal
}

/// What one lamp for all links shows: the worst of them.
fn worst(lines: &[Line]) -> ReadLink {
    let links: Vec<ReadLink> = lines.iter().map(|line| Arc::clone(&line.link)).collect();
    Arc::new(move || Link::worst(links.iter().map(|link| link())))
}

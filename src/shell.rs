//! What stands around every screen: navigation, the links' state, who the guest is, what went wrong lately.

mod links;

use std::sync::Arc;

use crate::ui::signal::{ReadSignal, RwSignal};

use crate::live::{Journal, Link};
use crate::route::Route;
use crate::ui::light::{lit, words};
use crate::ui::{El, ReadLink, effect, template, theme};
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

/// The navigation's links, and the screens that they are of.
const SCREENS: [(&str, Is); 6] = [
    ("/", |route| *route == Route::Overview),
    ("/orders", |route| matches!(route, Route::Orders(_))),
    ("/compare", |route| matches!(route, Route::Compare(_))),
    ("/movies", |route| *route == Route::Movies),
    ("/calendar", |route| matches!(route, Route::Calendar(_))),
    ("/restaurant", |route| *route == Route::Restaurant),
];

type Is = fn(&Route) -> bool;

/// What stands above every screen.
#[must_use]
pub fn header(route: ReadSignal<Route>, lines: &[Line]) -> El {
    let header = template("shell").find("header");
    for (path, is) in SCREENS {
        let here = move || if route.with(is) { "page" } else { "false" };
        let _ = header
            .find(&["nav [href='", path, "']"].concat())
            .bind("aria-current", here);
    }
    let worst = worst(lines);
    let _ = lit(header.find(".light"), &worst).child(words(&worst, false));
    theme(header.find("select"));
    header
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

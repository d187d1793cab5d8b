//! The orders' panel on the overview.

use crate::ui::signal::RwSignal;

use super::row::{Known, delay, id};
use super::tally::tally;
use crate::live::window::Row as _;
use crate::orders::list::List;
use crate::orders::rate::{Rate, median_delay};
use crate::orders::way::Way;
use crate::orders::{Feed, Live};
use crate::ui::locale::span;
use crate::ui::{El, Words, el, light, svg};

/// So many of the newest are shown.
const NEWEST: usize = 8;
/// The median delay is of what arrived in this time, in milliseconds.
const LATELY: i64 = 60_000;

/// Orders now.
#[must_use]
pub fn now(orders: &'static Live) -> El {
    let feed = orders.by(Way::AppSync);
    let (view, rate) = (feed.view, feed.rate);
    let newest = move || {
        view.with(|view| {
            let rows = view.window.rows().iter().take(NEWEST);
            rows.map(|entry| (entry.row.position(), entry.clone()))
                .collect()
        })
    };
    let head = el("div")
        .class("panel-head")
        .child(
            el("h2")
                .set("id", "orders-now")
                .child(el("a").set("href", "/orders").text("Orders")),
        )
        .children(Way::ALL.map(|way| told_by(orders.by(way))));
    let figures = el("dl")
        .class("figures")
        .child(figure("Events a second", move || {
            rate.with(Rate::now).to_string().into()
        }))
        .children(Way::ALL.map(|way| {
            let name = ["Median delay, ", way.name()].concat();
            figure(&name, median(orders.by(way)))
        }));
    let figures = el("div")
        .class("figures-line")
        .child(figures)
        .child(el("a").set("href", "/compare").text("Compare the two"));
    let list = RwSignal::new(List::default());
    let visitor = feed.api.guest();
    let feed = el("ol")
        .class("feed")
        .set("aria-label", "The newest orders")
        .list(newest, move |(_, order), entry| {
            let entry = Known::of(move || Some(entry.get()));
            entry
                .line(el("li"), visitor)
                .child(id(order))
                .child(entry.status())
                .child(
                    el("span")
                        .class("numeric quiet is-end")
                        .live(entry.text(delay)),
                )
        });
    el("section")
        .class("panel")
        .set("aria-labelledby", "orders-now")
        .child(head)
        .child(figures)
        .child(spark(rate))
        .child(tally(view))
        .child(
            el("div")
                .class("newest")
                .child(feed)
                .slot(super::told(view, list)),
        )
}

/// Whether a way is live, by its name.
fn told_by(feed: &'static Feed) -> El {
    el("div")
        .class("told-by quiet")
        .text(feed.way.name())
        .child(light(feed.way.key(), &feed.link()))
}

/// The median delay of what this way brought lately.
fn median(feed: &'static Feed) -> impl FnMut() -> Words + 'static {
    || {
        feed.rate.track();
        let since = feed.api.guest().now().plus_millis(-LATELY);
        let median = feed
            .view
            .with_untracked(|view| median_delay(view.window.rows(), since));
        median.map_or(Words::from("–"), |millis| span(millis).into())
    }
}

/// A number with its name above.
fn figure(name: &str, number: impl FnMut() -> Words + 'static) -> El {
    let number = el("dd").class("numeric").live(number);
    el("div").child(el("dt").text(name)).child(number)
}

fn spark(rate: RwSignal<Rate>) -> El {
    svg("svg")
        .class("spark")
        .set("viewBox", "0 0 59 100")
        .set("preserveAspectRatio", "none")
        .set("role", "img")
        .set("aria-label", "Events a second, the last minute")
        .child(svg("polygon").bind("points", move || rate.with(|rate| line(rate, true))))
        .child(svg("polyline").bind("points", move || rate.with(|rate| line(rate, false))))
}

/// The points of the line, or of the area below it, in a box of 59 by 100.
fn line(rate: &Rate, closed: bool) -> String {
    let most = rate
        .seconds()
        .iter()
        .max()
        .copied()
        .unwrap_or_default()
        .max(1);
    let mut points = String::new();
    let mut point = |x: usize, y: u64| {
        for part in [x.to_string().as_str(), ",", &y.to_string(), " "] {
            points.push_str(part);
        }
    };
    if closed {
        point(0, 100);
    }
    for (second, count) in rate.seconds().iter().enumerate() {
        point(second, 98 - count * 90 / most);
    }
    if closed {
        point(Rate::SECONDS - 1, 100);
    }
    points
}

//! The orders' screen: start a simulation, watch all orders, follow one. The screen on which both ways stand side by side,
//! and their panel on the overview.

mod compare;
mod explanation;
mod follower;
mod now;
mod row;
mod start;
mod table;
mod tally;

use crate::ui::signal::{Memo, ReadSignal, RwSignal};
use leptos::ev::{Event, MouseEvent};
use leptos::prelude::event_target_value;

use super::list::List;
use super::model::OrderId;
use super::way::Way;
use super::wire::Api;
use super::{Feed, Live};
use crate::live::{Link, View};
use crate::orders::model::Order;
use crate::route::Route;
use crate::ui::light::lit;
use crate::ui::{self, El, aim, el, light, template};
pub use compare::compare;
pub use explanation::explanation;
pub use now::now;

/// A table on a screen: what it shows, and what is done there.
#[derive(Clone, Copy)]
struct Stand {
    feed: &'static Feed,
    list: RwSignal<List>,
    followed: Memo<Option<OrderId>>,
    /// Where it leads to follow an order, or none.
    to: fn(Option<OrderId>) -> Route,
}

impl Stand {
    fn new(
        feed: &'static Feed,
        route: ReadSignal<Route>,
        to: fn(Option<OrderId>) -> Route,
    ) -> Self {
        Self {
            feed,
            list: RwSignal::new(List::default()),
            followed: Memo::new(move |_| match route.get() {
                Route::Orders(id) | Route::Compare(id) => id,
                _ => None,
            }),
            to,
        }
    }

    /// An id for an element of which the screen has one for each way.
    fn id(self, name: &str) -> String {
        [name, "-", self.feed.way.key()].concat()
    }

    /// Goes to the order, or to none.
    fn follow(self, id: Option<OrderId>) {
        ui::history::go(&(self.to)(id).path());
    }

    /// The table with its toolbar.
    fn panel(self, title: &str) -> El {
        let panel = template("orders-list").find("section");
        toolbar(self, title, &panel);
        table::table(self, &panel);
        table::under_pointer(panel.set("aria-labelledby", &self.id("newest")), self)
    }

    /// With the order that is followed at its end, if one is.
    fn with_follower(self, body: El) -> El {
        body.slot(move || Some(follower::follower(self, self.followed.get()?)))
    }
}

/// The orders' screen; the route says which one is followed.
#[must_use]
pub fn screen(orders: &'static Live, route: ReadSignal<Route>) -> El {
    let feed = orders.by(Way::AppSync);
    let stand = Stand::new(feed, route, Route::Orders);
    let head = head(
        "Orders",
        "From the event bus to this table, through a table stream and AppSync.",
        feed.api,
    );
    let filter = tally::filter(feed.view, stand.list);
    let body = el("div")
        .class("orders-body")
        .child(stand.panel("Newest first "));
    main("page orders", feed)
        .child(head)
        .child(filter)
        .child(stand.with_follower(body))
        .child(explanation("pattern-orders", feed))
}

/// What a screen is about, and the button that lets something happen there.
fn head(title: &str, about: &str, api: &'static Api) -> El {
    let about = el("p").class("quiet").text(about);
    el("header")
        .class("head")
        .child(el("div").child(el("h1").text(title)).child(about))
        .child(start::start(api))
}

/// A screen that shows orders.
#[must_use]
pub fn main(class: &str, feed: &'static Feed) -> El {
    shows(ui::screen(), class, feed)
}

/// What shows orders: what is true now has colour, and what changes is marked, unless that is too much.
fn shows(element: El, class: &str, feed: &'static Feed) -> El {
    lit(element.class(&["shows ", class].concat()), &feed.link())
        .flag("data-busy", || feed.is_busy())
}

/// What is shown of the list: how much, which, and whether it stands still.
fn toolbar(stand: Stand, title: &str, panel: &El) {
    let Stand { feed, list, .. } = stand;
    let view = feed.view;
    let of = move |read: fn(&List, &View<Order>) -> String| {
        move || list.with(|list| view.with(|view| read(list, view)))
    };
    let count = el("span").class("quiet numeric").live(of(List::count));
    let _ = panel
        .find("h2")
        .set("id", &stand.id("newest"))
        .text(title)
        .child(count);
    let newer = Memo::new(move |_| list.with(|list| view.with(|view| list.newer(view))));
    let (rows, place) = (panel.find(".rows"), stand.id("#rows"));
    let _ = panel.find(".list-newer").slot(move || {
        let newer = Some(newer.get()).filter(|newer| *newer > 0)?;
        let (rows, place) = (rows.clone(), place.clone());
        // To where the newest are; the button goes, and with it the focus.
        let release = move |_: MouseEvent| {
            view.with_untracked(|view| list.update(|list| list.catch_up(view)));
            rows.raw().set_scroll_top(0);
            aim::focus(&[&place]);
        };
        Some(button("is-small", &[&newer.to_string(), " newer"].concat()).on("click", release))
    });
    let field = panel.find("input").on("input", move |event: Event| {
        let id = event_target_value(&event);
        view.with_untracked(|view| list.update(|list| list.find(view, id)));
    });
    let light = light(feed.way.key(), &feed.link());
    let head = panel.find(".panel-head");
    let _ = head.raw().insert_before(light.raw(), Some(field.raw()));
    let _ = panel
        .find(".panel-head > button")
        .flag("aria-pressed", move || {
            list.with(|list| view.with(|view| list.missed(view).is_some()))
        })
        .live(of(|list, view| match list.missed(view) {
            None => "Pause".to_owned(),
            Some(changes) => ["Paused · ", &changes.to_string(), " new"].concat(),
        }))
        .on("click", move |_: MouseEvent| {
            view.with_untracked(|view| list.update(|list| list.pause(view)));
        });
}

fn button(class: &str, words: &str) -> El {
    el("button")
        .class(&["button numeric ", class].concat())
        .set("type", "button")
        .text(words)
}

/// What stands where no rows are, by why that is so.
fn nothing(list: &List, view: &View<Order>) -> &'static str {
    if !list.is_empty(view) {
        return "";
    }
    match &view.link {
        _ if list.is_filtered() && !view.window.rows().is_empty() => "no-match",
        _ if !view.window.rows().is_empty() => "",
        Link::Failed { .. } => "denied",
        _ if view.refused => "denied",
        _ if view.loaded => "no-orders",
        Link::Retrying { .. } if !view.reached => "no-cloud",
        _ => "",
    }
}

/// See [`nothing`].
fn told(view: ReadSignal<View<Order>>, list: RwSignal<List>) -> impl FnMut() -> Option<El> {
    let why = Memo::new(move |_| list.with(|list| view.with(|view| nothing(list, view))));
    move || Some(why.get()).filter(|why| !why.is_empty()).map(template)
}

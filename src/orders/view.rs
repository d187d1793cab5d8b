//! The orders' screen: start a simulation, watch all orders, follow one. And their panel on the overview.

mod explanation;
mod follower;
mod now;
mod row;
mod start;
mod table;
mod tally;

use leptos::prelude::*;

use super::Live;
use super::list::List;
use super::model::OrderId;
use crate::live::{Link, View};
use crate::orders::model::Order;
use crate::route::Route;
use crate::ui::light::lit;
use crate::ui::{self, El, aim, el, light, template};
pub use explanation::explanation;
pub use now::now;

/// The orders' screen; the route says which one is followed.
#[must_use]
pub fn screen(orders: &Live, route: ReadSignal<Route>) -> El {
    let list = RwSignal::new(List::default());
    let followed = Memo::new(move |_| match route.get() {
        Route::Orders(id) => id,
        _ => None,
    });
    let head = el("header")
        .class("head")
        .child(
            el("div").child(el("h1").text("Orders")).child(
                el("p")
                    .class("quiet")
                    .text("From the event bus to this table, through a table stream and AppSync."),
            ),
        )
        .child(start::start(orders.api.clone()));
    let rows = table::table(orders, list, followed);
    let panel = el("section")
        .class("panel orders-list")
        .set("aria-labelledby", "newest")
        .child(toolbar(orders, list, &rows))
        .child(rows);
    let panel = table::under_pointer(panel, orders.view, list);
    let all = orders.clone();
    let body = el("div")
        .class("orders-body")
        .child(panel)
        .slot(move || Some(follower::follower(&all, followed.get()?)));
    main("page orders", orders)
        .child(head)
        .child(tally::filter(orders.view, list))
        .child(body)
        .child(explanation(orders))
}

/// A screen that shows orders: what is true now has colour, and what changes is marked, unless that is too much.
#[must_use]
pub fn main(class: &str, orders: &Live) -> El {
    let is_busy = orders.is_busy();
    lit(ui::screen().class(class), &orders.link()).bind("data-busy", move || is_busy().to_string())
}

/// Goes to the order, or to none.
fn follow(id: Option<OrderId>) {
    ui::history::go(&Route::Orders(id).path());
}

/// What is shown of the list: how much, which, and whether it stands still.
fn toolbar(orders: &Live, list: RwSignal<List>, rows: &El) -> El {
    let (view, rows) = (orders.view, rows.clone());
    let of = move |read: fn(&List, &View<Order>) -> String| {
        move || list.with(|list| view.with(|view| read(list, view)))
    };
    let newer = Memo::new(move |_| list.with(|list| view.with(|view| list.newer(view))));
    el("div")
        .class("panel-head")
        .child(
            el("h2")
                .set("id", "newest")
                .text("Newest first ")
                .child(el("span").class("quiet numeric").live(of(List::count))),
        )
        .slot(move || {
            let newer = Some(newer.get()).filter(|newer| *newer > 0)?;
            let rows = rows.clone();
            // To where the newest are; the button goes, and with it the focus.
            let release = move |_: leptos::ev::MouseEvent| {
                view.with_untracked(|view| list.update(|list| list.catch_up(view)));
                rows.raw().set_scroll_top(0);
                aim::focus(&[".rows"]);
            };
            Some(button("is-small", &[&newer.to_string(), " newer"].concat()).on("click", release))
        })
        .child(light("orders", &orders.link()))
        .child(
            el("input")
                .class("field")
                .set("type", "search")
                .set("aria-label", "Find an order by its id")
                .set("placeholder", "Find an id")
                .set("autocomplete", "off")
                .set("spellcheck", "false")
                .on("input", move |event: leptos::ev::Event| {
                    let id = event_target_value(&event);
                    view.with_untracked(|view| list.update(|list| list.find(view, id)));
                }),
        )
        .child(
            button("", "")
                .bind(
                    "aria-pressed",
                    of(|list, view| list.missed(view).is_some().to_string()),
                )
                .live(of(|list, view| match list.missed(view) {
                    None => "Pause".to_owned(),
                    Some(changes) => ["Paused · ", &changes.to_string(), " new"].concat(),
                }))
                .on("click", move |_: leptos::ev::MouseEvent| {
                    view.with_untracked(|view| list.update(|list| list.pause(view)));
                }),
        )
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

//! One order, followed on its own subscription.

use std::sync::Arc;

use crate::ui::signal::Memo;
use leptos::ev::MouseEvent;

use super::{Stand, row};
use crate::live;
use crate::live::window::{Entry, Row as _};
use crate::orders::model::{Order, OrderId, Status};
use crate::orders::way::Way;
use crate::orders::wire::Orders;
use crate::ui::locale::{clock_time, money, span};
use crate::ui::{El, ReadLink, Words, aim, el, light};

/// Follows an order for as long as the current owner lives.
pub(super) fn follower(stand: Stand, id: OrderId) -> El {
    let feed = stand.feed;
    let name = row::id(&id);
    let rows = stand.id("#rows");
    let row = [&rows, " tr[data-order-id='", id.as_str(), "'] button"].concat();
    let (key, title) = match feed.way {
        Way::AppSync => ("follower", "Followed order "),
        Way::Mqtt => ("mqtt-follower", "Followed over MQTT: order "),
    };
    let follower = el("aside")
        .class("panel follower")
        .set("data-testid", key)
        .set("data-order-id", id.as_str())
        .set("aria-labelledby", &stand.id("followed"));
    let view = live::follow(Orders::only(feed.api.clone(), feed.way, id), 1);
    let link: ReadLink = Arc::new(move || view.with(|view| view.link.clone()));
    let all = feed.view;
    let order = Memo::new(move |_| {
        let mut entry = view.with(|view| view.window.rows().first().cloned())?;
        // The table has seen what came before this subscription.
        let listed = all.with(|all| all.window.get(&entry.row.position()).cloned());
        if let Some(listed) = listed {
            Arc::make_mut(&mut entry.row).absorb(&listed.row);
        }
        Some(entry)
    });
    let missing = move || match (order.with(Option::is_some), view.with(|view| view.loaded)) {
        (true, _) => "",
        (false, true) => {
            "There is no order under this id, or no longer: orders are kept for a day."
        }
        (false, false) => "Looking for the order…",
    };
    let title = el("h2")
        .set("id", &stand.id("followed"))
        .child(el("span").class("hidden").text(title))
        .child(name);
    let close = super::button("is-small", "Close").on("click", move |_: MouseEvent| {
        stand.follow(None);
        // The button goes, and with it the focus: back to where it came from.
        aim::lead(&[&row, &rows]);
    });
    // What the eye sees in the steps, for ears: said when it changes, and nothing else of it.
    let said = el("p").class("hidden").set("role", "status").live(move || {
        order.with(|order| order.as_ref().map_or("", |entry| entry.row.status.words()))
    });
    follower
        .child(el("div").class("panel-head").child(title).child(close))
        .child(said)
        .child(light(key, &link))
        .child(el("p").class("empty").live(missing))
        .child(course(order))
        .slot(move || order.with(|order| order.as_ref().map(|entry| items(&entry.row))))
}

/// The states, and when the order came to each.
fn course(order: Memo<Option<Entry<Order>>>) -> El {
    let steps = Status::PATH.map(|status| step(order, status));
    el("ol").class("steps").children(steps).slot(move || {
        let is_cancelled = order.with(|order| is_at(order, Status::Cancelled));
        is_cancelled.then(|| step(order, Status::Cancelled))
    })
}

fn is_at(order: &Option<Entry<Order>>, status: Status) -> bool {
    order
        .as_ref()
        .is_some_and(|entry| entry.row.status == status)
}

fn step(order: Memo<Option<Entry<Order>>>, status: Status) -> El {
    let of = move |read: fn(&Order, Status) -> Words| {
        move || {
            order.with(|order| {
                order
                    .as_ref()
                    .map(|entry| read(&entry.row, status))
                    .unwrap_or_default()
            })
        }
    };
    el("li")
        .class("step")
        .set("data-status", status.name())
        .flag("data-reached", move || {
            order.with(|order| {
                order
                    .as_ref()
                    .is_some_and(|entry| entry.row.has_reached(status))
            })
        })
        .bind("aria-current", move || {
            if order.with(|order| is_at(order, status)) {
                "step"
            } else {
                "false"
            }
        })
        .child(el("span").text(status.words()))
        .child(el("span").class("numeric").live(of(took)))
        .child(el("span").class("numeric quiet").live(of(reached)))
}

fn took(order: &Order, status: Status) -> Words {
    let took = order.took(status).map(span);
    took.map_or("".into(), |span| ["+", &span].concat().into())
}

/// An order that was there before the page looked does not say when.
fn reached(order: &Order, status: Status) -> Words {
    if !order.has_reached(status) {
        return "".into();
    }
    let at = order.reached.at(status);
    at.map_or("–".into(), |at| clock_time(at).into())
}

/// What was ordered.
fn items(order: &Order) -> El {
    let price = |amount| {
        el("td")
            .class("numeric is-end")
            .text(&money(amount, &order.currency))
    };
    let rows = order.items.iter().map(|item| {
        // No basket holds more than a float counts exactly.
        #[allow(clippy::cast_precision_loss)]
        let sum = item.unit_price * item.quantity as f64;
        let each = [
            &item.quantity.to_string(),
            " × ",
            &money(item.unit_price, &order.currency),
        ]
        .concat();
        let each = el("span").class("quiet numeric items-each").text(&each);
        el("tr")
            .child(el("td").text(&item.description).child(each))
            .child(price(sum))
    });
    let head = el("tr")
        .child(el("th").set("scope", "col").text("Item"))
        .child(el("th").set("scope", "col").text("Price"));
    let total = el("tr")
        .child(el("th").set("scope", "row").text("Total"))
        .child(price(order.total));
    el("table")
        .class("items")
        .child(el("caption").text("Items for ").text(&order.customer))
        .child(el("thead").class("hidden").child(head))
        .child(el("tbody").children(rows))
        .child(el("tfoot").child(total))
}

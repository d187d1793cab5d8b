//! The live table.

use crate::ui::signal::{ReadSignal, RwSignal};
use aws_guest::Guest;
use leptos::ev::{Event, FocusEvent, KeyboardEvent, MouseEvent, PointerEvent};

use super::Stand;
use super::row::{Known, delay, id, received, updated};
use crate::live::window::Entry;
use crate::live::{Link, View};
use crate::orders::WINDOW;
use crate::orders::list::{Holder, List};
use crate::orders::model::{Order, OrderId};
use crate::orders::way::Way;
use crate::ui::{El, aim, effect, el};

/// All wanted orders in the window, newest first.
pub(super) fn table(stand: Stand, panel: &El) {
    let Stand {
        feed,
        list,
        followed,
        ..
    } = stand;
    let (view, guest) = (feed.view, feed.api.guest());
    let busy = move || view.with(|view| !view.loaded && view.link == Link::Connecting);
    effect(move || {
        view.with(|view| list.maybe_update(|list| list.settle(view)));
    });
    let newest = ["The newest ", &WINDOW.to_string()].concat();
    let caption = [&newest, " orders, updated live by ", feed.way.name()].concat();
    let name = match feed.way {
        Way::AppSync => "Orders",
        Way::Mqtt => "Orders over MQTT",
    };
    let lines = move || {
        let rows = list.with(|list| view.with(|view| list.rows(view)));
        followed.with(|followed| {
            let lines = rows.into_iter().map(|(place, entry)| {
                let is_followed = followed.as_ref() == Some(&place.1);
                (place, Line { entry, is_followed })
            });
            lines.collect()
        })
    };
    let _ = panel
        .find("table")
        .set("data-testid", &[feed.way.key(), "-table"].concat())
        .flag("aria-busy", busy);
    let _ = panel.find("caption").text(&caption);
    let _ = panel
        .find("tbody")
        .list(lines, move |(_, id), line| row(id, line, guest));
    let _ = holding(panel.find(".rows"), view, list)
        .set("id", &stand.id("rows"))
        .set("aria-label", name)
        .on("click", move |event: MouseEvent| {
            toggle(&event, stand);
        })
        .on("keydown", |event: KeyboardEvent| {
            aim::walk(&event);
        })
        .slot(super::told(view, list));
}

/// What a row shows.
#[derive(PartialEq)]
struct Line {
    /// None once the order has left the window, while the list is held.
    entry: Option<Entry<Order>>,
    is_followed: bool,
}

fn row(order: &OrderId, line: ReadSignal<Line>, guest: &'static Guest) -> El {
    let entry = Known::of(move || line.with(|line| line.entry.clone()));
    let is_followed = move || line.with(|line| line.is_followed);
    let button = el("button")
        .class("button is-small")
        .set("type", "button")
        .set("aria-label", &["Follow ", order.as_str()].concat())
        .flag("aria-pressed", is_followed)
        .text("Follow");
    let element = el("tr")
        .set("role", "row")
        .set("data-order-id", order.as_str())
        .flag("aria-current", is_followed);
    entry
        .line(element, guest)
        .child(cell("cell-id").child(id(order)))
        .child(cell("cell-status").child(entry.status()))
        .child(cell("cell-updated numeric quiet is-end").live(entry.text(updated)))
        .child(cell("cell-received numeric quiet is-end").live(entry.text(received)))
        .child(cell("cell-delay numeric is-end").live(entry.text(delay)))
        .child(cell("cell-follow is-end").child(button))
}

fn cell(class: &str) -> El {
    el("td").set("role", "cell").class(class)
}

/// Holds the list still while the keyboard is in it, or the reader has scrolled away from its top.
fn holding(rows: El, view: ReadSignal<View<Order>>, list: RwSignal<List>) -> El {
    let (inside, scrolled) = (rows.clone(), rows.clone());
    rows.on("focusin", move |event: FocusEvent| {
        // After a click the mouse decides.
        if aim::is_at(&event, "button:focus-visible") {
            hold(view, list, Holder::Keyboard, true);
        }
    })
    .on("focusout", move |event: FocusEvent| {
        if !aim::stays_in(&event, &inside) {
            hold(view, list, Holder::Keyboard, false);
        }
    })
    .on("scroll", move |_: Event| {
        hold(view, list, Holder::Scroll, scrolled.raw().scroll_top() > 0);
    })
}

/// Holds the list still while the pointer is over the panel that it is in.
pub(super) fn under_pointer(panel: El, stand: Stand) -> El {
    let (view, list) = (stand.feed.view, stand.list);
    panel
        .on("pointerenter", move |event: PointerEvent| {
            // A finger is not over anything: it touches, and has gone.
            hold(view, list, Holder::Pointer, event.pointer_type() == "mouse");
        })
        .on("pointerleave", move |_: PointerEvent| {
            hold(view, list, Holder::Pointer, false);
        })
}

fn hold(view: ReadSignal<View<Order>>, list: RwSignal<List>, holder: Holder, holds: bool) {
    view.with_untracked(|view| list.maybe_update(|list| list.hold(view, holder, holds)));
}

/// Follows the row whose button was pressed, or no more.
fn toggle(event: &MouseEvent, stand: Stand) -> Option<()> {
    let is_followed = aim::attribute(event, "button", "aria-pressed")? == "true";
    let id = aim::attribute(event, "tr", "data-order-id")?;
    stand.follow((!is_followed).then(|| id.as_str().into()));
    Some(())
}

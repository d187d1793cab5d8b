//! What customers were told, the newest on top.

use std::sync::Arc;

use net::UnixTime;

use super::what;
use crate::restaurant::Live;
use crate::restaurant::model::{Order, OrderId, Step};
use crate::ui::locale::clock_time;
use crate::ui::signal::ReadSignal;
use crate::ui::{El, el};

/// Fills the mailbox.
pub(super) fn mailbox(restaurant: &'static Live, panel: &El) {
    let letters = move || {
        restaurant.with(|view| {
            let rows = view.window.rows().iter();
            let mut told: Vec<((UnixTime, OrderId), Arc<Order>)> = Vec::new();
            for entry in rows.filter(|entry| entry.row.notification.is_some()) {
                let order = &entry.row;
                let Some(at) = order.begun[Step::End as usize] else {
                    continue;
                };
                // Nearly in order already: a sort would weigh more than it saves.
                let key = (at, order.id.clone());
                let place = told.partition_point(|(other, _)| *other > key);
                told.insert(place, (key, Arc::clone(order)));
            }
            told
        })
    };
    let _ = panel
        .find(".letters")
        .list(letters, |_, order| letter(order));
    let _ = panel.find(".silence").live(move || {
        let is_silent = restaurant.with(|view| {
            let mut rows = view.window.rows().iter();
            view.loaded && !rows.any(|entry| entry.row.notification.is_some())
        });
        if is_silent {
            "Nobody has been told anything yet."
        } else {
            ""
        }
    });
}

/// What a customer was told: that stays as it was, whatever becomes of the order.
fn letter(order: ReadSignal<Arc<Order>>) -> El {
    let letter = el("li").class("letter");
    let about = el("p").class("letter-about").set("dir", "auto");
    let about = about.live(move || order.with(|order| what(&order.ordered)));
    order.with_untracked(|order| {
        let at = order.begun[Step::End as usize].map(clock_time);
        let head = el("p")
            .child(el("b").text(Order::SUBJECT))
            .child(el("time").class("quiet").text(&at.unwrap_or_default()));
        // The text has no spaces to break its lines at.
        let text = order.notification.as_deref().unwrap_or_default();
        let text = text
            .split_inclusive(',')
            .fold(el("code"), |text, part| text.text(part).child(el("wbr")));
        letter
            .set("data-status", order.status.name())
            .child(head)
            .child(about)
            .child(text)
    })
}

//! What customers are told, the newest on top.

use std::sync::Arc;

use super::what;
use crate::restaurant::Live;
use crate::restaurant::letters::Letters;
use crate::restaurant::model::{Order, Step};
use crate::ui::locale::clock_time;
use crate::ui::signal::ReadSignal;
use crate::ui::{El, el};

/// Fills the mailbox.
pub(super) fn mailbox(restaurant: &'static Live, panel: &El) {
    let letters = move || restaurant.letters.with(Letters::all);
    let _ = panel
        .find(".letters")
        .list(letters, |_, order| letter(order));
    let _ = panel.find(".silence").live(move || {
        if restaurant.letters.with(Letters::is_empty) && restaurant.with(|view| view.loaded) {
            "Nobody has been told anything yet."
        } else {
            ""
        }
    });
}

/// What a customer is told: that stays as it was, whatever becomes of the order.
fn letter(order: ReadSignal<Arc<Order>>) -> El {
    order.with_untracked(|order| {
        let at = order.begun[Step::End as usize].map(clock_time);
        let head = el("p")
            .child(el("b").text(Order::SUBJECT))
            .child(el("time").class("quiet").text(&at.unwrap_or_default()));
        let about = el("p").class("letter-about").set("dir", "auto");
        // The text has no spaces to break its lines at.
        let text = order.notification.as_deref().unwrap_or_default();
        let text = text
            .split_inclusive(',')
            .fold(el("code"), |text, part| text.text(part).child(el("wbr")));
        el("li")
            .class("letter")
            .set("data-status", order.status.name())
            .child(head)
            .child(about.text(&what(&order.ordered)))
            .child(text)
    })
}

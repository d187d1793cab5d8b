//! What a line about an order is made of.

use leptos::prelude::*;

use crate::live::window::Entry;
use crate::orders::model::{Order, OrderId};
use crate::ui::locale::{clock_time, span};
use crate::ui::{El, Words, el};

/// An order as a line shows it.
#[derive(Clone, Copy)]
pub(super) struct Known(pub(super) ReadSignal<Entry<Order>>);

impl Known {
    /// Reads a text.
    pub(super) fn text(self, read: fn(&Entry<Order>) -> Words) -> impl FnMut() -> Words {
        move || self.0.with(read)
    }

    /// A line of this order: its status and the changes that arrive are attributes.
    pub(super) fn line(self, element: El) -> El {
        element
            .bind(
                "data-status",
                self.text(|entry| entry.row.status.name().into()),
            )
            .bind("data-ripple", self.text(ripple))
    }

    /// The status in words, and as a course whose length is the line's `data-status`.
    pub(super) fn status(self) -> El {
        el("span")
            .class("status")
            .child(el("span").class("course").set("aria-hidden", "true"))
            .live(self.text(|entry| entry.row.status.words().into()))
    }
}

/// An order's id: what tells it from its neighbours stands out, since ids begin with the time.
pub(super) fn id(id: &OrderId) -> El {
    let text = id.as_str();
    // Ids are ASCII; whatever else comes is shown as it is.
    let (head, tail) = text
        .split_at_checked(text.len().saturating_sub(6))
        .unwrap_or((text, ""));
    el("span")
        .class("order-id")
        .set("title", text)
        .child(el("span").class("order-id-head").text(head))
        .child(el("span").class("order-id-tail").text(tail))
}

/// When the last change was written.
pub(super) fn updated(entry: &Entry<Order>) -> Words {
    clock_time(entry.row.updated).into()
}

/// When it arrived.
pub(super) fn received(entry: &Entry<Order>) -> Words {
    entry
        .received
        .map_or("–".into(), |at| clock_time(at).into())
}

/// How long it took to arrive.
pub(super) fn delay(entry: &Entry<Order>) -> Words {
    match entry.received {
        Some(received) => span(received.millis_since(entry.row.updated)).into(),
        None => "–".into(),
    }
}

/// A change that arrives makes a ripple; two alike in turn, since the same animation does not start twice.
fn ripple(entry: &Entry<Order>) -> Words {
    match (entry.received, entry.row.revision.0 % 2) {
        (None, _) => "",
        (_, 0) => "even",
        _ => "odd",
    }
    .into()
}

//! What a line about an order is made of.

use crate::ui::signal::Memo;
use aws_guest::Guest;
use net::UnixTime;

use crate::live::window::Entry;
use crate::orders::model::{Order, OrderId};
use crate::ui::locale::{clock_time, span};
use crate::ui::{El, Ticker, Words, el};

/// An order as a line shows it.
#[derive(Clone, Copy)]
pub(super) struct Known(Memo<Option<Entry<Order>>>);

impl Known {
    /// An order as it is now, or, where it is no longer known, as it was last.
    pub(super) fn of(read: impl Fn() -> Option<Entry<Order>> + Send + Sync + 'static) -> Self {
        Self(Memo::new(move |before: Option<&Option<Entry<Order>>>| {
            read().or_else(|| before.cloned().flatten())
        }))
    }

    /// Reads a text.
    pub(super) fn text<T: Default>(self, read: impl Fn(&Entry<Order>) -> T) -> impl FnMut() -> T {
        move || {
            self.0
                .with(|entry| entry.as_ref().map(&read).unwrap_or_default())
        }
    }

    /// A line of this order: its status and the changes that arrive are attributes.
    pub(super) fn line(self, element: El, guest: &'static Guest) -> El {
        let ticker = Ticker::here();
        let mut ripple = self.text(move |entry| ripple(entry, guest.now()));
        element
            .bind("data-status", self.text(|entry| entry.row.status.name()))
            .bind("data-ripple", move || {
                ticker.track();
                ripple()
            })
    }

    /// The status in words, and as a course whose length is the line's `data-status`.
    pub(super) fn status(self) -> El {
        el("span")
            .class("status")
            .child(el("span").class("course").set("aria-hidden", "true"))
            .live(self.text(|entry| entry.row.status.words()))
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

/// A change that has just arrived makes a ripple; two alike in turn, since the same animation does not start twice.
fn ripple(entry: &Entry<Order>, now: UnixTime) -> &'static str {
    /// As long as the animation takes, in milliseconds.
    const LATELY: i64 = 1_600;
    match (entry.received, entry.row.revision.0 % 2) {
        (Some(at), 0) if now.millis_since(at) < LATELY => "even",
        (Some(at), _) if now.millis_since(at) < LATELY => "odd",
        _ => "",
    }
}

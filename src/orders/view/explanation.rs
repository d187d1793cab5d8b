//! How an order gets here, with parts that light up as events pass.

use std::time::Duration;

use leptos::prelude::*;

use crate::orders::Feed;
use crate::ui::{El, template};

/// An event takes so long through the picture; what arrives meanwhile does not start it anew.
const PASSAGE: Duration = Duration::from_millis(1_400);

/// The pattern, explained by the picture of that name; the events that come by this way light it up.
#[must_use]
pub fn explanation(picture: &str, feed: &Feed) -> El {
    let view = feed.view;
    let changes = move || view.with(|view| view.changes);
    let mut seen = untrack(changes);
    let mut last = net::Instant::ZERO;
    let mut turn = false;
    template(picture).bind("data-flow", move || {
        let (changes, now) = (changes(), net::now());
        if changes > seen && now >= last + PASSAGE {
            (seen, last, turn) = (changes, now, !turn);
        }
        // Two alike in turn, since the same animation does not start twice.
        match (last == net::Instant::ZERO, turn) {
            (true, _) => "",
            (_, true) => "even",
            (_, false) => "odd",
        }
    })
}

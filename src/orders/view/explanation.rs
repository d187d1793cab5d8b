//! How an order gets here, with parts that light up as events pass.

use crate::orders::Feed;
use crate::ui::flow::flow;
use crate::ui::{El, template};

/// The pattern, explained by the picture of that name; the events that come by this way light it up.
#[must_use]
pub fn explanation(picture: &str, feed: &Feed) -> El {
    let view = feed.view;
    let changes = move || 1 + view.with(|view| view.changes.cast_signed());
    flow(template(picture), Box::new(changes))
}

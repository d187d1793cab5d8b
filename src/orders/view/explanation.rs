//! How an order gets here, with parts that light up as events pass.

use crate::orders::Feed;
use crate::ui::flow::flow;
use crate::ui::{El, template};

/// The pattern, explained by the picture of that name; the events that come by this way light it up.
#[must_use]
pub fn explanation(picture: &str, feed: &'static Feed) -> El {
    let changes = || 1 + feed.view.with(|view| view.changes.cast_signed());
    flow(template(picture), Box::new(changes))
}

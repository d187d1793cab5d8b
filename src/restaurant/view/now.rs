//! The restaurant's panel on the overview.

use super::ticket::told;
use super::{nothing, pipeline};
use crate::restaurant::Live;
use crate::ui::{El, el, light, template};

/// So many of the newest are shown.
const NEWEST: usize = 4;

/// How full the queue is, and the newest orders on their way.
#[must_use]
pub fn now(restaurant: &'static Live) -> El {
    let panel = template("restaurant-now");
    let link = light("restaurant", &restaurant.link());
    let _ = panel.find(".panel-head").child(link);
    pipeline::pipeline(restaurant, &panel.find(".pipeline"));
    let newest = move || {
        let mut lines = restaurant.lines();
        lines.truncate(NEWEST);
        lines
    };
    let _ = panel.find(".tickets").list(newest, |_, line| {
        let body = template("ticket-now");
        told(el("li").class("ticket"), &body, line).child(body)
    });
    let _ = panel.find(".nothing").slot(nothing(restaurant));
    panel
}

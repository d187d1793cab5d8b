//! What can be done with an order that was not accepted: write it again, or forget it.

use leptos::ev::MouseEvent;
use leptos::prelude::request_animation_frame;

use super::small;
use crate::restaurant::Live;
use crate::restaurant::list::Line;
use crate::restaurant::outbox::Number;
use crate::restaurant::view::what;
use crate::ui::signal::{Memo, ReadSignal};
use crate::ui::{El, aim, el};

/// Fills the place of a line for what can be done, if it comes to that.
pub(super) fn refused(
    restaurant: &'static Live,
    line: ReadSignal<Line>,
    body: &El,
    number: Number,
) {
    let is_refused = Memo::new(move |_| line.with(|line| matches!(line, Line::Refused(..))));
    let _ = body.find(".ticket-acts").slot(move || {
        let name = line.with_untracked(|line| what(line.ordered()));
        // The line goes with what was pressed: the focus goes on.
        let button = |words: &str, again: bool, place: &'static str| {
            small(words, &name, "").on("click", move |_: MouseEvent| {
                restaurant
                    .outbox
                    .update(|outbox| outbox.see_to(number, again));
                request_animation_frame(move || aim::refocus(&[place]));
            })
        };
        is_refused.get().then(|| {
            el("div")
                .child(button("Edit again", true, ".place-order [name=name]"))
                .child(button("Dismiss", false, ".tickets"))
        })
    });
}

//! An order is placed, and what becomes of it is told.

use leptos::ev::SubmitEvent;

use super::fields::Fields;
use super::{outcome, what};
use crate::restaurant::Live;
use crate::restaurant::model::Ordered;
use crate::ui::signal::RwSignal;
use crate::ui::{El, Words, effect};

/// Fills the panel in which orders are placed.
pub(super) fn place(restaurant: &'static Live, panel: &El) {
    let form = panel.find("form");
    let usual = Ordered {
        name: "Soup of the day".to_owned(),
        quantity: 1,
        restaurant: "Harbour Kitchen".to_owned(),
    };
    let fields = Fields::put(&form, "place-", &usual);
    let error = RwSignal::new(Words::from(""));
    let _ = panel.find(".place-error").live(move || error.get());
    let _ = panel.find(".placed").live(move || placed(restaurant));
    let written = fields.clone();
    let _ = form.on("submit", move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(ordered) = written.read() {
            error.set("".into());
            restaurant.place(ordered);
        }
    });
    // What was refused is in the fields again, or becomes so.
    let outbox = restaurant.outbox;
    effect(move || {
        outbox.track();
        let returned = outbox.try_maybe_update(|outbox| {
            let returned = outbox.returned(|ordered| fields.holds(ordered));
            (returned.is_some(), returned)
        });
        if let Some((ordered, fault)) = returned.flatten() {
            fields.write(&ordered);
            let why = fields.refuse(&fault);
            error.set(if why.is_empty() {
                why
            } else {
                ["Not accepted: ", &why].concat().into()
            });
        }
    });
}

/// What there is to say about the visitor's own orders: how many wait, or what became of the newest.
fn placed(restaurant: &'static Live) -> Words {
    let (unsent, is_delayed, own) = restaurant.outbox.with(|outbox| {
        let own = outbox.own().cloned();
        (outbox.unsent().count(), outbox.is_delayed(), own)
    });
    if is_delayed {
        let orders = if unsent == 1 {
            " order waits"
        } else {
            " orders wait"
        };
        let count = unsent.to_string();
        return [
            &count,
            orders,
            " to be sent, and will be as soon as it can.",
        ]
        .concat()
        .into();
    }
    let Some(own) = own else {
        return "".into();
    };
    let lines = restaurant.lines();
    let line = lines.iter().map(|(_, line)| line).find(|line| {
        let order = line.order();
        order.is_some_and(|order| order.id == own)
    });
    line.map_or("".into(), |line| {
        [&what(line.ordered()), ". ", outcome(line), "."]
            .concat()
            .into()
    })
}

//! An order's line in the list: what it is, how far it has come and how long that took, and what can be done with it.

mod acts;
mod refused;

use super::{outcome, stand, what};
use crate::restaurant::Live;
use crate::restaurant::list::{Key, Line};
use crate::restaurant::model::{Order, OrderId, Step};
use crate::ui::locale::span;
use crate::ui::signal::ReadSignal;
use crate::ui::{El, Words, el, template};

/// An order's line.
pub(super) fn ticket(restaurant: &'static Live, key: &Key, line: ReadSignal<Line>) -> El {
    let body = template("ticket");
    let ticket = told(el("li").class("ticket"), &body, line).child(body.clone());
    let _ = body
        .find(".ticket-where")
        .live(move || line.with(|line| line.ordered().restaurant.clone()));
    let _ = body.find(".ticket-id").live(move || {
        // The end is what tells ids apart.
        line.with(|line| {
            line.order()
                .map_or_else(String::new, |order| tail(&order.id))
        })
    });
    // An order that has an id keeps it; one that has none becomes another line.
    match key {
        Key::Order((_, id)) => {
            acts::acts(restaurant, line, &body, id);
            ticket.set("data-id", id.as_str())
        }
        Key::Unsent(number) => {
            refused::refused(restaurant, line, &body, *number);
            ticket
        }
    }
}

/// What a line tells in the list and on the overview: what is ordered, how far it is, and what became of it.
pub(super) fn told(ticket: El, body: &El, line: ReadSignal<Line>) -> El {
    let of = move |read: fn(&Line) -> Words| move || line.with(read);
    let _ = body.find("h3").live(of(|line| what(line.ordered()).into()));
    let _ = body
        .find(".ticket-outcome")
        .live(of(|line| outcome(line).to_owned().into()));
    for step in Step::ALL {
        let place = ["[data-stop=", step.name(), "] small"].concat();
        let took = move |order: &Order| match step {
            Step::End => order.total(),
            step => order.took(step),
        };
        let _ = body.find(&place).live(move || {
            let took = line.with(|line| line.order().and_then(took));
            took.map_or(Words::from(""), |took| span(took).into())
        });
    }
    ticket
        .bind(
            "data-status",
            of(|line| match (stand(line), line.order()) {
                ("", Some(order)) => order.status.name().into(),
                (stand, _) => stand.into(),
            }),
        )
        .bind(
            "data-step",
            of(|line| line.order().map_or("", |order| order.step().name()).into()),
        )
}

/// A button for something that can be done with an order of this name.
fn small(words: &str, name: &str, class: &str) -> El {
    el("button")
        .class(&["button is-small ", class].concat())
        .set("type", "button")
        .set("aria-label", &[words, " ", name].concat())
        .text(words)
}

/// The last characters of an id.
fn tail(id: &OrderId) -> String {
    let id = id.as_str();
    let tail = id
        .char_indices()
        .rev()
        .nth(5)
        .map_or(id, |(at, _)| &id[at..]);
    ["…", tail].concat()
}

//! The restaurant's screen: an order to be placed, everybody's orders on their way, what customers are told. And its
//! panel on the overview.

mod explanation;
mod fields;
mod mailbox;
mod now;
mod pipeline;
mod place;
mod ticket;

use super::Live;
use super::list::Line;
use super::model::{Order, Ordered};
use crate::live::{Link, View};
use crate::ui::light::lit;
use crate::ui::signal::Memo;
use crate::ui::{self, El, light, template};
pub use now::now;

/// The restaurant's screen.
#[must_use]
pub fn screen(restaurant: &'static Live) -> El {
    let screen = template("restaurant");
    let link = restaurant.link();
    place::place(restaurant, &screen.find(".place-order"));
    pipeline::pipeline(restaurant, &screen.find(".pipeline"));
    let orders = screen.find(".orders-placed");
    let _ = orders.find(".panel-head").child(light("restaurant", &link));
    let _ = orders.find(".count").live(move || {
        restaurant.with(|view| match view.window.rows().len() {
            0 => String::new(),
            count => count.to_string(),
        })
    });
    let _ = orders.find(".tickets").list(
        move || restaurant.lines(),
        move |key, line| ticket::ticket(restaurant, key, line),
    );
    let _ = orders.find(".nothing").slot(nothing(restaurant));
    mailbox::mailbox(restaurant, &screen.find(".mailbox"));
    lit(ui::screen().class("page restaurant"), &link)
        .child(screen)
        .child(explanation::explanation(restaurant))
}

/// What stands where no orders are, by why that is so.
fn nothing(restaurant: &'static Live) -> impl FnMut() -> Option<El> + use<> {
    let why = Memo::new(move |_| {
        let has_own = restaurant.outbox.with(|outbox| {
            outbox.unsent().next().is_some()
                || outbox.accepted(None).next().is_some()
                || !outbox.refused().is_empty()
        });
        if has_own { "" } else { restaurant.with(why) }
    });
    move || Some(why.get()).filter(|why| !why.is_empty()).map(template)
}

fn why(view: &View<Order>) -> &'static str {
    match &view.link {
        _ if !view.window.rows().is_empty() => "",
        Link::Failed { .. } => "denied",
        _ if view.refused => "denied",
        _ if view.loaded => "none-placed",
        Link::Retrying { .. } if !view.reached => "no-cloud",
        _ => "tickets-loading",
    }
}

/// What is ordered, such as `2 × Soup`.
fn what(ordered: &Ordered) -> String {
    [&ordered.quantity.to_string(), " × ", &ordered.name].concat()
}

/// What became of it so far, for people.
fn outcome(line: &Line) -> &str {
    match line {
        Line::Unsent(_, true) => "Waits to be sent",
        Line::Unsent(_, false) => "On its way",
        Line::Refused(_, why) => why,
        Line::Order(order) => order.outcome(),
        Line::Lost(_) => "Not in the queue any more: an operator finds it among the dead letters",
    }
}

/// How far it is, for styles and tests.
const fn stand(line: &Line) -> &'static str {
    match line {
        Line::Unsent(..) => "UNSENT",
        Line::Refused(..) => "REFUSED",
        Line::Order(_) => "",
        Line::Lost(_) => "LOST",
    }
}

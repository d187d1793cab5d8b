//! One order, followed on its own subscription.

use std::sync::Arc;

use leptos::prelude::*;

use super::table::Id;
use crate::live;
use crate::live::window::Entry;
use crate::orders::model::{Order, OrderId, Status};
use crate::orders::wire::{Api, Orders};
use crate::ui::locale::{clock_time, money};
use crate::ui::{Light, dynamic, text};

/// The order, as far as it is known.
type Known = Memo<Option<Entry<Order>>>;

/// Follows an order until it is closed.
#[component]
pub(super) fn Follower(
    api: Api,
    id: OrderId,
    followed: RwSignal<Option<OrderId>>,
) -> impl IntoView {
    let view = live::follow(Orders::only(api, id.clone()), 1);
    let link = Arc::new(move || view.with(|view| view.link.clone()));
    let order = Memo::new(move |_| view.with(|view| view.window.rows().first().cloned()));
    let name = id.as_str().to_owned();
    let missing = move || match (order.with(Option::is_some), view.with(|view| view.loaded)) {
        (true, _) => "",
        (false, true) => {
            "There is no order under this id, or no longer: orders are kept for a day."
        }
        (false, false) => "Looking for the order…",
    };
    view! {
        <aside class="panel follower" data-testid="follower" data-order-id=name aria-labelledby="followed">
            <div class="panel-head">
                <h3 id="followed"><span class="hidden">"Followed order "</span><Id id /></h3>
                <button type="button" class="button is-small" on:click=move |_| followed.set(None)>"Close"</button>
            </div>
            <Light name="follower" link />
            <p class="empty">{text(missing)}</p>
            <Course order />
            {dynamic(move || order.with(|order| match order {
                Some(entry) => items(&entry.row).into_any(),
                None => ().into_any(),
            }))}
        </aside>
    }
}

/// The states, and when the order came to each.
#[component]
fn Course(order: Known) -> impl IntoView {
    let cancelled = Memo::new(move |_| is_at(order, Status::Cancelled));
    let end = dynamic(move || match cancelled.get() {
        true => view! { <Step order status=Status::Cancelled /> }.into_any(),
        false => ().into_any(),
    });
    view! {
        <ol class="steps">
            {Status::PATH.map(|status| view! { <Step order status /> })}
            {end}
        </ol>
    }
}

#[component]
fn Step(order: Known, status: Status) -> impl IntoView {
    let is = move |read: fn(&Order, Status) -> bool| {
        text(move || {
            order
                .with(|order| order.as_ref().is_some_and(|entry| read(&entry.row, status)))
                .to_string()
        })
    };
    // An order that was there before the page looked does not say when.
    let at = move || {
        order.with(|order| match order.as_ref().map(|entry| &entry.row) {
            Some(order) if order.has_reached(status) => {
                order.reached.at(status).map_or("–".to_owned(), clock_time)
            }
            _ => String::new(),
        })
    };
    let current = move || {
        if is_at(order, status) {
            "step"
        } else {
            "false"
        }
    };
    view! {
        <li class="step" data-status=status.name() data-reached=is(Order::has_reached) aria-current=text(current)>
            <span>{status.words()}</span>
            <span class="step-time numeric quiet">{text(at)}</span>
        </li>
    }
}

fn is_at(order: Known, status: Status) -> bool {
    order.with(|order| {
        order
            .as_ref()
            .is_some_and(|entry| entry.row.status == status)
    })
}

/// What was ordered.
fn items(order: &Order) -> impl IntoView + use<> {
    let rows = order.items.iter().map(|item| {
        // No basket holds more than a float counts exactly.
        #[allow(clippy::cast_precision_loss)]
        let sum = item.unit_price * item.quantity as f64;
        let each = format!("{} × {}", item.quantity, money(item.unit_price, &order.currency));
        view! {
            <tr>
                <td>{item.description.clone()}<span class="quiet numeric items-each">{each}</span></td>
                <td class="numeric is-end">{money(sum, &order.currency)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <table class="items">
            <caption>{format!("Items for {}", order.customer)}</caption>
            <thead class="hidden">
                <tr><th scope="col">"Item"</th><th scope="col">"Price"</th></tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>
                <tr><th scope="row">"Total"</th><td class="numeric is-end">{money(order.total, &order.currency)}</td></tr>
            </tfoot>
        </table>
    }
}

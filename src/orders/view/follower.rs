//! One order, followed on its own subscription.

use std::sync::Arc;

use leptos::prelude::*;

use super::table::Id;
use crate::live;
use crate::orders::model::{Order, OrderId, Status};
use crate::orders::wire::{Api, Orders};
use crate::ui::Light;
use crate::ui::locale::{clock_time, money};

/// Follows an order until it is closed.
#[component]
pub(super) fn Follower(api: Api, id: OrderId, on_close: impl Fn() + 'static) -> impl IntoView {
    let view = live::follow(Orders::only(api, id.clone()), 1);
    let order = Memo::new(move |_| {
        view.with(|view| {
            view.window
                .rows()
                .first()
                .map(|entry| Arc::clone(&entry.row))
        })
    });
    let loaded = Memo::new(move |_| view.with(|view| view.loaded));
    let name = id.as_str().to_owned();
    // Made anew only if the order comes or goes; what changes within is bound more finely.
    let there = Memo::new(move |_| order.with(Option::is_some));
    view! {
        <aside class="panel follower" data-testid="follower" data-order-id=name aria-labelledby="followed">
            <div class="panel-head">
                <h3 id="followed"><span class="hidden">"Followed order "</span><Id id /></h3>
                <button type="button" class="button is-small" on:click=move |_| on_close()>"Close"</button>
            </div>
            <Light name="follower" link=Signal::derive(move || view.with(|view| view.link.clone())) />
            {move || match (there.get(), loaded.get()) {
                (true, _) => view! { <Course order /> <Items order /> }.into_any(),
                (false, true) => view! {
                    <p class="empty">"There is no order under this id, or no longer: orders are kept for a day."</p>
                }.into_any(),
                (false, false) => view! { <p class="empty is-loading">"Looking for the order…"</p> }.into_any(),
            }}
        </aside>
    }
}

/// The states, and when the order came to each.
#[component]
fn Course(order: Memo<Option<Arc<Order>>>) -> impl IntoView {
    let cancelled = Memo::new(move |_| is_at(order, Status::Cancelled));
    view! {
        <ol class="steps">
            {Status::PATH.map(|status| view! { <Step order status /> })}
            {move || cancelled.get().then(|| view! { <Step order status=Status::Cancelled /> })}
        </ol>
    }
}

#[component]
fn Step(order: Memo<Option<Arc<Order>>>, status: Status) -> impl IntoView {
    let of = move |read: fn(&Order, Status) -> Option<String>| {
        move || order.with(|order| order.as_ref().and_then(|order| read(order, status)))
    };
    view! {
        <li
            class="step"
            data-status=status.name()
            data-reached=move || {
                order.with(|order| order.as_ref().is_some_and(|order| order.has_reached(status))).to_string()
            }
            aria-current=move || is_at(order, status).then_some("step")
        >
            <span>{status.words()}</span>
            <span class="step-time numeric quiet">{of(|order, status| order.reached.at(status).map(clock_time))}</span>
        </li>
    }
}

fn is_at(order: Memo<Option<Arc<Order>>>, status: Status) -> bool {
    order.with(|order| order.as_ref().is_some_and(|order| order.status == status))
}

/// What was ordered. It does not change, but a later revision might correct it.
#[component]
fn Items(order: Memo<Option<Arc<Order>>>) -> impl IntoView {
    let basket =
        Memo::new(move |_| order.with(|order| order.as_ref().map(|order| Basket::from(&**order))));
    move || {
        let Basket {
            items,
            total,
            customer,
        } = basket.get()?;
        let rows = items.into_iter().map(|(description, quantity, price, sum)| {
            view! {
                <tr>
                    <td>{description}<span class="quiet numeric items-each">{format!("{quantity} × {price}")}</span></td>
                    <td class="numeric is-end">{sum}</td>
                </tr>
            }
        });
        Some(view! {
            <table class="items">
                <caption>{format!("Items for {customer}")}</caption>
                <thead class="hidden">
                    <tr><th scope="col">"Item"</th><th scope="col">"Price"</th></tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
                <tfoot>
                    <tr><th scope="row">"Total"</th><td class="numeric is-end">{total}</td></tr>
                </tfoot>
            </table>
        })
    }
}

/// What the items' table says.
#[derive(Clone, PartialEq)]
struct Basket {
    items: Vec<(String, i64, String, String)>,
    total: String,
    customer: String,
}

impl From<&Order> for Basket {
    fn from(order: &Order) -> Self {
        let items = order.items.iter().map(|item| {
            // No basket holds more than a float counts exactly.
            #[allow(clippy::cast_precision_loss)]
            let sum = item.unit_price * item.quantity as f64;
            let price = money(item.unit_price, &order.currency);
            (
                item.description.clone(),
                item.quantity,
                price,
                money(sum, &order.currency),
            )
        });
        Self {
            items: items.collect(),
            total: money(order.total, &order.currency),
            customer: order.customer.clone(),
        }
    }
}

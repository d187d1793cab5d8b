//! The live table.

use leptos::prelude::*;

use super::WINDOW;
use crate::live::View;
use crate::live::window::{Entry, Row};
use crate::orders::model::{Order, OrderId, Status, delay_words};
use crate::ui::locale::clock_time;

/// All orders in the window, newest first.
#[component]
pub(super) fn Table(
    view: ReadSignal<View<Order>>,
    followed: RwSignal<Option<OrderId>>,
) -> impl IntoView {
    let places = Memo::new(move |_| {
        view.with(|view| {
            view.window
                .rows()
                .iter()
                .map(|entry| entry.row.position())
                .collect::<Vec<_>>()
        })
    });
    let loaded = Memo::new(move |_| view.with(|view| view.loaded));
    let empty = move || places.with(Vec::is_empty);
    // The roles keep the table a table where narrow screens lay its rows out as cards.
    view! {
        <table class="table" role="table" data-testid="orders-table" aria-busy=move || (!loaded.get()).to_string()>
            <caption class="hidden">{format!("The newest {WINDOW} orders, updated live")}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Order"</th>
                    <th role="columnheader" scope="col">"Status"</th>
                    <th role="columnheader" scope="col" class="is-end">"Updated"</th>
                    <th role="columnheader" scope="col" class="is-end">"Received"</th>
                    <th role="columnheader" scope="col" class="is-end">"Delay"</th>
                    <th role="columnheader" scope="col">
                        <span class="hidden">"Follow"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">
                <For each=move || places.get() key=Clone::clone let:place>
                    <OrderRow view place followed />
                </For>
            </tbody>
        </table>
        {move || match (empty(), loaded.get()) {
            (true, true) => Some(
                view! {
                    <p class="empty">"No orders yet. Start a simulation, and watch them come in."</p>
                }.into_any(),
            ),
            (true, false) => Some(view! { <p class="empty is-loading">"Looking for orders…"</p> }.into_any()),
            (false, _) => None,
        }}
    }
}

#[component]
fn OrderRow(
    view: ReadSignal<View<Order>>,
    place: <Order as Row>::Position,
    followed: RwSignal<Option<OrderId>>,
) -> impl IntoView {
    let id = place.1.clone();
    // May run once more just after the row went.
    let entry = Memo::new(move |_| view.with(|view| view.window.get(&place).cloned()));
    let of = move |read: fn(&Entry<Order>) -> String| {
        move || entry.with(|entry| entry.as_ref().map(read).unwrap_or_default())
    };
    let status = move || entry.with(|entry| entry.as_ref().map(|entry| entry.row.status));
    // A change that arrives makes a ripple; two alike in turn, since the same animation does not start twice.
    let ripple = move || {
        entry.with(|entry| {
            let entry = entry.as_ref().filter(|entry| entry.received.is_some())?;
            Some(if entry.row.revision.0 % 2 == 0 {
                "even"
            } else {
                "odd"
            })
        })
    };
    let pressed = {
        let id = id.clone();
        move || followed.with(|followed| followed.as_ref() == Some(&id))
    };
    let name = format!("Follow {}", id.as_str());
    let row_id = id.as_str().to_owned();
    let toggle = {
        let id = id.clone();
        move |_| {
            followed.update(|followed| {
                *followed = if followed.as_ref() == Some(&id) {
                    None
                } else {
                    Some(id.clone())
                };
            });
        }
    };
    view! {
        <tr role="row" data-order-id=row_id data-status=move || status().map(Status::name) data-ripple=ripple>
            <td role="cell" class="cell-id"><Id id /></td>
            <td role="cell" class="cell-status">
                <span class="status">
                    <span class="course" aria-hidden="true"></span>
                    {move || status().map(Status::words)}
                </span>
            </td>
            <td role="cell" class="cell-updated numeric is-end">{of(|entry| clock_time(entry.row.updated))}</td>
            <td role="cell" class="cell-received numeric is-end">
                {of(|entry| entry.received.map_or_else(|| "–".to_owned(), clock_time))}
            </td>
            <td role="cell" class="cell-delay numeric is-end">
                {of(|entry| {
                    entry.received.map_or_else(|| "–".to_owned(), |at| delay_words(entry.row.updated, at))
                })}
            </td>
            <td role="cell" class="cell-follow is-end">
                <button type="button" class="button is-small" aria-label=name
                    aria-pressed=move || pressed().to_string() on:click=toggle>
                    "Follow"
                </button>
            </td>
        </tr>
    }
}

/// An order's id: what tells it from its neighbours stands out, since ids begin with the time.
#[component]
pub(super) fn Id(id: OrderId) -> impl IntoView {
    let text = id.as_str();
    // Ids are ASCII; whatever else comes is shown as it is.
    let (head, tail) = text
        .split_at_checked(text.len().saturating_sub(6))
        .unwrap_or((text, ""));
    view! {
        <span class="order-id" title=text.to_owned()>
            <span class="order-id-head">{head.to_owned()}</span>
            <span class="order-id-tail">{tail.to_owned()}</span>
        </span>
    }
}

//! The live table.

use leptos::prelude::*;

use super::WINDOW;
use crate::live::window::{Entry, Row};
use crate::live::{Link, View};
use crate::orders::model::{Order, OrderId, delay_words};
use crate::ui::locale::clock_time;
use crate::ui::text;

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
    let failed = Memo::new(move |_| view.with(|view| matches!(view.link, Link::Failed { .. })));
    let empty = move || match (places.with(Vec::is_empty), loaded.get(), failed.get()) {
        (false, ..) => "",
        (true, true, _) => "No orders yet. Start a simulation, and watch them come in.",
        (true, false, false) => "Looking for orders…",
        (true, false, true) => {
            "No orders can be shown: the cloud refuses this page. Check [orders] and [identity] in appconfig.toml, then reload."
        }
    };
    // The roles keep the table a table where narrow screens lay its rows out as cards.
    view! {
        <table class="table" role="table" data-testid="orders-table" aria-busy=text(move || (!loaded.get() && !failed.get()).to_string())>
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
        <p class="empty">{text(empty)}</p>
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
        text(move || entry.with(|entry| entry.as_ref().map(read).unwrap_or_default()))
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
        <tr role="row" data-order-id=row_id data-status=of(|entry| entry.row.status.name().to_owned())
            data-ripple=of(ripple)>
            <td role="cell" class="cell-id"><Id id /></td>
            <td role="cell" class="cell-status">
                <span class="status">
                    <span class="course" aria-hidden="true"></span>
                    {of(|entry| entry.row.status.words().to_owned())}
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
                    aria-pressed=text(move || pressed().to_string()) on:click=toggle>
                    "Follow"
                </button>
            </td>
        </tr>
    }
}

/// A change that arrives makes a ripple; two alike in turn, since the same animation does not start twice.
fn ripple(entry: &Entry<Order>) -> String {
    match (entry.received, entry.row.revision.0 % 2) {
        (None, _) => "",
        (_, 0) => "even",
        _ => "odd",
    }
    .to_owned()
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

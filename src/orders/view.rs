//! The orders' screen: start a simulation, watch all orders, follow one.

#[allow(
    unreachable_pub,
    reason = "the component macro declares the props of each component public"
)]
mod follower;
#[allow(unreachable_pub, reason = "as above")]
mod start;
#[allow(unreachable_pub, reason = "as above")]
mod table;

use leptos::prelude::*;

use super::model::OrderId;
use super::wire::{self, Api};
use crate::live;
use crate::ui::Light;
use follower::Follower;
use start::Start;
use table::Table;

/// The live table holds the newest orders, so many.
pub const WINDOW: usize = 500;

/// The orders' screen.
#[component]
pub fn Orders(
    /// Where the orders come from.
    api: Api,
) -> impl IntoView {
    let view = live::follow(wire::Orders::every(api.clone()), WINDOW);
    let followed = RwSignal::new(None::<OrderId>);
    let count = Memo::new(move |_| view.with(|view| view.window.rows().len()));
    view! {
        <section class="orders" aria-labelledby="orders">
            <header class="orders-head">
                <div>
                    <h2 id="orders">"Orders"</h2>
                    <p class="quiet">
                        "From the event bus to this table, through a table stream and AppSync."
                    </p>
                </div>
                <Start api=api.clone() />
            </header>
            <div class="orders-body" class:is-following=move || followed.with(Option::is_some)>
                <div class="panel orders-list">
                    <div class="panel-head">
                        <h3>
                            "Newest first "
                            <span class="quiet numeric">{count}</span>
                        </h3>
                        <Light name="orders" link=Signal::derive(move || view.with(|view| view.link.clone())) />
                    </div>
                    <Table view followed />
                </div>
                {move || {
                    followed.get().map(|id| view! { <Follower api=api.clone() id on_close=move || followed.set(None) /> })
                }}
            </div>
        </section>
    }
}

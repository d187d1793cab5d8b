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

use std::sync::Arc;

use leptos::prelude::*;

use super::model::OrderId;
use super::wire::{self, Api};
use crate::live;
use crate::ui::{Light, dynamic, text};
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
    let link = Arc::new(move || view.with(|view| view.link.clone()));
    let followed = RwSignal::new(None::<OrderId>);
    let count = text(move || view.with(|view| view.window.rows().len().to_string()));
    let follower = {
        let api = api.clone();
        dynamic(move || match followed.get() {
            Some(id) => view! { <Follower api=api.clone() id followed /> }.into_any(),
            None => ().into_any(),
        })
    };
    view! {
        <section class="orders" aria-labelledby="orders">
            <header class="orders-head">
                <div>
                    <h2 id="orders">"Orders"</h2>
                    <p class="quiet">
                        "From the event bus to this table, through a table stream and AppSync."
                    </p>
                </div>
                <Start api />
            </header>
            <div class="orders-body">
                <div class="panel orders-list">
                    <div class="panel-head">
                        <h3>"Newest first " <span class="quiet numeric">{count}</span></h3>
                        <Light name="orders" link />
                    </div>
                    <Table view followed />
                </div>
                {follower}
            </div>
        </section>
    }
}

//! The button that starts a simulation, and what came of it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::orders::wire::Api;

#[derive(Clone, PartialEq)]
enum State {
    Idle,
    Sending,
    Started,
    Failed(String),
}

/// Starts a simulation.
#[component]
pub(super) fn Start(api: Api) -> impl IntoView {
    let state = RwSignal::new(State::Idle);
    let sending = move || state.with(|state| *state == State::Sending);
    let start = move |_| {
        if sending() {
            return;
        }
        state.set(State::Sending);
        let api = api.clone();
        spawn_local(async move {
            let outcome = match api.start_simulation().await {
                Ok(_) => State::Started,
                Err(error) => State::Failed(error.to_string()),
            };
            // The button may be gone by now.
            let _ = state.try_set(outcome);
        });
    };
    view! {
        <div class="start">
            // Still a button while it sends: one that is disabled loses the focus.
            <button type="button" class="button is-primary" aria-disabled=move || sending().to_string()
                aria-busy=move || sending().to_string() on:click=start>
                "Start simulation"
            </button>
            <p class="start-outcome quiet" role="status">
                {move || match state.get() {
                    State::Idle => "",
                    State::Sending => "Asking the cloud…",
                    State::Started => "Started: six baskets, one after the other.",
                    State::Failed(_) => "",
                }}
            </p>
            {move || match state.get() {
                State::Failed(why) => Some(view! { <p class="start-outcome is-error" role="alert">{why}</p> }),
                _ => None,
            }}
        </div>
    }
}

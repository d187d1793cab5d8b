//! The button that starts a simulation, and what came of it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::orders::wire::Api;
use crate::ui::text;

#[derive(Clone)]
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
    let is_sending = move || state.with(|state| matches!(state, State::Sending));
    let start = move |_| {
        if is_sending() {
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
    let outcome = move || match state.get() {
        State::Idle | State::Failed(_) => "",
        State::Sending => "Asking the cloud…",
        State::Started => "Started: six baskets, one after the other.",
    };
    let error = move || match state.get() {
        State::Failed(why) => why,
        _ => String::new(),
    };
    view! {
        <div class="start">
            // Still a button while it sends: one that is disabled loses the focus.
            <button type="button" class="button is-primary" aria-disabled=text(move || is_sending().to_string())
                aria-busy=text(move || is_sending().to_string()) on:click=start>
                "Start simulation"
            </button>
            <p class="start-outcome quiet" role="status">{text(outcome)}</p>
            <p class="start-outcome is-error" role="alert">{text(error)}</p>
        </div>
    }
}

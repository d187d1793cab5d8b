//! The button that starts a simulation, and what came of it.

use crate::ui::signal::RwSignal;
use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::orders::wire::Api;
use crate::ui::{El, Words, el};

#[derive(Clone, PartialEq)]
enum State {
    Idle,
    Sending,
    Started,
    Failed(String),
}

/// Starts a simulation.
pub(super) fn start(api: &'static Api) -> El {
    let state = RwSignal::new(State::Idle);
    let is_sending = move || state.with(|state| *state == State::Sending);
    let start = move |_: MouseEvent| {
        if untrack(is_sending) {
            return;
        }
        state.set(State::Sending);
        api.start_simulation().told(move |outcome| {
            let outcome = match outcome {
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
        State::Failed(why) => Words::from(why),
        _ => "".into(),
    };
    el("div")
        .class("start")
        .child(
            // Still a button while it sends: one that is disabled loses the focus.
            el("button")
                .class("button is-primary")
                .set("type", "button")
                .flag("aria-disabled", is_sending)
                .flag("aria-busy", is_sending)
                .text("Start simulation")
                .on("click", start),
        )
        .child(
            el("p")
                .class("start-outcome quiet")
                .set("role", "status")
                .live(outcome),
        )
        .child(
            el("p")
                .class("start-outcome is-error")
                .set("role", "alert")
                .live(error),
        )
}

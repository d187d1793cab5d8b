//! The light of a link, with words: it tells the truth, and when something will be tried again.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local_scoped_with_cancellation;

use crate::live::Link;

/// A link's light. `name` tells several on one screen apart.
#[component]
pub fn Light(
    /// What it shows.
    #[prop(into)]
    link: Signal<Link>,
    /// Which link it is of.
    name: &'static str,
) -> impl IntoView {
    // Counts down while something is to be tried again.
    let tick = RwSignal::new(());
    spawn_local_scoped_with_cancellation(async move {
        loop {
            net::sleep(Duration::from_secs(1)).await;
            if let Some(Link::Retrying { .. }) = link.try_get_untracked() {
                tick.notify();
            }
        }
    });
    let state = move || link.with(state);
    let countdown = move || {
        tick.track();
        link.with(|link| match link {
            Link::Retrying { at, .. } => {
                let left = at.saturating_since(net::now()).as_millis().div_ceil(1_000);
                format!(" in {left} s")
            }
            _ => String::new(),
        })
    };
    view! {
        <p class="light" role="status" data-testid="link" data-link=name data-state=state>
            <span class="light-lamp" aria-hidden="true"></span>
            <span>
                {move || link.with(word)}
                // Read aloud once, not each second.
                <span aria-hidden="true" class="numeric">{countdown}</span>
                {move || link.with(reason)}
            </span>
        </p>
    }
}

const fn state(link: &Link) -> &'static str {
    match link {
        Link::Connecting => "connecting",
        Link::Live => "live",
        Link::Retrying { .. } => "retrying",
        Link::Offline => "offline",
        Link::Failed { .. } => "failed",
    }
}

const fn word(link: &Link) -> &'static str {
    match link {
        Link::Connecting => "Connecting",
        Link::Live => "Live",
        Link::Retrying { .. } => "Retrying",
        Link::Offline => "Offline, waiting for a network",
        Link::Failed { .. } => "Failed",
    }
}

fn reason(link: &Link) -> String {
    match link {
        Link::Retrying { why, .. } | Link::Failed { why } => format!(" because {why}"),
        _ => String::new(),
    }
}

//! The light of a link, with words: it tells the truth, and when something will be tried again.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::text;
use crate::live::{self, Link};

/// A link's light.
#[component]
pub fn Light(
    /// Reads what it shows.
    link: Arc<dyn Fn() -> Link + Send + Sync>,
    /// Tells it from other lights on the screen.
    name: &'static str,
) -> impl IntoView {
    // Counts down while something is to be tried again.
    let tick = Trigger::new();
    live::task(async move {
        loop {
            net::sleep(Duration::from_secs(1)).await;
            tick.notify();
        }
    });
    let shows = move |read: fn(&Link) -> String| {
        let link = Arc::clone(&link);
        text(move || read(&link()))
    };
    let countdown = {
        let mut left = shows(countdown);
        text(move || {
            tick.track();
            left()
        })
    };
    view! {
        <p class="light" role="status" data-testid="link" data-link=name data-state=shows(state)>
            <span class="light-lamp" aria-hidden="true"></span>
            <span>
                {shows(word)}
                // Read aloud once, not each second.
                <span aria-hidden="true" class="numeric">{countdown}</span>
                {shows(reason)}
            </span>
        </p>
    }
}

fn countdown(link: &Link) -> String {
    match link {
        Link::Retrying { at, .. } => {
            format!(" in {} s", at.saturating_since(net::now()).as_secs() + 1)
        }
        _ => String::new(),
    }
}

fn state(link: &Link) -> String {
    match link {
        Link::Connecting => "connecting",
        Link::Live => "live",
        Link::Retrying { .. } => "retrying",
        Link::Offline => "offline",
        Link::Failed { .. } => "failed",
    }
    .to_owned()
}

fn word(link: &Link) -> String {
    match link {
        Link::Connecting => "Connecting",
        Link::Live => "Live",
        Link::Retrying { .. } => "Retrying",
        Link::Offline => "Offline, waiting for a network",
        Link::Failed { .. } => "Failed",
    }
    .to_owned()
}

fn reason(link: &Link) -> String {
    match link {
        Link::Retrying { why, .. } | Link::Failed { why } => format!(" because {why}"),
        _ => String::new(),
    }
}

//! The light of a link, with words: it tells the truth, and when something will be tried again.

use std::sync::Arc;

use super::{El, Ticker, Words, el};
use crate::live::Link;

/// Reads a link's state.
pub type ReadLink = Arc<dyn Fn() -> Link + Send + Sync>;

/// A link's light; the name tells it from other lights on the screen.
#[must_use]
pub fn light(name: &str, link: &ReadLink) -> El {
    let light = el("p")
        .class("light")
        .set("role", "status")
        .set("data-testid", "link")
        .set("data-link", name);
    lit(light, link).child(lamp()).child(words(link, true))
}

/// The lamp itself: its state is its parent's.
#[must_use]
pub fn lamp() -> El {
    el("span").class("light-lamp").set("aria-hidden", "true")
}

/// The words beside it, with the reason if there is room.
#[must_use]
pub fn words(link: &ReadLink, reasons: bool) -> El {
    let ticker = Ticker::here();
    let counting = Arc::clone(link);
    let countdown = el("span")
        .class("numeric")
        // Read aloud once, not each second.
        .set("aria-hidden", "true")
        .live(move || {
            ticker.track();
            countdown(&counting())
        });
    let (words, reason_of) = (Arc::clone(link), Arc::clone(link));
    let all = el("span").live(move || word(&words())).child(countdown);
    if reasons {
        all.live(move || reason(&reason_of()))
    } else {
        all
    }
}

/// An element whose `data-state` is a link's.
#[must_use]
pub fn lit(element: El, link: &ReadLink) -> El {
    let link = Arc::clone(link);
    element.bind("data-state", move || state(&link()))
}

fn countdown(link: &Link) -> Words {
    match link {
        Link::Retrying { at, .. } => {
            let seconds = at.saturating_since(net::now()).as_secs() + 1;
            [" in ", &seconds.to_string(), " s"].concat().into()
        }
        _ => "".into(),
    }
}

/// The state's name, for styles and tests.
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

fn reason(link: &Link) -> Words {
    match link {
        Link::Retrying { why, .. } | Link::Failed { why } => [" because ", why].concat().into(),
        _ => "".into(),
    }
}

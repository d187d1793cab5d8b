//! Light, dark, or as the system has it.

use leptos::prelude::{document, event_target_value};
use leptos::web_sys::Event;

use super::{El, el, svg};

/// Where the choice is kept; `index.html` reads it before the first paint.
const KEY: &str = "eddy.theme";

/// The switch.
#[must_use]
pub fn theme() -> El {
    let chosen = net::storage::get(KEY).unwrap_or_default();
    let options = [("", "System"), ("light", "Light"), ("dark", "Dark")].map(|(value, words)| {
        let option = el("option").set("value", value).text(words);
        if value == chosen {
            option.set("selected", "")
        } else {
            option
        }
    });
    el("label")
        .class("theme")
        .child(
            svg("svg")
                .set("viewBox", "0 0 18 18")
                .set("aria-hidden", "true")
                .child(
                    svg("path")
                        .set("d", "M9 2a7 7 0 1 0 0 14V2")
                        .set("fill", "currentColor"),
                )
                .child(svg("path").set("d", "M9 2a7 7 0 0 1 0 14")),
        )
        .child(
            el("select")
                .set("aria-label", "Theme")
                .children(options)
                .on("change", |event: Event| choose(&event_target_value(&event))),
        )
}

fn choose(theme: &str) {
    let Some(root) = document().document_element() else {
        return;
    };
    // Neither fails on an element that is there.
    if theme.is_empty() {
        net::storage::remove(KEY);
        let _ = root.remove_attribute("data-theme");
    } else {
        net::storage::set(KEY, theme);
        let _ = root.set_attribute("data-theme", theme);
    }
}

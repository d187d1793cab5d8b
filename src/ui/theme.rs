//! Light, dark, or as the system has it.

use leptos::prelude::{document, event_target_value};
use leptos::web_sys::Event;

use super::El;

/// Where the choice is kept; `index.html` reads it before the first paint.
const KEY: &str = "eddy.theme";

/// Makes this the switch.
pub fn theme(select: El) {
    select.write(&net::storage::get(KEY).unwrap_or_default());
    if select.value().is_empty() {
        // Nothing was kept, or what this page does not know, where a select would show nothing.
        select.write("");
    }
    let _ = select.on("change", |event: Event| choose(&event_target_value(&event)));
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

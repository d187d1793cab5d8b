//! What an event is about: the element that it hit, and others from there.

use leptos::ev::KeyboardEvent;
use leptos::web_sys::{Element, Event, HtmlElement};
use wasm_bindgen::JsCast as _;

/// An attribute of the nearest element, from the one that was hit upwards, that matches a selector.
#[must_use]
pub fn attribute(event: &Event, selector: &str, name: &str) -> Option<String> {
    target(event)?.closest(selector).ok()??.get_attribute(name)
}

/// Whether the element that was hit matches a selector.
#[must_use]
pub fn is_at(event: &Event, selector: &str) -> bool {
    target(event).is_some_and(|target| target.matches(selector).unwrap_or_default())
}

/// Leads the focus from row to row by arrows, Home and End: from a row's button to that of another.
pub fn walk(event: &KeyboardEvent) -> Option<()> {
    let row = target(event)?.closest("tr").ok()??;
    let to = match event.key().as_str() {
        "ArrowDown" => row.next_element_sibling(),
        "ArrowUp" => row.previous_element_sibling(),
        "Home" => row.parent_element()?.first_element_child(),
        "End" => row.parent_element()?.last_element_child(),
        _ => None,
    };
    let button = to?.query_selector("button").ok()??;
    event.prevent_default();
    button.dyn_into::<HtmlElement>().ok()?.focus().ok()
}

fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

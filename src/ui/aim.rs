//! What an event is about: the element that it hit, and others from there.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::prelude::document;
use leptos::web_sys::{Element, Event, FocusOptions, HtmlElement, Node};
use wasm_bindgen::JsCast as _;

use super::El;

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

/// Whether the element that was hit is wider inside than its window.
#[must_use]
pub fn is_wide(event: &Event) -> bool {
    target(event).is_some_and(|target| target.scroll_width() > target.client_width())
}

/// Whether the focus that this event takes away stays within an element.
#[must_use]
pub fn stays_in(event: &FocusEvent, element: &El) -> bool {
    let to = event
        .related_target()
        .and_then(|to| to.dyn_into::<Node>().ok());
    element.raw().contains(to.as_ref())
}

/// Whether nothing has the focus.
#[must_use]
pub fn is_lost() -> bool {
    let focused = document().active_element();
    focused.is_none_or(|element| element.tag_name() == "BODY")
}

/// Whether what has the focus lies in an element that matches a selector.
#[must_use]
pub fn is_within(selector: &str) -> bool {
    let focused = document().active_element();
    focused.is_some_and(|element| element.closest(selector).ok().flatten().is_some())
}

/// The same as [`focus`], where nothing has it: what had it has gone.
pub fn refocus(selectors: &[&str]) {
    if is_lost() {
        focus(selectors);
    }
}

/// Gives the focus to the first element of the page that matches one of the selectors, the first that any does. The page
/// stays where it is.
pub fn focus(selectors: &[&str]) {
    if let Some(element) = first(selectors) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        // Fails on nothing that is there.
        let _ = element.focus_with_options(&options);
    }
}

/// The same, and brings it in sight.
pub fn lead(selectors: &[&str]) {
    if let Some(element) = first(selectors) {
        let _ = element.focus();
    }
}

/// Brings the first element that matches a selector to the top, as far as that goes.
pub fn show(selector: &str) {
    if let Some(element) = first(&[selector]) {
        element.scroll_into_view();
    }
}

fn first(selectors: &[&str]) -> Option<HtmlElement> {
    let mut found = selectors
        .iter()
        .filter_map(|selector| document().query_selector(selector).ok()?);
    found.next()?.dyn_into().ok()
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

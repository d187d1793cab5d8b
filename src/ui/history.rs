//! The browser's history: the address, and the ways to change it.

use leptos::prelude::*;
use leptos::{ev, web_sys};
use wasm_bindgen::{JsCast as _, JsValue};

use super::aim;

/// The browser's own event after back and forward; [`go`] sends it too, so that one listener hears of every way.
const MOVED: &str = "popstate";

/// The address's path.
#[must_use]
pub fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Goes to an address within the page.
pub fn go(path: &str) {
    if path == self::path() {
        return;
    }
    if let Ok(history) = window().history() {
        // Refused only to pages that do it hundreds of times a second.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(path));
    }
    if let Ok(event) = web_sys::Event::new(MOVED) {
        let _ = window().dispatch_event(&event);
    }
}

/// Calls back with each new address, for as long as the page is open: after [`go`], after back and forward, and after
/// clicks on links within the page, which then load nothing. The callback says whether it leads to another screen: that
/// gets the focus.
pub fn follow(moved: impl Fn(String) -> bool + 'static) {
    let _ = window_event_listener(ev::popstate, move |_| {
        let is_another = moved(path());
        request_animation_frame(move || {
            // What had the focus may have gone with what it stood in.
            if is_another {
                aim::focus(&["#main"]);
            } else {
                aim::refocus(&[".rows", "#main"]);
            }
        });
    });
    let _ = window_event_listener(ev::click, move |event| {
        if let Some(path) = link(&event) {
            event.prevent_default();
            go(&path);
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
}

/// Where a plain click on a link of the page leads. Whoever holds a key down wants a tab or a window.
fn link(event: &web_sys::MouseEvent) -> Option<String> {
    let changed = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
    if changed || event.button() != 0 || event.default_prevented() {
        return None;
    }
    let target: web_sys::Element = event.target()?.dyn_into().ok()?;
    target.closest("a[href^='/']").ok()??.get_attribute("href")
}

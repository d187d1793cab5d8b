//! What the browser tells of the page's life.

use futures::channel::mpsc;
use futures::stream::{self, LocalBoxStream};
use futures::{Stream, StreamExt};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventTarget, PageTransitionEvent, VisibilityState};

use super::listener::Listener;
use crate::life::{Life, wakes};

pub(crate) type BoxedEvents = LocalBoxStream<'static, Life>;

pub(crate) fn events() -> BoxedEvents {
    stream::select(told(), wakes()).boxed_local()
}

pub(crate) fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

pub(crate) fn is_visible() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_none_or(|document| document.visibility_state() != VisibilityState::Hidden)
}

/// What the browser's own events say. The stream owns the listeners.
fn told() -> impl Stream<Item = Life> {
    let (sender, receiver) = mpsc::unbounded();
    let listen = |target: &EventTarget, event, to_life: fn(&Event) -> Option<Life>| {
        let sender = sender.clone();
        Listener::new(target, event, move |event: Event| {
            if let Some(life) = to_life(&event) {
                let _ = sender.unbounded_send(life);
            }
        })
    };
    let mut listeners = Vec::new();
    if let Some(window) = web_sys::window() {
        listeners.push(listen(&window, "online", |_| Some(Life::Online)));
        listeners.push(listen(&window, "offline", |_| Some(Life::Offline)));
        listeners.push(listen(&window, "pageshow", back_from_history));
        if let Some(document) = window.document() {
            listeners.push(listen(&document, "visibilitychange", |_| {
                Some(if is_visible() {
                    Life::Visible
                } else {
                    Life::Hidden
                })
            }));
            // Thawed after having been frozen in the background.
            listeners.push(listen(&document, "resume", |_| Some(Life::Wake)));
        }
    }
    // The sender stays with them, so that the stream does not end where there is no window.
    let kept = (listeners, sender);
    receiver.map(move |life| {
        let _ = &kept;
        life
    })
}

/// A page that comes back from the browser's history lost its sockets meanwhile. The event also fires at each load.
fn back_from_history(event: &Event) -> Option<Life> {
    let event = event.dyn_ref::<PageTransitionEvent>()?;
    event.persisted().then_some(Life::Wake)
}

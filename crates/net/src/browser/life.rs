//! What the browser tells of the page's life.

use futures::channel::mpsc;
use futures::stream::{self, LocalBoxStream};
use futures::{Stream, StreamExt};
use web_sys::{Event, EventTarget, VisibilityState};

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
    let listen = |target: &EventTarget, event, to_life: fn() -> Life| {
        let sender = sender.clone();
        Listener::new(target, event, move |_: Event| {
            let _ = sender.unbounded_send(to_life());
        })
    };
    let mut listeners = Vec::new();
    if let Some(window) = web_sys::window() {
        listeners.push(listen(&window, "online", || Life::Online));
        listeners.push(listen(&window, "offline", || Life::Offline));
        // Back from the browser's history, with its sockets closed meanwhile. Also fires at load, where it is harmless.
        listeners.push(listen(&window, "pageshow", || Life::Wake));
        if let Some(document) = window.document() {
            listeners.push(listen(&document, "visibilitychange", || {
                if is_visible() {
                    Life::Visible
                } else {
                    Life::Hidden
                }
            }));
            // Thawed after having been frozen in the background.
            listeners.push(listen(&document, "resume", || Life::Wake));
        }
    }
    // The sender stays with them, so that the stream does not end where there is no window.
    let kept = (listeners, sender);
    receiver.map(move |life| {
        let _ = &kept;
        life
    })
}

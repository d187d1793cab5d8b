//! `performance.now()`, `Date.now()`, `setTimeout` and `requestAnimationFrame`.

use std::pin::pin;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::select;
use js_sys::Function;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Window;

use crate::UnixTime;

pub(crate) fn since_start() -> Duration {
    let millis = web_sys::window()
        .and_then(|window| window.performance())
        .map_or_else(js_sys::Date::now, |performance| performance.now());
    Duration::from_micros((millis * 1_000.0) as u64)
}

pub(crate) fn wall() -> UnixTime {
    UnixTime(js_sys::Date::now() as i64)
}

pub(crate) async fn sleep(duration: Duration) {
    /// `setTimeout` takes a signed 32-bit number; a longer time makes it fire at once.
    const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);
    let mut left = duration;
    loop {
        let part = left.min(LONGEST);
        // Rounded up: a timer that fires before its time would be set again and again.
        let millis = part.as_secs() * 1_000 + u64::from(part.subsec_nanos().div_ceil(1_000_000));
        timeout(i32::try_from(millis).unwrap_or(i32::MAX)).await;
        left -= part;
        if left.is_zero() {
            return;
        }
    }
}

async fn timeout(millis: i32) {
    let (fire, fired) = oneshot::channel();
    let _timer = Timer::set(millis, fire);
    let _ = fired.await;
}

pub(crate) async fn frame() {
    /// A hidden page has no frames.
    const HIDDEN: Duration = Duration::from_millis(250);
    let (fire, fired) = oneshot::channel();
    let _timer = Timer::frame(fire);
    let _ = select(fired, pin!(sleep(HIDDEN))).await;
}

/// A timer that is cleared when it is dropped.
struct Timer {
    id: Option<i32>,
    is_frame: bool,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    fn set(millis: i32, fire: oneshot::Sender<()>) -> Self {
        Self::of(fire, false, |window, callback| {
            window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, millis)
        })
    }

    fn frame(fire: oneshot::Sender<()>) -> Self {
        Self::of(fire, true, Window::request_animation_frame)
    }

    fn of(
        fire: oneshot::Sender<()>,
        is_frame: bool,
        set: impl FnOnce(&Window, &Function) -> Result<i32, JsValue>,
    ) -> Self {
        let callback = Closure::once(move || {
            let _ = fire.send(());
        });
        let id = web_sys::window()
            .and_then(|window| set(&window, callback.as_ref().unchecked_ref()).ok());
        Self {
            id,
            is_frame,
            _callback: callback,
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        let (Some(window), Some(id)) = (web_sys::window(), self.id) else {
            return;
        };
        if self.is_frame {
            // Fails on no number.
            let _ = window.cancel_animation_frame(id);
        } else {
            window.clear_timeout_with_handle(id);
        }
    }
}

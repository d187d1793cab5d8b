//! The side for browsers: gloo-net and web-sys, which nothing else that the page links may touch for this.

pub(crate) mod clock;
pub(crate) mod http;
pub(crate) mod life;
pub(crate) mod random;
pub(crate) mod socket;
pub(crate) mod storage;

mod listener;

use futures::future::LocalBoxFuture;

pub(crate) fn origin() -> Option<String> {
    // A page from a file has the origin "null", which nobody can be asked at.
    web_sys::window()?
        .location()
        .origin()
        .ok()
        .filter(|origin| origin != "null")
}

pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    // In a box all tasks are one type, and the executor's code is there once.
    wasm_bindgen_futures::spawn_local(Box::pin(future) as LocalBoxFuture<'static, ()>);
}

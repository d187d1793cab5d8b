//! Tasks.

use std::future::Future;

use crate::platform;

/// `Send` on native, where tasks wander between threads; nothing at all in browsers, where there is one.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + ?Sized> MaybeSend for T {}

/// `Send` on native, where tasks wander between threads; nothing at all in browsers, where there is one.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T: ?Sized> MaybeSend for T {}

/// Runs a future on its own until it ends. On native this must be called within a tokio runtime, and the task ends with
/// that runtime.
pub fn spawn(future: impl Future<Output = ()> + MaybeSend + 'static) {
    platform::spawn(future);
}

//! Tasks.

use std::future::Future;
use std::pin::Pin;

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

/// A future in a box. What every task waits for (a timer, an answer) is one, so that no task holds its states and knows
/// how to drop each of them: in a page that weighs as much as what the task does.
#[cfg(not(target_arch = "wasm32"))]
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;
/// A future in a box. What every task waits for (a timer, an answer) is one, so that no task holds its states and knows
/// how to drop each of them: in a page that weighs as much as what the task does.
#[cfg(target_arch = "wasm32")]
pub type Pending<T> = Pin<Box<dyn Future<Output = T>>>;

/// Runs a future on its own until it ends. On native this must be called within a tokio runtime, and the task ends with
/// that runtime.
pub fn spawn(future: impl Future<Output = ()> + MaybeSend + 'static) {
    platform::spawn(future);
}

//! A few strings that outlive the page: `localStorage` in browsers, the process's memory on native.
//!
//! A browser may refuse to store anything; then nothing is kept and nothing fails. What is stored here must be
//! something that can be asked for again.

use crate::platform;

/// The value under a key.
#[must_use]
pub fn get(key: &str) -> Option<String> {
    platform::storage::get(key)
}

/// Keeps a value under a key.
pub fn set(key: &str, value: &str) {
    platform::storage::set(key, value);
}

/// Forgets a key.
pub fn remove(key: &str) {
    platform::storage::remove(key);
}

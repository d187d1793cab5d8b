//! The process's memory.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

static STORED: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

fn stored() -> MutexGuard<'static, HashMap<String, String>> {
    STORED.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn get(key: &str) -> Option<String> {
    stored().get(key).cloned()
}

pub(crate) fn set(key: &str, value: &str) {
    stored().insert(key.to_owned(), value.to_owned());
}

pub(crate) fn remove(key: &str) {
    stored().remove(key);
}

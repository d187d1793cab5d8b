//! The operating system's randomness.

use std::hash::{BuildHasher, Hasher, RandomState};

pub(crate) fn fill(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        // A system that early in its boot still has seeds for hash maps. Nothing here is a secret.
        for chunk in bytes.chunks_mut(8) {
            let word = RandomState::new().build_hasher().finish().to_ne_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

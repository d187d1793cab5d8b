//! Randomness from the platform's own source.

use std::fmt::Write as _;

use crate::platform;

/// Fills a buffer with random bytes.
pub fn fill(bytes: &mut [u8]) {
    platform::random::fill(bytes);
}

/// A number in `[0, 1)`, for jitter.
#[must_use]
pub fn unit() -> f64 {
    /// Two to the power of 53: as many values as a double tells apart in `[0, 1)`.
    const STEPS: f64 = 9_007_199_254_740_992.0;
    let mut bytes = [0; 8];
    fill(&mut bytes);
    (u64::from_ne_bytes(bytes) >> 11) as f64 / STEPS
}

/// A random UUID (version 4, RFC 9562) in lower case.
#[must_use]
pub fn uuid() -> String {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

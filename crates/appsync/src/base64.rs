//! Base64 for addresses, without padding (RFC 4648, section 5): one header of a handshake. The package is made for
//! megabytes, and weighs two kilobytes of wasm; the tests compare the two.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Adds the digits of these bytes.
pub(crate) fn push(text: &mut String, bytes: &[u8]) {
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, place| {
            bits << 8 | usize::from(group.get(place).copied().unwrap_or(0))
        });
        // Each byte needs one digit more than there are bytes.
        for place in 0..=group.len() {
            text.push(char::from(DIGITS[bits >> (18 - 6 * place) & 63]));
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_digits_are_those_of_the_package(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut text = String::new();
            super::push(&mut text, &bytes);
            prop_assert_eq!(text, BASE64_URL_SAFE_NO_PAD.encode(&bytes));
        }
    }
}

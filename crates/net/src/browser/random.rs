//! `crypto.getRandomValues`.

pub(crate) fn fill(bytes: &mut [u8]) {
    /// More at once is refused.
    const MOST: usize = 65_536;
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    for chunk in bytes.chunks_mut(MOST) {
        let filled = crypto
            .as_ref()
            .is_some_and(|crypto| crypto.get_random_values_with_u8_array(chunk).is_ok());
        if !filled {
            // Every browser has it. Nothing here is a secret, so a lesser source beats a page that stops.
            chunk.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
        }
    }
}

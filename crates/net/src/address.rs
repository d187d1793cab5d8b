//! Addresses, as far as clients take them apart.

/// The scheme of an absolute address, and what follows its `://`.
///
/// Cut at the colon: the standard library's search for a text in a text weighs four kilobytes of wasm, so nothing that
/// the page links searches for more than a character.
#[must_use]
pub fn split(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_cut_behind_its_scheme() {
        assert_eq!(split("https://a:1/b"), Some(("https", "a:1/b")));
        assert_eq!(split("ws://a?b=c://d"), Some(("ws", "a?b=c://d")));
        assert_eq!(split("a:/b"), None);
        assert_eq!(split("a"), None);
    }
}

//! Percent-encoding (RFC 3986, section 2).

/// Every byte but the unreserved characters and those given here.
#[must_use]
pub fn encoded(bytes: &[u8], but: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) || but.contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    text
}

/// The bytes; a `%` that is not followed by two digits stands for itself.
#[must_use]
pub fn decoded(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let byte = match (byte, digit(tail.first()), digit(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                rest = &tail[2..];
                (high << 4 | low) as u8
            }
            _ => *byte,
        };
        bytes.push(byte);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decoded(&encoded(&all, b"./")), all);
        assert_eq!(encoded("a b/c.d~é".as_bytes(), b"."), "a%20b%2Fc.d~%C3%A9");
        assert_eq!(encoded(b"a/b.c", b"/"), "a/b%2Ec");
        assert_eq!(decoded("%4g%41%"), b"%4gA%");
    }
}

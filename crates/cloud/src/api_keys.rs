//! Keys that a GraphQL API takes instead of a signature.
//! Source: AppSync developer guide, "API_KEY authorization".

use std::fmt;
use std::str::FromStr;

use backend::api::{Caller, Role};
use subtle::ConstantTimeEq as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::sigv4::Refusal;

/// The header that a key comes in.
pub(crate) const HEADER: &str = "x-api-key";
/// A key that is shorter can be found by trying.
const SHORTEST: usize = 16;
const LONGEST: usize = 128;

/// A key and how long it is good for. Read from `KEY`, or `KEY@2027-01-31T00:00:00Z`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    secret: String,
    expires: Option<OffsetDateTime>,
}

impl fmt::Debug for ApiKey {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expires, .. } = self;
        f.debug_struct("ApiKey")
            .field("expires", expires)
            .finish_non_exhaustive()
    }
}

impl FromStr for ApiKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (secret, expires) = match text.split_once('@') {
            None => (text, None),
            Some((secret, expires)) => {
                let expires = OffsetDateTime::parse(expires, &Rfc3339).map_err(|_| {
                    "after the @ stands when the key ends, such as 2027-01-31T00:00:00Z".to_owned()
                })?;
                (secret, Some(expires))
            }
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(SHORTEST..=LONGEST).contains(&secret.len()) || !secret.bytes().all(plain) {
            return Err(format!(
                "a key has {SHORTEST} to {LONGEST} letters, digits and hyphens"
            ));
        }
        let secret = secret.to_owned();
        Ok(Self { secret, expires })
    }
}

/// Whoever sends this key.
///
/// # Errors
/// [`Refusal::Key`] for one that is none of these, or is no longer good.
pub(crate) fn caller(keys: &[ApiKey], sent: &str, now: OffsetDateTime) -> Result<Caller, Refusal> {
    // Each is compared, whichever it is: the time it takes tells nothing.
    let known = keys.iter().fold(false, |known, key| {
        let same = bool::from(key.secret.as_bytes().ct_eq(sent.as_bytes()));
        known | (same && key.expires.is_none_or(|expires| now < expires))
    });
    if known {
        Ok(Caller {
            role: Role::ApiKey,
            identity: None,
        })
    } else {
        Err(Refusal::Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_good_until_they_end_and_are_never_printed() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let keys: Vec<ApiKey> = [
            "da2-abcdefghijklmnopqrstuvwxyz",
            "da2-zyxwvutsrqponmlkjihgfedcba@1970-01-01T00:00:01Z",
        ]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
        assert!(!format!("{keys:?}").contains("abc"));
        let good =
            |sent: &str, at: i64| caller(&keys, sent, now + time::Duration::seconds(at)).is_ok();
        assert!(good("da2-abcdefghijklmnopqrstuvwxyz", 1_000_000));
        assert!(good("da2-zyxwvutsrqponmlkjihgfedcba", 0));
        assert!(!good("da2-zyxwvutsrqponmlkjihgfedcba", 1));
        assert!(!good("da2-", 0) && !good("", 0));
        for wrong in [
            "short",
            "with space and more",
            "da2-abcdefghijklmnop@soon",
            "",
        ] {
            assert!(wrong.parse::<ApiKey>().is_err(), "{wrong}");
        }
    }
}

//! Keys and signatures.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::Scope;
use super::presented::basic_date;

/// A secret access key.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(pub String);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// The signature, in hexadecimal, of a canonical request.
    pub(super) fn sign(
        &self,
        scope: &Scope<'_>,
        date: OffsetDateTime,
        canonical_request: &str,
    ) -> String {
        hex::encode(hmac(
            &self.signing_key(scope, date),
            string_to_sign(scope, date, canonical_request).as_bytes(),
        ))
    }

    /// A key good for one day, region and service.
    fn signing_key(&self, scope: &Scope<'_>, date: OffsetDateTime) -> [u8; 32] {
        let day = hmac(
            format!("AWS4{}", self.0).as_bytes(),
            &basic_date(date).as_bytes()[..8],
        );
        let region = hmac(&day, scope.region.as_bytes());
        let service = hmac(&region, scope.service.as_bytes());
        hmac(&service, b"aws4_request")
    }
}

/// The text that is signed: algorithm, date, scope and the hash of the canonical request.
pub(super) fn string_to_sign(
    scope: &Scope<'_>,
    date: OffsetDateTime,
    canonical_request: &str,
) -> String {
    let date = basic_date(date);
    let Scope {
        region, service, ..
    } = scope;
    let hash = sha256_hex(canonical_request.as_bytes());
    format!(
        "AWS4-HMAC-SHA256\n{date}\n{}/{region}/{service}/aws4_request\n{hash}",
        &date[..8]
    )
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// HMAC-SHA256. A key may have any length.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[allow(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

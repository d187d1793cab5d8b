//! Signature Version 4, the service's side: who signed this request, and may their signature be believed?
//!
//! Written from the specification, on its own canonicalisation, from the `SignedHeaders` the caller names. It shares no
//! code with the signing side of the clients, so that one misreading cannot pass both.
//! Source: IAM user guide, "Create a signed AWS API request" and "Authenticating requests (query)".

mod canonical;
mod presented;
mod refusal;
mod signature;

use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};

use canonical::{CanonicalRequest, Rules};
use presented::Presented;
pub use refusal::Refusal;
pub use signature::SecretKey;
pub(crate) use signature::hmac;

/// How far a signature's date may be from ours.
pub const WINDOW: Duration = Duration::minutes(5);

/// The longest a presigned URL may ask to be valid for.
const LONGEST: Duration = Duration::days(7);

/// Headers that change what a request means: where they are present, they have to be signed.
const MUST_BE_SIGNED: &[&str] = &["host", "x-amz-date", "x-amz-security-token", "x-amz-target"];

/// A request as it arrived, nothing decoded.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Such as `POST`.
    pub method: &'a str,
    /// The path as it stands in the request line, still encoded.
    pub path: &'a str,
    /// What follows the `?`, still encoded; empty where there is none.
    pub query: &'a str,
    /// Lower-case names; a name may stand here more than once.
    pub headers: &'a [(String, String)],
    /// The body as it came.
    pub body: &'a [u8],
}

impl Request<'_> {
    fn headers_named(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What a service expects of the signatures it accepts.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The name in the credential scope, such as `appsync`.
    pub service: &'a str,
    /// The region in the credential scope.
    pub region: &'a str,
    /// What it does with the session token of a signed query.
    pub token: TokenRule,
}

/// What becomes of the session token in the query form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRule {
    /// It is a parameter like the others, and signed with them.
    Signed,
    /// It is appended after the signature and is no part of it, as IoT Core has it.
    Appended,
}

/// Verifies the signature of a request, in its header or its query form, and returns what `unseal` knows of the caller.
///
/// `unseal` is asked with the access key id and the session token, and refuses tokens that are foreign, altered, expired
/// or of another access key.
///
/// The body is always part of what is verified: none of the services here takes `UNSIGNED-PAYLOAD`, which is S3's.
///
/// # Errors
/// The first reason found to refuse it.
pub fn verify<G>(
    request: &Request<'_>,
    scope: &Scope<'_>,
    now: OffsetDateTime,
    unseal: impl FnOnce(&str, &str) -> Result<(SecretKey, G), Refusal>,
) -> Result<G, Refusal> {
    let presented = Presented::read(request)?;
    presented.check_scope(scope)?;
    check_date(&presented, now)?;
    check_signed_headers(request, &presented)?;
    let token = presented
        .session_token
        .as_deref()
        .ok_or(Refusal::UnknownToken)?;
    let (secret, grant) = unseal(&presented.access_key_id, token)?;
    let payload_hash = payload_hash(request)?;
    let rules = Rules {
        normalize: true,
        token: scope.token,
    };
    let canonical = CanonicalRequest::of(request, &presented.signed_headers, payload_hash, rules)?;
    let expected = secret.sign(scope, presented.date, &canonical.to_string());
    // Constant time: how long it takes must not tell how much of a guess was right.
    if bool::from(expected.as_bytes().ct_eq(presented.signature.as_bytes())) {
        Ok(grant)
    } else {
        Err(Refusal::Mismatch)
    }
}

fn check_date(presented: &Presented, now: OffsetDateTime) -> Result<(), Refusal> {
    if presented.date > now + WINDOW {
        return Err(Refusal::NotYet {
            signed: presented.date,
            now,
        });
    }
    let valid_for = match presented.expires {
        Some(expires) if expires > LONGEST => {
            return Err(Refusal::Incomplete(
                "X-Amz-Expires must be less than a week (in seconds)".into(),
            ));
        }
        Some(expires) => expires,
        None => WINDOW,
    };
    if presented.date + valid_for < now {
        return Err(Refusal::Stale {
            signed: presented.date,
            now,
            valid_for,
        });
    }
    Ok(())
}

fn check_signed_headers(request: &Request<'_>, presented: &Presented) -> Result<(), Refusal> {
    let signed = |name: &str| presented.signed_headers.iter().any(|header| header == name);
    if !signed("host") {
        return Err(Refusal::Unsigned("host"));
    }
    match MUST_BE_SIGNED
        .iter()
        .find(|name| request.headers_named(name).next().is_some() && !signed(name))
    {
        Some(name) => Err(Refusal::Unsigned(name)),
        None => Ok(()),
    }
}

/// The hash of the body as it came; a hash that the caller sent along has to be the same.
fn payload_hash(request: &Request<'_>) -> Result<String, Refusal> {
    let hash = signature::sha256_hex(request.body);
    match request
        .headers_named("x-amz-content-sha256")
        .find(|sent| !sent.eq_ignore_ascii_case(&hash))
    {
        Some(_) => Err(Refusal::PayloadHash),
        None => Ok(hash),
    }
}

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;

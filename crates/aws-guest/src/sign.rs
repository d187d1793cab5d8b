//! SigV4 with everything given: credentials, scope and time. Headers and addresses are signed by `aws-sigv4`; the suite
//! that comes with it runs against this module in `tests/signing_suite.rs`.
//!
//! Addresses are expected as they go over the wire, percent-encoded.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sigv4::http_request::{
    SessionTokenMode, SignableBody, SignableRequest, SignatureLocation, SigningInstructions,
    SigningSettings,
};
use aws_sigv4::sign::v4;
use net::UnixTime;
use net::http::Request;

use crate::{Credentials, Error, Region, Service};

/// Whose signature, for what, and when by the service's clock.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Whose.
    pub credentials: &'a Credentials,
    /// The service's region.
    pub region: &'a Region,
    /// The service.
    pub service: Service,
    /// The time that the signature carries.
    pub at: UnixTime,
}

/// The request with the headers of a signature: `x-amz-date`, `x-amz-security-token` and `authorization`.
///
/// Signed are the request's headers, these, and `host`, which is taken from the address because the platform sends it.
///
/// # Errors
/// [`Error::Unsignable`] if the address or a header is not valid.
pub fn headers(scope: Scope<'_>, mut request: Request) -> Result<Request, Error> {
    let instructions = sign(scope, &request, SignatureLocation::Headers, None)?;
    for (name, value) in instructions.headers() {
        request.headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(request)
}

/// The address with the query of a signature over a GET of it with an empty body, good for `expires` from now.
///
/// # Errors
/// [`Error::Unsignable`] if the address is not valid.
pub fn url(scope: Scope<'_>, url: &str, expires: Duration) -> Result<String, Error> {
    query(scope, &Request::get(url), expires)
}

/// The same for any request: its address with the query of a signature.
///
/// # Errors
/// [`Error::Unsignable`] if the address or a header is not valid.
pub fn query(scope: Scope<'_>, request: &Request, expires: Duration) -> Result<String, Error> {
    let instructions = sign(
        scope,
        request,
        SignatureLocation::QueryParams,
        Some(expires),
    )?;
    let (base, fragment) = match request.url.split_once('#') {
        Some((base, fragment)) => (base, Some(fragment)),
        None => (request.url.as_str(), None),
    };
    let mut url = base.to_owned();
    let mut separator = if base.contains('?') { '&' } else { '?' };
    // The session token comes last; where the service wants it unsigned, this is "appended after the signature".
    for (name, value) in instructions.params() {
        url.push(separator);
        url.push_str(name);
        url.push('=');
        percent_encode(value, &mut url);
        separator = '&';
    }
    if let Some(fragment) = fragment {
        url.push('#');
        url.push_str(fragment);
    }
    Ok(url)
}

/// The `Host` header that goes with an address: in lower case, without the scheme's own port. `None` if the address has
/// no host.
#[must_use]
pub fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.to_ascii_lowercase();
    let own_port = match scheme {
        "https" | "wss" => ":443",
        "http" | "ws" => ":80",
        _ => return None,
    };
    let host = host.strip_suffix(own_port).unwrap_or(&host);
    (!host.is_empty()).then(|| host.to_owned())
}

fn sign(
    scope: Scope<'_>,
    request: &Request,
    location: SignatureLocation,
    expires: Option<Duration>,
) -> Result<SigningInstructions, Error> {
    let host = host(&request.url).ok_or_else(|| unsignable("the address has no host"))?;
    let mut settings = SigningSettings::default();
    settings.signature_location = location;
    settings.expires_in = expires;
    settings.session_token_mode = if scope.service.token_is_signed() {
        SessionTokenMode::Include
    } else {
        SessionTokenMode::Exclude
    };
    let params = v4::SigningParams::builder()
        .identity(scope.credentials.signer())
        .region(scope.region.as_str())
        .name(scope.service.as_str())
        .time(system_time(scope.at))
        .settings(settings)
        .build()
        .map_err(unsignable)?
        .into();
    let given = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let own_host = request
        .header("host")
        .is_none()
        .then_some(("host", host.as_str()));
    let signable = SignableRequest::new(
        request.method.as_str(),
        &request.url,
        given.chain(own_host),
        SignableBody::Bytes(&request.body),
    )
    .map_err(unsignable)?;
    let (instructions, _signature) = aws_sigv4::http_request::sign(signable, &params)
        .map_err(unsignable)?
        .into_parts();
    Ok(instructions)
}

fn system_time(time: UnixTime) -> SystemTime {
    let distance = Duration::from_millis(time.0.unsigned_abs());
    if time.0 < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}

/// RFC 3986: everything but the unreserved characters.
fn percent_encode(value: &str, out: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // Writing into a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
}

fn unsignable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Unsignable(Arc::from(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_header_is_the_browsers() {
        for (url, expected) in [
            ("https://Example.org/path", Some("example.org")),
            ("https://example.org:443", Some("example.org")),
            ("wss://example.org:443/mqtt?x=1", Some("example.org")),
            ("http://127.0.0.1:8787/cognito/", Some("127.0.0.1:8787")),
            ("http://example.org:80?x=a://b", Some("example.org")),
            ("http://example.org:443/", Some("example.org:443")),
            ("http://user:word@[::1]:80/", Some("[::1]")),
            ("/relative", None),
            ("https:///path", None),
            ("ftp://example.org/", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }
}

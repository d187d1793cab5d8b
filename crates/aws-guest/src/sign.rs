//! SigV4 with everything given: credentials, scope and time. Key and signature are those of `aws-sigv4`; the suite that
//! comes with it runs against this module in `tests/signing_suite.rs`.
//!
//! Addresses are expected as they go over the wire, percent-encoded.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sigv4::sign::v4;
use net::UnixTime;
use net::civil::Civil;
use net::http::Request;

use crate::canonical::{Canonical, Parts, encoded};
use crate::{Credentials, Error, Region, Service};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

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
    let moment = Moment::of(scope);
    let token = scope.credentials.token().map(|token| {
        let name = "x-amz-security-token".to_owned();
        (name, token.to_owned())
    });
    let (signed, appended) = match token {
        Some(token) if scope.service.token_is_signed() => (Some(token), None),
        token => (None, token),
    };
    request
        .headers
        .push(("x-amz-date".to_owned(), moment.stamp.clone()));
    request.headers.extend(signed);
    let canonical = canonical(&request, &request.url)?;
    let authorization = [
        ALGORITHM,
        " Credential=",
        scope.credentials.access_key_id(),
        "/",
        &moment.scope,
        ", SignedHeaders=",
        &canonical.signed_headers,
        ", Signature=",
        &moment.signature(scope, &canonical),
    ]
    .concat();
    request
        .headers
        .push(("authorization".to_owned(), authorization));
    request.headers.extend(appended);
    Ok(request)
}

/// The address with the query of a signature over a GET of it with an empty body, good for `expires` from now, or for as
/// long as the service likes.
///
/// # Errors
/// [`Error::Unsignable`] if the address is not valid.
pub fn url(scope: Scope<'_>, url: &str, expires: Option<Duration>) -> Result<String, Error> {
    query(scope, &Request::get(url), expires)
}

/// The same for any request: its address with the query of a signature.
///
/// # Errors
/// [`Error::Unsignable`] if the address or a header is not valid.
pub fn query(
    scope: Scope<'_>,
    request: &Request,
    expires: Option<Duration>,
) -> Result<String, Error> {
    let moment = Moment::of(scope);
    let (base, fragment) = match request.url.split_once('#') {
        Some((base, fragment)) => (base, Some(fragment)),
        None => (request.url.as_str(), None),
    };
    let mut url = base.to_owned();
    let mut separator = if base.contains('?') { '&' } else { '?' };
    let mut append = |url: &mut String, name: &str, value: &str| {
        url.push(separator);
        url.push_str(name);
        url.push('=');
        url.push_str(&encoded(value.as_bytes(), false));
        separator = '&';
    };
    let credential = [scope.credentials.access_key_id(), "/", &moment.scope].concat();
    // Which headers are signed does not depend on the address.
    let signed_headers = canonical(request, base)?.signed_headers;
    append(&mut url, "X-Amz-Algorithm", ALGORITHM);
    append(&mut url, "X-Amz-Credential", &credential);
    append(&mut url, "X-Amz-Date", &moment.stamp);
    if let Some(expires) = expires {
        append(&mut url, "X-Amz-Expires", &expires.as_secs().to_string());
    }
    append(&mut url, "X-Amz-SignedHeaders", &signed_headers);
    let token = scope.credentials.token();
    let (signed, appended) = match token {
        Some(_) if scope.service.token_is_signed() => (token, None),
        _ => (None, token),
    };
    if let Some(token) = signed {
        append(&mut url, "X-Amz-Security-Token", token);
    }
    let signature = moment.signature(scope, &canonical(request, &url)?);
    append(&mut url, "X-Amz-Signature", &signature);
    if let Some(token) = appended {
        append(&mut url, "X-Amz-Security-Token", token);
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
    let (scheme, rest) = net::address::split(url)?;
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

fn canonical(request: &Request, url: &str) -> Result<Canonical, Error> {
    let host = host(url).ok_or(Error::Unsignable("the address has no host"))?;
    // A line break would let a value pass for another header.
    let is_text = |text: &String| {
        text.bytes()
            .all(|byte| byte >= b' ' && byte != 0x7f || byte == b'\t')
    };
    if !request
        .headers
        .iter()
        .all(|(name, value)| is_text(name) && is_text(value))
    {
        return Err(Error::Unsignable("a header holds a control character"));
    }
    Ok(Canonical::of(Parts {
        method: request.method.as_str(),
        url,
        host: &host,
        headers: &request.headers,
        body: &request.body,
    }))
}

/// A scope's texts at its time.
struct Moment {
    /// `20150830T123600Z`
    stamp: String,
    /// `20150830/us-east-1/service/aws4_request`
    scope: String,
    time: SystemTime,
}

impl Moment {
    fn of(scope: Scope<'_>) -> Self {
        let Civil {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = Civil::at(scope.at);
        let day = format!("{year:04}{month:02}{day:02}");
        let parts = [
            &day,
            scope.region.as_str(),
            scope.service.as_str(),
            "aws4_request",
        ];
        Self {
            stamp: format!("{day}T{hour:02}{minute:02}{second:02}Z"),
            scope: parts.join("/"),
            time: system_time(scope.at),
        }
    }

    fn signature(&self, scope: Scope<'_>, canonical: &Canonical) -> String {
        let text = [ALGORITHM, &self.stamp, &self.scope, &canonical.hash].join("\n");
        let key = v4::generate_signing_key(
            scope.credentials.secret_key(),
            self.time,
            scope.region.as_str(),
            scope.service.as_str(),
        );
        v4::calculate_signature(key, text.as_bytes())
    }
}

fn system_time(time: UnixTime) -> SystemTime {
    let distance = Duration::from_millis(time.0.unsigned_abs());
    if time.0 < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
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

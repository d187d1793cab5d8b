//! The signing suite of `aws-sigv4` through our own module: what we send is what the suite's signed requests say.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod suite;

use std::time::Duration;

use aws_guest::sign::{self, Scope};
use aws_guest::{Credentials, IdentityId, Region, Service};
use net::UnixTime;
use net::http::{Method, Request};
use suite::{Context, Vector, Wire, vectors};

/// How many vectors run in full; the rest is named in [`skipped`].
const RUN: usize = 28;

/// Why a vector does not apply to what we send.
fn skipped(vector: &Vector) -> Option<&'static str> {
    match (vector.name.as_str(), vector.context()) {
        ("double-encode-path", None) => Some("has no context: a test of its own"),
        ("double-url-encode", None) => Some("has no context, and its key is not stated"),
        (_, Some(context)) if !context.normalize => Some("path not normalized: only S3 wants that"),
        ("get-space-normalized", _) => Some("path encoded once: only S3 wants that"),
        ("get-utf8" | "get-vanilla-utf8-query", _) => {
            Some("an address that is not percent-encoded cannot go over the wire")
        }
        _ => None,
    }
}

#[test]
fn every_vector_that_applies_is_signed_as_the_suite_says() {
    let mut run = Vec::new();
    for vector in vectors() {
        if let Some(reason) = skipped(&vector) {
            println!("skipped {}: {reason}", vector.name);
            continue;
        }
        let context = vector.context().expect("a context");
        headers_match(&vector, &context);
        query_matches(&vector, &context);
        run.push(vector.name);
    }
    assert_eq!(run.len(), RUN, "{run:?}");
}

/// An encoded path is encoded once more in the canonical request. The package signs this one with its test credentials.
#[test]
fn an_encoded_path_is_encoded_twice() {
    let vectors = vectors();
    let vector = vectors
        .iter()
        .find(|vector| vector.name == "double-encode-path")
        .expect("it");
    let context = Context {
        access_key_id: "ANOTREAL".to_owned(),
        secret_access_key: "notrealrnrELgWzOk3IfjzDKtFBhDby".to_owned(),
        token: None,
        region: "us-east-1".to_owned(),
        service: "service".to_owned(),
        timestamp: "2015-08-30T12:36:00Z".to_owned(),
        expires_in: 0,
        normalize: true,
        sign_body: false,
        omit_session_token: false,
    };
    headers_match(vector, &context);
}

fn headers_match(vector: &Vector, context: &Context) {
    let expected = vector.request("header-signed-request.txt");
    let mut request = request(&vector.request("request.txt"));
    if context.sign_body {
        // A header like any other to whoever signs.
        let hash = expected.header("x-amz-content-sha256").expect("a hash");
        request = request.with("x-amz-content-sha256", hash);
    }
    let credentials = credentials(context);
    let region = Region::new(&context.region);
    let signed =
        sign::headers(scope(context, &credentials, &region), request).expect("a signature");
    for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
        assert_eq!(
            signed.header(name),
            expected.header(name),
            "{} {name}",
            vector.name
        );
    }
    let count = signed.headers.len() + usize::from(signed.header("host").is_none());
    assert_eq!(count, expected.headers.len(), "{}", vector.name);
}

fn query_matches(vector: &Vector, context: &Context) {
    let expected = vector.request("query-signed-request.txt");
    let credentials = credentials(context);
    let region = Region::new(&context.region);
    let url = sign::query(
        scope(context, &credentials, &region),
        &request(&vector.request("request.txt")),
        Some(Duration::from_secs(context.expires_in)),
    )
    .expect("a signature");
    let host = expected.header("host").expect("a host");
    let target = url
        .strip_prefix(&format!("https://{host}"))
        .expect("the same host");
    let signed = Wire {
        target: target.to_owned(),
        ..vector.request("request.txt")
    };
    assert_eq!(signed.query(), expected.query(), "{}", vector.name);
    if context.omit_session_token {
        let after = url.split("X-Amz-Signature=").nth(1).expect("a signature");
        assert!(
            after.contains("&X-Amz-Security-Token="),
            "{}: {url}",
            vector.name
        );
    }
}

/// The request without its `Host`, which comes from the address when we send it, and without a date of its own.
fn request(wire: &Wire) -> Request {
    let method = match wire.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        other => panic!("{other}"),
    };
    let host = wire.header("host").expect("a host");
    let ours =
        |name: &str| name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case("x-amz-date");
    let rest = wire.headers.iter().filter(|(name, _)| !ours(name));
    Request {
        method,
        url: format!("https://{host}{}", wire.target),
        headers: rest.cloned().collect(),
        body: wire.body.clone().into_bytes(),
    }
}

fn credentials(context: &Context) -> Credentials {
    Credentials::new(
        &context.access_key_id,
        &context.secret_access_key,
        context.token.clone(),
        UnixTime(i64::MAX),
        IdentityId::new("us-east-1:suite"),
    )
}

fn scope<'a>(context: &Context, credentials: &'a Credentials, region: &'a Region) -> Scope<'a> {
    assert_eq!(context.timestamp, "2015-08-30T12:36:00Z");
    assert_eq!(context.service, "service");
    let service = Service::new("service");
    let service = if context.omit_session_token {
        service.with_unsigned_token()
    } else {
        service
    };
    Scope {
        credentials,
        region,
        service,
        at: UnixTime(1_440_938_160_000),
    }
}

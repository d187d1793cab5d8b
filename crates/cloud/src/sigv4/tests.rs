//! What is refused, and in which words.

use proptest::prelude::*;

use super::canonical::Rules;
use super::presented::basic_date;
use super::signature::sha256_hex;
use super::*;

const SCOPE: Scope<'_> = Scope {
    service: "appsync",
    region: "eu-west-1",
    token: TokenRule::Signed,
};
const KEY: &str = "ASIAEXAMPLE";
const TOKEN: &str = "token/with+signs==";

fn secret() -> SecretKey {
    SecretKey("secret".into())
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_770_000_000).unwrap()
}

/// A request whose every part can be changed.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Sent {
    fn request(&self) -> Request<'_> {
        let Self {
            method,
            path,
            query,
            headers,
            body,
        } = self;
        Request {
            method,
            path,
            query,
            headers,
            body,
        }
    }

    fn header(&mut self, name: &str) -> &mut String {
        &mut self.headers.iter_mut().find(|(n, _)| n == name).unwrap().1
    }

    fn verify_at(&self, at: OffsetDateTime) -> Result<(), Refusal> {
        verify(&self.request(), &SCOPE, at, |key, token| {
            if (key, token) == (KEY, TOKEN) {
                Ok((secret(), ()))
            } else {
                Err(Refusal::UnknownToken)
            }
        })
    }
}

/// A request, signed in its headers for the scope.
fn signed_for(scope: &Scope<'_>, at: OffsetDateTime) -> Sent {
    let date = basic_date(at);
    let headers = [
        ("host", "127.0.0.1:8787"),
        ("content-type", "application/json"),
        ("x-amz-date", &date),
        ("x-amz-security-token", TOKEN),
    ];
    let mut sent = Sent {
        method: "POST".into(),
        path: "/orders/graphql".into(),
        query: "a=1&b=2".into(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        body: br#"{"query":"{ orders { nextToken } }"}"#.to_vec(),
    };
    let signed: Vec<String> = ["content-type", "host", "x-amz-date", "x-amz-security-token"]
        .map(Into::into)
        .to_vec();
    let rules = Rules {
        normalize: true,
        token: scope.token,
    };
    let canonical =
        CanonicalRequest::of(&sent.request(), &signed, sha256_hex(&sent.body), rules).unwrap();
    let signature = secret().sign(scope, at, &canonical.to_string());
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={KEY}/{}/{}/{}/aws4_request, SignedHeaders={}, Signature={signature}",
        &date[..8],
        scope.region,
        scope.service,
        signed.join(";")
    );
    sent.headers.push(("authorization".into(), authorization));
    sent
}

/// The same request, signed in its query.
fn presigned(at: OffsetDateTime, expires: u32) -> Sent {
    let date = basic_date(at);
    let token: String = url::form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
    let mut sent = Sent {
        method: "GET".into(),
        path: "/order".into(),
        query: format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F{}%2Feu-west-1%2Fappsync%2Faws4_request\
             &X-Amz-Date={date}&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Security-Token={token}",
            &date[..8]
        ),
        headers: vec![("host".into(), "127.0.0.1:8787".into())],
        body: Vec::new(),
    };
    let rules = Rules {
        normalize: true,
        token: TokenRule::Signed,
    };
    let canonical =
        CanonicalRequest::of(&sent.request(), &["host".into()], sha256_hex(b""), rules).unwrap();
    let signature = secret().sign(&SCOPE, at, &canonical.to_string());
    sent.query
        .push_str(&format!("&X-Amz-Signature={signature}"));
    sent
}

#[test]
fn both_forms_are_believed() {
    assert_eq!(signed_for(&SCOPE, now()).verify_at(now()), Ok(()));
    assert_eq!(presigned(now(), 60).verify_at(now()), Ok(()));
}

#[test]
fn a_signature_is_good_for_five_minutes_to_either_side_and_a_refusal_tells_our_time() {
    let sent = signed_for(&SCOPE, now());
    for minutes in [-5, 5] {
        assert_eq!(sent.verify_at(now() + Duration::minutes(minutes)), Ok(()));
    }
    let told = |minutes| {
        sent.verify_at(now() + Duration::minutes(minutes))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        told(6),
        "Signature expired: 20260202T024000Z is now earlier than 20260202T024100Z (20260202T024600Z - 5 min.)"
    );
    assert_eq!(
        told(-6),
        "Signature not yet current: 20260202T024000Z is still later than 20260202T023900Z (20260202T023400Z + 5 min.)"
    );
}

#[test]
fn a_presigned_url_is_good_as_long_as_it_says() {
    let sent = presigned(now(), 600);
    assert_eq!(sent.verify_at(now() + Duration::minutes(10)), Ok(()));
    let late = sent.verify_at(now() + Duration::minutes(11));
    assert!(matches!(late, Err(Refusal::Stale { .. })), "{late:?}");
    let forever = presigned(now(), 604_801).verify_at(now());
    assert!(
        matches!(forever, Err(Refusal::Incomplete(_))),
        "{forever:?}"
    );
}

#[test]
fn another_region_or_service_is_another_scope() {
    for scope in [
        Scope {
            service: "execute-api",
            ..SCOPE
        },
        Scope {
            region: "us-east-1",
            ..SCOPE
        },
    ] {
        let refused = signed_for(&scope, now()).verify_at(now());
        assert!(matches!(refused, Err(Refusal::Scope(_))), "{refused:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let drop_header = |name: &str| {
        let mut sent = signed_for(&SCOPE, now());
        sent.headers.retain(|(n, _)| n != name);
        sent.verify_at(now()).unwrap_err()
    };
    assert_eq!(drop_header("authorization"), Refusal::Missing);
    assert_eq!(drop_header("x-amz-security-token"), Refusal::UnknownToken);
    assert!(drop_header("x-amz-date").to_string().contains("X-Amz-Date"));
    assert!(
        drop_header("content-type")
            .to_string()
            .contains("content-type")
    );

    let mut basic = signed_for(&SCOPE, now());
    *basic.header("authorization") = "Basic Zm9v".into();
    assert_eq!(
        basic.verify_at(now()).unwrap_err().to_string(),
        "Unsupported AWS 'algorithm': 'Basic'."
    );
}

#[test]
fn headers_that_change_the_meaning_have_to_be_signed() {
    let mut sent = signed_for(&SCOPE, now());
    sent.headers
        .push(("x-amz-target".into(), "AWSEvents.PutEvents".into()));
    assert_eq!(
        sent.verify_at(now()),
        Err(Refusal::Unsigned("x-amz-target"))
    );
    // Official clients add this one after signing.
    let mut sent = signed_for(&SCOPE, now());
    sent.headers
        .push(("x-amz-user-agent".into(), "anyone".into()));
    assert_eq!(sent.verify_at(now()), Ok(()));
}

#[test]
fn an_unsigned_payload_is_not_for_these_services() {
    let mut sent = signed_for(&SCOPE, now());
    sent.headers
        .push(("x-amz-content-sha256".into(), "UNSIGNED-PAYLOAD".into()));
    assert_eq!(sent.verify_at(now()), Err(Refusal::PayloadHash));
}

/// A change of one part of a signed request.
#[derive(Debug, Clone)]
enum Tampering {
    Method,
    Path,
    Query,
    Body(prop::sample::Index, u8),
    Header(prop::sample::Index, prop::sample::Index, char),
    Doubled(prop::sample::Index),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        Just(Tampering::Method),
        Just(Tampering::Path),
        Just(Tampering::Query),
        (index(), 1..=255u8).prop_map(|(at, bits)| Tampering::Body(at, bits)),
        (index(), index(), prop::char::range('!', '~'))
            .prop_map(|(n, at, c)| Tampering::Header(n, at, c)),
        index().prop_map(Tampering::Doubled),
    ]
}

fn tampered(mut sent: Sent, how: &Tampering) -> Sent {
    match how {
        Tampering::Method => sent.method = "PUT".into(),
        Tampering::Path => sent.path.push('x'),
        Tampering::Query => sent.query.push_str("&c=3"),
        Tampering::Body(_, _) if sent.body.is_empty() => sent.body.push(b'x'),
        Tampering::Body(at, bits) => {
            let at = at.index(sent.body.len());
            sent.body[at] ^= bits;
        }
        Tampering::Header(name, at, c) => {
            let name = name.index(sent.headers.len());
            let value = &mut sent.headers[name].1;
            let at = at.index(value.len());
            value.replace_range(at..=at, &c.to_string());
        }
        Tampering::Doubled(name) => {
            let name = name.index(sent.headers.len());
            let (name, value) = sent.headers[name].clone();
            sent.headers.push((name, format!("{value}x")));
        }
    }
    sent
}

/// Changes that no signature covers: spaces and commas between an authorization's fields, a second authorization
/// header (the first one counts), header values that are the same once trimmed.
fn means_the_same(sent: &Sent, other: &Sent) -> bool {
    let essence = |sent: &Sent| {
        let mut sent = sent.clone();
        let mut seen = false;
        sent.headers
            .retain(|(name, _)| name != "authorization" || !std::mem::replace(&mut seen, true));
        for (name, value) in &mut sent.headers {
            *value = if name == "authorization" {
                let mut fields: Vec<String> = value
                    .replacen("AWS4-HMAC-SHA256", "", 1)
                    .split(',')
                    .map(|f| f.trim().to_owned())
                    .collect();
                fields.sort();
                fields.join(",").to_ascii_lowercase()
            } else {
                value.trim().to_owned()
            };
        }
        sent
    };
    essence(sent) == essence(other)
}

proptest! {
    #[test]
    fn tampering_with_any_part_is_refused(how in tampering(), in_query: bool) {
        let sent = if in_query { presigned(now(), 60) } else { signed_for(&SCOPE, now()) };
        let changed = tampered(sent.clone(), &how);
        prop_assume!(!means_the_same(&sent, &changed));
        prop_assert!(changed.verify_at(now()).is_err(), "{changed:?}");
    }

    #[test]
    fn nothing_that_comes_in_breaks_it(
        method in ".*", path in ".*", query in ".*", names in prop::collection::vec((".*", ".*"), 0..4),
        authorization in prop_oneof![".*", "AWS4-HMAC-SHA256 Credential=.*, SignedHeaders=.*, Signature=.*"],
        date in prop_oneof![".*", "[0-9]{8}T[0-9]{6}Z"],
    ) {
        let mut headers = names;
        headers.push(("authorization".into(), authorization));
        headers.push(("x-amz-date".into(), date));
        let sent = Sent { method, path, query, headers, body: Vec::new() };
        prop_assert!(sent.verify_at(now()).is_err());
    }
}

//! The signing suite inside the `aws-sigv4` package, read from the verifying side: from each signed request the
//! canonical request, the string to sign and the signature.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::canonical::{CanonicalRequest, Rules};
use super::presented::Presented;
use super::signature::{sha256_hex, string_to_sign};
use super::*;

#[derive(Deserialize)]
struct Context {
    credentials: Keys,
    normalize: bool,
    region: String,
    service: String,
    #[serde(default)]
    omit_session_token: bool,
}

#[derive(Deserialize)]
struct Keys {
    secret_access_key: String,
    token: Option<String>,
}

/// Only finds the package: what its files mean is read here anew.
#[path = "../../../aws-guest/tests/suite/package.rs"]
mod package;

fn suite() -> PathBuf {
    package::package("aws-sigv4").join("aws-signing-test-suite/v4")
}

/// A request of the suite, in the form in which HTTP would deliver it.
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sent {
    fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let line = lines.next().unwrap();
        let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line);
        let (method, target) = line.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            match line.strip_prefix([' ', '\t']) {
                Some(continued) => headers
                    .last_mut()
                    .unwrap()
                    .1
                    .push_str(&format!("\n{continued}")),
                None => {
                    let (name, value) = line.split_once(':').unwrap();
                    headers.push((name.to_ascii_lowercase(), value.to_owned()));
                }
            }
        }
        let owned = str::to_owned;
        Self {
            method: owned(method),
            path: owned(path),
            query: owned(query),
            headers,
            body: owned(body.trim_end()),
        }
    }

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
            body: body.as_bytes(),
        }
    }
}

#[test]
fn every_vector_is_read_as_it_was_written() {
    let (mut vectors, mut verified) = (0, 0);
    for vector in std::fs::read_dir(suite())
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let Ok(context) = std::fs::read_to_string(vector.join("context.json")) else {
            continue;
        };
        let context: Context = serde_json::from_str(&context).unwrap();
        for form in ["header", "query"] {
            vectors += 1;
            let name = format!("{} ({form})", vector.file_name().unwrap().display());
            let expected = |what: &str| {
                std::fs::read_to_string(vector.join(format!("{form}-{what}.txt"))).unwrap()
            };
            let sent = Sent::read(&vector.join(format!("{form}-signed-request.txt")));
            let request = sent.request();
            let token = if context.omit_session_token {
                TokenRule::Appended
            } else {
                TokenRule::Signed
            };
            let scope = Scope {
                service: &context.service,
                region: &context.region,
                token,
            };
            let presented = Presented::read(&request).unwrap();
            presented.check_scope(&scope).unwrap();

            let rules = Rules {
                normalize: context.normalize,
                token,
            };
            let hash = sha256_hex(request.body);
            let canonical = CanonicalRequest::of(&request, &presented.signed_headers, hash, rules)
                .unwrap()
                .to_string();
            assert_eq!(canonical, expected("canonical-request"), "{name}");
            let to_sign = string_to_sign(&scope, presented.date, &canonical);
            assert_eq!(to_sign, expected("string-to-sign"), "{name}");
            let secret = SecretKey(context.credentials.secret_access_key.clone());
            assert_eq!(
                secret.sign(&scope, presented.date, &canonical),
                expected("signature"),
                "{name}"
            );

            // Where there is a token, the whole verification holds as well.
            if let (Some(token), true) = (&context.credentials.token, context.normalize) {
                let verdict = verify(&request, &scope, presented.date, |_, presented| {
                    assert_eq!(presented, token);
                    Ok((secret, ()))
                });
                // A token in a header that is not signed is refused, whoever thinks otherwise.
                let unsigned = context.omit_session_token && form == "header";
                let expected = if unsigned {
                    Err(Refusal::Unsigned("x-amz-security-token"))
                } else {
                    Ok(())
                };
                assert_eq!(verdict, expected, "{name}");
                verified += 1;
            }
        }
    }
    assert_eq!((vectors, verified), (76, 6), "the suite has changed");
}

#[test]
fn what_came_encoded_is_encoded_once_more() {
    let mut vectors = 0;
    for name in ["double-encode-path", "double-url-encode"] {
        let folder = suite().join(name);
        let sent = Sent::read(&folder.join("request.txt"));
        let rules = Rules {
            normalize: true,
            token: TokenRule::Signed,
        };
        let canonical =
            CanonicalRequest::of(&sent.request(), &["host".into()], String::new(), rules).unwrap();
        let expected =
            std::fs::read_to_string(folder.join("header-canonical-request.txt")).unwrap();
        assert_eq!(
            canonical.to_string().lines().nth(1),
            expected.lines().nth(1),
            "{name}"
        );
        vectors += 1;
    }
    assert_eq!(vectors, 2);
}

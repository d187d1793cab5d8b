//! The canonical request: one text for one meaning, however it travelled.

use std::fmt;

use super::{Refusal, Request, TokenRule};

/// In what the services' readings differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Whether `.`, `..` and empty segments of the path are resolved: every service but S3 does.
    pub(super) normalize: bool,
    pub(super) token: TokenRule,
}

/// The canonical form of a request; its `Display` is the text that is hashed.
pub(super) struct CanonicalRequest<'a> {
    method: &'a str,
    path: String,
    query: String,
    headers: String,
    signed_headers: String,
    payload_hash: String,
}

impl<'a> CanonicalRequest<'a> {
    pub(super) fn of(
        request: &Request<'a>,
        signed_headers: &[String],
        payload_hash: String,
        rules: Rules,
    ) -> Result<Self, Refusal> {
        let path = if rules.normalize {
            normalized(request.path)
        } else {
            request.path.to_owned()
        };
        Ok(Self {
            method: request.method,
            // What came encoded is encoded once more: the caller encodes for the wire and then for the signature.
            path: encoded(path.as_bytes(), true),
            query: query(request.query, rules.token),
            headers: headers(request, signed_headers)?,
            signed_headers: signed_headers.join(";"),
            payload_hash,
        })
    }
}

impl fmt::Display for CanonicalRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            method,
            path,
            query,
            headers,
            signed_headers,
            payload_hash,
        } = self;
        write!(
            f,
            "{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{payload_hash}"
        )
    }
}

/// Each signed header on a line: values trimmed, runs of spaces made one, repeated headers joined in their order.
fn headers(request: &Request<'_>, signed: &[String]) -> Result<String, Refusal> {
    let mut lines = String::new();
    for name in signed {
        let values: Vec<String> = request
            .headers_named(name)
            .map(|value| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        if values.is_empty() {
            return Err(Refusal::Incomplete(format!(
                "'{name}' is named in SignedHeaders and is not there"
            )));
        }
        lines.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    Ok(lines)
}

/// The parameters, decoded, encoded anew and sorted by name and value, without what was added after signing.
fn query(raw: &str, token: TokenRule) -> String {
    let added = |name: &[u8]| match token {
        TokenRule::Signed => name == b"X-Amz-Signature",
        TokenRule::Appended => name == b"X-Amz-Signature" || name == b"X-Amz-Security-Token",
    };
    let mut parameters: Vec<(String, String)> = parameters(raw)
        .filter(|(name, _)| !added(name))
        .map(|(name, value)| (encoded(&name, false), encoded(&value, false)))
        .collect();
    parameters.sort();
    let pairs: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

/// The parameters of a query, decoded to bytes (what they hold need not be UTF-8).
pub(super) fn parameters(raw: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    raw.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// Percent-decoding as queries have it: `+` is a space; a stray `%` stands for itself.
fn decoded(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|&b| char::from(b).to_digit(16));
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, digit(tail.first()), digit(tail.get(1))) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    bytes
}

/// RFC 3986's unreserved characters stay, everything else is encoded; in a path the slash stays too.
fn encoded(bytes: &[u8], path: bool) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            b'/' if path => text.push('/'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// The path without `.`, `..` and empty segments. A slash at the end stays.
fn normalized(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let directory = ["/", "/.", "/.."].iter().any(|end| path.ends_with(end));
    let end = if directory && !segments.is_empty() {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", segments.join("/"))
}

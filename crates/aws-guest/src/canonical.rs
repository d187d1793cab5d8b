//! SigV4's canonical request: one text for one meaning, however it is written on the wire. Pure text.
//!
//! The rules are those of "Create a signed AWS API request" in AWS's IAM guide, as services other than S3 read them: the
//! path is normalized and what comes encoded is encoded once more. The package `aws-sigv4` has the same text, but only
//! inside, behind the general HTTP types, which would be a fifth of the page.

use net::{address, percent};
use sha2::{Digest as _, Sha256};

/// A request's canonical text and the names of the headers in it.
#[derive(Debug)]
pub(crate) struct Canonical {
    /// SHA-256 of the text, in hexadecimal digits.
    pub(crate) hash: String,
    /// Lower case, sorted, separated by `;`.
    pub(crate) signed_headers: String,
}

/// The parts of a request that are signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// In upper case.
    pub(crate) method: &'a str,
    /// The absolute address.
    pub(crate) url: &'a str,
    /// The value of `Host`, unless the headers have one.
    pub(crate) host: &'a str,
    /// Names and values.
    pub(crate) headers: &'a [(String, String)],
    /// The body.
    pub(crate) body: &'a [u8],
}

impl Canonical {
    /// The canonical form of a request.
    pub(crate) fn of(parts: Parts<'_>) -> Self {
        let (path, query) = path_and_query(parts.url);
        let (headers, signed_headers) = headers(parts.headers, parts.host);
        let text = [
            parts.method,
            &encoded(normalized(path).as_bytes(), true),
            &self::query(query),
            &headers,
            &signed_headers,
            &sha256(parts.body),
        ]
        .join("\n");
        Self {
            hash: sha256(text.as_bytes()),
            signed_headers,
        }
    }
}

/// Everything but the unreserved characters, and the slash where it separates segments.
pub(crate) fn encoded(bytes: &[u8], keep_slash: bool) -> String {
    percent::encoded(bytes, if keep_slash { b"./" } else { b"." })
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn path_and_query(url: &str) -> (&str, &str) {
    let rest = address::split(url).map_or(url, |(_, rest)| rest);
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    (path.find('/').map_or("", |start| &path[start..]), query)
}

/// The path without empty segments, `.` and `..` (RFC 3986, section 5.2.4).
fn normalized(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let mut normal = String::new();
    for segment in &segments {
        normal.push('/');
        normal.push_str(segment);
    }
    let is_folder = matches!(path.rsplit('/').next(), None | Some("" | "." | ".."));
    if is_folder || normal.is_empty() {
        normal.push('/');
    }
    normal
}

/// The parameters, decoded, encoded anew and sorted by name and value.
fn query(query: &str) -> String {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let pair = (
            encoded(&decoded(name), false),
            encoded(&decoded(value), false),
        );
        insert(&mut pairs, pair);
    }
    joined(&pairs, '&', |(name, value), text| {
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    })
}

/// Decoded as queries are: `+` is a space.
fn decoded(text: &str) -> Vec<u8> {
    percent::decoded(&text.replace('+', " "))
}

/// A line for each header, and their names: values trimmed, runs of spaces made one, repeated headers joined in their
/// order.
fn headers(given: &[(String, String)], host: &str) -> (String, String) {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (name, value) in given {
        let (name, value) = (name.to_ascii_lowercase(), squeezed(value));
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => insert(&mut lines, (name, value)),
        }
    }
    if lines.iter().all(|(name, _)| name != "host") {
        insert(&mut lines, ("host".to_owned(), host.to_owned()));
    }
    let names = joined(&lines, ';', |(name, _), text| text.push_str(name));
    let mut text = String::new();
    for (name, value) in &lines {
        for part in [name, ":", value, "\n"] {
            text.push_str(part);
        }
    }
    (text, names)
}

fn squeezed(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for word in value.split_ascii_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

type Pair = (String, String);

/// Puts a pair in its place. The lists are short: the standard library's sort would weigh more than all of this.
fn insert(pairs: &mut Vec<Pair>, pair: Pair) {
    let place = pairs
        .iter()
        .position(|other| *other > pair)
        .unwrap_or(pairs.len());
    pairs.insert(place, pair);
}

fn joined(pairs: &[Pair], separator: char, write: fn(&Pair, &mut String)) -> String {
    let mut text = String::new();
    for (index, pair) in pairs.iter().enumerate() {
        if index > 0 {
            text.push(separator);
        }
        write(pair, &mut text);
    }
    text
}

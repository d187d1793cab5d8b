//! Reads the signing test suite that lies inside the `aws-sigv4` package. It is found where cargo keeps the package, so
//! that the vectors are exactly those of the version in use, and need no copy here.
//!
//! Only the standard library and `serde_json`, and no protocol: who signs and who verifies read the same vectors, each
//! with code of its own.

#![allow(dead_code, reason = "each side reads what it needs")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a suite that cannot be read fails the test"
)]

use std::path::PathBuf;

use serde_json::Value;

use package::package;

mod package;

/// One vector of the suite.
pub(crate) struct Vector {
    /// The name of its folder.
    pub(crate) name: String,
    folder: PathBuf,
}

/// A request as a vector's file writes it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    pub(crate) method: String,
    /// Path and query, as they are.
    pub(crate) target: String,
    /// In the file's order. A value over several lines is joined by spaces (RFC 9112, section 5.2).
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What a vector's `context.json` says.
pub(crate) struct Context {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) token: Option<String>,
    pub(crate) region: String,
    pub(crate) service: String,
    /// RFC 3339, in UTC.
    pub(crate) timestamp: String,
    pub(crate) expires_in: u64,
    /// Whether the path is normalized, which all services want but S3.
    pub(crate) normalize: bool,
    /// Whether the body's hash stands in a header too.
    pub(crate) sign_body: bool,
    /// Whether the token is added after signing.
    pub(crate) omit_session_token: bool,
}

impl Vector {
    /// The text of one of its files, such as `header-canonical-request.txt`; `None` if it has none by that name.
    pub(crate) fn read(&self, file: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.join(file)).ok()?;
        Some(text.replace("\r\n", "\n").trim_end().to_owned())
    }

    /// The request in one of its files: `request.txt`, `header-signed-request.txt` or `query-signed-request.txt`.
    pub(crate) fn request(&self, file: &str) -> Wire {
        let text = self
            .read(file)
            .unwrap_or_else(|| panic!("{} has no {file}", self.name));
        parse(&text)
    }

    /// Its context; two of the vectors have none.
    pub(crate) fn context(&self) -> Option<Context> {
        let context: Value = serde_json::from_str(&self.read("context.json")?).expect("JSON");
        let text = |pointer: &str| {
            context
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let flag = |name: &str| context[name].as_bool().unwrap_or_default();
        Some(Context {
            access_key_id: text("/credentials/access_key_id")?,
            secret_access_key: text("/credentials/secret_access_key")?,
            token: text("/credentials/token"),
            region: text("/region")?,
            service: text("/service")?,
            timestamp: text("/timestamp")?,
            expires_in: context["expiration_in_seconds"].as_u64()?,
            normalize: flag("normalize"),
            sign_body: flag("sign_body"),
            omit_session_token: flag("omit_session_token"),
        })
    }
}

impl Wire {
    /// The first header of that name, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The query's parameters as they are written, sorted.
    pub(crate) fn query(&self) -> Vec<&str> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let mut parameters: Vec<_> = query.split('&').filter(|one| !one.is_empty()).collect();
        parameters.sort_unstable();
        parameters
    }
}

/// The vectors of SigV4, by name. Never empty.
pub(crate) fn vectors() -> Vec<Vector> {
    let suite = package("aws-sigv4").join("aws-signing-test-suite/v4");
    let mut vectors: Vec<_> = std::fs::read_dir(&suite)
        .unwrap_or_else(|error| panic!("{}: {error}", suite.display()))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("request.txt").is_file())
        .map(|folder| Vector {
            name: folder
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
            folder,
        })
        .collect();
    vectors.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!vectors.is_empty(), "no vectors in {}", suite.display());
    vectors
}

fn parse(text: &str) -> Wire {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let first = lines.next().expect("a first line");
    let (method, target) = first.split_once(' ').expect("a method and a target");
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut().expect("a header to go on with");
            value.push(' ');
            value.push_str(line.trim());
        } else {
            let (name, value) = line.split_once(':').expect("a header");
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    Wire {
        method: method.to_owned(),
        target: target
            .strip_suffix(" HTTP/1.1")
            .unwrap_or(target)
            .to_owned(),
        headers,
        body: body.to_owned(),
    }
}

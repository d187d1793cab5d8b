//! The page: the files of `--site`, and nothing else of the machine.

use std::path::Path;
use std::sync::Once;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

use crate::server::Front;

/// Beside the page: its content security policy, as the page's build computed it.
const CSP_FILE: &str = "csp.txt";
/// What holds where the build left none: nothing from elsewhere and nothing inline. The page may not start under it;
/// what is served may do no harm.
const STRICT: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// What every answer of the site says: it tells nobody where the visitor was, it wants none of the browser's powers, and
/// it is nobody else's to embed or to hold on to.
const GUARDS: [(&str, HeaderValue); 4] = [
    ("referrer-policy", HeaderValue::from_static("no-referrer")),
    (
        "permissions-policy",
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
    (
        "cross-origin-opener-policy",
        HeaderValue::from_static("same-origin"),
    ),
    (
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    ),
];

const NO_PAGE: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Eddy's cloud</title>\
    <h1>Eddy's cloud is running</h1>\
    <p>It was started without a page. Build the page and start the cloud with <code>--site DIR</code>, \
    or run <code>cargo xtask demo</code>, which does both.</p>";

pub(crate) async fn serve(State(front): State<Front>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::NOT_FOUND, "there is no such address\n").into_response();
    }
    match &front.world.settings.site {
        Some(site) => file(site, request).await,
        None if is_route(request.uri().path()) => {
            let mut response = ([(CONTENT_SECURITY_POLICY, STRICT)], Html(NO_PAGE)).into_response();
            guard(response.headers_mut());
            response
        }
        None => (StatusCode::NOT_FOUND, "there is no such address\n").into_response(),
    }
}

async fn file(site: &Path, mut request: Request) -> Response {
    // The page's own addresses are routes of the page: it finds its way from the index.
    if is_route(request.uri().path()) {
        *request.uri_mut() = Uri::from_static("/index.html");
    }
    let name = request
        .uri()
        .path()
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let files = ServeDir::new(site).precompressed_br();
    let mut response = match files.oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    guard(response.headers_mut());
    if response.status().is_success() {
        let cache = if is_hashed(&name) {
            FOR_A_YEAR
        } else {
            ASK_EACH_TIME
        };
        response.headers_mut().insert(CACHE_CONTROL, cache);
        let html = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|ty| ty.as_bytes().starts_with(b"text/html"));
        if html {
            let policy = content_security_policy(site).await;
            response
                .headers_mut()
                .insert(CONTENT_SECURITY_POLICY, policy);
        }
    }
    response
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.insert(name, value);
    }
}

/// No page without a policy.
async fn content_security_policy(site: &Path) -> HeaderValue {
    static TOLD: Once = Once::new();
    let policy = tokio::fs::read_to_string(site.join(CSP_FILE)).await;
    let policy = policy
        .ok()
        .and_then(|text| HeaderValue::from_str(text.trim()).ok())
        .filter(|policy| !policy.is_empty());
    policy.unwrap_or_else(|| {
        TOLD.call_once(|| {
            let site = site.display();
            tracing::warn!(%site, "no usable {CSP_FILE} beside the page: a strict policy takes its place, under which the page may not start. Build the page with Trunk, which writes it");
        });
        STRICT
    })
}

/// Whether it is an address within the page rather than a file.
fn is_route(path: &str) -> bool {
    !path.rsplit('/').next().unwrap_or_default().contains('.')
}

/// Whether the name holds a hash of the contents, as Trunk writes them: such a file never changes.
fn is_hashed(name: &str) -> bool {
    name.split(['-', '_', '.'])
        .any(|part| part.len() >= 12 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_and_files() {
        for (path, route) in [
            ("/", true),
            ("/orders/abc", true),
            ("/a.b/c", true),
            ("/appconfig.json", false),
        ] {
            assert_eq!(is_route(path), route, "{path}");
        }
    }

    #[test]
    fn what_may_be_kept() {
        for (name, hashed) in [
            ("eddy-1a2b3c4d5e6f7a8b.js", true),
            ("eddy-1a2b3c4d5e6f7a8b_bg.wasm", true),
            ("eddy-1a2b3c4d5e6f7a8b.bin", true),
            ("index.html", false),
            ("appconfig.json", false),
            ("favicon.svg", false),
        ] {
            assert_eq!(is_hashed(name), hashed, "{name}");
        }
    }
}

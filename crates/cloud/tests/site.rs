//! The page's files, as browsers and caches need them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod common;

use common::{cloud, cloud_with};
use reqwest::{Client, Response};

const HASHED: &str = "eddy-1a2b3c4d5e6f7a8b.bin";

/// A folder as the page's build leaves it.
fn site() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("index.html", "<!doctype html><title>Eddy</title>"),
        ("appconfig.json", "{}"),
        ("csp.txt", "default-src 'self'\n"),
        (HASHED, "plain"),
        (&format!("{HASHED}.br"), "compressed"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn files_routes_and_what_may_be_kept() {
    let folder = site();
    let cloud = cloud_with(|settings| settings.site = Some(folder.path().to_owned())).await;
    let client = Client::new();
    let get = async |path: &str, encoding: &str| {
        let request = client
            .get(format!("{}{path}", cloud.url))
            .header("accept-encoding", encoding);
        request.send().await.unwrap()
    };
    for path in ["/", "/index.html", "/orders", "/orders/2f4Xy"] {
        let page = get(path, "").await;
        assert_eq!(
            (page.status().as_u16(), header(&page, "content-type")),
            (200, "text/html"),
            "{path}"
        );
        assert_eq!(header(&page, "cache-control"), "no-cache");
        assert_eq!(
            header(&page, "content-security-policy"),
            "default-src 'self'"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&page, name), value, "{path}");
        }
        assert!(header(&page, "permissions-policy").contains("camera=()"));
        assert!(page.text().await.unwrap().contains("Eddy"), "{path}");
    }
    assert_eq!(
        header(&get("/appconfig.json", "").await, "cache-control"),
        "no-cache"
    );

    let wasm = format!("/{HASHED}");
    for (accepted, encoding, content) in [("", "", "plain"), ("gzip, br", "br", "compressed")] {
        let file = get(&wasm, accepted).await;
        assert_eq!(
            (
                header(&file, "content-type"),
                header(&file, "content-encoding")
            ),
            ("application/octet-stream", encoding)
        );
        assert_eq!(
            header(&file, "cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(file.text().await.unwrap(), content);
    }
    for path in ["/missing.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml"] {
        assert_eq!(get(path, "").await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn no_page_goes_without_a_policy() {
    let folder = site();
    let cloud = cloud_with(|settings| settings.site = Some(folder.path().to_owned())).await;
    let file = folder.path().join("csp.txt");
    let served = async || {
        let page = reqwest::get(&cloud.url).await.unwrap();
        assert_eq!(page.status(), 200);
        header(&page, "content-security-policy").to_owned()
    };
    assert_eq!(served().await, "default-src 'self'");
    for unusable in [Some("\n"), Some("default-src\n'self'"), None] {
        match unusable {
            Some(text) => std::fs::write(&file, text).unwrap(),
            None => std::fs::remove_file(&file).unwrap(),
        }
        let policy = served().await;
        assert!(
            policy.contains(
                "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; object-src 'none'"
            ),
            "{unusable:?}: {policy}"
        );
    }
}

#[tokio::test]
async fn without_a_page_the_cloud_says_how_to_get_one() {
    let cloud = cloud().await;
    let page = reqwest::get(&cloud.url).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(header(&page, "content-security-policy").starts_with("default-src 'self'"));
    assert!(page.text().await.unwrap().contains("--site DIR"));
}

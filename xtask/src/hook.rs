//! Trunk's `post_build` hook: what the built page needs beside it.
//!
//! - `appconfig.json` from `appconfig.toml` (or the file that `EDDY_APPCONFIG` names), read with the page's own reader,
//!   so that a mistake stops the build and not the reader of the page;
//! - `csp.txt`, the content security policy for the server to send: it allows the page's own files, the hashes of its
//!   inline scripts, and connections to the configured addresses;
//! - in release builds, the page itself made smaller (`shrink`), and each text and the packed wasm again in Brotli (`.br`).
//!
//! On a page that is built already, it points the page elsewhere:
//! `EDDY_APPCONFIG=other.toml TRUNK_STAGING_DIR=dist cargo xtask page-hook`.

mod csp;
/// The page's own reader of the configuration.
#[path = "../../src/config.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "the page reads the values; here they are only checked"
)]
mod page;
mod shrink;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::weight;
use crate::workspace::Workspace;

/// Does the hook's work for the page in `TRUNK_STAGING_DIR`.
///
/// # Errors
/// The configuration is wrong, or the folder is not a built page.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let built = env::var_os("TRUNK_STAGING_DIR")
        .context("TRUNK_STAGING_DIR is not set: Trunk calls this command")?;
    let source = env::var_os("EDDY_APPCONFIG")
        .map_or_else(|| workspace.root.join("appconfig.toml"), PathBuf::from);
    let release = env::var("TRUNK_PROFILE").is_ok_and(|profile| profile == "release");
    let built = Path::new(&built);
    let html = fs::read_to_string(built.join("index.html"))
        .with_context(|| format!("{} is no built page", built.display()))?;
    // First, since it changes the names in the index.
    let html = if release {
        shrink::page(workspace, built, &html)?
    } else {
        html
    };
    complete(built, &html, &source, release)
}

fn complete(built: &Path, html: &str, source: &Path, release: bool) -> Result<()> {
    let text = fs::read_to_string(source)
        .with_context(|| format!("{} cannot be read", source.display()))?;
    let configuration =
        configuration(&text).with_context(|| format!("{} is wrong", source.display()))?;
    fs::write(
        built.join("appconfig.json"),
        serde_json::to_string_pretty(&configuration)? + "\n",
    )?;
    fs::write(
        built.join("csp.txt"),
        csp::policy(html, &configuration) + "\n",
    )?;
    if release {
        for file in weight::files(built)? {
            fs::write(weight::beside(&file), weight::compressed(&file)?)?;
        }
    }
    Ok(())
}

/// TOML as the JSON that the page fetches, once the page's own reader accepts it.
fn configuration(text: &str) -> Result<serde_json::Value> {
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| anyhow!("{error}"))?;
    let json = serde_json::to_value(table)?;
    page::parse(&json.to_string()).map_err(|error| anyhow!("{error}"))?;
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<!doctype html><html><body><script>start()</script></body></html>";

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap()
            .join("appconfig.toml")
    }

    #[test]
    fn a_built_page_gets_its_configuration_and_policy() {
        let built = tempfile::tempdir().unwrap();
        fs::write(built.path().join("index.html"), HTML).unwrap();
        complete(built.path(), HTML, &shipped(), false).unwrap();
        let json = fs::read_to_string(built.path().join("appconfig.json")).unwrap();
        assert!(page::parse(&json).is_ok(), "{json}");
        let policy = fs::read_to_string(built.path().join("csp.txt")).unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(
            !built.path().join("index.html.br").exists(),
            "only release builds are compressed"
        );
    }

    #[test]
    fn a_release_is_compressed() {
        let built = tempfile::tempdir().unwrap();
        fs::write(built.path().join("index.html"), HTML).unwrap();
        fs::write(built.path().join("page.js"), "let a = 1;\n".repeat(100)).unwrap();
        complete(built.path(), HTML, &shipped(), true).unwrap();
        let compressed = fs::read(built.path().join("page.js.br")).unwrap();
        assert!(compressed.len() < 100, "{}", compressed.len());
        assert!(built.path().join("index.html.br").exists());
        assert!(
            !built.path().join("appconfig.json.br").exists(),
            "it is replaced on its own"
        );
    }

    #[test]
    fn a_mistake_stops_the_build_and_names_the_key() {
        let shipped = fs::read_to_string(shipped()).unwrap();
        let error = configuration(&shipped.replace("graphql =", "graphq ="))
            .unwrap_err()
            .to_string();
        assert!(error.contains("graphql"), "{error}");
    }
}

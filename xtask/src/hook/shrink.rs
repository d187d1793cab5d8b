//! Makes a built page smaller: its wasm and the JavaScript that wasm-bindgen writes beside it (the glue).
//!
//! - Classes that a dependency exports to JavaScript and nobody on the page uses go, and what only they reach;
//! - the names by which wasm and glue know each other become short ones;
//! - the glue is minified (terser), the wasm optimised once more and packed (`pack`);
//! - both files get names by their new contents, since they may be cached for ever;
//! - the style sheets become one.

mod glue;
mod styles;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::pack;
use crate::process;
use crate::workspace::Workspace;
use glue::Glue;

/// What Rust's wasm uses. As in `index.html`, which tells Trunk.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Flattened code is larger in between and lets later passes see more, the second time too. What Rust puts lowest in
/// memory is the end of the stack, which is not reached before everything ends: no address below 1,024 is in use.
/// Alignments are hints that no browser takes on the processors there are, and that cost bytes.
const PASSES: [&str; 15] = [
    "--low-memory-unused",
    "--always-inline-max-function-size=0",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "--const-hoisting",
    "-Oz",
    "--dealign",
    "--strip-producers",
    "--strip-target-features",
];

/// Shrinks the page in a folder and returns its `index.html` with the new names. A page that is shrunk stays as it is.
///
/// # Errors
/// A tool is missing, or the page is not what this wasm-bindgen writes.
pub(super) fn page(workspace: &Workspace, built: &Path, html: &str) -> Result<String> {
    let html = &styles::joined(built, html)?;
    let Some(wasm) = file(built, "_bg.wasm")? else {
        return Ok(html.to_owned());
    };
    let stem = name(&wasm).trim_end_matches("_bg.wasm").to_owned();
    let script = built.join(format!("{stem}.js"));
    let text = fs::read_to_string(&script).context("the page has no glue beside its wasm")?;
    let Some(mut glue) = Glue::parse(&text) else {
        return Ok(html.to_owned());
    };

    let work = tempfile::tempdir()?;
    let at = |name: &str| work.path().join(name);
    fs::write(at("graph.json"), graph(&glue).to_string())?;
    process::read(
        workspace
            .command("wasm-metadce")
            .args(FEATURES)
            .arg(&wasm)
            .arg("-f")
            .arg(at("graph.json"))
            .arg("-o")
            .arg(at("reached.wasm")),
    )?;
    let names = process::read(
        workspace
            .command("wasm-opt")
            .args(FEATURES)
            .args(PASSES)
            .arg("--minify-imports-and-exports-and-modules")
            .arg(at("reached.wasm"))
            .arg("-o")
            .arg(at("small.wasm")),
    )?;
    let names: Names = serde_json::from_str(&names).context("wasm-opt printed no names")?;
    glue.rename(&names.imports()?, &names.exports())?;
    glue.without_loader()?;
    fs::write(at("glue.js"), format!("{glue}{}", pack::LOADER))?;
    process::read(
        workspace
            .command("terser")
            .arg(at("glue.js"))
            .args(["--module", "--toplevel", "--ecma", "2020"])
            .args(["--compress", "passes=3,unsafe_arrows=true", "--mangle"])
            .arg("-o")
            .arg(at("small.js")),
    )?;

    let packed = pack::pack(&fs::read(at("small.wasm"))?)?;
    pack::check(
        &mut workspace.command("node"),
        work.path(),
        std::slice::from_ref(&packed),
    )?;

    let small_script = fs::read(at("small.js"))?;
    let crate_name = stem
        .rsplit_once('-')
        .map_or(stem.as_str(), |(name, _)| name);
    let small_stem = format!("{crate_name}-{}", hash(&[&packed.file, &small_script]));
    let (old, new) = (
        name(&wasm).to_owned(),
        format!("{small_stem}.{}", pack::EXTENSION),
    );
    ensure!(
        html.contains(&format!("{stem}.js")) && html.contains(&old),
        "index.html does not name {stem}.js and {old}"
    );
    fs::remove_file(&wasm)?;
    fs::remove_file(&script)?;
    fs::write(built.join(&new), packed.file)?;
    fs::write(built.join(format!("{small_stem}.js")), small_script)?;
    let html = html
        .replace(&old, &new)
        .replace(&stem, &small_stem)
        .replace("application/wasm", "application/octet-stream");
    fs::write(built.join("index.html"), &html)?;
    Ok(html)
}

/// For wasm-metadce: the glue reaches these exports and no others.
fn graph(glue: &Glue) -> serde_json::Value {
    let exports = glue.exports();
    let root = json!({"name": "page", "root": true, "reaches": exports});
    let nodes = exports
        .iter()
        .map(|export| json!({"name": export, "export": export}));
    std::iter::once(root).chain(nodes).collect()
}

/// What wasm-opt prints of the names that it made short: module, name and short name.
#[derive(Deserialize)]
struct Names {
    imports: Vec<(String, String, String)>,
    exports: Vec<(String, String)>,
}

impl Names {
    fn imports(&self) -> Result<BTreeMap<&str, &str>> {
        // All of them come from the glue; wasm-opt calls that one module `a`.
        ensure!(
            self.imports
                .iter()
                .all(|(module, ..)| module == glue::MODULE),
            "the wasm imports from elsewhere than its glue"
        );
        let pairs = self.imports.iter();
        Ok(pairs
            .map(|(_, name, short)| (name.as_str(), short.as_str()))
            .collect())
    }

    fn exports(&self) -> BTreeMap<&str, &str> {
        let pairs = self.exports.iter();
        pairs
            .map(|(name, short)| (name.as_str(), short.as_str()))
            .collect()
    }
}

/// What tells contents from others in a file's name.
fn hash(contents: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    contents.iter().for_each(|part| hasher.update(part));
    let hash = hasher.finalize();
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

/// The file in a folder whose name ends so.
fn file(folder: &Path, end: &str) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if name(&path).ends_with(end) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

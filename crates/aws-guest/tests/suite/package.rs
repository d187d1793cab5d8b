//! Where cargo keeps the sources of a package. Those who sign and those who verify find the signing suite by it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a package that cannot be found fails the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where cargo keeps a package that this workspace uses.
pub(crate) fn package(name: &str) -> PathBuf {
    let metadata = metadata(&["--offline"])
        .or_else(|_| metadata(&[]))
        .expect("cargo metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let found = packages.iter().find(|package| package["name"] == name);
    let manifest = found.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.unwrap_or_else(|| panic!("{name} is not among the packages"));
    Path::new(manifest).parent().expect("a folder").to_owned()
}

/// Without the filter, packages for other systems would have to be there, which nobody has downloaded.
fn metadata(extra: &[&str]) -> Result<Value, String> {
    let host = run(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let host = String::from_utf8_lossy(&host);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = run(Command::new(cargo)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            host.trim(),
        ])
        .args(extra))?;
    serde_json::from_slice(&output).map_err(|error| error.to_string())
}

fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

//! The benchmarks that are scripts in `e2e/bench`: what they need is built, each writes a table.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::table::Table;
use crate::workspace::Workspace;
use crate::{page, process, tools};

/// What is built already.
#[derive(Default)]
pub(super) struct Built {
    page: bool,
    cloud: bool,
}

/// Says that everything which a script needs is there, and where Mosquitto is if it was asked for.
pub(super) struct Ready(Option<PathBuf>);

impl Built {
    /// The page and the cloud, both in release.
    ///
    /// # Errors
    /// One of them does not build.
    pub(super) fn for_page(&mut self, workspace: &Workspace) -> Result<Ready> {
        if !self.page {
            page::build_release(workspace)?;
            self.page = true;
        }
        self.for_sockets(workspace)
    }

    /// The cloud in release, and the program that opens sockets.
    ///
    /// # Errors
    /// They do not build.
    pub(super) fn for_sockets(&mut self, workspace: &Workspace) -> Result<Ready> {
        tools::npm_packages(workspace, "e2e")?;
        if !self.cloud {
            println!("Building the cloud optimised (the first time this takes minutes)");
            let build = ["build", "--release", "-p", "cloud", "--bin", "eddy-cloud"];
            let (built, took) = process::timed(|| {
                process::run(
                    workspace
                        .command("cargo")
                        .args(build)
                        .args(["--example", "sockets"]),
                )
            });
            built?;
            println!("Built in {}", process::duration(took));
            self.cloud = true;
        }
        Ok(Ready(None))
    }

    /// The same, and Mosquitto.
    ///
    /// # Errors
    /// Something does not build, or Mosquitto is missing and cannot be installed.
    pub(super) fn for_brokers(&mut self, workspace: &Workspace) -> Result<Ready> {
        let mosquitto = tools::mosquitto(workspace)?;
        let Ready(_) = self.for_sockets(workspace)?;
        Ok(Ready(Some(mosquitto)))
    }
}

/// Runs a script and reads its table.
///
/// # Errors
/// It fails.
pub(super) fn run(workspace: &Workspace, name: &str, out: &Path, ready: Ready) -> Result<Table> {
    let release = workspace.target.join("release");
    let browser = tools::browser(workspace)?;
    let script = Path::new("bench").join(name).with_extension("mjs");
    let mut command = workspace.command("node");
    command
        .arg(script)
        .current_dir(workspace.root.join("e2e"))
        .env("EDDY_CLOUD", release.join("eddy-cloud"))
        .env("EDDY_SOCKETS", release.join("examples").join("sockets"))
        .env("EDDY_SITE", workspace.dist())
        .env("EDDY_BENCH_OUT", out)
        .env("CHROMIUM", browser.chromium);
    if let Ready(Some(mosquitto)) = ready {
        command.env("EDDY_MOSQUITTO", mosquitto);
    }
    process::run(&mut command)?;
    let json = fs::read(out).with_context(|| format!("{name} left no table"))?;
    serde_json::from_slice(&json).with_context(|| format!("{name} left no table"))
}

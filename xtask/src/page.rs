//! Building the page and the cloud, and running them together.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::weight::{self, Part};
use crate::workspace::Workspace;
use crate::{process, tools};

/// Where `dev` keeps the cloud; `appconfig.dev.toml` names it.
const DEV_CLOUD: &str = "127.0.0.1:8787";
/// Where `dev` serves the page.
const DEV_PAGE: &str = "127.0.0.1:8080";
/// How often children are looked at.
const POLL: Duration = Duration::from_millis(100);
/// How long a child may take to end when asked to.
const GRACE: Duration = Duration::from_secs(5);

/// Builds everything and becomes the cloud.
///
/// # Errors
/// Something does not build, or the cloud does not start.
pub(crate) fn demo(workspace: &Workspace, cloud_arguments: &[String]) -> Result<()> {
    if tools::for_page(workspace)? {
        build(workspace, true)?;
    } else {
        println!(
            "Without these tools the page is built for development: larger, otherwise the same."
        );
        build(workspace, false)?;
    }
    build_cloud(workspace)?;
    let mut cloud = workspace.command("env");
    cloud
        .arg(workspace.cloud())
        .arg("--site")
        .arg(workspace.dist())
        .args(cloud_arguments);
    // The cloud takes our place, so that a signal reaches it and nobody else.
    Err(cloud.exec()).with_context(|| format!("cannot start `{}`", process::line(&cloud)))
}

/// Runs `trunk serve` and the cloud until one of them ends or a signal asks for the end; then neither is left.
///
/// # Errors
/// Something does not build, or one of the two fails.
pub(crate) fn dev(workspace: &Workspace, cloud_arguments: &[String]) -> Result<()> {
    tools::for_page(workspace)?;
    build_cloud(workspace)?;
    // Trunk refuses to ignore a folder that is not there.
    for folder in ["target", "dist"] {
        fs::create_dir_all(workspace.root.join(folder))?;
    }
    let mut cloud = workspace.command("env");
    cloud
        .arg(workspace.cloud())
        .args(["--listen", DEV_CLOUD])
        .args(cloud_arguments);
    let (host, port) = DEV_PAGE.split_once(':').context("an address has a port")?;
    let mut serve = trunk(workspace);
    serve
        .args(["serve", "--address", host, "--port", port])
        .env("EDDY_APPCONFIG", workspace.root.join("appconfig.dev.toml"));

    let asked = Arc::new(AtomicBool::new(false));
    let handler = Arc::clone(&asked);
    ctrlc::set_handler(move || handler.store(true, Ordering::Relaxed))?;
    let mut children = Children::default();
    children.start("the cloud", &mut cloud)?;
    children.start("trunk serve", &mut serve)?;
    println!(
        "The page: http://{DEV_PAGE}/ (rebuilt and reloaded when a source changes). Ctrl-C stops it and the cloud."
    );
    children.wait(&asked)
}

/// Builds the page in release into `dist/`.
///
/// # Errors
/// A tool cannot be had, or the page does not build.
pub(crate) fn build_release(workspace: &Workspace) -> Result<()> {
    ensure!(
        tools::for_page(workspace)?,
        "a release of the page needs wasm-opt, wasm-metadce and terser (from npm packages, which need Node and npm)"
    );
    build(workspace, true)
}

/// Builds the embedded cloud. In the development profile, which the tests use too: one build less to wait for, and
/// it is fast enough for a machine's own browsers.
///
/// # Errors
/// It does not build.
pub(crate) fn build_cloud(workspace: &Workspace) -> Result<()> {
    process::run(
        workspace
            .command("cargo")
            .args(["build", "-p", "cloud", "--bin", "eddy-cloud"]),
    )
}

/// Prints the page's parts and what they weigh.
pub(crate) fn print_weights(parts: &[Part]) {
    println!(
        "{:<44} {:>10} {:>10}",
        "the page's parts", "bytes", "brotli"
    );
    for part in parts {
        println!(
            "{:<44} {:>10} {:>10}",
            part.name, part.plain, part.compressed
        );
    }
    let sum = |size: fn(&Part) -> usize| parts.iter().map(size).sum::<usize>();
    println!(
        "{:<44} {:>10} {:>10}",
        "all",
        sum(|part| part.plain),
        sum(|part| part.compressed)
    );
    println!("{:<44} {:>10} {:>10}", "allowed", "", weight::BUDGET);
}

fn build(workspace: &Workspace, release: bool) -> Result<()> {
    // Files of earlier builds have other hashes in their names and would be served along.
    if workspace.dist().is_dir() {
        fs::remove_dir_all(workspace.dist()).context("dist cannot be emptied")?;
    }
    let mut build = trunk(workspace);
    build.arg("build");
    if release {
        build.arg("--release");
        // Where this machine keeps its crates is nobody's business, and would be written into the page.
        let sources = workspace.crate_sources()?;
        let remaps = sources
            .iter()
            .map(|folder| format!("--remap-path-prefix={}/=", folder.display()));
        build.env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            remaps.collect::<Vec<_>>().join(" "),
        );
    }
    process::run(&mut build)
}

fn trunk(workspace: &Workspace) -> Command {
    let mut command = workspace.command("trunk");
    // Its tools are all there: it need not ask for a newer self. It reads NO_COLOR=1 as an error.
    command
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        .env_remove("NO_COLOR");
    command
}

/// Child processes that end together.
#[derive(Default)]
struct Children(Vec<(&'static str, Child)>);

impl Children {
    fn start(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        println!("$ {}", process::line(command));
        let child = command
            .spawn()
            .with_context(|| format!("cannot start `{}`", process::line(command)))?;
        self.0.push((name, child));
        Ok(())
    }

    /// Waits until one ends or the end is asked for.
    fn wait(&mut self, asked: &AtomicBool) -> Result<()> {
        while !asked.load(Ordering::Relaxed) {
            for (name, child) in &mut self.0 {
                if let Some(status) = child.try_wait()? {
                    if status.success() {
                        return Ok(());
                    }
                    bail!("{name} ended ({status})");
                }
            }
            // There is no waiting for the first of two children in std.
            thread::park_timeout(POLL);
        }
        Ok(())
    }
}

impl Drop for Children {
    /// Asks each to end, and ends what does not.
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            if child.try_wait().is_ok_and(|ended| ended.is_some()) {
                continue;
            }
            let _ = process::read(Command::new("kill").arg(child.id().to_string()));
            for _ in 0..GRACE.as_millis() / POLL.as_millis() {
                if child.try_wait().is_ok_and(|ended| ended.is_some()) {
                    break;
                }
                thread::park_timeout(POLL);
            }
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

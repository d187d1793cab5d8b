//! `cargo xtask shots`: pictures of every screen and state, to be looked at, and those in `docs/`.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{page, process, tools};

/// Builds everything, brings the page to each state and takes the pictures.
///
/// # Errors
/// Something does not build, or a state cannot be reached.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let browser = tools::browser(workspace)?;
    tools::npm_packages(workspace, "e2e")?;
    page::build_release(workspace)?;
    page::build_cloud(workspace)?;
    let shots = workspace.target.join("shots");
    let mut command = workspace.command("npm");
    command
        .args(["run", "--silent", "shots"])
        .current_dir(workspace.root.join("e2e"))
        .env("EDDY_CLOUD", workspace.cloud())
        .env("EDDY_SITE", workspace.dist())
        .env("EDDY_SHOTS", &shots)
        .env("EDDY_DOCS", workspace.root.join("docs"))
        .env("CHROMIUM", browser.chromium);
    process::run(&mut command)?;
    println!("The pictures are in {} and in docs/.", shots.display());
    Ok(())
}

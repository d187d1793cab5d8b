//! Python and the packages that tests compare with, in a virtual environment among the tools.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::{apt_get, installing};
use crate::process;
use crate::workspace::Workspace;

/// Each at one version: what they know is compared with what we do.
const PACKAGES: &[&str] = &["holidays==0.108", "icalendar==7.3.0", "moto[server]==5.2.5"];

/// The interpreter that has the packages; what is missing is installed with the ordinary clients.
///
/// # Errors
/// Python is missing and cannot be installed, or pip fails.
pub(crate) fn python(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.tools.join("python");
    let interpreter = folder.join("bin").join("python");
    let stamp = folder.join(".installed");
    let wanted = PACKAGES.join("\n");
    if interpreter.exists() && fs::read_to_string(&stamp).is_ok_and(|has| has == wanted) {
        return Ok(interpreter);
    }
    // Debian ships what makes environments apart from Python itself.
    let able = process::read(
        workspace
            .command("python3")
            .args(["-c", "import ensurepip, venv"]),
    );
    if able.is_err() {
        apt_get(
            workspace,
            &["python3", "python3-venv"],
            "tests compare with packages of PyPI",
        )?;
    }
    installing(
        &format!("{} for Python", PACKAGES.join(" and ")),
        "tests compare with them",
        || {
            process::run(
                workspace
                    .command("python3")
                    .args(["-m", "venv", "--clear"])
                    .arg(&folder),
            )?;
            let install = ["-m", "pip", "install", "--quiet"];
            let quiet = ["--disable-pip-version-check", "--no-input"];
            process::run(
                workspace
                    .command(&interpreter.to_string_lossy())
                    .args(install)
                    .args(quiet)
                    .args(PACKAGES),
            )
        },
    )?;
    ensure!(
        interpreter.exists(),
        "{} is not there although it was installed",
        interpreter.display()
    );
    fs::write(stamp, wanted).context("cannot note what is installed")?;
    Ok(interpreter)
}

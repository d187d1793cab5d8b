//! The tools that building and testing need, each at one version. What is missing is installed under the user's cache
//! directory by the ordinary clients (rustup, cargo, npm, pip, apt-get); what is there at the right version is used.

mod python;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use crate::process;
use crate::workspace::Workspace;

pub(crate) use python::python;

const TRUNK: &str = "0.21.14";
const CARGO_DENY: &str = "0.20.2";
/// Programs that npm packages ship as scripts: program, package, version, what it answers, script, what it is for.
const SCRIPTS: [Script; 3] = [
    Script {
        program: "wasm-opt",
        package: "binaryen@132.0.0",
        answer: "132",
        path: "binaryen/bin/wasm-opt",
        why: "it makes the page smaller",
    },
    Script {
        program: "wasm-metadce",
        package: "binaryen@132.0.0",
        answer: "132",
        path: "binaryen/bin/wasm-metadce",
        why: "it takes out of the page what nothing reaches",
    },
    Script {
        program: "terser",
        package: "terser@5.51.2",
        answer: "5.51.2",
        path: "terser/bin/terser",
        why: "it makes the page's JavaScript smaller",
    },
];
/// Reads the workflows that are deployed as their service does.
const ASL_VALIDATOR: Script = Script {
    program: "asl-validator",
    package: "asl-validator@4.0.0",
    answer: "4.0.0",
    path: "asl-validator/dist/bin/asl-validator.js",
    why: "it checks the workflows that are deployed",
};
const NODE: u32 = 20;

/// A program that an npm package ships as a script.
struct Script {
    program: &'static str,
    package: &'static str,
    /// The version that it answers with.
    answer: &'static str,
    /// Under `node_modules`.
    path: &'static str,
    why: &'static str,
}

/// What building the page needs. The answer says whether what makes a release small is there: without it only
/// development builds work.
///
/// # Errors
/// Something else is missing and cannot be installed.
pub(crate) fn for_page(workspace: &Workspace) -> Result<bool> {
    wasm_target(workspace)?;
    cargo_install(
        workspace,
        "trunk",
        "trunk",
        TRUNK,
        &["--locked"],
        "it builds and bundles the page",
    )?;
    let version = locked_version(&workspace.root, "wasm-bindgen")?;
    // Not `--locked`: the lock file it is published with can name versions that a lagging registry lacks.
    cargo_install(
        workspace,
        "wasm-bindgen-cli",
        "wasm-bindgen",
        &version,
        &[],
        "it writes the page's JavaScript side",
    )?;
    for script in &SCRIPTS {
        if let Err(error) = npm_script(workspace, script) {
            eprintln!("{} cannot be had: {error:#}", script.program);
            return Ok(false);
        }
    }
    Ok(true)
}

/// What checking dependencies needs.
///
/// # Errors
/// It is missing and cannot be installed.
pub(crate) fn for_deny(workspace: &Workspace) -> Result<()> {
    cargo_install(
        workspace,
        "cargo-deny",
        "cargo-deny",
        CARGO_DENY,
        &["--locked"],
        "it checks the dependencies' rules",
    )
}

/// What checking workflows needs: their validator, and the server of moto, which has an interpreter of its own. Returns
/// where that server is.
///
/// # Errors
/// One is missing and cannot be installed.
pub(crate) fn for_workflows(workspace: &Workspace) -> Result<PathBuf> {
    npm_script(workspace, &ASL_VALIDATOR)?;
    let moto = python(workspace)?.with_file_name("moto_server");
    ensure!(moto.is_file(), "moto is installed, but its server is not");
    Ok(moto)
}

/// A browser and the driver that tests steer it with.
pub(crate) struct Browser {
    pub(crate) chromium: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Finds Debian's Chromium and its driver, or installs them.
///
/// # Errors
/// They are missing and cannot be installed.
pub(crate) fn browser(workspace: &Workspace) -> Result<Browser> {
    let find = || {
        Some(Browser {
            chromium: workspace.which("chromium")?,
            driver: workspace.which("chromedriver")?,
        })
    };
    if let Some(browser) = find() {
        return Ok(browser);
    }
    apt_get(
        workspace,
        &["chromium", "chromium-driver"],
        "the tests run in a real browser",
    )?;
    find().context(
        "chromium and chromedriver are not on the path, although their packages are installed",
    )
}

/// Finds Debian's Firefox ESR, or installs it.
///
/// # Errors
/// It is missing and cannot be installed.
pub(crate) fn firefox(workspace: &Workspace) -> Result<PathBuf> {
    let find = || workspace.which("firefox-esr");
    if let Some(firefox) = find() {
        return Ok(firefox);
    }
    apt_get(
        workspace,
        &["firefox-esr"],
        "the live page is tested in a second browser engine",
    )?;
    find().context("firefox-esr is not on the path, although its package is installed")
}

/// Finds Debian's Mosquitto, or installs it. Whoever needs it starts one of its own, on loopback.
///
/// # Errors
/// It is missing and cannot be installed.
pub(crate) fn mosquitto(workspace: &Workspace) -> Result<PathBuf> {
    // Where Debian puts what only root was meant to start, which is not on everybody's path.
    let find = || {
        let debian_s = PathBuf::from("/usr/sbin/mosquitto");
        workspace
            .which("mosquitto")
            .or_else(|| debian_s.is_file().then_some(debian_s))
    };
    if let Some(mosquitto) = find() {
        return Ok(mosquitto);
    }
    apt_get(
        workspace,
        &["mosquitto"],
        "it is the broker that ours is compared with",
    )?;
    find().context("mosquitto is not there, although its package is installed")
}

/// Installs a folder's npm packages exactly as its lock file says, unless that has been done.
///
/// # Errors
/// Node is missing or too old, or npm fails.
pub(crate) fn npm_packages(workspace: &Workspace, folder: &str) -> Result<()> {
    node(workspace)?;
    let folder = workspace.root.join(folder);
    let lock =
        fs::read(folder.join("package-lock.json")).context("the npm lock file cannot be read")?;
    let wanted = Sha256::digest(lock)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let stamp = folder.join("node_modules").join(".installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    installing(
        &format!("the npm packages of {}", folder.display()),
        "tests use them",
        || {
            process::run(workspace.command("npm").current_dir(&folder).args([
                "ci",
                "--no-audit",
                "--no-fund",
            ]))
        },
    )?;
    fs::write(stamp, wanted).context("cannot note what is installed")
}

fn wasm_target(workspace: &Workspace) -> Result<()> {
    let sysroot = process::read(workspace.command("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib/wasm32-unknown-unknown")
        .is_dir()
    {
        return Ok(());
    }
    installing(
        "the wasm32-unknown-unknown target",
        "the page is WebAssembly",
        || {
            process::run(workspace.command("rustup").args([
                "target",
                "add",
                "wasm32-unknown-unknown",
            ]))
        },
    )
}

/// Installs a cargo package unless its program answers with the wanted version already.
fn cargo_install(
    workspace: &Workspace,
    package: &str,
    program: &str,
    version: &str,
    flags: &[&str],
    why: &str,
) -> Result<()> {
    if answers(workspace, program, version) {
        return Ok(());
    }
    installing(&format!("{package} {version}"), why, || {
        let mut install = workspace.command("cargo");
        // A target folder of its own: the project's would be filled with a tool's parts.
        install.env_remove("CARGO_TARGET_DIR").args([
            "install",
            package,
            "--version",
            version,
            "--root",
        ]);
        process::run(install.arg(&workspace.tools).args(flags))
    })?;
    ensure!(
        answers(workspace, program, version),
        "{program} {version} is installed but does not answer as such"
    );
    Ok(())
}

/// Installs a program that an npm package ships as a script, unless it answers with its version already.
fn npm_script(workspace: &Workspace, script: &Script) -> Result<()> {
    let Script {
        program, answer, ..
    } = *script;
    if answers(workspace, program, answer) {
        return Ok(());
    }
    node(workspace)?;
    let packages = workspace.tools.join("npm");
    let bin = workspace.tools.join("bin");
    installing(&format!("{program} {answer}"), script.why, || {
        fs::create_dir_all(&packages)?;
        fs::create_dir_all(&bin)?;
        let path = packages.join("node_modules").join(script.path);
        let install = [
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ];
        // All at once: without a manifest npm takes away what it is not asked for.
        let mut all: Vec<_> = SCRIPTS
            .iter()
            .chain([&ASL_VALIDATOR])
            .map(|script| script.package)
            .collect();
        all.dedup();
        process::run(
            workspace
                .command("npm")
                .args(install)
                .arg(&packages)
                .args(all),
        )?;
        let wrapper = bin.join(program);
        fs::write(
            &wrapper,
            format!("#!/bin/sh\nexec node '{}' \"$@\"\n", path.display()),
        )?;
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
        Ok(())
    })?;
    ensure!(
        answers(workspace, program, answer),
        "{program} {answer} is installed but does not answer as such"
    );
    Ok(())
}

/// Node and npm, which are the machine's own.
fn node(workspace: &Workspace) -> Result<()> {
    let version = process::read(workspace.command("node").arg("--version")).unwrap_or_default();
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE => Ok(()),
        Some(major) => bail!("Node {major} is too old: {NODE} or newer is needed"),
        None => bail!(
            "Node {NODE} or newer and npm are needed (from Debian 13 on: `sudo apt-get install nodejs npm`)"
        ),
    }
}

fn apt_get(workspace: &Workspace, packages: &[&str], why: &str) -> Result<()> {
    let by_hand = format!(
        "sudo apt-get update && sudo apt-get install --yes {}",
        packages.join(" ")
    );
    ensure!(
        workspace.which("apt-get").is_some(),
        "{} not found; install it ({why})",
        packages.join(" and ")
    );
    let root = process::read(Command::new("id").arg("-u"))?.trim() == "0";
    ensure!(
        root || workspace.which("sudo").is_some(),
        "{} not found ({why}), and there is no sudo; as root run: {by_hand}",
        packages.join(" and ")
    );
    let apt_get = || {
        let mut command = workspace.command(if root { "apt-get" } else { "sudo" });
        if !root {
            command.arg("apt-get");
        }
        command
    };
    installing(&packages.join(" and "), why, || {
        process::run(apt_get().arg("update"))?;
        process::run(
            apt_get()
                .args(["install", "--yes", "--no-install-recommends"])
                .args(packages),
        )
    })
    .with_context(|| format!("by hand: {by_hand}"))
}

/// Whether a program is there and answers `--version` with this version as a word.
fn answers(workspace: &Workspace, program: &str, version: &str) -> bool {
    workspace.which(program).is_some()
        && process::read(workspace.command(program).arg("--version"))
            .is_ok_and(|answer| answer.split_whitespace().any(|word| word == version))
}

/// Says what is being installed and why, and how long it took.
fn installing(what: &str, why: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("Installing {what}: {why} (once; this can take minutes)");
    let (result, took) = process::timed(work);
    result.with_context(|| format!("cannot install {what}"))?;
    println!("Installed {what} in {}", process::duration(took));
    Ok(())
}

/// The version of a package in `Cargo.lock`.
fn locked_version(root: &Path, package: &str) -> Result<String> {
    let lock = fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    find_locked(&lock, package)
}

fn find_locked(lock: &str, package: &str) -> Result<String> {
    let lock: toml::Table = lock.parse().context("Cargo.lock is not TOML")?;
    let packages = lock
        .get("package")
        .and_then(toml::Value::as_array)
        .context("Cargo.lock lists no packages")?;
    packages
        .iter()
        .find(|entry| entry.get("name").and_then(toml::Value::as_str) == Some(package))
        .and_then(|entry| entry.get("version")?.as_str())
        .map(str::to_owned)
        .with_context(|| format!("Cargo.lock does not hold {package}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_found() {
        let lock = "[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n[[package]]\nname = \"b\"\nversion = \"4.5.6\"\n";
        assert_eq!(find_locked(lock, "b").unwrap(), "4.5.6");
        assert!(
            find_locked(lock, "c")
                .unwrap_err()
                .to_string()
                .contains('c')
        );
    }

    #[test]
    fn the_page_and_its_tool_speak_the_same_wasm_bindgen() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let locked = locked_version(root, "wasm-bindgen").unwrap();
        let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("wasm-bindgen = \"={locked}\"")),
            "Cargo.toml must pin wasm-bindgen {locked}"
        );
    }
}

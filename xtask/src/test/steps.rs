//! The steps of the test command, cheap ones first.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::json;

use super::tally::{Runner, Tally};
use super::{Outcome, Session, Step, failures};
use crate::workspace::Workspace;
use crate::{page, process, tools, weight};

pub(super) const STEPS: &[Step] = &[
    Step {
        name: "format",
        what: "rustfmt",
        fast: true,
        budget: None,
        run: format,
    },
    Step {
        name: "lint",
        what: "clippy, native",
        fast: true,
        budget: None,
        run: lint,
    },
    Step {
        name: "lint-wasm",
        what: "clippy, what the page links, for wasm",
        fast: true,
        budget: None,
        run: lint_wasm,
    },
    Step {
        name: "docs",
        what: "rustdoc without warnings",
        fast: false,
        budget: None,
        run: docs,
    },
    Step {
        name: "deny",
        what: "bans, licences and sources of dependencies",
        fast: false,
        budget: None,
        run: deny,
    },
    Step {
        name: "native",
        what: "native tests",
        fast: true,
        budget: minutes(8),
        run: native,
    },
    Step {
        name: "holidays",
        what: "public holidays, date by date against another collection",
        fast: false,
        budget: None,
        run: holidays,
    },
    Step {
        name: "wasm",
        what: "wasm tests in headless Chromium",
        fast: false,
        budget: None,
        run: wasm,
    },
    Step {
        name: "page",
        what: "the page in release, with its size budget",
        fast: false,
        budget: None,
        run: page_size,
    },
    Step {
        name: "workflows",
        what: "the workflows in others' validator and interpreter",
        fast: false,
        budget: None,
        run: workflows,
    },
    Step {
        name: "interop",
        what: "others' clients against the cloud",
        fast: false,
        budget: None,
        run: interop,
    },
    Step {
        name: "browser",
        what: "browsers on the page and the cloud",
        fast: false,
        budget: minutes(15),
        run: browser,
    },
    Step {
        name: "firefox",
        what: "the live page in Firefox ESR",
        fast: false,
        budget: None,
        run: firefox,
    },
];

/// The packages that the page links; they are linted for wasm.
const IN_THE_PAGE: &[&str] = &["eddy", "appsync", "iot", "link", "aws-guest", "net"];

/// How tests start Chromium: a list of words, which Playwright's configuration reads too.
const CHROMIUM_FLAGS: &str = include_str!("../../../e2e/chromium-flags.json");

/// How many cases a property test tries under `--soak`.
const SOAK_CASES: &str = "20000";

const fn minutes(minutes: u64) -> Option<Duration> {
    Some(Duration::from_secs(60 * minutes))
}

fn format(session: &Session<'_>) -> Result<Outcome> {
    check(cargo(session).args(["fmt", "--all", "--check"]))
}

fn lint(session: &Session<'_>) -> Result<Outcome> {
    check(cargo(session).args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn lint_wasm(session: &Session<'_>) -> Result<Outcome> {
    tools::for_page(session.workspace)?;
    let packages = IN_THE_PAGE.iter().flat_map(|package| ["-p", package]);
    let target = [
        "--lib",
        "--bins",
        "--target",
        "wasm32-unknown-unknown",
        "--",
        "-D",
        "warnings",
    ];
    check(cargo(session).arg("clippy").args(packages).args(target))
}

fn docs(session: &Session<'_>) -> Result<Outcome> {
    check(
        cargo(session)
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn deny(session: &Session<'_>) -> Result<Outcome> {
    tools::for_deny(session.workspace)?;
    // It reads the packages of every platform, and a build has fetched only those of its own.
    let fetch = |extra: &[&str]| check(cargo(session).args(["fetch", "--locked"]).args(extra));
    fetch(&["--offline"]).or_else(|_| fetch(&[]))?;
    let check = [
        "deny",
        "--workspace",
        "--offline",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ];
    let mut outcome = self::check(cargo(session).args(check))?;
    outcome.note = "advisories are not checked: their database is on the internet".into();
    Ok(outcome)
}

fn native(session: &Session<'_>) -> Result<Outcome> {
    tools::mosquitto(session.workspace)?;
    let mut command = cargo(session);
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if session.soak {
        command
            .arg("--release")
            .env("EDDY_SOAK", "1")
            .env("PROPTEST_CASES", SOAK_CASES);
    }
    tests(&mut command, Runner::Libtest)
}

fn holidays(session: &Session<'_>) -> Result<Outcome> {
    let workspace = session.workspace;
    let python = tools::python(workspace)?;
    let dates = process::read(cargo(session).args([
        "run",
        "--quiet",
        "--package",
        "holidays",
        "--example",
        "dates",
    ]))?;
    let file = workspace.target.join("holiday-dates.txt");
    fs::write(&file, dates)?;
    check(
        workspace
            .command(&python.to_string_lossy())
            .arg("crates/holidays/tests/compare.py")
            .arg(file),
    )
}

fn wasm(session: &Session<'_>) -> Result<Outcome> {
    let workspace = session.workspace;
    tools::for_page(workspace)?;
    let browser = tools::browser(workspace)?;
    let settings = workspace.target.join("webdriver.json");
    fs::create_dir_all(&workspace.target)?;
    let flags: serde_json::Value = serde_json::from_str(CHROMIUM_FLAGS)?;
    let options = json!({"goog:chromeOptions": {"binary": browser.chromium, "args": flags}});
    fs::write(&settings, options.to_string())?;
    let mut outcome = Outcome::default();
    for package in packages_with_browser_tests(workspace)? {
        let mut command = cargo(session);
        command
            .args([
                "test",
                "-p",
                &package,
                "--test",
                "browser",
                "--target",
                "wasm32-unknown-unknown",
            ])
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                "wasm-bindgen-test-runner",
            )
            .env("CHROMEDRIVER", &browser.driver)
            .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &settings);
        outcome += tests(&mut command, Runner::Libtest).with_context(|| format!("in {package}"))?;
    }
    Ok(outcome)
}

fn page_size(session: &Session<'_>) -> Result<Outcome> {
    built_page(session)?;
    let parts = weight::parts(&session.workspace.dist())?;
    page::print_weights(&parts);
    let sum: usize = parts.iter().map(|part| part.compressed).sum();
    ensure!(
        sum <= weight::BUDGET,
        "the page weighs {sum} bytes in Brotli, {} are allowed",
        weight::BUDGET
    );
    Ok(Outcome {
        tally: ONE,
        note: format!("{sum} bytes in Brotli, {} are allowed", weight::BUDGET),
        ..Outcome::default()
    })
}

fn workflows(session: &Session<'_>) -> Result<Outcome> {
    let workspace = session.workspace;
    let moto = tools::for_workflows(workspace)?;
    let mut documents: Vec<PathBuf> = fs::read_dir(workspace.root.join("deploy/workflows"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    documents.sort();
    let mut outcome = Outcome::default();
    for document in &documents {
        let mut validator = workspace.command("asl-validator");
        outcome += check(validator.arg("--json-path").arg(document))?;
    }
    let mut command = cargo(session);
    command
        .args(["test", "-p", "states", "--test", "moto", "--", "--ignored"])
        .env("EDDY_MOTO", moto);
    outcome += tests(&mut command, Runner::Libtest)?;
    Ok(outcome)
}

fn interop(session: &Session<'_>) -> Result<Outcome> {
    let workspace = session.workspace;
    let browser = tools::browser(workspace)?;
    tools::npm_packages(workspace, "e2e")?;
    built_cloud(session)?;
    let mut command = workspace.command("npm");
    command
        .args(["run", "--silent", "interop"])
        .current_dir(workspace.root.join("e2e"))
        .env("EDDY_CLOUD", workspace.cloud())
        .env("CHROMIUM", browser.chromium);
    tests(&mut command, Runner::Node)
}

fn browser(session: &Session<'_>) -> Result<Outcome> {
    let workspace = session.workspace;
    let browser = tools::browser(workspace)?;
    // What the page exports is read by a parser of others.
    let python = tools::python(workspace)?;
    tools::npm_packages(workspace, "e2e")?;
    built_page(session)?;
    built_cloud(session)?;
    let mut command = workspace.command("npm");
    command
        .args(["test", "--silent"])
        .current_dir(workspace.root.join("e2e"))
        .env("EDDY_CLOUD", workspace.cloud())
        .env("EDDY_SITE", workspace.dist())
        .env("EDDY_PYTHON", python)
        .env("CHROMIUM", browser.chromium);
    if session.soak {
        command.args(["--", "--repeat-each=5"]);
    }
    tests(&mut command, Runner::Playwright)
}

fn firefox(session: &Session<'_>) -> Result<Outcome> {
    let workspace = session.workspace;
    let firefox = tools::firefox(workspace)?;
    tools::npm_packages(workspace, "e2e")?;
    built_page(session)?;
    built_cloud(session)?;
    let mut command = workspace.command("npm");
    command
        .args(["run", "--silent", "firefox"])
        .current_dir(workspace.root.join("e2e"))
        .env("EDDY_CLOUD", workspace.cloud())
        .env("EDDY_SITE", workspace.dist())
        .env("FIREFOX", firefox);
    tests(&mut command, Runner::Node)
}

/// The page in release, built once a session.
fn built_page(session: &Session<'_>) -> Result<()> {
    session
        .page
        .get_or_init(|| {
            page::build_release(session.workspace).map_err(|error| format!("{error:#}"))
        })
        .clone()
        .map_err(|error| anyhow!("no page: {error}"))
}

/// The cloud, built once a session.
fn built_cloud(session: &Session<'_>) -> Result<()> {
    session
        .cloud
        .get_or_init(|| page::build_cloud(session.workspace).map_err(|error| format!("{error:#}")))
        .clone()
        .map_err(|error| anyhow!("no cloud: {error}"))
}

/// The packages that have `tests/browser.rs`.
fn packages_with_browser_tests(workspace: &Workspace) -> Result<Vec<String>> {
    let mut folders: Vec<PathBuf> = fs::read_dir(workspace.root.join("crates"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    folders.push(workspace.root.clone());
    folders.sort();
    let mut packages = Vec::new();
    for folder in folders
        .iter()
        .filter(|folder| folder.join("tests/browser.rs").is_file())
    {
        let manifest: toml::Table = fs::read_to_string(folder.join("Cargo.toml"))?.parse()?;
        let name = manifest
            .get("package")
            .and_then(|package| package.get("name")?.as_str());
        packages.push(
            name.with_context(|| format!("{} has no name", folder.display()))?
                .to_owned(),
        );
    }
    Ok(packages)
}

const ONE: Tally = Tally {
    passed: 1,
    failed: 0,
};

fn cargo(session: &Session<'_>) -> Command {
    session.workspace.command("cargo")
}

/// A command that is itself the test.
fn check(command: &mut Command) -> Result<Outcome> {
    if !process::show(command)?.success {
        bail!("`{}` failed", process::line(command));
    }
    Ok(Outcome {
        tally: ONE,
        ..Outcome::default()
    })
}

/// A command that runs tests and counts them.
fn tests(command: &mut Command, runner: Runner) -> Result<Outcome> {
    let shown = process::show(command)?;
    let mut tally = runner.tally(&shown.output);
    let mut failures = runner.failures(&shown.output);
    if !shown.success {
        // Without a failing test, what failed is the build or the runner.
        tally.failed = tally.failed.max(1);
        if failures.is_empty() {
            failures.push(failures::last_lines(&shown.output));
        }
    }
    ensure!(
        !shown.success || tally.passed > 0,
        "`{}` ran no tests",
        process::line(command)
    );
    Ok(Outcome {
        tally,
        failures,
        ..Outcome::default()
    })
}

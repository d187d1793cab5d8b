//! The project's automation: `cargo xtask <command>`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool"
)]

mod bench;
mod hook;
mod pack;
mod page;
mod process;
mod shots;
mod test;
mod tools;
mod weight;
mod workspace;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  demo [-- ARGUMENTS]        build the page and the embedded cloud, start both at one address;
                             the arguments go to eddy-cloud, such as `-- --pace 1`
  dev [-- ARGUMENTS]         the page with reload (trunk serve) and the cloud together
  test [--fast] [--soak] [STEP…]
                             every check, or the fast ones, or the named ones; --soak: long counts
  bench [NAME…]              figures worth watching, a table each: all (a quarter of an hour), or the named ones
  shots                      pictures of every screen and state into target/shots, and those in docs/
  setup                      install the tools that demo, dev and test need
  page-hook                  what Trunk calls after it has built the page
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The summary's last line stays the last one.
            if !error.is::<test::Failed>() {
                eprintln!("error: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        print!("{HELP}");
        return Ok(());
    };
    let workspace = Workspace::open()?;
    match (command.as_str(), rest) {
        ("demo", _) => page::demo(&workspace, passed_on(rest)?),
        ("dev", _) => page::dev(&workspace, passed_on(rest)?),
        ("test", _) => test::run(&workspace, rest),
        ("bench", _) => bench::run(&workspace, rest),
        ("shots", []) => shots::run(&workspace),
        ("setup", []) => setup(&workspace),
        ("page-hook", []) => hook::run(&workspace),
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        _ => bail!("`{}` is unknown\n\n{HELP}", arguments.join(" ")),
    }
}

/// What stands behind `--`.
fn passed_on(arguments: &[String]) -> Result<&[String]> {
    match arguments.split_first() {
        None => Ok(&[]),
        Some((dashes, rest)) if dashes == "--" => Ok(rest),
        Some((other, _)) => bail!("`{other}` is unknown; arguments for eddy-cloud go behind `--`"),
    }
}

fn setup(workspace: &Workspace) -> Result<()> {
    if !tools::for_page(workspace)? {
        bail!(
            "tools that make a release small are missing: development builds work, releases and their tests do not"
        );
    }
    tools::for_deny(workspace)?;
    tools::browser(workspace)?;
    tools::firefox(workspace)?;
    tools::npm_packages(workspace, "e2e")?;
    tools::python(workspace)?;
    println!("Everything is there.");
    Ok(())
}

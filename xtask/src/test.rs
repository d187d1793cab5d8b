//! `cargo xtask test`: every check there is, each timed; what failed does not hide what comes after.

mod failures;
mod steps;
mod tally;

use std::cell::OnceCell;
use std::ops::AddAssign;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::Workspace;
use tally::Tally;

/// How to test.
#[derive(Debug, Default)]
struct Options {
    /// Only what the inner loop needs.
    fast: bool,
    /// With long counts of generated input.
    soak: bool,
    /// Only these steps, by name.
    only: Vec<String>,
}

/// A step of the test command.
struct Step {
    /// As one names it on the command line.
    name: &'static str,
    /// For people.
    what: &'static str,
    /// Whether `--fast` has it.
    fast: bool,
    /// How long it may take on two cores once everything is built.
    budget: Option<Duration>,
    /// Does it.
    run: fn(&Session<'_>) -> Result<Outcome>,
}

/// What steps share.
struct Session<'a> {
    workspace: &'a Workspace,
    soak: bool,
    /// Whether the page could be built in release; made once.
    page: OnceCell<Result<(), String>>,
    /// Whether the cloud could be built; made once.
    cloud: OnceCell<Result<(), String>>,
}

/// What a step came to.
#[derive(Debug, Default)]
struct Outcome {
    /// The tests it ran; a step without tests of its own is one.
    tally: Tally,
    /// What the runner said of those that failed.
    failures: Vec<String>,
    /// What else is worth a place in the summary.
    note: String,
}

impl AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.tally += other.tally;
        self.failures.extend(other.failures);
        self.note += &other.note;
    }
}

/// A step that has been run.
struct Report {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
    budget: Option<Duration>,
    error: Option<String>,
}

/// Runs the steps and closes with the line `N passed, N failed`.
///
/// # Errors
/// Something failed, or the arguments are unknown.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    let session = Session {
        workspace,
        soak: options.soak,
        page: OnceCell::new(),
        cloud: OnceCell::new(),
    };
    let mut reports = Vec::new();
    let chosen = |step: &&Step| match options.only.as_slice() {
        [] => step.fast || !options.fast,
        only => only.iter().any(|name| name == step.name),
    };
    for step in steps::STEPS.iter().filter(chosen) {
        println!("\n=== {}: {}", step.name, step.what);
        let (result, took) = process::timed(|| (step.run)(&session));
        let report = report(step, result, took);
        if let Some(error) = &report.error {
            println!("{error}");
        }
        reports.push(report);
    }
    retell(&reports);
    let total = summary(&reports);
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if total.failed > 0 {
        Err(Failed.into())
    } else {
        Ok(())
    }
}

/// Some tests failed, which the summary has told.
#[derive(Debug, thiserror::Error)]
#[error("tests failed")]
pub(crate) struct Failed;

fn options(arguments: &[String]) -> Result<Options> {
    let mut options = Options::default();
    for argument in arguments {
        match argument.as_str() {
            "--fast" => options.fast = true,
            "--soak" => options.soak = true,
            name if steps::STEPS.iter().any(|step| step.name == name) => {
                options.only.push(name.to_owned());
            }
            other => {
                let names: Vec<_> = steps::STEPS.iter().map(|step| step.name).collect();
                bail!(
                    "`{other}` is neither --fast nor --soak nor a step ({})",
                    names.join(", ")
                );
            }
        }
    }
    Ok(options)
}

/// A failure always counts, also one that no test stands for (a build that fails, a runner that dies).
fn report(step: &Step, result: Result<Outcome>, took: Duration) -> Report {
    let (mut outcome, mut error) = match result {
        Ok(outcome) => (outcome, None),
        Err(error) => (Outcome::default(), Some(format!("{error:#}"))),
    };
    if error.is_some() {
        outcome.tally.failed = outcome.tally.failed.max(1);
    } else if outcome.tally.failed > 0 {
        error = Some(format!(
            "{} of {} failed",
            outcome.tally.failed,
            outcome.tally.passed + outcome.tally.failed
        ));
    }
    Report {
        name: step.name,
        outcome,
        took,
        budget: step.budget,
        error,
    }
}

/// Prints once more what was said of the tests that failed: thousands of lines lie between.
fn retell(reports: &[Report]) {
    for report in reports {
        for failure in &report.outcome.failures {
            println!("\n=== failed in {}\n{failure}", report.name);
        }
    }
}

/// Prints what ran, how long it took and what it came to; returns the sum.
fn summary(reports: &[Report]) -> Tally {
    let mut total = Tally::default();
    let mut time = Duration::ZERO;
    println!(
        "\n{:<10} {:>12}  {:>6}  {:>6}",
        "step", "time", "passed", "failed"
    );
    for report in reports {
        let Tally { passed, failed } = report.outcome.tally;
        let over = report
            .budget
            .filter(|budget| report.took > *budget)
            .map_or_else(String::new, |budget| {
                format!(
                    " (over its budget of {}, building included)",
                    process::duration(budget)
                )
            });
        let first_line = report
            .error
            .as_deref()
            .and_then(|error| error.lines().next())
            .unwrap_or(&report.outcome.note);
        let took = process::duration(report.took);
        println!(
            "{:<10} {took:>12}  {passed:>6}  {failed:>6}  {first_line}{over}",
            report.name
        );
        total += report.outcome.tally;
        time += report.took;
    }
    println!(
        "{:<10} {:>12}  {:>6}  {:>6}",
        "all",
        process::duration(time),
        total.passed,
        total.failed
    );
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_words() {
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert!(options(&words("--fast")).unwrap().fast);
        assert_eq!(
            options(&words("format native")).unwrap().only,
            ["format", "native"]
        );
        assert!(
            options(&words("--quick"))
                .unwrap_err()
                .to_string()
                .contains("--quick")
        );
    }

    #[test]
    fn a_step_that_breaks_is_a_failure_even_without_tests() {
        let step = &steps::STEPS[0];
        let broken = report(step, Err(anyhow::anyhow!("no compiler")), Duration::ZERO);
        assert_eq!(
            broken.outcome.tally,
            Tally {
                passed: 0,
                failed: 1
            }
        );
        let failing = Outcome {
            tally: Tally {
                passed: 3,
                failed: 2,
            },
            ..Outcome::default()
        };
        assert_eq!(
            report(step, Ok(failing), Duration::ZERO).error.as_deref(),
            Some("2 of 5 failed")
        );
    }

    #[test]
    fn sums_go_over_all_steps() {
        let one = |passed, failed| Report {
            name: "x",
            outcome: Outcome {
                tally: Tally { passed, failed },
                ..Outcome::default()
            },
            took: Duration::ZERO,
            budget: None,
            error: None,
        };
        assert_eq!(
            summary(&[one(3, 0), one(4, 1)]),
            Tally {
                passed: 7,
                failed: 1
            }
        );
    }
}

//! How many tests passed and failed, read from the lines that test runners close with.

use std::ops::AddAssign;

/// A count of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Who ran the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// `cargo test` and wasm-bindgen's runner: `test result: ok. 3 passed; 0 failed; …`, once a binary.
    Libtest,
    /// `node --test`: `# pass 3`, `# fail 0`.
    Node,
    /// Playwright: `3 passed (2s)`, `1 failed`, `1 flaky`, `2 did not run`.
    Playwright,
}

impl Runner {
    /// The sum over all closing lines in a runner's output.
    pub(crate) fn tally(self, output: &str) -> Tally {
        let mut tally = Tally::default();
        for line in output.lines().map(without_colours) {
            match self {
                Self::Libtest => {
                    let Some((_, counts)) = line
                        .trim()
                        .strip_prefix("test result: ")
                        .and_then(|l| l.split_once(". "))
                    else {
                        continue;
                    };
                    for count in counts.split(';') {
                        tally.add(count, &["passed"], &["failed"]);
                    }
                }
                Self::Node => {
                    let mut words = line.split_whitespace();
                    if let (Some("#" | "ℹ"), Some(word), Some(count)) =
                        (words.next(), words.next(), words.next())
                    {
                        tally.add(
                            &format!("{count} {word}"),
                            &["pass"],
                            &["fail", "cancelled"],
                        );
                    }
                }
                Self::Playwright => tally.add(
                    &line,
                    &["passed"],
                    &["failed", "flaky", "did", "interrupted"],
                ),
            }
        }
        tally
    }
}

impl Tally {
    /// Adds a text of the form `3 passed …`.
    fn add(&mut self, text: &str, passed: &[&str], failed: &[&str]) {
        let mut words = text.split_whitespace();
        let (Some(count), Some(word)) = (
            words.next().and_then(|count| count.parse::<usize>().ok()),
            words.next(),
        ) else {
            return;
        };
        if passed.contains(&word) {
            self.passed += count;
        } else if failed.contains(&word) {
            self.failed += count;
        }
    }
}

/// A line without the escape sequences that colour it.
pub(super) fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').map_or(part, |(_, rest)| rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runner: Runner, output: &str, passed: usize, failed: usize) {
        assert_eq!(runner.tally(output), Tally { passed, failed }, "{output}");
    }

    #[test]
    fn cargo_s_lines_are_added_up() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: \u{1b}[31mFAILED\u{1b}[0m. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        check(Runner::Libtest, output, 7, 2);
    }

    #[test]
    fn node_s_lines_are_read_in_both_forms() {
        check(
            Runner::Node,
            "# tests 4\n# pass 3\n# fail 1\n# cancelled 0\n",
            3,
            1,
        );
        check(
            Runner::Node,
            "ℹ tests 4\nℹ pass 4\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\n",
            4,
            0,
        );
    }

    #[test]
    fn playwright_s_lines_are_read_and_what_did_not_run_failed() {
        check(
            Runner::Playwright,
            "  1 failed\n    orders.spec.ts\n  2 did not run\n  9 passed (1.2m)\n",
            9,
            3,
        );
        check(Runner::Playwright, "  9 passed (12.3s)\n", 9, 0);
    }

    #[test]
    fn other_lines_do_not_count() {
        check(Runner::Libtest, "3 passed\ntest result of nothing\n", 0, 0);
    }
}

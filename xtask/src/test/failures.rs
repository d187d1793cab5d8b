//! What runners said of the tests that failed, to be told again at the end of a long log.

use super::tally::{Runner, without_colours};

/// The lines that are kept of one failure; what matters stands at its head.
const LINES: usize = 40;
/// The characters that are kept of a line: a page's whole text may stand in one.
const WIDTH: usize = 300;

/// Where a line stands to the account of a failure.
enum Place {
    /// It opens the account of a failed test.
    Head,
    /// It closes whatever account is open.
    End,
    /// It belongs to what came before it.
    Within,
}

impl Runner {
    /// What was said of each failed test, shortened, in the runner's order.
    pub(crate) fn failures(self, output: &str) -> Vec<String> {
        let mut failures: Vec<Vec<String>> = Vec::new();
        let mut open = false;
        for line in output.lines().map(without_colours) {
            match self.place(&line) {
                Place::Head => {
                    open = true;
                    failures.push(vec![line.trim().to_owned()]);
                }
                Place::End => open = false,
                Place::Within => {
                    if let (true, Some(failure)) = (open, failures.last_mut()) {
                        failure.push(line.chars().take(WIDTH).collect());
                    }
                }
            }
        }
        failures.iter().map(|lines| shortened(lines)).collect()
    }

    fn place(self, line: &str) -> Place {
        let (head, end) = match self {
            Self::Libtest => (
                line.starts_with("---- ") && line.ends_with(" stdout ----"),
                line == "failures:",
            ),
            // Only the list at its end says where a test stands.
            Self::Node => (line.starts_with("test at "), false),
            Self::Playwright => (numbered(line), counted(line)),
        };
        match (head, end) {
            (true, _) => Place::Head,
            (_, true) => Place::End,
            _ => Place::Within,
        }
    }
}

/// `  1) tests/orders.spec.ts:3:1 › …`
fn numbered(line: &str) -> bool {
    line.strip_prefix("  ")
        .and_then(|line| line.split_once(") "))
        .is_some_and(|(number, _)| number.parse::<usize>().is_ok())
}

/// `  1 failed`, with which Playwright begins its list of names.
fn counted(line: &str) -> bool {
    let mut words = line.split_whitespace();
    line.starts_with("  ")
        && words
            .next()
            .is_some_and(|word| word.parse::<usize>().is_ok())
        && matches!(
            words.next(),
            Some("failed" | "flaky" | "passed" | "skipped" | "interrupted" | "did")
        )
}

/// The end of what a runner printed that died without naming a test.
pub(super) fn last_lines(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

fn shortened(lines: &[String]) -> String {
    let text = |lines: &[String]| lines.join("\n").trim_end().to_owned();
    match lines.len().checked_sub(LINES) {
        None | Some(0) => text(lines),
        Some(more) => format!("{}\n(and {more} more lines above)", text(&lines[..LINES])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_failures_are_found_with_their_messages() {
        let output = "test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\n\n\
            thread 'b' panicked at src/lib.rs:3:5:\nleft: 1\nright: 2\n\n---- c stdout ----\nno luck\n\n\
            failures:\n    b\n    c\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored\n";
        let [b, c] = Runner::Libtest.failures(output).try_into().unwrap();
        assert_eq!(
            b,
            "---- b stdout ----\n\nthread 'b' panicked at src/lib.rs:3:5:\nleft: 1\nright: 2"
        );
        assert_eq!(c, "---- c stdout ----\nno luck");
    }

    #[test]
    fn playwright_s_failures_end_where_it_counts() {
        let output = "  ✘  1 tests/a.spec.ts:3:1 › it opens (5.1s)\n\n\n  1) tests/a.spec.ts:3:1 › it opens ───\n\n    \
            \u{1b}[31mError: not seen\u{1b}[39m\n\n  1 failed\n    tests/a.spec.ts:3:1 › it opens\n  9 passed (1.2m)\n";
        let failures = Runner::Playwright.failures(output);
        assert_eq!(
            failures,
            ["1) tests/a.spec.ts:3:1 › it opens ───\n\n    Error: not seen"]
        );
    }

    #[test]
    fn node_s_failures_are_those_of_its_list() {
        let output = "✖ it connects (12ms)\nℹ tests 1\nℹ pass 0\nℹ fail 1\n\n✖ failing tests:\n\n\
            test at interop/a.test.mjs:3:1\n✖ it connects (12ms)\n  Error: refused\n";
        assert_eq!(
            Runner::Node.failures(output),
            ["test at interop/a.test.mjs:3:1\n✖ it connects (12ms)\n  Error: refused"]
        );
    }

    #[test]
    fn long_accounts_are_shortened_and_say_so() {
        let output = format!("---- a stdout ----\n{}", "line\n".repeat(LINES + 1));
        let [failure] = Runner::Libtest.failures(&output).try_into().unwrap();
        assert!(failure.ends_with("(and 2 more lines above)"), "{failure}");
        assert_eq!(failure.lines().count(), LINES + 1);
    }

    #[test]
    fn a_runner_that_dies_leaves_its_last_lines() {
        assert_eq!(last_lines("error: no linker\n"), "error: no linker");
        assert_eq!(last_lines(&"line\n".repeat(90)).lines().count(), LINES);
    }

    #[test]
    fn what_passed_leaves_nothing() {
        let output = "test a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored\n";
        for runner in [Runner::Libtest, Runner::Node, Runner::Playwright] {
            assert!(runner.failures(output).is_empty());
        }
    }
}

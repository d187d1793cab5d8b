//! Child processes: run one, read one, or show one's output while keeping it.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Runs a command with our own input and output.
///
/// # Errors
/// It cannot be started or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a command silently and returns what it printed.
///
/// # Errors
/// It cannot be started or does not succeed.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}",
            line(command),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a command that was shown while it ran came to.
pub(crate) struct Shown {
    /// Whether it succeeded.
    pub(crate) success: bool,
    /// What it printed, on either stream.
    pub(crate) output: String,
}

/// Runs a command, shows what it prints as it prints it, and keeps that.
///
/// # Errors
/// It cannot be started.
pub(crate) fn show(command: &mut Command) -> Result<Shown> {
    println!("$ {}", line(command));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    let errors = child
        .stderr
        .take()
        .map(|stream| thread::spawn(move || tee(stream)));
    let mut output = child.stdout.take().map(tee).unwrap_or_default();
    if let Some(errors) = errors {
        output += &errors.join().unwrap_or_default();
    }
    let status = child
        .wait()
        .with_context(|| format!("lost `{}`", line(command)))?;
    Ok(Shown {
        success: status.success(),
        output,
    })
}

/// Passes lines on to our own output and keeps them.
fn tee(stream: impl Read) -> String {
    let mut kept = String::new();
    let mut stream = BufReader::new(stream);
    let mut bytes = Vec::new();
    while stream
        .read_until(b'\n', &mut bytes)
        .is_ok_and(|read| read > 0)
    {
        let text = String::from_utf8_lossy(&bytes);
        let mut out = std::io::stdout().lock();
        // Nobody listens any more: the text is still kept.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        kept += &text;
        bytes.clear();
    }
    kept
}

/// A command as one would type it, without its environment and its program's folder.
pub(crate) fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    std::iter::once(program.file_name().unwrap_or(program.as_os_str()))
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .map(|word| {
            if word.contains(' ') {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs something and says how long it took.
#[allow(
    clippy::disallowed_methods,
    reason = "automation reports how long its work took"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// A duration for people: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn duration(took: Duration) -> String {
    match took.as_secs() {
        0..10 => format!("{:.1} s", took.as_secs_f64()),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_output_is_kept_from_both_streams() {
        let shown =
            show(Command::new("sh").args(["-c", "echo one; echo two >&2; exit 3"])).unwrap();
        assert!(!shown.success);
        assert!(
            shown.output.contains("one\n") && shown.output.contains("two\n"),
            "{}",
            shown.output
        );
    }

    #[test]
    fn a_failing_command_is_named() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().contains("sh -c 'exit 3'"), "{error}");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(12)), "12 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }
}

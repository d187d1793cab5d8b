//! The repository, as the rules look at it: its files as text, its packages as cargo knows them.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

/// A file.
pub(super) struct Source {
    /// Relative to the repository.
    pub(super) path: PathBuf,
    /// As it is; empty if it is no text.
    pub(super) text: String,
}

pub(super) static FILES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let listed = output(Command::new("git").args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]));
    let root = root();
    let paths = listed
        .lines()
        .map(PathBuf::from)
        .filter(|path| root.join(path).is_file());
    paths
        .map(|path| Source {
            text: fs::read_to_string(root.join(&path)).unwrap_or_default(),
            path,
        })
        .collect()
});

/// The Rust files under a path of the repository.
pub(super) fn sources(under: &str) -> impl Iterator<Item = &'static Source> + use<> {
    let under = under.to_owned();
    let rust = |file: &&Source| {
        file.path
            .extension()
            .is_some_and(|extension| extension == "rs")
    };
    // This file names everything that it forbids.
    FILES
        .iter()
        .filter(rust)
        .filter(move |file| file.path.starts_with(&under) && file.name() != "tidy.rs")
}

/// The page's features: the folders of src/ that are neither `ui`, `live` nor `config`.
pub(super) fn features() -> BTreeSet<String> {
    sources("src/")
        .filter_map(Source::feature)
        .filter(|feature| feature != "ui")
        .collect()
}

impl Source {
    /// Its last part.
    pub(super) fn name(&self) -> &str {
        self.path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
    }

    /// The folder of src/ it lies in, unless that is `live`, or holds the tests of `config`.
    pub(super) fn feature(&self) -> Option<String> {
        let mut parts = self.path.strip_prefix("src").ok()?.components();
        let folder = parts.next()?.as_os_str().to_str()?;
        (parts.next().is_some() && !["live", "config"].contains(&folder)).then(|| folder.to_owned())
    }

    /// `model`, `wire` or `view`, whether that is a file of its feature or a folder.
    pub(super) fn room(&self) -> Option<String> {
        let room = self.path.strip_prefix("src").ok()?.components().nth(1)?;
        Some(
            Path::new(room.as_os_str())
                .file_stem()?
                .to_str()?
                .to_owned(),
        )
    }

    /// The lines of code, numbered, without comments.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = |line| match str::find(line, "//") {
            Some(at) if !line[..at].ends_with(':') => &line[..at],
            _ => line,
        };
        self.text
            .lines()
            .map(code)
            .enumerate()
            .map(|(number, line)| (number + 1, line))
    }

    /// Where the code names one of these modules or crates: `name::` or `use name`.
    pub(super) fn knows(&self, names: &[&str]) -> Vec<String> {
        let named = |line: &str, name: &str| {
            line.match_indices(name).any(|(at, _)| {
                let (before, after) = (&line[..at], &line[at + name.len()..]);
                let word =
                    !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
                let path = after.starts_with("::")
                    || (before.contains("use ") && after.starts_with([';', ',', '}', ' ']));
                // `std::net` and the like are somebody else's.
                word && path && !before.ends_with("std::")
            })
        };
        self.lines_where(|line| {
            names
                .iter()
                .copied()
                .find(|name| named(line, name))
                .map(str::to_owned)
        })
    }

    pub(super) fn contains(&self, texts: &[impl AsRef<str>]) -> Vec<String> {
        self.lines_where(|line| {
            texts
                .iter()
                .map(AsRef::as_ref)
                .find(|text| line.contains(text))
                .map(str::to_owned)
        })
    }

    pub(super) fn contains_anywhere(&self, texts: &[&str]) -> Vec<String> {
        let found = self
            .text
            .lines()
            .enumerate()
            .filter(|(_, line)| texts.iter().any(|text| line.contains(text)));
        found
            .map(|(number, line)| {
                format!("{}:{}: {}", self.path.display(), number + 1, line.trim())
            })
            .collect()
    }

    pub(super) fn lines_where(&self, what: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let found = self
            .code()
            .filter_map(|(number, line)| Some((number, what(line)?)));
        found
            .map(|(number, what)| format!("{}:{number}: {what}", self.path.display()))
            .collect()
    }
}

/// One of our packages.
pub(super) struct Package {
    pub(super) name: String,
    /// Relative to the repository.
    pub(super) folder: PathBuf,
    /// What it links, tests and build scripts apart.
    pub(super) dependencies: Vec<String>,
    /// The roots of its library and programs.
    pub(super) roots: Vec<PathBuf>,
}

pub(super) fn packages() -> impl Iterator<Item = Package> {
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version=1"]));
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list(&metadata["packages"]).into_iter().map(move |package| {
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let normal = list(&package["dependencies"])
            .into_iter()
            .filter(|dependency| {
                // What only native builds link is the concern of the tree above.
                dependency["kind"].is_null()
                    && !text(&dependency["target"]).contains("not(target_arch")
            });
        let linked = |target: &Value| {
            list(&target["kind"])
                .iter()
                .any(|kind| kind == "lib" || kind == "bin")
        };
        Package {
            name: text(&package["name"]),
            folder: manifest
                .parent()
                .unwrap()
                .strip_prefix(root())
                .unwrap()
                .to_owned(),
            dependencies: normal.map(|dependency| text(&dependency["name"])).collect(),
            roots: list(&package["targets"])
                .iter()
                .filter(|target| linked(target))
                .map(|target| text(&target["src_path"]).into())
                .collect(),
        }
    })
}

/// The repository, as cargo says now and not as it said when this was built: clones may share a target directory.
pub(super) fn root() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").unwrap().into()
}

/// The cargo that runs the tests.
pub(super) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap())
}

pub(super) fn output(command: &mut Command) -> String {
    let output = command.current_dir(root()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
pub(super) fn assert_none(found: impl IntoIterator<Item = String>, what_to_do: &str) {
    let found: Vec<_> = found.into_iter().collect();
    assert!(found.is_empty(), "{what_to_do}:\n  {}", found.join("\n  "));
}

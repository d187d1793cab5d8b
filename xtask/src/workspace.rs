//! Where things lie: the sources, what is built, the tools.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The workspace's folders and the search path under which its commands run.
pub(crate) struct Workspace {
    /// The sources.
    pub(crate) root: PathBuf,
    /// What cargo builds; `CARGO_TARGET_DIR` is honoured.
    pub(crate) target: PathBuf,
    /// The tools that were installed for this project and the user's other projects of its kind.
    pub(crate) tools: PathBuf,
    /// The tools' folder, then the caller's own path.
    path: OsString,
}

impl Workspace {
    /// Finds everything from where this crate lies.
    ///
    /// # Errors
    /// Cargo does not know the workspace, or there is no home to keep tools in.
    pub(crate) fn open() -> Result<Self> {
        // As cargo says now, not as it said when this was built: clones may share a target directory.
        let own = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = own
            .parent()
            .context("xtask lies in the workspace")?
            .to_owned();
        let metadata = process::read(Command::new(cargo()).current_dir(&root).args([
            "metadata",
            "--no-deps",
            "--format-version=1",
        ]))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        let target = metadata["target_directory"]
            .as_str()
            .context("cargo metadata names no target directory")?;
        let cache = match env::var_os("XDG_CACHE_HOME").filter(|dir| !dir.is_empty()) {
            Some(dir) => PathBuf::from(dir),
            None => {
                Path::new(&env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?)
                    .join(".cache")
            }
        };
        let tools = cache.join("eddy").join("tools");
        let callers = env::var_os("PATH").unwrap_or_default();
        let path =
            env::join_paths(std::iter::once(tools.join("bin")).chain(env::split_paths(&callers)))?;
        Ok(Self {
            root,
            target: target.into(),
            tools,
            path,
        })
    }

    /// Where cargo keeps the sources of crates, and rustup those of the standard library.
    ///
    /// # Errors
    /// They cannot be listed.
    pub(crate) fn crate_sources(&self) -> Result<Vec<PathBuf>> {
        let home = env::var_os("CARGO_HOME").filter(|home| !home.is_empty());
        let home = home.map(PathBuf::from);
        let home = home.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")));
        let sources = home
            .context("neither CARGO_HOME nor HOME is set")?
            .join("registry/src");
        let mut all = Vec::new();
        for folder in sources.read_dir().into_iter().flatten() {
            all.push(folder?.path());
        }
        all.sort();
        let sysroot = process::read(self.command("rustc").args(["--print", "sysroot"]))?;
        all.push(Path::new(sysroot.trim()).join("lib/rustlib/src/rust"));
        Ok(all)
    }

    /// A command in the sources' folder, with the tools on its path.
    pub(crate) fn command(&self, program: &str) -> Command {
        let program = if program == "cargo" {
            cargo()
        } else {
            program.into()
        };
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", &self.path);
        command
    }

    /// Where a program of this name is found, with the tools first.
    pub(crate) fn which(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path)
            .map(|folder| folder.join(program))
            .find(|path| path.is_file())
    }

    /// The embedded cloud as cargo builds it.
    pub(crate) fn cloud(&self) -> PathBuf {
        self.target.join("debug").join("eddy-cloud")
    }

    /// The page as Trunk builds it.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }
}

/// The cargo that runs us, so that its toolchain stays the same.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

//! Where things are: the repository, and the folder for the tools that were installed for it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders a step works in.
pub(crate) struct Workshop {
    /// The root of the repository.
    pub(crate) root: PathBuf,
    /// What this program installs: under `target`, so that deleting `target` undoes it.
    pub(crate) tools: PathBuf,
}

impl Workshop {
    /// The repository that this program was built in.
    pub(crate) fn here() -> Self {
        let manifest_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest_dir.parent().unwrap_or(manifest_dir).to_path_buf();
        Self { tools: root.join("target").join("tools"), root }
    }

    /// A command that runs in the root of the repository.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        // `cargo run` describes this package in these variables. Handed on, they look like a changed
        // environment to build scripts that watch them, and half the workspace is built again.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let ours = ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.starts_with(prefix));
            if ours || ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "OUT_DIR"].contains(&name.as_str()) {
                command.env_remove(name);
            }
        }
        command
    }

    /// The cargo that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }
}

//! Known vulnerabilities: the one check that needs a download, and so may be out of reach.
//!
//! Out of reach is not a failure of the code, and never silent: the summary says so in capitals.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Outcome, Step, StepName, Verdict};
use crate::{process, tools, workshop::Workshop};

pub(super) const STEP: Step = Step {
    name: StepName::Advisories,
    checks: "dependencies: known vulnerabilities, unmaintained and yanked crates",
    needs: "cargo-deny; git, and access to https://github.com/RustSec/advisory-db",
    run,
};

const HOW_TO_GET_IT: &str = "allow git to reach https://github.com/RustSec/advisory-db, then \
                             `cargo xtask test --only advisories`";

fn run(workshop: &Workshop) -> Result<Outcome> {
    let tool = tools::cargo_deny(workshop)?;
    let fetched = process::run(
        workshop
            .command(&tool.program)
            .args(["fetch", "db"])
            // Ask nobody for a password, and give up on a connection that stalls for half a minute.
            .envs([
                ("GIT_TERMINAL_PROMPT", "0"),
                ("GIT_HTTP_LOW_SPEED_LIMIT", "1"),
                ("GIT_HTTP_LOW_SPEED_TIME", "30"),
            ]),
    )?;
    if !fetched && !has_copy(&advisory_folder()) {
        return Ok(Outcome {
            verdict: Verdict::NotChecked,
            note: format!("the advisory database could not be fetched: {HOW_TO_GET_IT}"),
            ..Outcome::of(true, "")
        });
    }
    let success = process::run(workshop.command(&tool.program).args([
        "--locked",
        "check",
        "--disable-fetch",
        "advisories",
    ]))?;
    let copy = if fetched { "" } else { ", with the copy fetched earlier: a new one could not be had" };
    let advice =
        if success { "" } else { ": update the crate, or enter the advisory in deny.toml with a reason" };
    Ok(Outcome::of(success, format!("{}{copy}{advice}", tool.name)))
}

/// Where cargo-deny keeps the database.
fn advisory_folder() -> PathBuf {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    cargo_home.or_else(home).unwrap_or_default().join("advisory-dbs")
}

/// Whether there is a copy to check against: a clone, as opposed to the lock of one that failed.
fn has_copy(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().join(".git").is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_clone_is_no_copy() {
        let folder = std::env::temp_dir().join(format!("casetrail-advisories-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("db.lock"), "").unwrap();
        assert!(!has_copy(&folder));
        std::fs::create_dir_all(folder.join("advisory-db-1/.git")).unwrap();
        assert!(has_copy(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(!has_copy(&folder), "no folder, no copy");
    }
}

//! `version`: which program this is, and what it was built from.

use std::io::Write;

use clap::Args;
use serde_json::json;

use crate::problem::Problem;

/// The commit, where whoever built it said which (the Dockerfile does, from `--build-arg COMMIT`).
const COMMIT: Option<&str> = option_env!("CASETRAIL_COMMIT");

/// Options of `version`.
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {}

impl VersionArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail version
  casetrail version --json";
}

pub(crate) fn run(_args: &VersionArgs, json: bool) -> Result<(), Problem> {
    let version = env!("CARGO_PKG_VERSION");
    let commit = COMMIT.filter(|commit| !commit.is_empty());
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", json!({ "version": version, "commit": commit }))?;
    } else {
        writeln!(out, "casetrail {version}, built from {}", commit.unwrap_or("a working copy"))?;
    }
    Ok(())
}

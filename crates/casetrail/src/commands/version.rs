//! `version`: which program this is, and what it was built from.

use std::io::Write;

use clap::Args;
use deployable::built;
use serde_json::json;

use crate::problem::Problem;

/// Options of `version`.
#[derive(Debug, Args)]
pub(crate) struct VersionArgs {
    /// Print every crate that went in instead: a bill of materials, as JSON
    #[arg(long)]
    sbom: bool,
}

impl VersionArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail version
  casetrail version --json
  casetrail version --sbom > casetrail.cdx.json
  grype sbom:casetrail.cdx.json

The commit ends with -dirty where files had been changed since. The bill of materials holds every crate that
the shipped programs may be made of, with its checksum and what it needs; crates for tests alone are not in it,
those that only a build of theirs or another system takes are.";
}

pub(crate) fn run(args: &VersionArgs, json: bool) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    if args.sbom {
        write!(out, "{}", built::SBOM)?;
    } else if json {
        writeln!(out, "{}", json!({ "version": built::VERSION, "commit": built::COMMIT }))?;
    } else {
        writeln!(out, "casetrail {}", built::DESCRIPTION)?;
    }
    Ok(())
}

//! `verify-bundle`: checks an exported case with nothing else at hand.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use seals::Keyring;
use serde_json::json;

use crate::output::{Output, colour};
use crate::problem::Problem;

/// Options of `verify-bundle`.
#[derive(Debug, Args)]
pub(crate) struct VerifyBundleArgs {
    /// The file that `casetrail export` wrote
    file: PathBuf,
    /// The operator's published public keys (PEM); without them nobody says whose seals they are
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl VerifyBundleArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail verify-bundle case.json
  casetrail verify-bundle case.json --keys operator.pem

Exits with 6 when something in the file is not as it was recorded.";
}

pub(crate) fn run(args: &VerifyBundleArgs, output: &Output) -> Result<(), Problem> {
    let bytes = std::fs::read(&args.file).with_context(|| args.file.display().to_string())?;
    let report = seals::verify_bundle(&bytes).map_err(|fault| Problem::NotIntact(fault.to_string()))?;
    if let Some(path) = &args.keys {
        let known = Keyring::from_file(path).context("--keys")?;
        if let Some(stranger) = report.keys.iter().find(|key| known.find(key.id()).is_none()) {
            return Err(Problem::NotIntact(format!(
                "it is sealed by {}, a key that --keys has not",
                stranger.id()
            )));
        }
    }
    let keys: Vec<String> = report.keys.iter().map(|key| key.id().to_string()).collect();
    if output.json {
        return output.document(&json!({
            "intact": true,
            "case_id": report.stream.to_string(),
            "brand": report.tenant,
            "facts": report.events,
            "unsealed": report.unsealed,
            "seals": report.seals,
            "keys": keys,
            "keys_known": args.keys.is_some(),
        }));
    }
    output.text(&format!(
        "{}  case {} of {}: {} facts, {} not sealed yet, {} seals",
        colour::good("intact"),
        report.stream,
        report.tenant,
        report.events,
        report.unsealed.len(),
        report.seals
    ))?;
    if keys.is_empty() {
        return output
            .text(&colour::faint("Nothing in it is sealed yet: export it again in a minute or two."));
    }
    output.text(&format!("sealed by {}", keys.join(", ")))?;
    if args.keys.is_none() {
        output.text(&colour::faint(
            "Compare these keys with the operator's published ones, or name them with --keys.",
        ))?;
    }
    Ok(())
}

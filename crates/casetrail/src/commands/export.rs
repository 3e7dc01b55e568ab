//! `export`: a case's history as a file that proves itself, for an authority that has nothing else of ours.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use contracts::history::v1 as pb;
use serde_json::json;
use uuid::Uuid;

use super::Asks;
use super::proof::Source;
use crate::output::colour;
use crate::problem::Problem;

/// Options of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The case: its id, or its number, which the server is asked for
    case: String,
    #[command(flatten)]
    source: Source,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl ExportArgs {
    pub(crate) const EXAMPLES: &'static str = "\
Examples:
  casetrail export NB-2026-000001-X --data ./data --out case.json
  casetrail verify-bundle case.json

The file holds every fact with its proof, the seals and the public keys; docs/bundle-format.md says how to
check it with standard tools only. Personal texts in it are sealed, as they are in the log.";
}

pub(super) async fn run(args: &ExportArgs, asks: &Asks<'_>) -> Result<(), Problem> {
    let output = asks.output()?;
    let stream = match Uuid::parse_str(&args.case) {
        Ok(id) => id,
        Err(_) => resolve(&args.case, asks).await?,
    };
    let shard = event_log::shard_of(stream, args.source.shards().await?);
    let opened = args.source.open(shard).await?;
    let bundle = seals::export(opened.history(), stream).await.context("the case cannot be exported")?;
    std::fs::write(&args.out, &bundle).with_context(|| format!("--out {}", args.out.display()))?;
    let report = seals::verify_bundle(&bundle).context("what was written does not prove itself")?;
    if output.json {
        return output.document(&json!({
            "case_id": stream.to_string(),
            "file": args.out.display().to_string(),
            "facts": report.events,
            "unsealed": report.unsealed,
            "seals": report.seals,
        }));
    }
    output.text(&format!(
        "{}  {}: {} facts, {} of them not sealed yet",
        colour::good("written"),
        args.out.display(),
        report.events,
        report.unsealed.len()
    ))
}

/// The id of the case with this number.
async fn resolve(number: &str, asks: &Asks<'_>) -> Result<Uuid, Problem> {
    let client = asks.client().await?;
    let request = pb::GetCaseRequest { case: number.to_owned(), as_of: None };
    let case = client.history().get_case(client.ask(request)).await?.into_inner().case.unwrap_or_default();
    Ok(Uuid::parse_str(&case.case_id).context("the server's answer")?)
}

//! `casetrail rebuild`: derives a read model again from the log, and puts it in the place of the live one.

use std::time::Instant;

use anyhow::Context;
use serde_json::json;

use super::read_models::{self, Place};
use crate::output::Output;
use crate::problem::Problem;

/// Options of `casetrail rebuild`.
#[derive(Debug, clap::Args)]
pub(crate) struct RebuildArgs {
    /// Which: SERVICE.MODEL, such as routing.queue; without it they are listed
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl RebuildArgs {
    /// What `--help` ends with.
    pub(crate) const EXAMPLES: &str = "\
Examples:
  casetrail rebuild
  casetrail rebuild routing.queue --postgres postgres://casetrail_routing@127.0.0.1:5432/casetrail
  casetrail rebuild intake.cases --data ./data

A new generation of its rows is derived beside the live ones, while those are served, and takes their place in
one transaction when it has caught up with the log.";
}

/// Derives the rows and switches to them.
pub(crate) async fn run(args: &RebuildArgs, output: &Output) -> Result<(), Problem> {
    let Some(name) = &args.model else { return list(args, output) };
    let models = args.place.known(Some(name))?;
    let logs = args.place.logs().await?;
    for known in &models {
        let live = args.place.to_write(known.schema).await?;
        let scratch = args.place.scratch()?;
        let mut generation = read_models::begin(known, &logs, &scratch).await?;
        let heads = generation.heads().await.context("the log cannot be read")?;
        let bar = read_models::bar(known.name(), heads.iter().sum());
        let (began, mut events) = (Instant::now(), 0_u64);
        let mut progress = |more| {
            events += more;
            bar.inc(more);
        };
        let switched = generation.switch(&live, &mut progress).await;
        bar.finish_and_clear();
        generation.close().await;
        live.close().await;
        let switched = switched.context(known.name())?;
        let seconds = began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a speed, told roughly")]
        let per_second = events as f64 / seconds.max(f64::EPSILON);
        let held_ms = switched.held.as_secs_f64() * 1_000.0;
        if output.json {
            output.document(&json!({
                "rebuilt": known.name(),
                "generation": switched.generation,
                "facts": events,
                "facts_per_second": per_second.round(),
                "seconds": seconds,
                "rows_removed": switched.removed,
                "rows_written": switched.written,
                "held_ms": held_ms,
            }))?;
        } else {
            output.text(&format!(
                "{name} is built again from {events} facts ({per_second:.0}/s): generation {}, {} rows taken \
                 out, {} put in, writers held for {held_ms:.0} ms",
                switched.generation, switched.removed, switched.written
            ))?;
        }
    }
    Ok(())
}

fn list(args: &RebuildArgs, output: &Output) -> Result<(), Problem> {
    let models = args.place.known(None)?;
    let names: Vec<&str> = models.iter().map(read_models::Known::name).collect();
    if output.json {
        output.document(&json!({ "read_models": names }))
    } else {
        output.text(&names.join("\n"))
    }
}

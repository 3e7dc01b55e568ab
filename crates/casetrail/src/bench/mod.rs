//! `casetrail bench`: figures, measured on the machine at hand, from outside, as a user would see them.

mod child;
mod journey;
mod latency;

use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// A whole system: start, memory, commands through gRPC, and how soon one service answers another.
    Journey(journey::Args),
}

/// Runs a measurement; `json` prints one document for machines.
pub(crate) async fn run(bench: Bench, json: bool) -> anyhow::Result<()> {
    match bench {
        Bench::Journey(args) => journey::run(args, json).await,
    }
}

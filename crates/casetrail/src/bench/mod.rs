//! `casetrail bench`: figures, measured on the machine at hand, from outside, as a user would see them.

mod child;
mod echo;
mod journey;
mod latency;
mod log;
mod overhead;
mod protection;
mod rebuild;
mod relay;
mod system;

use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// A whole system: start, memory, commands through gRPC, and how soon one service answers another.
    Journey(journey::Args),
    /// The event log: appends against the naive way and against the limit, in the same run.
    Log(log::Args),
    /// A read model: derived again from the log, against a bare read of the same facts, in the same run.
    Rebuild(rebuild::Args),
    /// The relay: how fast the log gets into NATS, and how soon a consumer has what was committed.
    Relay(relay::Args),
    /// The system that `journey --protection` measures; nothing for people to run
    #[command(hide = true)]
    System(system::SystemArgs),
}

/// Runs a measurement; `json` prints one document for machines.
pub(crate) async fn run(bench: Bench, json: bool) -> anyhow::Result<()> {
    match bench {
        Bench::Journey(args) if args.telemetry => Box::pin(overhead::run(&args, json)).await,
        Bench::Journey(args) if args.protection => Box::pin(protection::run(&args, json)).await,
        Bench::Journey(args) => journey::run(args, json).await,
        Bench::Log(args) => Box::pin(log::run(args, json)).await,
        Bench::Rebuild(args) => Box::pin(rebuild::run(args, json)).await,
        Bench::Relay(args) => Box::pin(relay::run(args, json)).await,
        Bench::System(args) => system::run(args, json).await,
    }
}

//! Casetrail beside other event-sourcing libraries on Postgres: each handles "add one to this counter" (load
//! the stream, decide, append one event), in one run, on one server.
//!
//! - `contender`: the libraries, each in its documented way; ours over the log alone and through `execute`.
//! - `load`: the callers, and which stream each command is about.
//! - `database`: a fresh database for each measurement.
//! - `report`: medians, ratios, what each guarantees.
//!
//! What was measured with it, and where we are worse: `docs/benchmarks.md`.

mod contender;
mod database;
mod load;
mod report;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{ArgGroup, Parser};
use jiff::Timestamp;

use contender::Kind;
use database::Server;
use load::{Load, Measured};
use report::Report;

/// What our programs bring, for all contenders.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures other event-sourcing libraries and Casetrail side by side.
#[derive(Debug, Parser)]
#[command(name = "peers", group(ArgGroup::new("server").required(true).args(["postgres", "scratch"])))]
struct Args {
    /// A Postgres, as a superuser: a database is made for each measurement, and thrown away.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Starts a throw-away Postgres, set as durably as in production.
    #[arg(long)]
    scratch: bool,
    /// How many callers wait for an answer at any time.
    #[arg(long, default_value_t = 64)]
    callers: usize,
    /// How long one measurement takes, after one second of warming up.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each is measured, in turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many commands a stream gets before a new one is taken [default: 10; 100 with --hot].
    #[arg(long)]
    length: Option<u32>,
    /// All callers work on the same stream, instead of one each.
    #[arg(long)]
    hot: bool,
    /// Connections in each peer's pool (default: what was fastest for it, see docs/benchmarks.md).
    #[arg(long)]
    pool: Option<u32>,
    /// Only these; may be given several times.
    #[arg(long, value_enum)]
    only: Vec<Kind>,
    /// Prints every figure as JSON instead of a table.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> anyhow::Result<()> {
    let length = args.length.unwrap_or(if args.hot { 100 } else { 10 });
    ensure!(args.callers > 0 && args.rounds > 0 && length > 0, "there must be something to measure");
    let server = match &args.postgres {
        Some(url) => Server::at(url)?,
        None => Server::scratch().await?,
    };
    let load = Load { callers: args.callers, time: Duration::from_secs(args.seconds), length, hot: args.hot };
    let kinds: Vec<Kind> =
        Kind::all().filter(|kind| args.only.is_empty() || args.only.contains(kind)).collect();
    let mut report = Report::new(&kinds, &load, server.version().await?);
    for round in 1..=args.rounds {
        for kind in &kinds {
            let measured = measure(&server, *kind, args.pool, &load).await.with_context(|| kind.name())?;
            eprintln!("round {round}: {:<28} {:>8.0} /s", kind.name(), measured.per_second());
            report.add(*kind, measured);
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report.to_json())?);
    } else {
        print!("{report}");
    }
    Ok(())
}

/// One measurement, on a database of its own.
async fn measure(server: &Server, kind: Kind, pool: Option<u32>, load: &Load) -> anyhow::Result<Measured> {
    let database = server.create().await?;
    let contender = kind.open(&database, pool).await?;
    let warmed = load.for_time(Duration::from_secs(1)).run(&contender).await?;
    // What is left over from before is written, and everybody's plans are made from true numbers.
    server.settle(&database).await?;
    let mut measured = load.run(&contender).await?;
    contender.close().await;
    let stored = server.stored(&database, kind.count_events()).await?;
    let acknowledged = warmed.commands() + measured.commands();
    ensure!(stored.events == acknowledged, "{acknowledged} acknowledged, but {} stored", stored.events);
    measured.stored_bytes_per_event = stored.bytes / stored.events.max(1);
    server.remove(database).await?;
    Ok(measured)
}

/// The time, by our own clock as everywhere.
fn now() -> Timestamp {
    ambient::Clock::now(&ambient::SystemClock)
}

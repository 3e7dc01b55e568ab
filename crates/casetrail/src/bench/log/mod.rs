//! `casetrail bench log`: appends against the naive way and against the limit, in the same run.
//!
//! Rounds of three contenders take turns on one fresh database, so that a machine's mood meets all of them:
//! the naive way (one transaction an append), the log with its checks, chain and triggers, and the most that
//! the database takes without any of it. Only the ratios say something about the log.
//!
//! - `place`: the database that is made for it and dropped afterwards.
//! - `load`: callers that append to the log, however it is stored.
//! - `naive`, `limit`: what it is compared to.
//! - `report`: the figures, for people and machines.

mod limit;
pub(super) mod load;
mod naive;
pub(super) mod place;
mod report;

use std::sync::Arc;
use std::time::Duration;

use ambient::SystemClock;
use anyhow::Context;
use event_log::{EventLog, PostgresLog, PostgresLogOptions, SqliteLog};
use indicatif::{ProgressBar, ProgressStyle};

use load::{Load, Measured, Streams};
use place::Place;
use report::{HotStream, Reads, Report, Writers};

/// Options of `casetrail bench log`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  casetrail bench log --scratch                       on a throw-away Postgres
  casetrail bench log --postgres postgres://postgres@127.0.0.1/postgres --callers 256 --json
  casetrail bench log --scratch --preload 10000000    does it slow down as the log grows?

In the server it makes a database of its own, and drops it at the end.")]
pub(crate) struct Args {
    /// The server, with a role that may make databases and roles
    #[arg(long, value_name = "URL", required_unless_present = "scratch", conflicts_with = "scratch")]
    postgres: Option<String>,
    /// Start a Postgres of one's own, and throw it away at the end
    #[arg(long)]
    scratch: bool,
    /// How many callers append at once, each to its own case
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    callers: u16,
    /// How long each contender appends in a round, in seconds
    #[arg(long, value_name = "S", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How many rounds; figures are their medians
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// How long an event's payload is, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 300)]
    payload: usize,
    /// Fill the log with so many events first, and say how much slower one append is then
    #[arg(long, value_name = "EVENTS", default_value_t = 0)]
    preload: u64,
    /// How many writers share the shard in the measurement of several, as replicas do
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(2..=32))]
    writers: u16,
}

/// How many events the two cases have that are read as a whole.
const SHORT_CASE: usize = 50;
const LONG_CASE: usize = 5_000;

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<()> {
    let place = Place::make(args.postgres.as_deref()).await?;
    let measured = measure(&args, &place).await;
    place.remove().await?;
    let report = measured?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.for_people());
    }
    Ok(())
}

async fn measure(args: &Args, place: &Place) -> anyhow::Result<Report> {
    let rounds = u64::from(args.rounds);
    let bar = bar(rounds * 3 + 6);
    let lasting = Duration::from_secs(args.seconds);
    let load = Load { callers: usize::from(args.callers), payload: args.payload, lasting };
    let log = open(place, 4).await?;

    let [mut naive, mut append, mut limit] = [const { Vec::<Measured>::new() }; 3];
    let mut written = place.written().await?.nothing();
    let mut streams = Streams::new(load.callers);
    for round in 1..=rounds {
        let tell = |what: &str| bar.set_message(format!("round {round} of {rounds}: {what}"));
        tell("one transaction an append");
        naive.push(naive::run(place.url(), &load).await?);
        bar.inc(1);
        tell("the log");
        let before = place.written().await?;
        append.push(load.run(&log, &mut streams).await?);
        written = written + (place.written().await? - before);
        bar.inc(1);
        tell("the limit");
        limit.push(limit::run(place.url(), &load).await?);
        bar.inc(1);
    }

    bar.set_message("one caller alone");
    let alone = Load { callers: 1, ..load.clone() };
    let alone_plain = naive::single_inserts(place.url(), &alone).await?;
    let alone_append = alone.run(&log, &mut Streams::new(1)).await?;
    bar.inc(1);

    bar.set_message("one case for all callers");
    let hot_stream = HotStream::of(load.run_hot(&log).await?);
    bar.inc(1);

    bar.set_message("several writers on one shard");
    let writers = several_writers(args, place, &load).await?;
    bar.inc(1);

    bar.set_message("reading whole cases");
    let reads = reads(&log, args.payload).await?;
    let bytes_per_event = place.bytes_per_event().await?;
    bar.inc(1);

    let mut filled = None;
    if args.preload > 0 {
        bar.set_message("filling the log");
        let from = log.head().await?;
        load::fill(&log, from, args.preload, args.payload, &bar).await?;
        filled = Some((log.head().await?, alone.run(&log, &mut Streams::new(1)).await?));
    }
    bar.inc(1);
    log.close().await;

    bar.set_message("SQLite");
    let sqlite = sqlite(&load).await?;
    bar.finish_and_clear();

    Ok(Report::of(report::Taken {
        callers: args.callers,
        payload: args.payload,
        naive,
        append,
        limit,
        written,
        alone_plain,
        alone_append,
        hot_stream,
        writers,
        reads,
        bytes_per_event,
        filled,
        sqlite,
    }))
}

fn bar(steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}");
    bar.enable_steady_tick(Duration::from_millis(500));
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}

async fn open(place: &Place, read_connections: u32) -> anyhow::Result<Arc<PostgresLog>> {
    let options = PostgresLogOptions { read_connections, ..PostgresLogOptions::default() };
    let log = PostgresLog::open(place.url(), options, Arc::new(SystemClock)).await;
    Ok(Arc::new(log.context("the log that was made for this")?))
}

/// As many logs as there would be processes, with the callers shared out among them.
async fn several_writers(args: &Args, place: &Place, load: &Load) -> anyhow::Result<Writers> {
    let mut logs = Vec::new();
    for _ in 0..args.writers {
        logs.push(open(place, 1).await?);
    }
    let share = Load { callers: load.callers.div_ceil(logs.len()), ..load.clone() };
    let mut streams: Vec<Streams> = logs.iter().map(|_| Streams::new(share.callers)).collect();
    let runs = logs.iter().zip(&mut streams).map(|(log, streams)| share.run(log, streams));
    let measured = futures_util::future::try_join_all(runs).await?;
    for log in logs {
        log.close().await;
    }
    Writers::of(args.writers, &measured)
}

/// How long it takes to read a short and a long case.
async fn reads(log: &Arc<PostgresLog>, payload: usize) -> anyhow::Result<Reads> {
    let short = load::one_stream(&**log, SHORT_CASE, payload).await?;
    let long = load::one_stream(&**log, LONG_CASE, payload).await?;
    Ok(Reads {
        case_of_50_events_p50_ms: load::read_median_ms(&**log, short, SHORT_CASE).await?,
        case_of_5000_events_p50_ms: load::read_median_ms(&**log, long, LONG_CASE).await?,
    })
}

async fn sqlite(load: &Load) -> anyhow::Result<Measured> {
    let folder = tempfile::tempdir().context("a folder for SQLite")?;
    let log = SqliteLog::open(&folder.path().join("log.db"), Arc::new(SystemClock)).await?;
    let log = Arc::new(log);
    let measured = load.run(&log, &mut Streams::new(load.callers)).await?;
    log.close().await;
    Ok(measured)
}

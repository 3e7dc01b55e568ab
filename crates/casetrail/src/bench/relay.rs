//! `casetrail bench relay`: how fast the relay gets the log into NATS, and how soon a consumer in another process
//! has what was committed.
//!
//! First a backlog is published that was there before the relay. Then events are appended at a steady rate while a
//! consumer, this very program once more, notes when each arrives. An event is stamped just before its commit, so
//! what is reported includes the commit itself.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ambient::{Clock, SystemClock, SystemIds};
use anyhow::{Context, bail};
use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use event_bus::nats::{NatsOptions, Relay};
use event_log::{EventLog, PostgresLog, PostgresLogOptions};
use futures_util::StreamExt;
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::latency::{Latencies, Percentiles};
use super::log::load::{append, event, fill, new_id};
use super::log::place::Place;

/// Options of `casetrail bench relay`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  casetrail bench relay --scratch
  casetrail bench relay --postgres postgres://postgres@127.0.0.1/postgres --nats nats://127.0.0.1:4222 --json

In the server it makes a database of its own, and drops it at the end; the stream in NATS stays.")]
pub(crate) struct Args {
    /// The server, with a role that may make databases and roles
    #[arg(long, value_name = "URL", required_unless_present_any = ["scratch", "consume"])]
    postgres: Option<String>,
    /// NATS with JetStream
    #[arg(long, value_name = "URL", required_unless_present = "scratch")]
    nats: Option<String>,
    /// Start a Postgres and a NATS of one's own, and throw them away at the end
    #[arg(long, conflicts_with_all = ["postgres", "nats"])]
    scratch: bool,
    /// How many events are in the log before the relay starts
    #[arg(long, value_name = "EVENTS", default_value_t = 200_000)]
    backlog: u64,
    /// Events a second while a consumer is timed
    #[arg(long, value_name = "PER_SECOND", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    rate: u64,
    /// How long a consumer is timed, in seconds
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How long an event's payload is, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 300)]
    payload: usize,
    /// Be the consumer: of this stream, for so many events
    #[arg(long, value_name = "STREAM:COUNT", hide = true)]
    consume: Option<String>,
}

#[derive(Debug, Serialize)]
struct Report {
    backlog: u64,
    relay_per_second: f64,
    rate: u64,
    commit_to_consumer: Percentiles,
}

/// What the consumer prints at its end: microseconds, one an event.
#[derive(Debug, Serialize, Deserialize)]
struct Consumed {
    took_us: Vec<u64>,
}

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<()> {
    if let (Some(consume), Some(nats)) = (&args.consume, &args.nats) {
        return be_the_consumer(nats, consume).await;
    }
    let place = Place::make(args.postgres.as_deref()).await?;
    let thrown_away = match &args.nats {
        Some(_) => None,
        None => Some(scratch::Nats::start().await?),
    };
    let nats = args.nats.clone().or(thrown_away.as_ref().map(scratch::Nats::url)).context("--nats")?;
    let measured = measure(&args, &place, &nats).await;
    if let Some(mut server) = thrown_away {
        server.stop().await?;
    }
    place.remove().await?;
    let report = measured?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    let took = report.commit_to_consumer;
    println!("relay, {} events      {:.0} /s", report.backlog, report.relay_per_second);
    println!(
        "commit to a consumer     p50 {:.1} ms   p99 {:.1} ms   ({} events at {} /s)",
        took.p50_ms, took.p99_ms, took.count, report.rate
    );
    Ok(())
}

async fn measure(args: &Args, place: &Place, nats: &str) -> anyhow::Result<Report> {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(500));
    let log = PostgresLog::open(place.url(), PostgresLogOptions::default(), Arc::new(SystemClock)).await?;
    let log = Arc::new(log);
    fill(&log, 0, args.backlog, args.payload, &bar).await?;
    let head = log.head().await?;

    bar.set_message("publishing the backlog");
    let options = NatsOptions {
        url: nats.to_owned(),
        prefix: format!("bench{}", new_id().simple()),
        client_name: "casetrail bench relay".to_owned(),
        ..NatsOptions::default()
    };
    let client = event_bus::nats::connect(&options).await?;
    let relay = Relay::new("bench".to_owned(), client, &options, log.clone(), Arc::new(SystemIds));
    let (mut status, stop) = (relay.status(), CancellationToken::new());
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    tasks.spawn(relay.run(stop.clone()));
    status.wait_for(|status| status.stream_head >= head).await?;
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
    let relay_per_second = head as f64 / started.elapsed().as_secs_f64();

    bar.set_message("timing a consumer");
    let count = args.rate * args.seconds;
    let stream = format!("{}_0", options.prefix.to_uppercase());
    let mut consumer = start_consumer(nats, &stream, count)?;
    let mut lines = BufReader::new(consumer.stdout.take().context("the consumer's output")?).lines();
    lines.next_line().await?.context("the consumer ended before it began")?;
    steadily(&log, args, count).await?;
    let consumed = lines.next_line().await?.context("the consumer ended before it had everything")?;
    consumer.wait().await?;
    stop.cancel();
    tasks.join_all().await;
    log.close().await;
    bar.finish_and_clear();
    let mut latencies = Latencies::new()?;
    for took in serde_json::from_str::<Consumed>(&consumed)?.took_us {
        latencies.add(Duration::from_micros(took));
    }
    let commit_to_consumer = latencies.percentiles();
    Ok(Report { backlog: head, relay_per_second, rate: args.rate, commit_to_consumer })
}

/// Appends `count` events at the rate that is asked for, each as soon as it is due.
async fn steadily(log: &Arc<PostgresLog>, args: &Args, count: u64) -> anyhow::Result<()> {
    const CALLERS: usize = 64;
    let (next, started) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (log, next, rate, payload) = (Arc::clone(log), Arc::clone(&next), args.rate, args.payload);
        callers.spawn(async move {
            let (stream, mut version) = (new_id(), 0);
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return anyhow::Ok(());
                }
                let due = started + Duration::from_micros(index * 1_000_000 / rate);
                tokio::time::sleep_until(due.into()).await;
                version = log.append(append(stream, version, vec![event(payload)])).await?.last_version;
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(())
}

fn start_consumer(nats: &str, stream: &str, count: u64) -> anyhow::Result<Child> {
    let child = Command::new(std::env::current_exe()?)
        .args(["bench", "relay", "--nats", nats, "--consume", &format!("{stream}:{count}")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    child.context("starting the consumer")
}

/// Says when it is ready, then what it saw.
async fn be_the_consumer(nats: &str, consume: &str) -> anyhow::Result<()> {
    let (stream, count) = consume.split_once(':').context("--consume")?;
    let count: usize = count.parse()?;
    let stream = jetstream::new(async_nats::connect(nats).await?).get_stream(stream).await?;
    let config = pull::Config {
        deliver_policy: DeliverPolicy::New,
        ack_policy: AckPolicy::None,
        ..pull::Config::default()
    };
    let mut messages = stream.create_consumer(config).await?.messages().await?;
    println!("ready");
    let mut took_us = Vec::with_capacity(count);
    while took_us.len() < count {
        let Some(message) = messages.next().await else { bail!("the stream ended") };
        let message = message?;
        let stamped = message.headers.as_ref().and_then(|headers| headers.get("ce-time"));
        let stamped: Timestamp = stamped.context("a message without a time")?.as_str().parse()?;
        let took = SystemClock.now().duration_since(stamped).as_micros();
        took_us.push(u64::try_from(took).unwrap_or(0));
    }
    println!("{}", serde_json::to_string(&Consumed { took_us })?);
    Ok(())
}

//! `casetrail bench journey --telemetry`: what traces and metrics cost. Two systems side by side, one with
//! telemetry that is pushed to a collector of our own, one without any, take the same load in turns: both meet the
//! machine in the same mood, and only their ratio is told.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::child::{System, Wiring};
use super::journey::{Args, Load, Throughput};

/// How long messages are written in a round.
const MESSAGES: Duration = Duration::from_secs(3);

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    callers: usize,
    cases_a_round: usize,
    wirings: Vec<Measured>,
}

/// One wiring's figures.
#[derive(Debug, Serialize)]
struct Measured {
    wiring: Wiring,
    rounds: Vec<Round>,
    /// Commands a second with telemetry, of those without: the middle one of all rounds.
    open_ratio: f64,
    message_ratio: f64,
    collected: Collected,
}

/// The same load on both.
#[derive(Debug, Serialize)]
struct Round {
    open_with: Throughput,
    open_without: Throughput,
    message_with: Throughput,
    message_without: Throughput,
}

/// What came to the collector.
#[derive(Debug, Serialize)]
struct Collected {
    requests: u64,
    bytes: u64,
}

/// A collector that takes everything and looks at nothing.
struct Sink {
    endpoint: String,
    counts: Arc<(AtomicU64, AtomicU64)>,
    _serving: JoinSet<std::io::Result<()>>,
}

impl Sink {
    async fn start() -> anyhow::Result<Self> {
        let counts = Arc::<(AtomicU64, AtomicU64)>::default();
        let router = Router::new()
            .route("/v1/traces", post(take))
            .route("/v1/metrics", post(take))
            .with_state(Arc::clone(&counts));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await });
        Ok(Self { endpoint, counts, _serving: serving })
    }

    fn collected(&self) -> Collected {
        let (requests, bytes) = &*self.counts;
        Collected { requests: requests.load(Ordering::Relaxed), bytes: bytes.load(Ordering::Relaxed) }
    }
}

async fn take(State(counts): State<Arc<(AtomicU64, AtomicU64)>>, body: Bytes) {
    counts.0.fetch_add(1, Ordering::Relaxed);
    counts.1.fetch_add(body.len() as u64, Ordering::Relaxed);
}

/// A system under load.
struct Loaded {
    system: System,
    load: Load,
}

impl Loaded {
    async fn start(args: &Args, wiring: Wiring, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        let system = System::start(wiring, args.tokens, environment).await?;
        let load = Load::on(&system, args.callers, args.tokens).await?;
        Ok(Self { system, load })
    }

    /// Cases opened, and then messages written to them.
    async fn round(&self, cases: usize) -> anyhow::Result<(Throughput, Throughput)> {
        let (open, cases) = self.load.open(cases, None, &ProgressBar::hidden()).await?;
        self.load.settled().await?;
        let message = self.load.messages(&cases, MESSAGES).await?;
        self.load.settled().await?;
        Ok((open, message))
    }
}

pub(super) async fn run(args: &Args, json: bool) -> anyhow::Result<()> {
    let mut wirings = Vec::new();
    for wiring in [Wiring::Embedded, Wiring::Distributed] {
        if args.wiring.is_none_or(|only| only == wiring) {
            wirings.push(measure(args, wiring).await.with_context(|| format!("{wiring:?}"))?);
        }
    }
    let report =
        Report { callers: args.callers, cases_a_round: args.cases / usize::from(args.rounds), wirings };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.wirings.iter().for_each(Measured::print);
    }
    Ok(())
}

async fn measure(args: &Args, wiring: Wiring) -> anyhow::Result<Measured> {
    let sink = Sink::start().await?;
    let with = [("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", sink.endpoint.as_str())];
    let with = Loaded::start(args, wiring, &with).await?;
    let without = Loaded::start(args, wiring, &[("CASETRAIL__TELEMETRY__ENABLED", "false")]).await?;
    let cases = args.cases / usize::from(args.rounds);
    // The first cases pay for caches and connections: nobody's figures.
    with.round(args.callers).await?;
    without.round(args.callers).await?;
    let mut rounds = Vec::with_capacity(args.rounds.into());
    for round in 0..args.rounds {
        // Whoever comes second meets another machine: they take turns in that too.
        let ((open_with, message_with), (open_without, message_without)) = if round % 2 == 0 {
            let with = with.round(cases).await?;
            (with, without.round(cases).await?)
        } else {
            let without = without.round(cases).await?;
            (with.round(cases).await?, without)
        };
        rounds.push(Round { open_with, open_without, message_with, message_without });
    }
    with.system.stop().await?;
    without.system.stop().await?;
    let ratio = |of: fn(&Round) -> (&Throughput, &Throughput)| {
        middle(rounds.iter().map(of).map(|(with, without)| with.per_second / without.per_second).collect())
    };
    let open_ratio = ratio(|round| (&round.open_with, &round.open_without));
    let message_ratio = ratio(|round| (&round.message_with, &round.message_without));
    Ok(Measured { wiring, rounds, open_ratio, message_ratio, collected: sink.collected() })
}

fn middle(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or_default()
}

impl Measured {
    fn print(&self) {
        let Self { wiring, rounds, open_ratio, message_ratio, collected } = self;
        println!(
            "wiring                   {wiring:?}, {} rounds with and without telemetry in turns",
            rounds.len()
        );
        for (index, round) in rounds.iter().enumerate() {
            println!(
                "round {:<18} OpenCase {:.0} /s with, {:.0} /s without   ReceiveMessage {:.0} /s with, {:.0} /s without",
                index + 1,
                round.open_with.per_second,
                round.open_without.per_second,
                round.message_with.per_second,
                round.message_without.per_second,
            );
        }
        println!("OpenCase                 {open_ratio:.3} of the commands a second without");
        println!("ReceiveMessage           {message_ratio:.3} of the commands a second without");
        println!("collected                {} requests, {} KiB", collected.requests, collected.bytes / 1024);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_is_told_and_not_what_one_odd_round_makes_of_it() {
        assert!((middle(vec![0.95, 0.2, 0.97, 0.96, 3.0]) - 0.96).abs() < f64::EPSILON);
    }
}

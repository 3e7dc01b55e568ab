//! `casetrail bench journey --telemetry`: what traces and metrics cost. Two systems side by side, one with
//! telemetry that is pushed to a collector of our own, one without any, take the same load in turns: both meet the
//! machine in the same mood, and only their ratio is told. So is what the processes of either took of the processors for
//! a command and everything that it sets off: that depends less on what else the machine does.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::post;
use futures_util::StreamExt;
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::child::{System, Wiring};
use super::journey::{Args, Load, Throughput};

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    callers: usize,
    cases_a_round: usize,
    sample_ratio: f64,
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
    /// Processor time of a command without telemetry, of that with it: likewise.
    open_processor_ratio: Option<f64>,
    message_processor_ratio: Option<f64>,
    collected: Collected,
}

/// The same load on both.
#[derive(Debug, Serialize)]
struct Round {
    open_with: Taken,
    open_without: Taken,
    message_with: Taken,
    message_without: Taken,
}

/// How fast commands were taken, and what each cost until everybody had reacted.
#[derive(Debug, Serialize)]
pub(super) struct Taken {
    #[serde(flatten)]
    pub(super) throughput: Throughput,
    processor_ms_a_command: Option<f64>,
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

async fn take(State(counts): State<Arc<(AtomicU64, AtomicU64)>>, body: Body) {
    counts.0.fetch_add(1, Ordering::Relaxed);
    let mut chunks = body.into_data_stream();
    while let Some(Ok(chunk)) = chunks.next().await {
        counts.1.fetch_add(chunk.len() as u64, Ordering::Relaxed);
    }
}

/// A system under load.
pub(super) struct Loaded {
    pub(super) system: System,
    load: Load,
}

impl Loaded {
    async fn start(args: &Args, wiring: Wiring, environment: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::on(System::start(wiring, args.tokens, environment).await?, args.callers, args.tokens).await
    }

    pub(super) async fn on(system: System, callers: usize, tokens: bool) -> anyhow::Result<Self> {
        let load = Load::on(&system, callers, tokens).await?;
        Ok(Self { system, load })
    }

    /// Cases opened, and then messages written to them.
    pub(super) async fn round(&self, cases: usize, lasting: Duration) -> anyhow::Result<(Taken, Taken)> {
        let began = self.system.processor_ms();
        let (open, cases) = self.load.open(cases, None, &ProgressBar::hidden()).await?;
        self.load.settled().await?;
        let opened = self.system.processor_ms();
        let message = self.load.messages(&cases, lasting).await?;
        self.load.settled().await?;
        let ended = self.system.processor_ms();
        Ok((Taken::of(open, began.zip(opened)), Taken::of(message, opened.zip(ended))))
    }
}

impl Taken {
    fn of(throughput: Throughput, processor_ms: Option<(u64, u64)>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
        let a_command = |(from, to): (u64, u64)| (to - from) as f64 / throughput.latency.count as f64;
        let processor_ms_a_command = processor_ms.map(a_command);
        Self { throughput, processor_ms_a_command }
    }
}

pub(super) async fn run(args: &Args, json: bool) -> anyhow::Result<()> {
    let mut wirings = Vec::new();
    for wiring in [Wiring::Embedded, Wiring::Distributed] {
        if args.wiring.is_none_or(|only| only == wiring) {
            wirings.push(measure(args, wiring).await.with_context(|| format!("{wiring:?}"))?);
        }
    }
    let cases_a_round = args.cases / usize::from(args.rounds);
    let report = Report { callers: args.callers, cases_a_round, sample_ratio: args.sample_ratio, wirings };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.wirings.iter().for_each(Measured::print);
    }
    Ok(())
}

async fn measure(args: &Args, wiring: Wiring) -> anyhow::Result<Measured> {
    let sink = Sink::start().await?;
    let ratio = args.sample_ratio.to_string();
    let with = [
        ("CASETRAIL__TELEMETRY__OTLP_ENDPOINT", sink.endpoint.as_str()),
        ("CASETRAIL__TELEMETRY__SAMPLE_RATIO", ratio.as_str()),
    ];
    let with = Loaded::start(args, wiring, &with).await?;
    let without = Loaded::start(args, wiring, &[("CASETRAIL__TELEMETRY__ENABLED", "false")]).await?;
    let cases = args.cases / usize::from(args.rounds);
    // The first cases pay for caches and connections: nobody's figures.
    let lasting = Duration::from_secs(args.seconds);
    with.round(args.callers, lasting).await?;
    without.round(args.callers, lasting).await?;
    let mut rounds = Vec::with_capacity(args.rounds.into());
    for round in 0..args.rounds {
        // Whoever comes second meets another machine: they take turns in that too.
        let ((open_with, message_with), (open_without, message_without)) = if round % 2 == 0 {
            let with = with.round(cases, lasting).await?;
            (with, without.round(cases, lasting).await?)
        } else {
            let without = without.round(cases, lasting).await?;
            (with.round(cases, lasting).await?, without)
        };
        rounds.push(Round { open_with, open_without, message_with, message_without });
    }
    with.system.stop().await?;
    without.system.stop().await?;
    let faster = |of: Pair| {
        let ratio =
            |(with, without): (&Taken, &Taken)| with.throughput.per_second / without.throughput.per_second;
        middle(rounds.iter().map(of).map(ratio).collect())
    };
    let cheaper = |of: Pair| -> Option<f64> {
        let ratio = |(with, without): (&Taken, &Taken)| {
            Some(without.processor_ms_a_command? / with.processor_ms_a_command?)
        };
        Some(middle(rounds.iter().map(of).map(ratio).collect::<Option<_>>()?))
    };
    let open: Pair = |round| (&round.open_with, &round.open_without);
    let message: Pair = |round| (&round.message_with, &round.message_without);
    let (open_ratio, message_ratio) = (faster(open), faster(message));
    let (open_processor_ratio, message_processor_ratio) = (cheaper(open), cheaper(message));
    let collected = sink.collected();
    Ok(Measured {
        wiring,
        rounds,
        open_ratio,
        message_ratio,
        open_processor_ratio,
        message_processor_ratio,
        collected,
    })
}

/// What was taken with telemetry, and without.
type Pair = fn(&Round) -> (&Taken, &Taken);

pub(super) fn middle(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    let at = |index: usize| ratios.get(index).copied().unwrap_or_default();
    f64::midpoint(at(ratios.len().saturating_sub(1) / 2), at(ratios.len() / 2))
}

impl Measured {
    fn print(&self) {
        let Self { wiring, rounds, .. } = self;
        println!(
            "wiring                   {wiring:?}, {} rounds with and without telemetry in turns",
            rounds.len()
        );
        for (index, round) in rounds.iter().enumerate() {
            println!(
                "round {:<18} OpenCase {} with, {} without   ReceiveMessage {} with, {} without",
                index + 1,
                round.open_with,
                round.open_without,
                round.message_with,
                round.message_without,
            );
        }
        for (what, faster, cheaper) in [
            ("OpenCase", self.open_ratio, self.open_processor_ratio),
            ("ReceiveMessage", self.message_ratio, self.message_processor_ratio),
        ] {
            println!("{what:<24} {faster:.3} of the commands a second without");
            if let Some(cheaper) = cheaper {
                println!("{:<24} {cheaper:.3} of the commands for the same processor time", "");
            }
        }
        let Collected { requests, bytes } = &self.collected;
        println!("collected                {requests} requests, {} KiB", bytes / 1024);
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:.0} /s", self.throughput.per_second)?;
        match self.processor_ms_a_command {
            Some(cost) => write!(to, " ({cost:.2} ms each)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_one_is_told_and_not_what_one_odd_round_makes_of_it() {
        assert!((middle(vec![0.95, 0.2, 0.97, 0.96, 3.0]) - 0.96).abs() < f64::EPSILON);
        assert!((middle(vec![0.2, 0.5, 3.0, 1.0]) - 0.75).abs() < f64::EPSILON);
    }
}

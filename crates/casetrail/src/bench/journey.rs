//! `casetrail bench journey`: the whole system from outside.
//!
//! It starts this program as a child in a fresh folder, opens cases with many callers at once, then keeps
//! writing to them, then does the same at half of the rate it reached and reads from the histories how
//! long one service took to answer another's fact: on one wiring, and then on the other. Only ratios within
//! one run compare machines' moods.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use access::Role;
use access::mint::{Mint, Wish};
use ambient::{Clock, Ids, SystemClock, SystemIds};
use anyhow::Context;
use contracts::history::v1::history_service_client::HistoryServiceClient;
use contracts::history::v1::{Entry, ListHistoryRequest};
use contracts::intake::v1::intake_service_client::IntakeServiceClient;
use contracts::intake::v1::{Channel as CaseChannel, OpenCaseRequest, Player, ReceiveMessageRequest, Tier};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::SignedDuration;
use serde::Serialize;
use stories::Person;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::child::{System, Taken, Wiring};
use super::echo;
use super::latency::{Latencies, Percentiles};
use super::overhead::middle;

/// Options of `casetrail bench journey`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  casetrail bench journey --cases 10000 --callers 64 --json
  casetrail bench journey --tokens          the same, every caller with a token
  casetrail bench journey --telemetry --rounds 5 --wiring distributed
  casetrail bench journey --protection --cases 5000 --json    what sealing, masking and tokens cost")]
pub(crate) struct Args {
    /// How many callers call at once.
    #[arg(long, default_value_t = 64)]
    pub(super) callers: usize,
    /// How many cases are opened.
    #[arg(long, default_value_t = 10_000)]
    pub(super) cases: usize,
    /// How long messages are written to them, in seconds.
    #[arg(long, default_value_t = 10)]
    pub(super) seconds: u64,
    /// Cases opened a second while reactions are timed; otherwise half of what was reached.
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<f64>,
    /// Measure this wiring alone; otherwise one after the other
    #[arg(long, value_name = "WIRING")]
    pub(super) wiring: Option<Wiring>,
    /// Let every caller prove who they are with a token: what that costs is seen beside a run without
    #[arg(long)]
    pub(super) tokens: bool,
    /// Measure what telemetry costs instead: rounds with it and without it in turns, the cases spread over them
    #[arg(long)]
    pub(super) telemetry: bool,
    /// The share of cases whose spans are kept, with --telemetry
    #[arg(long, value_name = "RATIO", default_value_t = 1.0)]
    pub(super) sample_ratio: f64,
    /// Measure what sealing, masking and tokens cost instead: everything in one process with all of them, with each
    /// left out and with none, in turns
    #[arg(long, conflicts_with_all = ["telemetry", "tokens", "wiring"])]
    pub(super) protection: bool,
    /// How many rounds, with --telemetry or --protection
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) rounds: u8,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Report {
    callers: usize,
    cases: usize,
    /// Whether callers proved who they are.
    pub(super) tokens: bool,
    binary_bytes: u64,
    wirings: Vec<Measured>,
}

/// One wiring's figures.
#[derive(Debug, Serialize)]
struct Measured {
    wiring: Wiring,
    start_to_ready_ms: u128,
    idle: Vec<Taken>,
    after_cases: Vec<Taken>,
    open: Throughput,
    message: Throughput,
    /// While the other services and the relay stand still; empty where all are one process.
    alone: Vec<Alone>,
    /// Messages of one service alone, of what a bare gRPC server answers: the middle one of all rounds.
    alone_of_bare: Option<f64>,
    half_load: HalfLoad,
}

/// One service and a bare server in turns: both meet the machine in the same mood.
#[derive(Debug, Serialize)]
struct Alone {
    bare_per_second: f64,
    message: Throughput,
}

#[derive(Debug, Serialize)]
pub(super) struct Throughput {
    pub(super) per_second: f64,
    #[serde(flatten)]
    pub(super) latency: Percentiles,
}

#[derive(Debug, Serialize)]
struct HalfLoad {
    asked_per_second: f64,
    /// From a committed event to the committed event of another service's reaction.
    commit_to_reaction: Percentiles,
}

/// Rounds of one service alone and a bare server.
const ALONE: usize = 3;

/// Cases opened at half load, and so watched for reactions.
const WATCHED: usize = 400;

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<()> {
    let mut wirings = Vec::new();
    for wiring in [Wiring::Embedded, Wiring::Distributed] {
        if args.wiring.is_none_or(|only| only == wiring) {
            wirings.push(measure(&args, wiring).await.with_context(|| format!("{wiring:?}"))?);
        }
    }
    let binary_bytes = std::fs::metadata(std::env::current_exe()?)?.len();
    let (callers, cases, tokens) = (args.callers, args.cases, args.tokens);
    let report = Report { callers, cases, tokens, binary_bytes, wirings };
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.for_people());
    }
    Ok(())
}

async fn measure(args: &Args, wiring: Wiring) -> anyhow::Result<Measured> {
    let system = System::start(wiring, args.tokens, &[]).await?;
    let idle = system.taken();
    let load = Load::on(&system, args.callers, args.tokens).await?;

    let bar = bar(args.cases, "opening cases");
    let (open, cases) = load.open(args.cases, None, &bar).await?;
    bar.finish_and_clear();
    load.settled().await?;
    let after_cases = system.taken();

    let message = load.messages(&cases, Duration::from_secs(args.seconds)).await?;
    load.settled().await?;
    let alone = match wiring {
        Wiring::Embedded => Vec::new(),
        Wiring::Distributed => {
            system.signal_others("STOP").await?;
            let alone = alone(&load, &cases, args).await;
            system.signal_others("CONT").await?;
            alone?
        }
    };
    let of_bare: Vec<f64> =
        alone.iter().map(|round| round.message.per_second / round.bare_per_second).collect();
    let alone_of_bare = (!of_bare.is_empty()).then(|| middle(of_bare));
    load.settled().await?;
    let half = args.rate.unwrap_or(open.per_second / 2.0);
    let watched = ProgressBar::hidden();
    let (_, opened) = load.open(WATCHED, Some(half), &watched).await?;
    load.settled().await?;
    let commit_to_reaction = load.reactions(&opened).await?;
    let start_to_ready_ms = system.start_to_ready.as_millis();
    system.stop().await?;
    let half_load = HalfLoad { asked_per_second: half, commit_to_reaction };
    Ok(Measured {
        wiring,
        start_to_ready_ms,
        idle,
        after_cases,
        open,
        message,
        alone,
        alone_of_bare,
        half_load,
    })
}

/// Messages to a service while the others stand still, and a bare server, in turns.
async fn alone(load: &Load, cases: &[String], args: &Args) -> anyhow::Result<Vec<Alone>> {
    let mut rounds = Vec::with_capacity(ALONE);
    for _ in 0..ALONE {
        let bare_per_second = echo::per_second(args.callers).await?;
        let message = load.messages(cases, Duration::from_secs(args.seconds)).await?;
        rounds.push(Alone { bare_per_second, message });
    }
    Ok(rounds)
}

fn bar(length: usize, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:40} {pos}/{len} {per_sec} {eta}");
    let bar = ProgressBar::new(length as u64).with_message(what);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}

/// Callers at a system.
pub(super) struct Load {
    channel: Channel,
    /// Each is somebody: what one caller may ask is limited.
    callers: Vec<Person>,
}

impl Load {
    pub(super) async fn on(system: &System, callers: usize, tokens: bool) -> anyhow::Result<Self> {
        let channel = Channel::from_shared(system.url.clone())?.connect().await?;
        let mint = tokens.then(|| system.mint()).transpose()?;
        Ok(Self { channel, callers: (0..callers).map(|number| caller(number, mint.as_ref())).collect() })
    }

    /// Opens cases: as fast as the callers can, or at a rate.
    pub(super) async fn open(
        &self,
        count: usize,
        rate: Option<f64>,
        bar: &ProgressBar,
    ) -> anyhow::Result<(Throughput, Vec<String>)> {
        let next = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for caller in &self.callers {
            let (caller, channel) = (caller.clone(), self.channel.clone());
            let (next, bar) = (Arc::clone(&next), bar.clone());
            callers.spawn(async move {
                let mut client = IntakeServiceClient::new(channel);
                let (mut latencies, mut cases) = (Latencies::new()?, Vec::new());
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return anyhow::Ok((latencies, cases));
                    }
                    if let Some(rate) = rate {
                        let due = started + Duration::from_secs_f64(f64::from(u32::try_from(index)?) / rate);
                        tokio::time::sleep_until(due.into()).await;
                    }
                    let request = caller.ask(opening(index))?;
                    let asked = Instant::now();
                    let opened = client.open_case(request).await?.into_inner();
                    latencies.add(asked.elapsed());
                    cases.push(opened.case.context("the case")?.case_id);
                    bar.inc(1);
                }
            });
        }
        let (mut latencies, mut cases) = (Latencies::new()?, Vec::with_capacity(count));
        while let Some(caller) = callers.join_next().await {
            let (its_latencies, its_cases) = caller??;
            latencies.merge(&its_latencies)?;
            cases.extend(its_cases);
        }
        Ok((throughput(&latencies, started.elapsed()), cases))
    }

    /// Writes messages to the cases for a while.
    pub(super) async fn messages(&self, cases: &[String], lasting: Duration) -> anyhow::Result<Throughput> {
        let started = Instant::now();
        let share = cases.len().div_ceil(self.callers.len()).max(1);
        let mut callers = JoinSet::new();
        for (mine, caller) in cases.chunks(share).zip(self.callers.iter().cloned()) {
            let (channel, mine) = (self.channel.clone(), mine.to_vec());
            callers.spawn(async move {
                let mut client = IntakeServiceClient::new(channel);
                let mut latencies = Latencies::new()?;
                for case in mine.iter().cycle() {
                    if started.elapsed() >= lasting {
                        break;
                    }
                    let request = caller.ask(ReceiveMessageRequest {
                        request_id: new_id(),
                        case: case.clone(),
                        subject: String::new(),
                        channel: CaseChannel::Chat.into(),
                        text: "Er der nyt i min sag?".to_owned(),
                    })?;
                    let asked = Instant::now();
                    client.receive_message(request).await?;
                    latencies.add(asked.elapsed());
                }
                anyhow::Ok(latencies)
            });
        }
        let mut latencies = Latencies::new()?;
        while let Some(caller) = callers.join_next().await {
            latencies.merge(&caller??)?;
        }
        Ok(throughput(&latencies, started.elapsed()))
    }

    async fn history(&self, case: &str) -> anyhow::Result<Vec<Entry>> {
        let request =
            ListHistoryRequest { case: case.to_owned(), page_size: 200, ..ListHistoryRequest::default() };
        let mut client = HistoryServiceClient::new(self.channel.clone());
        let reader = self.callers.first().context("a caller")?;
        Ok(client.list_history(reader.ask(request)?).await?.into_inner().entries)
    }

    /// Opens one more case and waits until notifications, the last stage, has answered it: services take
    /// facts nearly in order, so they are then through with nearly everything before it.
    pub(super) async fn settled(&self) -> anyhow::Result<()> {
        let (_, probe) = self.open(1, None, &ProgressBar::hidden()).await?;
        let probe = probe.first().context("the probe was opened")?;
        loop {
            let entries = self.history(probe).await?;
            if entries.iter().any(|entry| entry.r#type == "notifications.notification_queued") {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How long services took to answer each other's facts on these cases.
    async fn reactions(&self, cases: &[String]) -> anyhow::Result<Percentiles> {
        let mut latencies = Latencies::new()?;
        for case in cases {
            let entries = self.history(case).await?;
            for reaction in entries.iter().filter(|entry| !entry.causation_id.is_empty()) {
                let cause = entries.iter().find(|entry| entry.event_id == reaction.causation_id);
                if let Some(cause) = cause.filter(|cause| stage_of(cause) != stage_of(reaction)) {
                    latencies.add(between(cause, reaction));
                }
            }
        }
        Ok(latencies.percentiles())
    }
}

fn stage_of(entry: &Entry) -> &str {
    entry.r#type.split('.').next().unwrap_or_default()
}

fn between(cause: &Entry, reaction: &Entry) -> Duration {
    let micros = |entry: &Entry| {
        entry.recorded_at.map_or(0, |at| at.seconds * 1_000_000 + i64::from(at.nanos / 1_000))
    };
    Duration::from_micros(u64::try_from(micros(reaction) - micros(cause)).unwrap_or(0))
}

pub(super) fn throughput(latencies: &Latencies, took: Duration) -> Throughput {
    let latency = latencies.percentiles();
    #[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are exact in a float")]
    let per_second = latency.count as f64 / took.as_secs_f64();
    Throughput { per_second, latency }
}

/// One of the systems that call.
fn caller(number: usize, mint: Option<&Mint>) -> Person {
    let name = format!("bench-{number}");
    let token = mint.map(|mint| {
        let wish = Wish {
            subject: name.clone(),
            roles: vec![Role::Service],
            teams: Vec::new(),
            brands: vec![stories::Stage::BRAND.to_owned()],
            acr: None,
            lifetime: SignedDuration::from_hours(12),
        };
        mint.token(&wish, SystemClock.now())
    });
    Person::system(&name).with_token(token)
}

fn new_id() -> String {
    SystemIds.new_id(SystemClock.now()).to_string()
}

fn opening(index: usize) -> OpenCaseRequest {
    OpenCaseRequest {
        request_id: new_id(),
        brand: stories::Stage::BRAND.to_owned(),
        channel: CaseChannel::Chat.into(),
        player: Some(Player {
            player_id: format!("p-bench-{index}"),
            username: format!("spiller{index}"),
            email: format!("spiller{index}@player.example"),
            time_zone: "Europe/Copenhagen".to_owned(),
            tier: Tier::Standard.into(),
            marketing_consent: false,
        }),
        language_code: "da".to_owned(),
        text: "Hej, min udbetaling er ikke kommet frem endnu.".to_owned(),
        ..OpenCaseRequest::default()
    }
}

impl Report {
    fn for_people(&self) -> String {
        let mut lines = vec![
            format!("binary                   {}", mebibytes(Some(self.binary_bytes))),
            format!("tokens                   {}", if self.tokens { "of every caller" } else { "none" }),
        ];
        for measured in &self.wirings {
            lines.push(String::new());
            lines.extend(measured.for_people(self.callers, self.cases));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or("unknown".to_owned(), |bytes| format!("{} MiB", bytes / 1_048_576))
}

impl Measured {
    fn for_people(&self, callers: usize, cases: usize) -> Vec<String> {
        let rate = |what: &Throughput| {
            format!(
                "{:.0} /s   p50 {:.1} ms   p99 {:.1} ms",
                what.per_second, what.latency.p50_ms, what.latency.p99_ms
            )
        };
        let reaction = &self.half_load.commit_to_reaction;
        let mut lines = vec![
            format!("wiring                   {:?}", self.wiring),
            format!("start to ready           {} ms, with everything it stands on", self.start_to_ready_ms),
            format!("OpenCase, {callers:>3} callers    {}", rate(&self.open)),
            format!("ReceiveMessage           {}", rate(&self.message)),
            format!(
                "commit to reaction       p50 {:.1} ms   p99 {:.1} ms   ({} reactions at {:.0} OpenCase /s)",
                reaction.p50_ms, reaction.p99_ms, reaction.count, self.half_load.asked_per_second
            ),
        ];
        for Alone { bare_per_second, message } in &self.alone {
            lines.push(format!(
                "ReceiveMessage alone     {}   a bare answer {bare_per_second:.0} /s",
                rate(message)
            ));
        }
        if let Some(ratio) = self.alone_of_bare {
            lines.push(format!("{:<24} {ratio:.3} of a bare answer", ""));
        }
        for (idle, after) in self.idle.iter().zip(&self.after_cases) {
            lines.push(format!(
                "{:<24} ready in {} ms, resident {} idle, {} after {cases} cases",
                idle.process,
                idle.start_to_ready_ms,
                mebibytes(idle.resident_bytes),
                mebibytes(after.resident_bytes),
            ));
        }
        lines
    }
}

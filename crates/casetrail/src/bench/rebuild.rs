//! `casetrail bench rebuild`: how fast a read model is derived again, against a bare read of the same facts
//! in the same run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ambient::{Ids, SystemClock, SystemIds};
use anyhow::Context;
use case::{Brand, CaseId, CaseNumber};
use distributed::Schema;
use event_log::{Append, EventLog, NewEvent, PostgresLog, PostgresLogOptions};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use scratch::Postgres;
use serde::Serialize;
use service_kit::projection::{Derivation, Generation, Switched};
use service_kit::store::Store;
use uuid::Uuid;

/// Options of `casetrail bench rebuild`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  casetrail bench rebuild --events 1000000 --json
  casetrail bench rebuild --model routing.queue

Starts a Postgres of its own, and throws it away at the end.")]
pub(crate) struct Args {
    /// How many facts the log holds, ten a case
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10..))]
    events: u64,
    /// The read model
    #[arg(long, value_name = "MODEL", default_value = "intake.cases")]
    model: String,
    /// How many rounds; figures are their medians
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
}

/// The figures.
#[derive(Debug, Serialize)]
struct Report {
    model: String,
    events: u64,
    read_per_second: f64,
    derive_per_second: f64,
    /// To reach: 0.5.
    derive_to_read: f64,
    rows: u64,
    /// Deriving and switching to all rows, none of which was there.
    switch_seconds: f64,
    /// How long other writers had to wait for that.
    held_ms: f64,
    /// The same where all rows were right already.
    held_unchanged_ms: f64,
}

/// A case's facts, as they are stored: opened, numbered, and eight messages.
const OPENED: &str = include_str!("../../../case/golden/intake.case_opened.v1.json");
const MESSAGE: &str = include_str!("../../../case/golden/intake.message_received.v1.json");
/// How many cases are recorded at once.
const CALLERS: usize = 64;
/// How many facts a bare read takes at a time: as many as deriving does.
const PAGE: usize = 1_000;

pub(crate) async fn run(args: Args, json: bool) -> anyhow::Result<()> {
    let mut server = Postgres::start().await?;
    let url = server.url("postgres");
    distributed::migrate(&url, 1, &BTreeMap::new()).await?;
    let log = PostgresLog::open(&url, PostgresLogOptions::default(), Arc::new(SystemClock)).await?;
    let log: Arc<dyn EventLog> = Arc::new(log);
    fill(&log, args.events).await?;
    let report = measure(&args, &url, &log).await?;
    server.stop().await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!(
        "{} from {} facts: {:.0}/s derived, {:.0}/s read ({:.2}); {} rows switched to in {:.1} s, writers held \
         for {:.0} ms, and for {:.0} ms where nothing differed",
        report.model,
        report.events,
        report.derive_per_second,
        report.read_per_second,
        report.derive_to_read,
        report.rows,
        report.switch_seconds,
        report.held_ms,
        report.held_unchanged_ms
    );
    Ok(())
}

async fn fill(log: &Arc<dyn EventLog>, events: u64) -> anyhow::Result<()> {
    let (cases, brand) = (u32::try_from(events)? / 10, "NB".parse::<Brand>()?);
    let number = |sequence| CaseNumber::new(brand.clone(), 2026, sequence);
    let appends = stream::iter(1..=cases)
        .map(|sequence| log.append(case(&brand, &number(sequence))))
        .buffer_unordered(CALLERS);
    appends.try_for_each(|_| async { Ok(()) }).await.context("the log cannot be filled")
}

fn new_id() -> Uuid {
    SystemIds.new_id(Timestamp::UNIX_EPOCH)
}

fn case(brand: &Brand, number: &CaseNumber) -> Append {
    let event = |index| {
        let (event_type, payload) = match index {
            1 => ("intake.case_opened", OPENED.to_owned()),
            2 => {
                ("intake.case_number_issued", serde_json::json!({ "number": number.to_string() }).to_string())
            }
            _ => ("intake.message_received", MESSAGE.to_owned()),
        };
        NewEvent {
            event_id: new_id(),
            event_type: event_type.to_owned(),
            schema_version: 1,
            meta: b"{}".to_vec(),
            payload: payload.into_bytes(),
        }
    };
    Append {
        stream: CaseId::of_request(brand, new_id(), 1).0,
        tenant: "NB".to_owned(),
        expected_version: 0,
        command_id: new_id(),
        fingerprint: [7; 32],
        events: (1..=10).map(event).collect(),
    }
}

async fn measure(args: &Args, url: &str, log: &Arc<dyn EventLog>) -> anyhow::Result<Report> {
    let (schema, derivation) = find(&args.model)?;
    let head = log.head().await?;
    let (mut reads, mut derives) = (Vec::new(), Vec::new());
    for _ in 0..args.rounds {
        reads.push(read(&**log).await?);
        let folder = tempfile::tempdir()?;
        let began = Instant::now();
        let mut generation = begin(schema, &derivation, log, &folder).await?;
        generation.advance(&[head], &mut |_| {}).await?;
        derives.push(began.elapsed());
        generation.close().await;
    }
    let live = Store::open_postgres(url, schema.stage, schema.migrations, 2).await?;
    let began = Instant::now();
    let switched = switch(schema, &derivation, log, &live).await?;
    let switch_seconds = began.elapsed().as_secs_f64();
    let unchanged = switch(schema, &derivation, log, &live).await?;
    live.close().await;
    #[expect(clippy::cast_precision_loss, reason = "a speed")]
    let per_second = |took: Duration| head as f64 / took.as_secs_f64();
    let (read, derive) = (per_second(median(&mut reads)), per_second(median(&mut derives)));
    Ok(Report {
        model: args.model.clone(),
        events: head,
        read_per_second: read,
        derive_per_second: derive,
        derive_to_read: derive / read,
        rows: switched.written,
        switch_seconds,
        held_ms: switched.held.as_secs_f64() * 1_000.0,
        held_unchanged_ms: unchanged.held.as_secs_f64() * 1_000.0,
    })
}

fn find(name: &str) -> anyhow::Result<(&'static Schema, Derivation)> {
    let all = distributed::derivations(None)?;
    let mut all =
        all.into_iter().flat_map(|(schema, models)| models.into_iter().map(move |one| (schema, one)));
    all.find(|(_, derivation)| derivation.model().name == name)
        .with_context(|| format!("there is no read model {name}; `casetrail rebuild` lists them"))
}

async fn begin(
    schema: &Schema,
    derivation: &Derivation,
    log: &Arc<dyn EventLog>,
    folder: &tempfile::TempDir,
) -> anyhow::Result<Generation> {
    let (logs, file) = ([Arc::clone(log)], folder.path().join("rows.db"));
    Ok(Generation::begin(derivation.clone(), &logs, &file, &schema.all_migrations()).await?)
}

async fn switch(
    schema: &Schema,
    derivation: &Derivation,
    log: &Arc<dyn EventLog>,
    live: &Store,
) -> anyhow::Result<Switched> {
    let folder = tempfile::tempdir()?;
    let mut generation = begin(schema, derivation, log, &folder).await?;
    let switched = generation.switch(live, &mut |_| {}).await?;
    generation.close().await;
    Ok(switched)
}

/// Reads all facts and does nothing with them.
async fn read(log: &dyn EventLog) -> anyhow::Result<Duration> {
    let (began, mut position) = (Instant::now(), 0);
    loop {
        let page = log.read_all(position, PAGE).await?;
        let Some(last) = page.last() else { return Ok(began.elapsed()) };
        position = last.position;
    }
}

fn median(all: &mut [Duration]) -> Duration {
    all.sort();
    all[all.len() / 2]
}

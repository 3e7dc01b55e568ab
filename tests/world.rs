//! The world that tests play in: a system on free ports, in a folder of its own, under a clock that stands
//! still until a test moves it. Which wiring it has, the environment chooses (see [`Wiring`]).

pub mod behind;
mod wiring;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ambient::{Clock, ManualClock, SystemIds};
use anyhow::{Context, ensure};
use async_trait::async_trait;
use case::{Aggregate, Case, CaseEvent};
use embedded::Config;
use event_log::{Committed, global_position, local_position};
use jiff::Timestamp;
use service_kit::Executor;
use service_kit::telemetry::{self, Telemetry, TelemetryConfig};
use stories::{Narrator, PassTime, Stage};
use tempfile::TempDir;
use tonic::transport::Channel;

pub use wiring::{Heads, MAX_SHARDS, ON_FREE_PORTS, System, WIRING_VARIABLE, Wiring, keep_place, place};

/// A Monday noon: every team is at work.
pub const START: &str = "2026-06-15T10:00:00Z";

/// A running system.
pub struct World {
    /// The system.
    pub system: Arc<System>,
    /// Its clock.
    pub clock: ManualClock,
    /// Its data folder.
    pub data: PathBuf,
    folder: Option<TempDir>,
}

static TELEMETRY: Mutex<Option<Telemetry>> = Mutex::new(None);

/// One telemetry a process, as in a real one: logging is global.
pub fn telemetry() -> anyhow::Result<Telemetry> {
    let mut running = TELEMETRY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(telemetry) = &*running {
        return Ok(telemetry.clone());
    }
    let started = telemetry::start(&TelemetryConfig::default(), "casetrail-tests")?;
    Ok(running.insert(started).clone())
}

impl World {
    /// A new system in a new folder.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().to_owned();
        let mut world = Self::start_in(&data, ManualClock::new(START.parse()?), "").await?;
        world.folder = Some(folder);
        Ok(world)
    }

    /// A system over a folder that is there already, with `overrides` (TOML) in its configuration.
    pub async fn start_in(data: &Path, clock: ManualClock, overrides: &str) -> anyhow::Result<Self> {
        let system = System::start(Wiring::chosen()?, data, &clock, overrides, telemetry()?).await?;
        Ok(Self::of(system, data, clock))
    }

    /// A system in one process, with exactly this configuration and telemetry.
    pub async fn start_embedded(
        data: &Path,
        clock: ManualClock,
        config: Config,
        telemetry: Telemetry,
    ) -> anyhow::Result<Self> {
        let system = System::start_embedded(data, &clock, config, telemetry).await?;
        Ok(Self::of(system, data, clock))
    }

    /// A system of deployables, so many of each.
    pub async fn start_replicas(
        data: &Path,
        clock: ManualClock,
        overrides: &str,
        replicas: usize,
    ) -> anyhow::Result<Self> {
        let system = System::start_distributed(data, &clock, overrides, telemetry()?, replicas).await?;
        Ok(Self::of(system, data, clock))
    }

    fn of(system: System, data: &Path, clock: ManualClock) -> Self {
        Self { system: Arc::new(system), clock, data: data.to_owned(), folder: None }
    }

    /// A connection to its API.
    pub async fn channel(&self) -> anyhow::Result<Channel> {
        Channel::from_shared(format!("http://{}", self.system.grpc()))?.connect().await.context("connecting")
    }

    /// A stage for stories, with the brand's agents at their desks.
    pub async fn stage(&self) -> anyhow::Result<Stage> {
        let stage = self.stage_as_it_is().await?;
        stage.staff().await?;
        self.system.settled().await?;
        Ok(stage)
    }

    /// A stage with nobody on it who was not there before: after a restart the agents are still registered.
    pub async fn stage_as_it_is(&self) -> anyhow::Result<Stage> {
        let time = ManualTime { clock: self.clock.clone(), system: Arc::clone(&self.system) };
        Ok(Stage::new(
            self.channel().await?,
            Arc::new(self.clock.clone()),
            Arc::new(SystemIds),
            Arc::new(time),
            Arc::new(Silent),
            Some(self.system.outbox().to_owned()),
        ))
    }

    /// Every case in the log, folded.
    pub async fn cases(&self) -> anyhow::Result<Vec<Arc<Case>>> {
        let executor = Executor::<Case>::new(self.system.parts(), "tests");
        let mut streams = Vec::new();
        for event in self.events().await? {
            if case::is_case_fact(&event.event_type) && !streams.contains(&event.stream) {
                streams.push(event.stream);
            }
        }
        let mut cases = Vec::with_capacity(streams.len());
        for stream in streams {
            cases.push(executor.load(stream).await?);
        }
        Ok(cases)
    }

    /// The case with this number, folded.
    pub async fn case(&self, number: &str) -> anyhow::Result<Arc<Case>> {
        let spoken = Some(number.to_owned());
        let cases = self.cases().await?;
        cases
            .into_iter()
            .find(|case| case.spoken_name() == spoken)
            .with_context(|| format!("no case {number}"))
    }

    /// Everything in the log, shard by shard, each in order; positions are global.
    pub async fn events(&self) -> anyhow::Result<Vec<Committed>> {
        let mut all = Vec::new();
        for (shard, log) in (0..).zip(self.system.shards()) {
            let mut after = 0;
            loop {
                let page = log.read_all(after, 1_000).await?;
                let Some(last) = page.last() else { break };
                after = last.position;
                let globally = |event: Committed| {
                    let position = global_position(shard, event.position);
                    Committed { position, ..event }
                };
                all.extend(page.into_iter().map(globally));
            }
        }
        Ok(all)
    }

    /// The last position of each shard.
    pub async fn heads(&self) -> anyhow::Result<Heads> {
        let mut heads = Heads::default();
        for (head, log) in heads.iter_mut().zip(self.system.shards()) {
            *head = log.head().await?;
        }
        Ok(heads)
    }

    /// Checks what must hold whatever happened: I2 (contiguous), I5, I6, I11 (the cases' own invariants),
    /// I8 (the chains), no dead letters, and no readable personal text in the log.
    pub async fn check_invariants(&self) -> anyhow::Result<()> {
        self.system.settled().await?;
        let mut versions = std::collections::HashMap::new();
        let mut heads = Heads::default();
        for event in self.events().await? {
            let (shard, position) = local_position(event.position);
            let head = &mut heads[usize::from(shard)];
            *head += 1;
            ensure!(position == *head, "a gap before position {position} of shard {shard}");
            let version = versions.entry(event.stream).or_insert(0_u64);
            *version += 1;
            ensure!(event.version == *version, "a gap in a stream at position {position}");
            let name = event.event_type.clone();
            ensure!(
                !String::from_utf8_lossy(&event.payload).contains("{\"clear\":"),
                "{name} at position {position} holds a readable personal text"
            );
            if case::is_case_fact(&name) {
                let decoded =
                    <CaseEvent as case::StoredEvent>::decode(&name, event.schema_version, &event.payload)?;
                ensure!(!matches!(decoded, CaseEvent::Unknown { .. }), "{name} is unknown");
            }
        }
        for case in self.cases().await? {
            let violations = case::invariants::violations(&case);
            ensure!(violations.is_empty(), "{:?}: {violations:?}", case.spoken_name());
        }
        for log in self.system.shards() {
            let found = event_log::verify_log(log.as_ref()).await?;
            ensure!(found.broken.is_empty() && found.first_missing_position.is_none(), "{found:?}");
        }
        for bus in self.system.buses() {
            let dead = bus.dead_letters(None, 10).await?;
            ensure!(dead.is_empty(), "dead letters: {dead:?}");
        }
        Ok(())
    }

    /// Stops the system in order and keeps its folder.
    pub async fn stop(self) -> anyhow::Result<Option<TempDir>> {
        let Self { system, folder, .. } = self;
        let system = Arc::into_inner(system).context("somebody still holds the system")?;
        ensure!(system.stop().await, "the system did not stop by itself");
        Ok(folder)
    }
}

struct ManualTime {
    clock: ManualClock,
    system: Arc<System>,
}

#[async_trait]
impl PassTime for ManualTime {
    async fn pass(&self, by: Duration) {
        // Everything that is to fall due has to be known before the clock moves.
        if let Err(error) = self.system.settled().await {
            eprintln!("the system did not settle: {error}");
        }
        let target: Timestamp = self.clock.now()
            + jiff::SignedDuration::from_secs(i64::try_from(by.as_secs()).unwrap_or(i64::MAX));
        self.clock.advance_to(target);
    }
}

struct Silent;

impl Narrator for Silent {
    fn step(&self, _who: &str, _what: &str) {}
}

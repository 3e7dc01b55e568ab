//! The two ways in which the same services are wired, behind one face: everything in one process over
//! SQLite, or the set of deployables over a real Postgres and a real NATS.
//!
//! `CASETRAIL_TEST_WIRING=distributed` chooses the second; `cargo xtask test` plays every story on both.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ambient::{Ids, ManualClock, SystemIds};
use anyhow::{Context, bail, ensure};
use distributed::{Place, Plan};
use embedded::Embedded;
use event_bus::EventBus;
use event_log::EventLog;
use scratch::shared::{Database, SharedNats};
use service_kit::Parts;
use service_kit::telemetry::Telemetry;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wiring {
    /// Everything in one process, over SQLite.
    Embedded,
    /// The set of deployables, over Postgres and NATS.
    Distributed,
}

/// Chooses the wiring: `embedded` (or not set) or `distributed`.
pub const WIRING_VARIABLE: &str = "CASETRAIL_TEST_WIRING";

impl Wiring {
    /// The one that the environment chooses.
    pub fn chosen() -> anyhow::Result<Self> {
        match std::env::var(WIRING_VARIABLE).as_deref() {
            Err(_) | Ok("" | "embedded") => Ok(Self::Embedded),
            Ok("distributed") => Ok(Self::Distributed),
            Ok(other) => bail!("{WIRING_VARIABLE} is '{other}'; it may be embedded or distributed"),
        }
    }
}

/// How many shards the log of the deployables has.
const SHARDS_VARIABLE: &str = "CASETRAIL_TEST_SHARDS";

/// Most shards in a test.
pub const MAX_SHARDS: usize = 4;

/// The last position of each shard.
pub type Heads = [u64; MAX_SHARDS];

/// What the environment chooses, or else one.
fn shards() -> anyhow::Result<u16> {
    let chosen = match std::env::var(SHARDS_VARIABLE).as_deref() {
        Err(_) | Ok("") => 1,
        Ok(chosen) => chosen.parse().with_context(|| format!("{SHARDS_VARIABLE} is '{chosen}'"))?,
    };
    ensure!((1..=MAX_SHARDS).contains(&usize::from(chosen)), "{SHARDS_VARIABLE}: 1 to {MAX_SHARDS}");
    Ok(chosen)
}

/// A running system, wired one way or the other.
pub enum System {
    /// Everything in one process.
    Embedded(Box<Embedded>),
    /// The set of deployables.
    Distributed(Box<distributed::System>),
}

/// The settings that a system in a test begins with, in its wiring.
pub const ON_FREE_PORTS: &str = "
    [grpc]
    address = '127.0.0.1:0'
    http_address = '127.0.0.1:0'
    [gateway]
    port = 0
    # Callbacks would wait on the manual clock, which stands still.
    callback_delay_ms = 0
";

/// Tests wait for what is to happen by asking again and again, faster than any person.
const IMPATIENT: &str = "
    [grpc.limits]
    person_calls_per_second = 100000
    person_burst = 100000
    person_calls_in_hand = 1000
    watches = 1000
";

/// Where a folder's distributed system keeps the rest: found again when it is started again.
const PLACE: &str = "place.json";

impl System {
    /// Starts one over a folder that may be there already, with `overrides` (TOML) in its configuration.
    pub async fn start(
        wiring: Wiring,
        data: &Path,
        clock: &ManualClock,
        overrides: &str,
        telemetry: Telemetry,
    ) -> anyhow::Result<Self> {
        match wiring {
            Wiring::Embedded => {
                let config = embedded::Config::from_overrides(&[ON_FREE_PORTS, IMPATIENT, overrides])?;
                Self::start_embedded(data, clock, config, telemetry).await
            }
            Wiring::Distributed => Self::start_distributed(data, clock, overrides, telemetry, 1).await,
        }
    }

    /// One process with exactly this configuration.
    pub async fn start_embedded(
        data: &Path,
        clock: &ManualClock,
        config: embedded::Config,
        telemetry: Telemetry,
    ) -> anyhow::Result<Self> {
        let options = embedded::Options {
            data: data.to_owned(),
            config,
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SystemIds),
            telemetry,
        };
        Ok(Self::Embedded(Box::new(Box::pin(embedded::start(options)).await?)))
    }

    /// So many of each deployable.
    pub async fn start_distributed(
        data: &Path,
        clock: &ManualClock,
        overrides: &str,
        telemetry: Telemetry,
        replicas: usize,
    ) -> anyhow::Result<Self> {
        let plan = Plan {
            place: place(data).await?,
            data: data.to_owned(),
            overrides: format!("{IMPATIENT}{overrides}"),
            replicas,
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SystemIds),
            telemetry,
        };
        Ok(Self::Distributed(Box::new(Box::pin(distributed::start(plan)).await?)))
    }

    /// Where gRPC listens for all services.
    pub fn grpc(&self) -> SocketAddr {
        match self {
            Self::Embedded(system) => system.grpc,
            Self::Distributed(system) => system.grpc,
        }
    }

    /// Where HTTP listens: of every process.
    pub fn http(&self) -> Vec<SocketAddr> {
        match self {
            Self::Embedded(system) => vec![system.http],
            Self::Distributed(system) => system.services.iter().map(|service| service.http).collect(),
        }
    }

    /// Where the sandbox gateway listens.
    pub fn gateway(&self) -> SocketAddr {
        match self {
            Self::Embedded(system) => system.gateway,
            Self::Distributed(system) => system.gateway,
        }
    }

    /// The folder where mails and webhooks land.
    pub fn outbox(&self) -> &Path {
        match self {
            Self::Embedded(system) => &system.outbox,
            Self::Distributed(system) => &system.outbox,
        }
    }

    /// What a service was given: the first one's, where each has its own.
    pub fn parts(&self) -> &Parts {
        match self {
            Self::Embedded(system) => &system.parts,
            Self::Distributed(system) => &system.services[0].parts,
        }
    }

    /// What every process was given.
    pub fn all_parts(&self) -> Vec<&Parts> {
        match self {
            Self::Embedded(system) => vec![&system.parts],
            Self::Distributed(system) => system.services.iter().map(|service| &service.parts).collect(),
        }
    }

    /// The log.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.parts().log
    }

    /// The shards of the log, each with an order of its own.
    pub fn shards(&self) -> Vec<Arc<dyn EventLog>> {
        self.parts().shards().into_iter().map(|shard| shard.log).collect()
    }

    /// The bus of every process.
    pub fn buses(&self) -> Vec<Arc<dyn EventBus>> {
        match self {
            Self::Embedded(system) => vec![Arc::clone(&system.parts.bus)],
            Self::Distributed(system) => {
                system.services.iter().map(|service| Arc::clone(&service.parts.bus)).collect()
            }
        }
    }

    /// Returns once every consumer has handled all there is, and nothing new came of it. What waits for
    /// the clock or for the gateway's callbacks is not waited for.
    pub async fn settled(&self) -> anyhow::Result<()> {
        match self {
            Self::Embedded(system) => Ok(system.settled().await?),
            Self::Distributed(system) => Ok(system.settled().await?),
        }
    }

    /// Stops everything in order; whether it ended by itself in time.
    pub async fn stop(self) -> bool {
        match self {
            Self::Embedded(system) => system.stop().await,
            Self::Distributed(system) => system.stop().await,
        }
    }
}

/// Servers of a test's own live as long as the test's process.
static SERVERS: Mutex<Vec<(Database, SharedNats)>> = Mutex::new(Vec::new());

/// The place of a folder's distributed system: its own database, migrated, and its own subjects.
pub async fn place(data: &Path) -> anyhow::Result<Place> {
    let file = place_file(data);
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Ok(serde_json::from_str(&text)?);
    }
    let (database, nats) = (Database::create().await?, SharedNats::find().await?);
    distributed::migrate(&database.url, shards()?, &std::collections::BTreeMap::new()).await?;
    let mut key = [0_u8; 32];
    SystemIds.fill(&mut key);
    let place = Place {
        database: database.url.clone(),
        nats: nats.url.clone(),
        nats_password: None,
        prefix: nats.prefix.clone(),
        master_key: hex::encode(key),
    };
    std::fs::create_dir_all(data)?;
    keep_place(data, &place)?;
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner).push((database, nats));
    Ok(place)
}

/// Says where a folder's distributed system keeps the rest, from its next start on.
pub fn keep_place(data: &Path, place: &Place) -> anyhow::Result<()> {
    std::fs::write(place_file(data), serde_json::to_string(place)?).context("keeping the place")
}

fn place_file(data: &Path) -> PathBuf {
    data.join(PLACE)
}

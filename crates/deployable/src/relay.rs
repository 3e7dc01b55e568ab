//! The relay as a process: reads the log, publishes it to NATS, and serves nothing but health and metrics.
//!
//! What it does is in `event_bus::nats`; any number of relays may run, and one of them works.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use axum::Router;
use event_bus::nats::{Relay, RelayState, RelayStatus};
use event_log::{EventLog, PostgresLog};
use seals::{Keyring, Limits, Parts, PostgresSealStore, SealStore, Sealer, SigningKey, Witness};
use service_kit::auth;
use service_kit::readiness::Dependency;
use service_kit::server::{self, Services};
use service_kit::telemetry::{self, Telemetry};
use service_kit::{Readiness, Shutdown, shutdown};
use tokio::sync::watch;
use tonic::service::RoutesBuilder;

use crate::config::SHARD;
use crate::{Common, Error, Program, dependencies};

/// What the process is called.
pub const NAME: &str = "casetrail-relay";

/// A running relay.
pub struct RelayDeployment {
    /// Where gRPC (health) listens.
    pub grpc: SocketAddr,
    /// Where HTTP (probes, metrics) listens.
    pub http: SocketAddr,
    /// How far it is, and whether it is the one that works.
    pub status: watch::Receiver<RelayStatus>,
    shutdown: Shutdown,
    log: Arc<PostgresLog>,
    drain: Duration,
}

/// Starts a relay.
///
/// # Errors
/// [`Error`] says what to do.
pub async fn start(
    common: &Common,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    telemetry: Telemetry,
) -> Result<RelayDeployment, Error> {
    let authenticator = auth::authenticator(&common.grpc, &clock).await?;
    let listeners = server::bind(&common.grpc).await?;
    let log = Arc::new(crate::open_log(common, NAME, &clock).await?);
    let nats = match crate::connect_nats(common, NAME).await {
        Ok(nats) => nats,
        Err(error) => {
            log.close().await;
            return Err(error);
        }
    };
    let reading: Arc<dyn EventLog> = log.clone();
    let sealer = match sealer(common, &reading, &clock).await {
        Ok(sealer) => sealer,
        Err(error) => {
            log.close().await;
            return Err(error);
        }
    };
    let shutdown = Shutdown::new();
    // Where several run, a machine and a process tell them apart.
    let machine = std::env::var("HOSTNAME").unwrap_or("here".to_owned());
    let name = format!("{NAME} {machine} {}", std::process::id());
    let relay = Relay::new(name, nats.clone(), &common.nats.options(NAME), Arc::clone(&reading), ids);
    let status = relay.status();
    let observed = status.clone();
    service_kit::metrics::observe_relay(move || observed.borrow().pending());
    let dependencies: Vec<Arc<dyn Dependency>> = vec![
        Arc::new(dependencies::Postgres(reading)),
        Arc::new(dependencies::Nats(nats)),
        Arc::new(Stream(status.clone())),
    ];
    let readiness = Readiness::follow(dependencies, &shutdown);
    let services = Services {
        routes: RoutesBuilder::default(),
        names: Vec::new(),
        descriptors: contracts::FILE_DESCRIPTOR_SET,
        http: Router::new(),
        readiness,
    };
    let running =
        server::serve(&common.grpc, listeners, services, authenticator, telemetry, &shutdown).await?;
    shutdown.spawn(relay.run(shutdown.soft().clone()));
    if let Some(sealer) = sealer {
        let stop = shutdown.soft().clone();
        // What stops it was logged: history is not as it was, and nothing is sealed on top of that.
        shutdown.spawn_background(async move { drop(sealer.run(stop).await) });
    }
    let drain = Duration::from_secs(common.grpc.drain_seconds);
    Ok(RelayDeployment { grpc: running.grpc, http: running.http, status, shutdown, log, drain })
}

/// Seals the log, if there is a key to sign with. Each relay has one: of several, one is faster.
async fn sealer(
    common: &Common,
    log: &Arc<dyn EventLog>,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Sealer>, Error> {
    let seals = &common.seals;
    if seals.key_file.as_os_str().is_empty() {
        return Ok(None);
    }
    let key = SigningKey::from_file(&seals.key_file)?;
    let trusted = if seals.trusted_keys_file.as_os_str().is_empty() {
        Keyring::new()
    } else {
        Keyring::from_file(&seals.trusted_keys_file)?
    };
    let store = Arc::new(PostgresSealStore::open(&common.postgres.url, SHARD).await?);
    let mut witnesses: Vec<Arc<dyn SealStore>> = Vec::new();
    for path in &seals.witness_files {
        witnesses.push(Arc::new(Witness::open(path).await?));
    }
    let (log, clock) = (Arc::clone(log), Arc::clone(clock));
    let parts = Parts { log, shard: SHARD, store, witnesses, key, trusted, clock };
    Ok(Some(Sealer::new(parts, Limits::default())))
}

impl RelayDeployment {
    /// Stops it: what is on its way to NATS arrives first. Returns whether it ended by itself in time.
    pub async fn stop(self) -> bool {
        let finished = self.shutdown.stop(self.drain).await;
        self.log.close().await;
        finished
    }
}

/// The stream: refused when it holds another log.
struct Stream(watch::Receiver<RelayStatus>);

#[async_trait::async_trait]
impl Dependency for Stream {
    fn name(&self) -> &'static str {
        "stream"
    }

    async fn check(&self) -> Result<(), String> {
        match &self.0.borrow().state {
            RelayState::Active | RelayState::Standby => Ok(()),
            RelayState::Unavailable(problem) | RelayState::Refused(problem) => Err(problem.clone()),
        }
    }
}

/// Runs a relay until Ctrl-C or SIGTERM: the whole of its `main`.
pub fn main() -> ExitCode {
    let program = Program::read(NAME, "Publishes the event log to NATS, in order");
    if program.print_config {
        anstream::print!("{}", crate::config::DEFAULTS);
        return ExitCode::SUCCESS;
    }
    crate::run_until_signal(NAME, run(&program))
}

async fn run(program: &Program) -> anyhow::Result<()> {
    let common = Common::load(program.config.as_deref())?;
    let telemetry = telemetry::start(&common.telemetry, NAME)?;
    let started = tokio::select! {
        started = start(&common, Arc::new(SystemClock), Arc::new(SystemIds), telemetry.clone()) => started,
        () = shutdown::signal() => {
            telemetry.stop().await;
            return Ok(());
        }
    };
    let relay = match started {
        Ok(relay) => relay,
        Err(error) => {
            telemetry.stop().await;
            return Err(error.into());
        }
    };
    program.announce(NAME, relay.grpc, relay.http);
    shutdown::signal().await;
    tracing::info!("stopping");
    relay.stop().await;
    telemetry.stop().await;
    Ok(())
}

//! The relay as a process: reads the log, publishes it to NATS, and serves nothing but health and metrics.
//!
//! What it does is in `event_bus::nats`; any number of relays may run, and one of them works.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use axum::Router;
use event_bus::nats::{Relay, RelayState, RelayStatus};
use event_log::{EventLog, PostgresLog};
use opentelemetry::KeyValue;
use seals::{Keyring, Limits, Parts, PostgresSealStore, SealStore, Sealer, SigningKey, Witness};
use service_kit::auth;
use service_kit::metrics::sample;
use service_kit::readiness::Dependency;
use service_kit::reload::{Read, Reload};
use service_kit::server::{self, Services};
use service_kit::telemetry::{self, Telemetry};
use service_kit::{Readiness, Shutdown, shutdown};
use tokio::sync::watch;
use tonic::service::RoutesBuilder;

use crate::{Common, Error, Program, dependencies};

/// What the process is called.
pub const NAME: &str = "casetrail-relay";

/// A running relay.
pub struct RelayDeployment {
    /// Where gRPC (health) listens.
    pub grpc: SocketAddr,
    /// Where HTTP (probes, metrics) listens.
    pub http: SocketAddr,
    /// Of each shard: how far it is, and whether it is the one that works.
    pub status: Vec<watch::Receiver<RelayStatus>>,
    shutdown: Shutdown,
    logs: Vec<Arc<PostgresLog>>,
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
    let logs = crate::open_logs(common, NAME, &clock).await?;
    let prepared = async {
        let nats = crate::connect_nats(common, NAME).await?;
        Ok::<_, Error>((nats, sealers(common, &logs, &clock).await?))
    };
    let (nats, sealers) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => {
            crate::close(&logs).await;
            return Err(error);
        }
    };
    let shutdown = Shutdown::new();
    // Where several run, a machine and a process tell them apart.
    let machine = std::env::var("HOSTNAME").unwrap_or("here".to_owned());
    let name = format!("{NAME} {machine} {}", std::process::id());
    let relays: Vec<Relay> = (0..)
        .zip(&logs)
        .map(|(shard, log)| {
            let (options, log) = (common.nats.options(NAME, shard), Arc::clone(log));
            let relay = Relay::new(name.clone(), nats.clone(), &options, log, Arc::clone(&ids));
            let route = relay.route();
            relay.watched(service_kit::spans::publishing(&clock, route))
        })
        .collect();
    let status: Vec<_> = relays.iter().map(Relay::status).collect();
    let observed = status.clone();
    service_kit::metrics::observe_relay(move || {
        observed.iter().map(|status| status.borrow().pending()).collect()
    });
    observe_oldest(&status, &logs, &clock, &shutdown);
    let dependencies: Vec<Arc<dyn Dependency>> = vec![
        Arc::new(dependencies::Postgres::of(&logs)),
        Arc::new(dependencies::Nats(nats)),
        Arc::new(Streams(status.clone())),
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
        server::serve(&common.grpc, listeners, services, authenticator, telemetry, &clock, &shutdown).await?;
    for relay in relays {
        shutdown.spawn(relay.run(shutdown.soft().clone()));
    }
    for sealer in sealers {
        let stop = shutdown.soft().clone();
        // What stops it was logged: history is not as it was, and nothing is sealed on top of that.
        shutdown.spawn_background(async move { drop(sealer.run(stop).await) });
    }
    let drain = Duration::from_secs(common.grpc.drain_seconds);
    Ok(RelayDeployment { grpc: running.grpc, http: running.http, status, shutdown, logs, drain })
}

/// Reports how long the oldest event has waited that is not in NATS yet.
fn observe_oldest(
    status: &[watch::Receiver<RelayStatus>],
    logs: &[Arc<PostgresLog>],
    clock: &Arc<dyn Clock>,
    shutdown: &Shutdown,
) {
    let (shards, clock): (Vec<_>, _) =
        (status.iter().cloned().zip(logs.iter().cloned()).collect(), Arc::clone(clock));
    let description = "How long the oldest event has waited that is not in NATS yet; 0 if none waits.";
    sample(shutdown, "casetrail.relay.oldest_age", "s", description, move || {
        let (shards, clock) = (shards.clone(), Arc::clone(&clock));
        async move {
            let mut readings = Vec::with_capacity(shards.len());
            for (shard, (status, log)) in (0_i64..).zip(shards) {
                let stream_head = status.borrow().stream_head;
                // Read, not believed: a relay that stands still does not look at the log.
                let oldest = log.read_all(stream_head, 1).await?;
                let age = oldest.first().map_or(0.0, |event| {
                    clock.now().duration_since(event.recorded_at).as_secs_f64().max(0.0)
                });
                readings.push((age, vec![KeyValue::new("casetrail.shard", shard)]));
            }
            Ok(readings)
        }
    });
}

/// What seals each shard, if there is a key to sign with. Each relay has them: of several, one is faster.
async fn sealers(
    common: &Common,
    logs: &[Arc<PostgresLog>],
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Sealer>, Error> {
    let seals = &common.seals;
    if seals.key_file.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let trusted = if seals.trusted_keys_file.as_os_str().is_empty() {
        Keyring::new()
    } else {
        Keyring::from_file(&seals.trusted_keys_file)?
    };
    let mut sealers = Vec::with_capacity(logs.len());
    for (shard, log) in (0..).zip(logs) {
        // A private key is not copied, but read for each.
        let key = SigningKey::from_file(&seals.key_file)?;
        let store = Arc::new(PostgresSealStore::open(&common.postgres.url, shard).await?);
        let mut witnesses: Vec<Arc<dyn SealStore>> = Vec::new();
        for path in &seals.witness_files {
            witnesses.push(Arc::new(Witness::open(&witness_of_shard(path, shard)).await?));
        }
        let (log, clock) = (Arc::clone(log), Arc::clone(clock));
        let parts = Parts { log, shard, store, witnesses, key, trusted: trusted.clone(), clock };
        sealers.push(Sealer::new(parts, Limits::default()));
    }
    Ok(sealers)
}

/// A witness file holds the seals of one shard: those of the others have their number at the end of the name.
pub fn witness_of_shard(path: &Path, shard: u16) -> PathBuf {
    if shard == 0 {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".s{shard}"));
    name.into()
}

impl RelayDeployment {
    /// Stops it: what is on its way to NATS arrives first. Returns whether it ended by itself in time.
    pub async fn stop(self) -> bool {
        let finished = self.shutdown.stop(self.drain).await;
        crate::close(&self.logs).await;
        finished
    }
}

/// The streams: refused when one holds another log.
struct Streams(Vec<watch::Receiver<RelayStatus>>);

#[async_trait::async_trait]
impl Dependency for Streams {
    fn name(&self) -> &'static str {
        "stream"
    }

    async fn check(&self) -> Result<(), String> {
        let problems = self.0.iter().filter_map(|status| match &status.borrow().state {
            RelayState::Active | RelayState::Standby => None,
            RelayState::Unavailable(problem) | RelayState::Refused(problem) => Some(problem.clone()),
        });
        let problems: Vec<String> = problems.collect();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
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
    let read = || Common::read(program.config.as_deref());
    let (common, tables) = read()?;
    let telemetry = telemetry::start(&common.telemetry, NAME)?;
    let mut signal = pin!(shutdown::signal());
    let reload = Reload::new(tables, telemetry.clone(), || {
        let (Common { telemetry, .. }, tables) = read()?;
        Ok(Read { tables, telemetry })
    })?;
    let started = tokio::select! {
        started = start(&common, Arc::new(SystemClock), Arc::new(SystemIds), telemetry.clone()) => started,
        () = &mut signal => {
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
    tokio::select! {
        () = signal => {}
        () = reload.run() => {}
    }
    tracing::info!("stopping");
    relay.stop().await;
    telemetry.stop().await;
    Ok(())
}

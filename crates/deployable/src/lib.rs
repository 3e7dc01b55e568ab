//! One service as one process, over Postgres and NATS: what the five programs of a deployment are made of.
//!
//! Wiring only: the services are the same libraries that `casetrail dev` runs in one process.
//! - `config`: what all have in common, and a service's own table.
//! - [`start`]: connects, starts the service, serves it beside its history; tests call it as well.
//! - `program`: the command line, telemetry, signals: what `main` of each service calls.
//! - `built`: what `--version` says, and what went in.
//! - `front`: one address for all services, as an ingress gives it, for development and tests.
//!
//! Must never be here: anything that one service has and another has not.

pub mod built;
pub mod config;
mod dependencies;
pub mod front;
mod keys;
mod program;
pub mod relay;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids};
use event_bus::nats::NatsBus;
use event_bus::{Shard, ShardedBus, Subscription};
use event_log::{EventLog, PostgresLog, Shards};
use futures_util::future::BoxFuture;
use history::History;
use operations::Operations;
use sealing::{PostgresKeyStore, Sealer};
use serde::de::DeserializeOwned;
use service_kit::auth::{self, AuthError};
use service_kit::config::Tables;
use service_kit::metrics::{Connections, observe_connections};
use service_kit::server::{self, Listeners, Services};
use service_kit::telemetry::Telemetry;
use service_kit::{Parts, Readiness, Shutdown, StartError, Started};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tonic::service::RoutesBuilder;

pub use config::{Common, Config};
pub use program::{Program, main, run_until_signal};

use crate::dependencies::patiently;

/// Every program that links this crate allocates with it (adr/0034).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A service that can be deployed.
pub struct Service<C> {
    /// Its stage's one name: its table in the configuration, its schema, its role.
    pub stage: &'static str,
    /// What it does, for `--help`.
    pub about: &'static str,
    /// Its documented `default.toml`.
    pub defaults: &'static str,
    /// Refuses values of its own table that make no sense, and starts nothing.
    pub sense: fn(&C) -> Result<(), StartError>,
    /// Starts it.
    pub start: for<'a> fn(&'a Parts, C) -> BoxFuture<'a, Result<Started, StartError>>,
}

impl<C: DeserializeOwned> Service<C> {
    /// Reads its own table of a configuration file as its process would, with the environment over it, and starts
    /// nothing.
    ///
    /// # Errors
    /// What is wrong in it: what cannot be read, or a value that makes no sense.
    pub fn check(&self, file: &std::path::Path) -> Result<(), StartError> {
        (self.sense)(&Tables::load(self.defaults, Some(file))?.table::<C>(self.stage)?)
    }

    /// What the process is called in logs, traces and connections: `casetrail-payments-escalation`.
    pub fn process_name(&self) -> String {
        format!("casetrail-{}", self.stage.replace('_', "-"))
    }
}

/// What a process is started with.
pub struct Options<C> {
    /// The configuration.
    pub config: Config<C>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids and randomness.
    pub ids: Arc<dyn Ids>,
    /// Telemetry that has been set up.
    pub telemetry: Telemetry,
}

/// Why a process could not start: each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log.
    #[error(transparent)]
    Log(#[from] event_log::postgres::OpenError),
    /// NATS does not answer.
    #[error(transparent)]
    Nats(#[from] event_bus::nats::ConnectError),
    /// The bus.
    #[error(transparent)]
    Bus(#[from] event_bus::nats::OpenError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] sealing::Error),
    /// The seals.
    #[error("seals: {0}")]
    Seals(#[from] seals::Error),
    /// No master key was given.
    #[error(
        "keys.master_key_file: name the file with the master key, 64 hexadecimal digits that only its owner \
         can read (openssl rand -hex 32), or give the digits as CASETRAIL__KEYS__MASTER_KEY"
    )]
    NoMasterKey,
    /// AWS KMS cannot be used as it was said.
    #[error("keys.kms.{0}")]
    Kms(String),
    /// What is to wrap was not named.
    #[error("keys.current: what it names is not there; name it under [keys], or leave it at \"first\"")]
    CurrentIsNotNamed,
    /// The database.
    #[error("postgres.url: {0}")]
    Postgres(#[from] sqlx::Error),
    /// The folder for files.
    #[error("data.folder = {folder}: {source}; name a folder that can be written", folder = folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The service.
    #[error(transparent)]
    Service(#[from] StartError),
    /// Who calls.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The listeners.
    #[error(transparent)]
    Serve(#[from] server::ServeError),
}

impl Error {
    /// Whether somebody else listens on a port that was to be taken. Nothing else was started then.
    #[must_use]
    pub fn is_port_taken(&self) -> bool {
        let Self::Serve(server::ServeError::Bind { source, .. }) = self else { return false };
        source.kind() == std::io::ErrorKind::AddrInUse
    }
}

/// A running process.
pub struct Deployment {
    /// Where gRPC listens.
    pub grpc: SocketAddr,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// What the service was given.
    pub parts: Parts,
    /// Its consumers.
    pub subscriptions: Vec<Subscription>,
    /// Whether Postgres and NATS are there.
    pub readiness: Readiness,
    logs: Vec<Arc<PostgresLog>>,
    leave: Duration,
    drain: Duration,
}

/// Starts a service and returns when it serves. When it fails, whatever was started is stopped.
///
/// # Errors
/// [`Error`] says what to do.
pub async fn start<C: DeserializeOwned>(
    service: &Service<C>,
    options: Options<C>,
) -> Result<Deployment, Error> {
    let Options { config, clock, ids, telemetry } = options;
    let Config { common, service: own } = config;
    // First: nobody should wait for a database to be told.
    (service.sense)(&own)?;
    let listeners = server::bind(&common.grpc).await?;
    let process = service.process_name();
    let logs = open_logs(&common, &process, &clock).await?;
    let shutdown = Shutdown::new();
    let connected = connect(&common, service.stage, &process, &logs, clock, ids, &shutdown).await;
    let started = match connected {
        Ok((parts, nats)) => {
            let bus = Arc::clone(&parts.bus);
            service_kit::metrics::observe_consumers(&bus);
            service_kit::metrics::observe_dead_letters(&bus, &shutdown);
            let serving = async {
                // Before anybody opens a text: an older copy of the keys may know less than the log.
                let tombstones = service_kit::tombstones::start(&parts).await?;
                let mut started = (service.start)(&parts, own).await?;
                started.subscriptions.push(tombstones);
                serve(&common, parts, nats, logs.clone(), started, listeners, telemetry).await
            };
            let started = serving.await;
            if started.is_err() {
                bus.shutdown().await;
            }
            started
        }
        Err(error) => Err(error),
    };
    if started.is_err() {
        shutdown.stop(Duration::from_secs(1)).await;
        close(&logs).await;
    }
    started
}

/// Opens every shard of the log, waiting for Postgres if it is not there yet.
pub(crate) async fn open_logs(
    common: &Common,
    process: &str,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<PostgresLog>>, Error> {
    let postgres = &common.postgres;
    let patience = Duration::from_secs(postgres.startup_patience_seconds);
    let first = postgres.log_options(process, 0, 1);
    let shards =
        patiently("Postgres", patience, event_log::postgres::OpenError::is_unreachable, async || {
            PostgresLog::count_shards(&postgres.url, &first).await
        })
        .await?;
    let mut logs = Vec::with_capacity(usize::from(shards));
    for shard in 0..shards {
        let options = postgres.log_options(process, shard, shards);
        match PostgresLog::open(&postgres.url, options, Arc::clone(clock)).await {
            Ok(log) => logs.push(observed(shard, log)),
            Err(error) => {
                close(&logs).await;
                return Err(error.into());
            }
        }
    }
    Ok(logs)
}

/// The log of a shard, whose connections are reported from now on.
fn observed(shard: u16, log: PostgresLog) -> Arc<PostgresLog> {
    let log = Arc::new(log);
    let name = if shard == 0 { "log".to_owned() } else { format!("log.s{shard}") };
    observe_connections(name, "postgresql", Arc::downgrade(&log), |log| {
        let (open, idle, most) = log.read_connections();
        Connections { open: open.into(), idle: idle as u64, most: most.into() }
    });
    log
}

pub(crate) async fn close(logs: &[Arc<PostgresLog>]) {
    for log in logs {
        log.close().await;
    }
}

/// Connects to NATS, waiting for it if it is not there yet.
pub(crate) async fn connect_nats(common: &Common, process: &str) -> Result<async_nats::Client, Error> {
    let options = common.nats.options(process, 0);
    let patience = Duration::from_secs(common.postgres.startup_patience_seconds);
    let connected = patiently("NATS", patience, event_bus::nats::ConnectError::is_unreachable, async || {
        event_bus::nats::connect(&options).await
    });
    Ok(connected.await?)
}

/// What the service is given.
async fn connect(
    common: &Common,
    stage: &str,
    process: &str,
    logs: &[Arc<PostgresLog>],
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    shutdown: &Shutdown,
) -> Result<(Parts, async_nats::Client), Error> {
    // First: what the configuration forbids needs no database to be told.
    let authenticator = auth::authenticator(&common.grpc, &clock).await?;
    let nats = connect_nats(common, process).await?;
    let kept = checkpoints(&common.postgres.url, stage)?;
    let mut shards = Vec::with_capacity(logs.len());
    for (number, log) in (0..).zip(logs) {
        let log: Arc<dyn EventLog> = log.clone();
        let options = common.nats.options(process, number);
        let (clock, ids) = (Arc::clone(&clock), Arc::clone(&ids));
        let bus = NatsBus::open(nats.clone(), &options, kept.clone(), Arc::clone(&log), clock, ids).await?;
        shards.push(Shard { log, bus: Arc::new(bus) });
    }
    let log = Shards::of(shards.iter().map(|shard| Arc::clone(&shard.log)).collect());
    let bus = ShardedBus::of(shards);
    let folder = &common.data.folder;
    std::fs::create_dir_all(folder).map_err(|source| Error::Data { folder: folder.clone(), source })?;
    let parts = Parts {
        log,
        database: "postgresql",
        bus,
        sealer: Arc::new(sealer(common, &clock, &ids).await?),
        clock,
        ids,
        authenticator,
        messages: common.grpc.limits.messages(),
        stores: service_kit::store::Stores::Postgres {
            url: common.postgres.url.clone(),
            connections: common.postgres.store_connections,
        },
        data: folder.clone(),
        shutdown: shutdown.clone(),
    };
    Ok((parts, nats))
}

/// Connections to where the bus keeps checkpoints and dead letters: the service's own schema.
fn checkpoints(url: &str, stage: &str) -> Result<PgPool, Error> {
    let options = PgConnectOptions::from_str(url)?
        .application_name("casetrail checkpoints")
        .options([("search_path", stage)])
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options))
}

async fn sealer(common: &Common, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>) -> Result<Sealer, Error> {
    let wrappers = common.keys.wrappers()?;
    let store = PostgresKeyStore::open(&common.postgres.url).await?;
    Ok(Sealer::new(Arc::new(store), wrappers, Arc::clone(clock), Arc::clone(ids)))
}

async fn serve(
    common: &Common,
    parts: Parts,
    nats: async_nats::Client,
    logs: Vec<Arc<PostgresLog>>,
    started: Started,
    listeners: Listeners,
    telemetry: Telemetry,
) -> Result<Deployment, Error> {
    let mut routes = RoutesBuilder::default();
    (started.register)(&mut routes);
    (started.register_history)(&mut routes, common.telemetry.trace_url.clone());
    routes.add_service(Operations::server(Arc::clone(&parts.bus), started.reads, parts.messages));
    let readiness = Readiness::follow(
        vec![Arc::new(dependencies::Postgres::of(&logs)), Arc::new(dependencies::Nats(nats))],
        &parts.shutdown,
    );
    let services = Services {
        routes,
        names: vec![started.name, History::NAME, Operations::NAME],
        descriptors: contracts::FILE_DESCRIPTOR_SET,
        http: started.http,
        readiness: readiness.clone(),
    };
    let authenticator = Arc::clone(&parts.authenticator);
    let running = server::serve(
        &common.grpc,
        listeners,
        services,
        authenticator,
        telemetry,
        &parts.clock,
        &parts.shutdown,
    )
    .await?;
    Ok(Deployment {
        grpc: running.grpc,
        http: running.http,
        parts,
        subscriptions: started.subscriptions,
        readiness,
        logs,
        leave: Duration::from_secs(common.grpc.leave_seconds),
        drain: Duration::from_secs(common.grpc.drain_seconds),
    })
}

impl Deployment {
    /// Stops in order: balancers are told and given time to look away, no new calls, what is in hand finished,
    /// consumers let go of what they had not begun, the log closed. Returns whether everything ended by itself in
    /// time: consumers and calls have the drain time each.
    pub async fn stop(self) -> bool {
        self.parts.shutdown.leave(self.leave).await;
        self.parts.shutdown.soft().cancel();
        let consumers = tokio::time::timeout(self.drain, self.parts.bus.shutdown()).await.is_ok();
        let finished = self.parts.shutdown.stop(self.drain).await && consumers;
        close(&self.logs).await;
        finished
    }
}

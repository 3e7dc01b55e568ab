//! Everything in one process: the four services, the sandbox gateway, the log, the bus and the keys, with
//! nothing to install. `casetrail dev` runs it, and so do the tests.
//!
//! Wiring only: the services are the same libraries that the deployables are made of.

mod certificates;
mod config;
mod data;
pub mod proof;
mod unprotected;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use access::mint::{Mint, MintError};
use ambient::{Clock, Ids};
use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use event_bus::{EmbeddedBus, Subscription};
use event_log::{EventLog, SqliteLog};
use history::History;
use operations::Operations;
use sandbox_gateway::SandboxGateway;
use sealing::{MasterKey, Sealer, SqliteKeyStore};
use service_kit::auth::{self, AuthError, Authenticator};
use service_kit::server::{self, Listeners, Mode, Services};
use service_kit::telemetry::Telemetry;
use service_kit::{Parts, Readiness, Shutdown, StartError, Started, Stores};
use tonic::service::RoutesBuilder;

pub use certificates::{CertificateError, development_tls};
pub use config::Config;
pub use data::DataError;
pub use unprotected::{Refused, Unprotected};

/// What the process is started with.
pub struct Options {
    /// The folder for log, keys, read models, evidence and outbox.
    pub data: PathBuf,
    /// The configuration.
    pub config: Config,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids and randomness.
    pub ids: Arc<dyn Ids>,
    /// Telemetry that has been set up.
    pub telemetry: Telemetry,
}

/// Why the process could not start: each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The log's file.
    #[error(transparent)]
    Log(#[from] event_log::OpenError),
    /// The log does not answer.
    #[error(transparent)]
    LogUnavailable(#[from] event_log::Error),
    /// The bus's file.
    #[error(transparent)]
    Bus(#[from] event_bus::OpenError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] sealing::Error),
    /// Who calls.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The key for development tokens.
    #[error(transparent)]
    Mint(#[from] MintError),
    /// The seals over the log.
    #[error(transparent)]
    Seals(#[from] seals::Error),
    /// The sandbox gateway.
    #[error(transparent)]
    Gateway(#[from] sandbox_gateway::StartError),
    /// A service.
    #[error(transparent)]
    Service(#[from] StartError),
    /// The listeners.
    #[error(transparent)]
    Serve(#[from] server::ServeError),
    /// Something was to be left out that protects personal data.
    #[error(transparent)]
    Unprotected(#[from] Refused),
    /// An address could not be read back.
    #[error("the address of a listener cannot be read: {0}")]
    Address(#[from] std::io::Error),
}

/// The running process.
pub struct Embedded {
    /// Where gRPC listens.
    pub grpc: SocketAddr,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// Where the sandbox gateway listens.
    pub gateway: SocketAddr,
    /// The folder where mails and webhooks land.
    pub outbox: PathBuf,
    /// What the services were given.
    pub parts: Parts,
    log: Arc<SqliteLog>,
    subscriptions: Vec<Subscription>,
    drain: Duration,
}

/// Starts everything and returns when it is ready: every consumer has caught up with the log. When it
/// fails, whatever was started is stopped, and the folder and the ports are free again.
pub async fn start(options: Options) -> Result<Embedded, Error> {
    start_with(options, None).await
}

/// As [`start`], leaving out some of what protects personal data: for benchmarks, on data that they made up.
///
/// # Errors
/// [`Error::Unprotected`] in production, where others could reach it, and on a folder that has a log.
pub async fn start_unprotected(options: Options, left_out: Unprotected) -> Result<Embedded, Error> {
    start_with(options, Some(left_out)).await
}

async fn start_with(mut options: Options, left_out: Option<Unprotected>) -> Result<Embedded, Error> {
    options.data = data::prepare(&options.data)?;
    Unprotected::check_folder(&options.data)?;
    if left_out.is_some() {
        Unprotected::check(&options.config.grpc, &options.data)?;
        Unprotected::mark(&options.data)?;
    }
    let left_out = left_out.unwrap_or_default();
    if left_out.without_masking {
        case::intake::let_through();
    }
    let listeners = server::bind(&options.config.grpc).await?;
    let log = Arc::new(SqliteLog::open(&options.data.join("log.db"), Arc::clone(&options.clock)).await?);
    let shutdown = Shutdown::new();
    let started = match parts(&options, left_out, &log, &shutdown).await {
        Ok(parts) => {
            let bus = Arc::clone(&parts.bus);
            let started = Box::pin(assemble(options, parts, listeners, Arc::clone(&log))).await;
            if started.is_err() {
                bus.shutdown().await;
            }
            started
        }
        Err(error) => Err(error),
    };
    if started.is_err() {
        shutdown.stop(Duration::from_secs(1)).await;
        log.close().await;
    }
    started
}

/// What the services are given.
async fn parts(
    options: &Options,
    left_out: Unprotected,
    log: &Arc<SqliteLog>,
    shutdown: &Shutdown,
) -> Result<Parts, Error> {
    let Options { data, clock, ids, .. } = options;
    let mut sealer = sealer(data, clock, ids).await?;
    if left_out.without_sealing {
        sealer = sealer.letting_through();
    }
    let log: Arc<dyn EventLog> = log.clone();
    let bus = EmbeddedBus::open(&data.join("bus.db"), log.clone(), clock.clone(), ids.clone()).await?;
    Ok(Parts {
        log,
        database: "sqlite",
        bus: Arc::new(bus),
        clock: Arc::clone(clock),
        ids: Arc::clone(ids),
        sealer: Arc::new(sealer),
        authenticator: authenticator(options).await?,
        messages: options.config.grpc.limits.messages(),
        stores: Stores::Folder(data.clone()),
        data: data.clone(),
        shutdown: shutdown.clone(),
    })
}

/// Who calls: as configured; otherwise callers are believed, and those with a token of this data folder are
/// held to it.
async fn authenticator(options: &Options) -> Result<Arc<dyn Authenticator>, Error> {
    let grpc = &options.config.grpc;
    if grpc.mode == Mode::Production || !grpc.tokens.jwks.is_empty() {
        return Ok(auth::authenticator(grpc, &options.clock).await?);
    }
    let mint = Mint::open_or_create(&options.data, options.ids.as_ref())?;
    Ok(auth::development(&mint.jwks().to_string_lossy(), &options.clock).await?)
}

async fn assemble(
    options: Options,
    parts: Parts,
    listeners: Listeners,
    log: Arc<SqliteLog>,
) -> Result<Embedded, Error> {
    let Options { data, mut config, telemetry, .. } = options;
    service_kit::metrics::observe_consumers(&parts.bus);
    service_kit::metrics::observe_dead_letters(&parts.bus, &parts.shutdown);
    proof::start(&data, &parts.log, &parts.clock, parts.ids.as_ref(), &parts.shutdown).await?;
    let secret = callback_secret(parts.ids.as_ref());
    let sandbox = config.gateway.sandbox(&secret);
    let gateway = SandboxGateway::start(sandbox, parts.clock.clone(), parts.shutdown.soft().clone()).await?;
    let toward_gateway = &mut config.payments_escalation.gateway;
    toward_gateway.url = gateway.url();
    toward_gateway.callback_url =
        format!("http://{}{}", listeners.http_address()?, payments_escalation::CALLBACK_PATH);
    toward_gateway.callback_secret = secret;

    let (services, subscriptions) = start_services(&parts, &config).await?;
    let head = parts.log.head().await?;
    for subscription in &subscriptions {
        caught_up(subscription, head).await;
    }
    let (authenticator, shutdown) = (parts.authenticator.clone(), parts.shutdown.clone());
    let clock = Arc::clone(&parts.clock);
    let running =
        server::serve(&config.grpc, listeners, services, authenticator, telemetry, &clock, &shutdown).await?;
    Ok(Embedded {
        grpc: running.grpc,
        http: running.http,
        gateway: gateway.address,
        outbox: data.join(&config.notifications.outbox.folder),
        parts,
        log,
        subscriptions,
        drain: Duration::from_secs(config.grpc.drain_seconds),
    })
}

/// Waits for a consumer, and says whom it is waiting for when that takes long.
async fn caught_up(subscription: &Subscription, head: u64) {
    // A consumer that stopped already has said why in the log; readiness does not wait for it.
    while tokio::time::timeout(Duration::from_secs(10), subscription.wait_until(head)).await.is_err() {
        let lag = subscription.lag();
        tracing::warn!(
            consumer = lag.consumer,
            events = lag.events(),
            "not ready yet: catching up with the log"
        );
    }
}

/// What the sandbox gateway signs its callbacks with: new at each start, since it forgets everything at
/// its end.
fn callback_secret(ids: &dyn Ids) -> String {
    let mut key = [0_u8; 32];
    ids.fill(&mut key);
    format!("whsec_{}", STANDARD.encode(key))
}

async fn sealer(data: &std::path::Path, clock: &Arc<dyn Clock>, ids: &Arc<dyn Ids>) -> Result<Sealer, Error> {
    let master = MasterKey::from_file_or_create(&data.join("master.key"), ids.as_ref())?;
    let keys = SqliteKeyStore::open(&data.join("keys.db")).await?;
    Ok(Sealer::new(Arc::new(keys), master, Arc::clone(clock), Arc::clone(ids)))
}

async fn start_services(parts: &Parts, config: &Config) -> Result<(Services, Vec<Subscription>), Error> {
    // Before anybody opens a text: an older copy of the keys may know less than the log.
    let tombstones = service_kit::tombstones::start(parts).await?;
    let started: [Started; 4] = [
        intake::start(parts, config.intake.clone()).await?,
        routing::start(parts, config.routing.clone()).await?,
        payments_escalation::start(parts, config.payments_escalation.clone()).await?,
        notifications::start(parts, config.notifications.clone()).await?,
    ];
    let mut routes = RoutesBuilder::default();
    let mut names = vec![History::NAME, Operations::NAME];
    let mut http = Router::new();
    let mut subscriptions = vec![tombstones];
    // Every service could serve the history; a process does it once.
    let mut trace_url = Some(config.telemetry.trace_url.clone());
    // All write into one file.
    let [Started { reads, .. }, ..] = &started;
    routes.add_service(Operations::server(Arc::clone(&parts.bus), Arc::clone(reads), parts.messages));
    for service in started {
        (service.register)(&mut routes);
        if let Some(trace_url) = trace_url.take() {
            (service.register_history)(&mut routes, trace_url);
        }
        names.push(service.name);
        http = http.merge(service.http);
        subscriptions.extend(service.subscriptions);
    }
    let descriptors = contracts::FILE_DESCRIPTOR_SET;
    let readiness = Readiness::always();
    Ok((Services { routes, names, descriptors, http, readiness }, subscriptions))
}

impl Embedded {
    /// Returns once every consumer has handled all there is, and nothing new came of it. What waits for
    /// the clock or for the gateway's callbacks is not waited for.
    pub async fn settled(&self) -> Result<(), Error> {
        loop {
            let head = self.parts.log.head().await?;
            for subscription in &self.subscriptions {
                let _ = subscription.wait_until(head).await;
            }
            if self.parts.log.head().await? == head {
                return Ok(());
            }
        }
    }

    /// Stops in order: no new calls, what is in hand finished, consumers' checkpoints kept, the log
    /// closed. Returns whether everything ended by itself in time: consumers and calls have the drain time each.
    pub async fn stop(self) -> bool {
        self.parts.shutdown.soft().cancel();
        let consumers = tokio::time::timeout(self.drain, self.parts.bus.shutdown()).await.is_ok();
        let finished = self.parts.shutdown.stop(self.drain).await && consumers;
        self.log.close().await;
        finished
    }
}

//! The two listeners of a process: gRPC for callers, plain HTTP for scrapes, probes and callbacks.
//!
//! Every limit is set on purpose ([`crate::limits`]): tonic's own defaults are no timeout, unlimited streams and
//! unlimited connection age.

mod accept;
mod call;
mod connection;
mod deadline;
mod explain;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use access::table::{self, Admits};
use ambient::Clock;
use axum::Router;
use axum::routing::get;
use prost::Message;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::service::RoutesBuilder;
use tonic_health::server::HealthReporter;

use crate::auth::{Authenticator, KnownServices, ServicesError, TokensConfig};
use crate::limits::{Limits, LimitsConfig, LimitsError};
use crate::metrics::metrics;
use crate::readiness::Readiness;
use crate::shutdown::Shutdown;
use crate::telemetry::Telemetry;
use crate::tls::{Certificates, TlsConfig, TlsError};

pub use call::CallLayer;
use call::Fence;
pub use connection::Peer;

/// `[grpc]` in a configuration file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Where gRPC listens, such as `127.0.0.1:7700`; port 0 takes a free one.
    pub address: SocketAddr,
    /// Where HTTP listens: `/metrics`, `/livez`, `/readyz`, callbacks.
    pub http_address: SocketAddr,
    /// The deadline of a call that brings none, in milliseconds; also the longest one granted.
    pub deadline_ms: u64,
    /// How long a process that was told to stop still answers, in seconds, while it says that it is not serving.
    #[serde(default)]
    pub leave_seconds: u64,
    /// How long calls in hand may go on at shutdown, in seconds.
    pub drain_seconds: u64,
    /// Whether the server tells its methods and messages (development).
    pub reflection: bool,
    /// Whether to listen beyond this machine although connections are not encrypted here, and callers without
    /// `tokens` believed. Only for a network that does both: a mesh, or a gateway that alone reaches the port.
    #[serde(default)]
    pub trusted_network: bool,
    /// What is allowed: in production nothing that is there for development.
    #[serde(default)]
    pub mode: Mode,
    /// How callers prove who they are.
    #[serde(default)]
    pub tokens: TokensConfig,
    /// How connections are encrypted, and who may call by certificate.
    #[serde(default)]
    pub tls: TlsConfig,
    /// How much may be asked.
    #[serde(default)]
    pub limits: LimitsConfig,
}

/// What a process is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// To try things: callers may be believed without proof.
    #[default]
    Development,
    /// For players: every caller proves who they are, with keys that were not made for development, and nobody
    /// is told the methods.
    Production,
}

/// Why a process cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("{key} = {address}: {source}; stop the other program or choose another port")]
    Bind {
        /// The configuration key.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Nothing is encrypted or proven here, so only this machine may call.
    #[error(
        "grpc.address = {0} is not a loopback address, but connections are not encrypted or callers may be \
         believed without proof; use 127.0.0.1, or set grpc.tls and grpc.tokens, or say grpc.trusted_network = \
         true where a mesh encrypts and proves, or only an authenticating gateway reaches it"
    )]
    NotLoopback(SocketAddr),
    /// Nothing would be encrypted.
    #[error(
        "grpc.tls.certificate_file is empty: with grpc.mode = \"production\" connections are encrypted; name the \
         server's certificate, or say grpc.trusted_network = true where a mesh does it"
    )]
    Plaintext,
    /// A certificate that was made in a data folder.
    #[error(
        "grpc.tls.certificate_file: a certificate for development, with grpc.mode = \"production\"; name your own"
    )]
    DevelopmentCertificate,
    /// The certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The map of services.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The limits.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// Nobody said who may call a method.
    #[error("the method {0} is not in the table of methods and roles (crates/access/src/table.rs)")]
    NotInTable(String),
    /// The descriptors do not read.
    #[error("the descriptors of the services do not read: {0}")]
    Descriptors(#[from] prost::DecodeError),
    /// The descriptors do not read.
    #[error("reflection cannot be served: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// HTTP/2 could not be set up.
    #[error("gRPC cannot be served: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// What a process serves.
pub struct Services {
    /// The gRPC services.
    pub routes: RoutesBuilder,
    /// Their full names, for health: `casetrail.intake.v1.IntakeService`.
    pub names: Vec<&'static str>,
    /// Their encoded descriptors, for reflection.
    pub descriptors: &'static [u8],
    /// More HTTP routes, such as a gateway's callbacks.
    pub http: Router,
    /// Whether what they need is there.
    pub readiness: Readiness,
}

/// The name under which gRPC health says that the process lives, whatever its dependencies do.
pub const LIVENESS: &str = "liveness";

/// A server that is running.
pub struct Running {
    /// Where gRPC listens.
    pub grpc: SocketAddr,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// Ends after the drain.
    pub ended: JoinHandle<Result<(), ServeError>>,
}

/// The listeners, taken before anything else is started: a port that is taken is known at once.
pub struct Listeners {
    grpc: TcpListener,
    http: TcpListener,
}

impl ServerConfig {
    /// Whether it may listen at all: what makes no sense is told before anything else is started.
    ///
    /// # Errors
    /// Names the setting.
    pub fn check(&self) -> Result<(), ServeError> {
        let is_proven = !self.tokens.jwks.is_empty() || self.tls.proves_clients();
        let is_safe = self.trusted_network || (self.tls.is_on() && is_proven);
        if !self.address.ip().is_loopback() && !is_safe {
            return Err(ServeError::NotLoopback(self.address));
        }
        if self.mode == Mode::Production && !self.tls.is_on() && !self.trusted_network {
            return Err(ServeError::Plaintext);
        }
        KnownServices::of(&self.tls.services)?;
        Ok(self.limits.check()?)
    }
}

/// Takes both ports.
pub async fn bind(config: &ServerConfig) -> Result<Listeners, ServeError> {
    config.check()?;
    let take = async |key, address| {
        TcpListener::bind(address).await.map_err(|source| ServeError::Bind { key, address, source })
    };
    Ok(Listeners {
        grpc: take("grpc.address", config.address).await?,
        http: take("grpc.http_address", config.http_address).await?,
    })
}

impl Listeners {
    /// Where HTTP will listen.
    pub fn http_address(&self) -> std::io::Result<SocketAddr> {
        self.http.local_addr()
    }
}

/// Serves until shutdown: says `NOT_SERVING` as soon as it is to leave, takes no more calls from the soft signal
/// on, finishes what is in hand, and ends at the hard signal at the latest (an idle connection or an open stream would otherwise keep it for ever).
pub async fn serve(
    config: &ServerConfig,
    listeners: Listeners,
    mut services: Services,
    authenticator: Arc<dyn Authenticator>,
    telemetry: Telemetry,
    clock: &Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> Result<Running, ServeError> {
    let bound = |key, address| move |source| ServeError::Bind { key, address, source };
    let grpc = listeners.grpc.local_addr().map_err(bound("grpc.address", config.address))?;
    let http = listeners.http.local_addr().map_err(bound("grpc.http_address", config.http_address))?;

    table_holds_all(&services)?;
    metrics().serves();
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status(LIVENESS, tonic_health::ServingStatus::Serving).await;
    let names: Vec<&'static str> = services.names.iter().copied().chain([""]).collect();
    tell_health(&health, &names, services.readiness.is_ready()).await;
    services.routes.add_service(health_service);
    if config.reflection {
        services.routes.add_service(
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(services.descriptors)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .build_v1()?,
        );
    }
    let limits = &config.limits;
    let fence = Fence {
        limits: Limits::new(limits)?,
        services: KnownServices::of(&config.tls.services)?,
        watches: watches(&services)?,
    };
    let calls = CallLayer::new(authenticator, Duration::from_millis(config.deadline_ms)).fenced(fence);
    let mut server = tonic::transport::Server::builder()
        .max_concurrent_streams(limits.streams_per_connection)
        .http2_max_header_list_size(limits.header_bytes)
        .http2_keepalive_interval(Some(Duration::from_secs(limits.keepalive_seconds)))
        .http2_keepalive_timeout(Some(Duration::from_secs(limits.keepalive_timeout_seconds)))
        .http2_max_pending_accept_reset_streams(Some(64))
        .max_connection_age(Duration::from_secs(limits.connection_age_seconds))
        .max_connection_age_grace(Duration::from_secs(limits.connection_grace_seconds))
        .layer(calls);
    let certificates = Certificates::follow(&config.tls, clock, shutdown)?;
    let is_for_development = certificates.as_ref().is_some_and(Certificates::is_for_development);
    if config.mode == Mode::Production && is_for_development {
        return Err(ServeError::DevelopmentCertificate);
    }
    let incoming = accept::connections(listeners.grpc, limits, certificates, shutdown);
    let soft = shutdown.soft().clone();
    let serving = server
        .add_routes(services.routes.routes())
        .serve_with_incoming_shutdown(incoming, async move { soft.cancelled().await });
    let hard = shutdown.hard().clone();
    let ended = shutdown.spawn(async move {
        tokio::select! {
            served = serving => {
                if let Err(error) = &served {
                    tracing::error!(%error, "gRPC ended");
                }
                served.map_err(ServeError::from)
            }
            () = hard.cancelled() => Ok(()),
        }
    });
    shutdown.spawn_background(tell_while_serving(
        health,
        names,
        services.readiness.clone(),
        shutdown.clone(),
    ));
    serve_http(listeners.http, services.http, services.readiness, telemetry, shutdown);
    Ok(Running { grpc, http, ended })
}

/// Default deny: a server with a method that nobody was admitted to was not thought through.
fn table_holds_all(services: &Services) -> Result<(), ServeError> {
    let unknown = methods(services)?.into_iter().find(|(path, _)| table::admitted(path) == Admits::Nobody);
    unknown.map_or(Ok(()), |(path, _)| Err(ServeError::NotInTable(path)))
}

/// The methods whose answers have no end: they take room in another way than others.
fn watches(services: &Services) -> Result<Vec<String>, ServeError> {
    let endless = methods(services)?.into_iter().filter(|(_, is_endless)| *is_endless);
    Ok(endless.map(|(path, _)| path).collect())
}

/// The paths of all methods that are served, and whether each answers with a stream.
fn methods(services: &Services) -> Result<Vec<(String, bool)>, ServeError> {
    let set = prost_types::FileDescriptorSet::decode(services.descriptors)?;
    let mut found = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            if services.names.contains(&name.as_str()) {
                let path = |method: &prost_types::MethodDescriptorProto| {
                    (format!("/{name}/{}", method.name()), method.server_streaming())
                };
                found.extend(service.method.iter().map(path));
            }
        }
    }
    Ok(found)
}

/// Tells what readiness is until the process leaves, then that it does not serve, and at the end nothing more:
/// whoever watches would hold their connection open for as long as calls may go on.
async fn tell_while_serving(
    mut health: HealthReporter,
    names: Vec<&'static str>,
    mut readiness: Readiness,
    shutdown: Shutdown,
) {
    loop {
        tokio::select! {
            () = shutdown.leaving().cancelled() => break,
            () = readiness.changed() => tell_health(&health, &names, readiness.is_ready()).await,
        }
    }
    tell_health(&health, &names, false).await;
    shutdown.soft().cancelled().await;
    for name in names.iter().chain([&LIVENESS]) {
        health.clear_service_status(name).await;
    }
}

async fn tell_health(health: &HealthReporter, names: &[&'static str], ready: bool) {
    use tonic_health::ServingStatus::{NotServing, Serving};
    for name in names {
        health.set_service_status(name, if ready { Serving } else { NotServing }).await;
    }
}

fn serve_http(
    listener: TcpListener,
    routes: Router,
    readiness: Readiness,
    telemetry: Telemetry,
    shutdown: &Shutdown,
) {
    let stopping = shutdown.leaving().clone();
    let ready = move || {
        let (stopping, readiness) = (stopping.is_cancelled(), readiness.clone());
        async move {
            let told = readiness.describe();
            if stopping {
                (http::StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned())
            } else if readiness.is_ready() {
                (http::StatusCode::OK, format!("ready\n{told}"))
            } else {
                (http::StatusCode::SERVICE_UNAVAILABLE, format!("not ready\n{told}"))
            }
        }
    };
    let scrape = move || {
        let scraped = telemetry.scrape();
        async move { scraped.map_err(|error| (http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string())) }
    };
    let router = routes
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape));
    let soft = shutdown.soft().clone();
    shutdown.spawn_background(async move {
        let served =
            axum::serve(listener, router).with_graceful_shutdown(async move { soft.cancelled().await }).await;
        if let Err(error) = served {
            tracing::error!(%error, "HTTP ended");
        }
    });
}

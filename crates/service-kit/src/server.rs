//! The two listeners of a process: gRPC for callers, plain HTTP for scrapes, probes and callbacks.
//!
//! Every limit is set on purpose: tonic's own defaults are no timeout, unlimited streams and unlimited
//! connection age.

mod call;
mod deadline;
mod explain;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use access::table::{self, Admits};
use axum::Router;
use axum::routing::get;
use prost::Message;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::service::RoutesBuilder;
use tonic::transport::server::TcpIncoming;
use tonic_health::server::HealthReporter;

use crate::auth::{Authenticator, TokensConfig};
use crate::readiness::Readiness;
use crate::shutdown::Shutdown;
use crate::telemetry::Telemetry;

pub use call::CallLayer;

/// The largest message taken or sent, in bytes. Larger content (evidence) is streamed in chunks. Each
/// generated server is given it: `max_decoding_message_size(MAX_MESSAGE_BYTES)`.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Calls in progress on one connection; more wait in the client.
const STREAMS_PER_CONNECTION: u32 = 512;
/// The most bytes of headers and metadata of one call.
const MAX_HEADER_BYTES: u32 = 16 * 1024;
/// A connection is asked to move on after this time, so that balancing and certificates stay fresh.
const CONNECTION_AGE: Duration = Duration::from_mins(30);
/// How long calls on an old connection may go on.
const CONNECTION_AGE_GRACE: Duration = Duration::from_secs(30);

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
    /// Nothing is encrypted here, so only this machine may call.
    #[error(
        "grpc.address = {0} is not a loopback address, but connections are not encrypted and callers may be \
         believed without proof; use 127.0.0.1, or say grpc.trusted_network = true where a mesh encrypts and \
         proves, or only an authenticating gateway reaches it"
    )]
    NotLoopback(SocketAddr),
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

/// Takes both ports.
pub async fn bind(config: &ServerConfig) -> Result<Listeners, ServeError> {
    if !config.address.ip().is_loopback() && !config.trusted_network {
        return Err(ServeError::NotLoopback(config.address));
    }
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

/// Serves until shutdown: says `NOT_SERVING`, finishes what is in hand, and ends at the hard signal at the
/// latest (an idle connection or an open stream would otherwise keep it for ever).
pub async fn serve(
    config: &ServerConfig,
    listeners: Listeners,
    mut services: Services,
    authenticator: Arc<dyn Authenticator>,
    telemetry: Telemetry,
    shutdown: &Shutdown,
) -> Result<Running, ServeError> {
    let bound = |key, address| move |source| ServeError::Bind { key, address, source };
    let grpc = listeners.grpc.local_addr().map_err(bound("grpc.address", config.address))?;
    let http = listeners.http.local_addr().map_err(bound("grpc.http_address", config.http_address))?;

    table_holds_all(&services)?;
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
    let mut server = tonic::transport::Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .http2_max_pending_accept_reset_streams(Some(64))
        .max_connection_age(CONNECTION_AGE)
        .max_connection_age_grace(CONNECTION_AGE_GRACE)
        .tcp_nodelay(true)
        .layer(CallLayer::new(authenticator, Duration::from_millis(config.deadline_ms)));
    let incoming = TcpIncoming::from(listeners.grpc).with_nodelay(Some(true));
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
    let (soft, mut readiness) = (shutdown.soft().clone(), services.readiness.clone());
    shutdown.spawn_background(async move {
        loop {
            tokio::select! {
                () = soft.cancelled() => return tell_health(&health, &names, false).await,
                () = readiness.changed() => tell_health(&health, &names, readiness.is_ready()).await,
            }
        }
    });
    serve_http(listeners.http, services.http, services.readiness, telemetry, shutdown);
    Ok(Running { grpc, http, ended })
}

/// Default deny: a server with a method that nobody was admitted to was not thought through.
fn table_holds_all(services: &Services) -> Result<(), ServeError> {
    let set = prost_types::FileDescriptorSet::decode(services.descriptors)?;
    for file in &set.file {
        for service in &file.service {
            let name = format!("{}.{}", file.package(), service.name());
            if !services.names.contains(&name.as_str()) {
                continue;
            }
            for method in &service.method {
                let path = format!("/{name}/{}", method.name());
                if table::admitted(&path) == Admits::Nobody {
                    return Err(ServeError::NotInTable(path));
                }
            }
        }
    }
    Ok(())
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
    let stopping = shutdown.soft().clone();
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

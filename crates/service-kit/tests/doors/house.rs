//! A server with doors, and those who come to them.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ambient::{Clock, ManualClock};
use futures_util::StreamExt;
use service_kit::auth::{self, ACTOR_KEY};
use service_kit::server::{self, ServerConfig, Services};
use service_kit::telemetry::{self, Telemetry, TelemetryConfig};
use service_kit::{Readiness, Shutdown};
use tonic::service::RoutesBuilder;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;

use crate::bytes::Bytes;
use crate::echo::{Echo, descriptors};

const DEFAULTS: &str = "address = '127.0.0.1:0'\nhttp_address = '127.0.0.1:0'\ndeadline_ms = 10000\n\
                        drain_seconds = 1\nreflection = false\n";

/// A process has one; some tests open several houses.
static TELEMETRY: OnceLock<Telemetry> = OnceLock::new();

/// The server.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    pub(crate) clock: ManualClock,
    telemetry: Telemetry,
    shutdown: Shutdown,
}

impl House {
    /// One with these settings of `[grpc]`.
    pub(crate) async fn open(settings: &str) -> Self {
        Self::try_open(settings).await.unwrap()
    }

    pub(crate) async fn try_open(settings: &str) -> Result<Self, String> {
        let config: ServerConfig = service_kit::config::parse(DEFAULTS, settings).unwrap();
        let clock = ManualClock::new("2026-11-23T10:00:00Z".parse().unwrap());
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        let telemetry =
            TELEMETRY.get_or_init(|| telemetry::start(&TelemetryConfig::default(), "doors").unwrap()).clone();
        let shutdown = Shutdown::new();
        let mut routes = RoutesBuilder::default();
        routes.add_service(Echo);
        let services = Services {
            routes,
            names: vec!["casetrail.history.v1.HistoryService"],
            descriptors: Box::leak(descriptors().into_boxed_slice()),
            http: axum::Router::new(),
            readiness: Readiness::always(),
        };
        let authenticator = auth::authenticator(&config, &time).await.map_err(|error| error.to_string())?;
        let listeners = server::bind(&config).await.map_err(|error| error.to_string())?;
        let told = telemetry.clone();
        let running =
            server::serve(&config, listeners, services, authenticator, told, &time, &shutdown).await;
        let address = running.map_err(|error| error.to_string())?.grpc;
        Ok(Self { address, clock, telemetry, shutdown })
    }

    /// Somebody with a connection of their own, without encryption.
    pub(crate) async fn caller(&self, actor: &str) -> Visitor {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).unwrap();
        Visitor::new(endpoint.tcp_nodelay(true).connect().await.unwrap(), actor)
    }

    /// The value of a metric's line that holds all of these; 0 if there is none.
    pub(crate) fn metric(&self, parts: &[&str]) -> f64 {
        let scraped = self.telemetry.scrape().unwrap();
        let line = scraped
            .lines()
            .find(|line| !line.starts_with('#') && parts.iter().all(|part| line.contains(part)));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0.0)
    }

    pub(crate) async fn close(self) {
        self.shutdown.stop(Duration::from_millis(10)).await;
    }
}

/// Somebody who calls.
#[derive(Clone)]
pub(crate) struct Visitor {
    channel: Channel,
    actor: String,
    pub(crate) more: Vec<(&'static str, String)>,
}

impl Visitor {
    pub(crate) fn new(channel: Channel, actor: &str) -> Self {
        Self { channel, actor: actor.to_owned(), more: Vec::new() }
    }

    fn request(&self, message: &[u8]) -> Request<Vec<u8>> {
        let mut request = Request::new(message.to_vec());
        let actor = (!self.actor.is_empty()).then(|| (ACTOR_KEY, self.actor.clone()));
        for (key, value) in self.more.iter().cloned().chain(actor) {
            request.metadata_mut().insert(key, value.parse().unwrap());
        }
        request
    }

    pub(crate) async fn call(&self, path: &'static str, message: &[u8]) -> Result<Vec<u8>, Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(path);
        Ok(client.unary(self.request(message), path, Bytes).await?.into_inner())
    }

    /// A stream of answers, of which none was taken yet.
    pub(crate) async fn ask(&self, path: &'static str, message: &[u8]) -> Result<Streaming<Vec<u8>>, Status> {
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let path = http::uri::PathAndQuery::from_static(path);
        Ok(client.server_streaming(self.request(message), path, Bytes).await?.into_inner())
    }

    /// A stream of answers, of which the first has come.
    pub(crate) async fn watch(&self, path: &'static str) -> Result<Streaming<Vec<u8>>, Status> {
        let mut stream = self.ask(path, b"").await?;
        stream.next().await.transpose()?;
        Ok(stream)
    }
}

/// How a call was refused: by code and stable reason.
pub(crate) fn told<T>(answer: Result<T, Status>) -> (Code, String) {
    match answer {
        Ok(_) => (Code::Ok, String::new()),
        Err(status) => {
            let reason = status.get_details_error_info().map(|info| info.reason);
            (status.code(), reason.unwrap_or_default())
        }
    }
}

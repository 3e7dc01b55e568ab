//! One address for all services: passes each call on to the service that its path names, as an ingress
//! does. For `casetrail up` and tests; in production that is the ingress' work.
//!
//! Calls are spread over the replicas of a service. What is not a service's own (health, reflection) goes
//! to the one that the metadata [`SERVICE_KEY`] names, or to the first one.

use std::net::SocketAddr;

use axum::Router;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use service_kit::Shutdown;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Identity, Server, ServerTlsConfig};
use tower::{Service, ServiceExt};

/// The metadata that says which service is meant, where the path does not: what every service has for itself.
pub const SERVICE_KEY: &str = "casetrail-service";

/// A service behind the front.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Its stage's name: what its package in the contracts is called.
    pub stage: String,
    /// Where its replicas listen for gRPC.
    pub replicas: Vec<SocketAddr>,
}

/// Serves until shutdown. The first backend also answers what belongs to none, such as the history of a
/// case, which every service knows.
///
/// # Errors
/// The address is taken.
pub async fn serve(
    address: SocketAddr,
    backends: &[Backend],
    shutdown: &Shutdown,
) -> std::io::Result<SocketAddr> {
    serve_on(Server::builder(), address, backends, shutdown).await
}

/// As [`serve`], over connections that are encrypted with this certificate. The way on to the services is not: it must
/// stay on this machine.
///
/// # Errors
/// As for [`serve`], or the certificate cannot be used.
pub async fn serve_encrypted(
    address: SocketAddr,
    backends: &[Backend],
    certificate: Identity,
    shutdown: &Shutdown,
) -> std::io::Result<SocketAddr> {
    let tls = ServerTlsConfig::new().identity(certificate);
    let server = Server::builder().tls_config(tls).map_err(std::io::Error::other)?;
    serve_on(server, address, backends, shutdown).await
}

async fn serve_on(
    mut server: Server,
    address: SocketAddr,
    backends: &[Backend],
    shutdown: &Shutdown,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let front = Front { backends: backends.iter().map(Open::of).collect() };
    let routes = Routes::from(Router::new().fallback_service(front));
    let soft = shutdown.soft().clone();
    let serving = server.add_routes(routes).serve_with_incoming_shutdown(
        TcpIncoming::from(listener).with_nodelay(Some(true)),
        async move {
            soft.cancelled().await;
        },
    );
    shutdown.spawn_background(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the front ended");
        }
    });
    Ok(address)
}

#[derive(Clone)]
struct Front {
    backends: Vec<Open>,
}

#[derive(Clone)]
struct Open {
    stage: String,
    prefix: String,
    channel: Channel,
}

impl Open {
    fn of(backend: &Backend) -> Self {
        let endpoints = backend.replicas.iter().map(|replica| endpoint(*replica));
        Self {
            stage: backend.stage.clone(),
            prefix: format!("/casetrail.{}.", backend.stage),
            channel: Channel::balance_list(endpoints),
        }
    }
}

fn endpoint(replica: SocketAddr) -> Endpoint {
    Endpoint::from(
        Uri::builder()
            .scheme("http")
            .authority(replica.to_string())
            .path_and_query("/")
            .build()
            .unwrap_or_default(),
    )
    .tcp_nodelay(true)
}

impl Service<Request<axum::body::Body>> for Front {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, std::convert::Infallible>>;

    fn poll_ready(
        &mut self,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<axum::body::Body>) -> Self::Future {
        let path = request.uri().path();
        let meant = request.headers().get(SERVICE_KEY).and_then(|value| value.to_str().ok());
        let named = self.backends.iter().find(|backend| path.starts_with(&backend.prefix));
        let named = named.or_else(|| self.backends.iter().find(|backend| Some(&*backend.stage) == meant));
        let channel = named.or(self.backends.first()).map(|backend| backend.channel.clone());
        Box::pin(async move {
            let unavailable = |problem: String| tonic::Status::unavailable(problem).into_http();
            let Some(channel) = channel else { return Ok(unavailable("no service is behind it".to_owned())) };
            let passed_on = channel.oneshot(request.map(Body::new)).await;
            // A deadline that passed, or a service that is away.
            Ok(passed_on.unwrap_or_else(|error| tonic::Status::from_error(Box::new(error)).into_http()))
        })
    }
}

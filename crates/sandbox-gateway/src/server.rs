//! Starts the gateway and stops it.

use std::net::SocketAddr;
use std::sync::Arc;

use ambient::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Config;
use crate::callbacks::Gateway;
use crate::routes::routes;

/// Why the gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or may not be used.
    #[error("the sandbox gateway cannot listen on {address}: {source}; choose another port, or 0")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The secret for signing callbacks is unfit.
    #[error("callback_secret must be 'whsec_' followed by at least 24 bytes in base64")]
    Secret,
    /// The HTTP client for callbacks could not be set up.
    #[error("the client for callbacks cannot be set up: {0}")]
    Client(String),
}

/// A running gateway.
#[derive(Debug)]
pub struct Running {
    /// Where it listens, with the port that was taken.
    pub address: SocketAddr,
    tasks: TaskTracker,
}

impl Running {
    /// Its address for clients, such as `http://127.0.0.1:50123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns when the token was cancelled and everything in hand has ended.
    pub async fn stopped(&self) {
        self.tasks.wait().await;
    }
}

/// The sandbox gateway.
#[derive(Debug)]
pub struct SandboxGateway;

impl SandboxGateway {
    /// Listens and serves until `stop` is cancelled. Delays pass on `clock`.
    ///
    /// # Errors
    /// [`StartError::Bind`] when the port is taken; [`StartError::Secret`]; [`StartError::Client`].
    pub async fn start(
        config: Config,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Result<Running, StartError> {
        let signer = config.signer().ok_or(StartError::Secret)?;
        let asked = SocketAddr::new(config.address, config.port);
        let bind = |source| StartError::Bind { address: asked, source };
        let listener = TcpListener::bind(asked).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;

        let tasks = TaskTracker::new();
        let gateway = Gateway::new(config, signer, clock, tasks.clone(), stop.clone());
        let gateway = Arc::new(gateway.map_err(StartError::Client)?);
        tasks.spawn(async move {
            let serving =
                axum::serve(listener, routes(gateway)).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "the sandbox gateway stopped serving");
            }
        });
        tasks.close();
        Ok(Running { address, tasks })
    }
}

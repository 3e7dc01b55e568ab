//! Everything over Postgres and NATS: what `casetrail migrate` makes, and the whole set of deployables in
//! one process, each with its own connections, ports and log cache, so that tests can play on them with a
//! clock of their own. They share nothing but the database, NATS and, for files, a folder.
//!
//! Wiring only; the counterpart of `embedded`.

mod migrate;
mod nats_users;
mod place;
mod roles;
mod schemas;
mod settings;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deployable::front::{self, Backend};
use deployable::relay::{self, RelayDeployment};
use deployable::{Common, Config, Deployment, Options, Service};
use sandbox_gateway::SandboxGateway;
use serde::de::DeserializeOwned;
use service_kit::Shutdown;
use service_kit::config::ConfigError;
use service_kit::telemetry::Telemetry;

pub use migrate::{MigrateError, migrate, role_names};
pub use nats_users::{OPERATOR, nats_users, nats_users_file};
pub use place::Place;
pub use roles::{RELAY, password_variable, role_of};
pub use schemas::{DerivationsError, SCHEMAS, Schema, derivations};
pub use settings::{check_settings, settings_schema, show_settings};

/// What the set is started with.
pub struct Plan {
    /// Where everything is kept.
    pub place: Place,
    /// The folder for evidence and outbox.
    pub data: PathBuf,
    /// More settings (TOML), for every process.
    pub overrides: String,
    /// How many of each service, and of the relay.
    pub replicas: usize,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids and randomness.
    pub ids: Arc<dyn Ids>,
    /// Telemetry that has been set up.
    pub telemetry: Telemetry,
}

/// Why the set could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A process.
    #[error(transparent)]
    Process(#[from] deployable::Error),
    /// The sandbox gateway.
    #[error(transparent)]
    Gateway(#[from] sandbox_gateway::StartError),
    /// A port.
    #[error("no port could be taken: {0}")]
    Port(#[from] std::io::Error),
}

/// The running set.
pub struct System {
    /// Where gRPC listens: one address for all services.
    pub grpc: SocketAddr,
    /// Where the sandbox gateway listens.
    pub gateway: SocketAddr,
    /// The folder where mails and webhooks land.
    pub outbox: PathBuf,
    /// Every service's processes, in the order of the journey.
    pub services: Vec<Deployment>,
    /// The relays.
    pub relays: Vec<RelayDeployment>,
    /// Stops the gateway.
    shutdown: Shutdown,
    /// Stops the front.
    front: Shutdown,
}

/// Starts relays, services, a sandbox gateway and a front, and returns when all serve.
///
/// # Errors
/// [`Error`]; what was started before is stopped.
pub async fn start(plan: Plan) -> Result<System, Error> {
    let shutdown = Shutdown::new();
    let mut secret = [0_u8; 32];
    plan.ids.fill(&mut secret);
    let secret = format!("whsec_{}", STANDARD.encode(secret));
    let sandbox = sandbox_gateway::Config {
        // Callbacks would wait on a clock that stands still.
        callback_delay_ms: 0,
        late_reply_ms: 900_000,
        ..sandbox_gateway::Config::with_secret(&secret)
    };
    let gateway = SandboxGateway::start(sandbox, plan.clock.clone(), shutdown.soft().clone()).await?;
    let mut system = System {
        grpc: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        gateway: gateway.address,
        outbox: plan.data.join("outbox"),
        services: Vec::new(),
        relays: Vec::new(),
        shutdown,
        front: Shutdown::new(),
    };
    let started = system.start_all(&plan, &gateway.url(), &secret).await;
    match started {
        Ok(()) => Ok(system),
        Err(error) => {
            system.stop().await;
            Err(error)
        }
    }
}

impl System {
    async fn start_all(&mut self, plan: &Plan, gateway: &str, secret: &str) -> Result<(), Error> {
        for _ in 0..plan.replicas {
            let texts = [plan.place.settings(RELAY, &plan.data, 0), plan.overrides.clone()];
            let common = Common::from_overrides(&[&texts[0], &texts[1]])?;
            let (clock, ids) = (plan.clock.clone(), plan.ids.clone());
            self.relays.push(relay::start(&common, clock, ids, plan.telemetry.clone()).await?);
        }
        let gateway =
            format!("[payments_escalation.gateway]\nurl = '{gateway}'\ncallback_secret = '{secret}'");
        let mut backends = Vec::new();
        backends.push(self.replicas(plan, &intake::deployable(), &gateway).await?);
        backends.push(self.replicas(plan, &routing::deployable(), &gateway).await?);
        backends.push(self.replicas(plan, &payments_escalation::deployable(), &gateway).await?);
        backends.push(self.replicas(plan, &notifications::deployable(), &gateway).await?);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        self.grpc = front::serve(address, &backends, &self.front).await?;
        Ok(())
    }

    async fn replicas<C: DeserializeOwned>(
        &mut self,
        plan: &Plan,
        service: &Service<C>,
        gateway: &str,
    ) -> Result<Backend, Error> {
        let mut replicas = Vec::new();
        for _ in 0..plan.replicas {
            let start = async |http: u16| {
                let settings = plan.place.settings(&role_of(service.stage), &plan.data, http);
                let callbacks = format!("callback_url = 'http://127.0.0.1:{http}/gateway/callbacks'");
                let gateway = format!("{gateway}\n{callbacks}");
                let config = Config::from_overrides(
                    service.stage,
                    service.defaults,
                    &[&settings, &gateway, &plan.overrides],
                )?;
                let (clock, ids) = (plan.clock.clone(), plan.ids.clone());
                let options = Options { config, clock, ids, telemetry: plan.telemetry.clone() };
                Ok(Box::pin(deployable::start(service, options)).await?)
            };
            let deployment = on_a_free_port(start).await?;
            replicas.push(deployment.grpc);
            self.services.push(deployment);
        }
        Ok(Backend { stage: service.stage.to_owned(), replicas })
    }

    /// Returns once every consumer has handled all there is, and nothing new came of it. What waits for
    /// the clock or for the gateway's callbacks is not waited for.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn settled(&self) -> Result<(), event_log::Error> {
        let Some(parts) = self.services.first().map(|service| &service.parts) else { return Ok(()) };
        loop {
            let heads = parts.heads().await?;
            for subscription in self.services.iter().flat_map(|service| &service.subscriptions) {
                for head in &heads {
                    let _ = subscription.wait_until(*head).await;
                }
            }
            if parts.heads().await? == heads {
                return Ok(());
            }
        }
    }

    /// Stops everything in order: the front, which holds connections to the services, the services, then
    /// what they stand on. Returns whether all ended by themselves in time.
    pub async fn stop(self) -> bool {
        // First of all nobody takes on anything new: what one service still does, another may answer. Those
        // who watch are told so through the front.
        for service in &self.services {
            service.parts.shutdown.soft().cancel();
        }
        self.front.stop(FRONT).await;
        let mut finished = true;
        for service in self.services {
            finished &= service.stop().await;
        }
        for relay in self.relays {
            finished &= relay.stop().await;
        }
        finished && self.shutdown.stop(FRONT).await
    }
}

/// How long what passes through the front may go on at the end.
const FRONT: Duration = Duration::from_secs(1);

/// How often a port is looked for that nobody else is faster at.
const TRIES: usize = 5;

/// Starts what is to listen on a port that nobody listens on, and on another one where somebody was faster.
async fn on_a_free_port<T>(start: impl AsyncFn(u16) -> Result<T, Error>) -> Result<T, Error> {
    for _ in 1..TRIES {
        match start(free_port()?).await {
            Err(Error::Process(error)) if error.is_port_taken() => {}
            done => return done,
        }
    }
    start(free_port()?).await
}

/// A port that nobody listens on now. The gateway has to be told a callback address before the listener is
/// there.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn whose_port_was_taken_meanwhile_starts_on_another() {
        let held = Mutex::new(Vec::new());
        let start = async |port: u16| {
            // Somebody is faster, twice.
            if held.lock().unwrap().len() < 2 {
                let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
                held.lock().unwrap().push(listener);
            }
            let text = format!("[grpc]\naddress = '127.0.0.1:0'\nhttp_address = '127.0.0.1:{port}'");
            let common = Common::from_overrides(&[&text])?;
            let listeners = service_kit::server::bind(&common.grpc).await;
            let listeners = listeners.map_err(deployable::Error::from)?;
            Ok((port, listeners.http_address()?.port()))
        };
        let (wished, taken) = on_a_free_port(start).await.unwrap();
        assert_eq!((held.lock().unwrap().len(), wished), (2, taken));
    }
}

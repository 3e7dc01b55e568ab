//! A service that has been started: what the process that hosts it has to serve and watch.
//!
//! Every service library has the same face: `Config` (its own table of the configuration), `DEFAULTS`
//! (its documented `default.toml`, one table named after the service), and
//! `start(&Parts, Config) -> Result<Started, StartError>`.

use axum::Router;
use event_bus::Subscription;
use tonic::service::RoutesBuilder;

use crate::config::ConfigError;
use crate::store::StoreError;

/// Adds the history API to a server. It is given `telemetry.trace_url`.
pub type RegisterHistory = Box<dyn FnOnce(&mut RoutesBuilder, String) + Send>;

/// What `start` of a service gives back. Its reactions, read models and timers are running already.
pub struct Started {
    /// The full name of its gRPC service, such as `casetrail.intake.v1.IntakeService`.
    pub name: &'static str,
    /// Adds its gRPC service to a server.
    pub register: Box<dyn FnOnce(&mut RoutesBuilder) + Send>,
    /// Adds the history of its cases (`casetrail.history.v1`), given the link to a trace: once a process.
    pub register_history: RegisterHistory,
    /// HTTP routes it needs, such as callbacks; empty for most.
    pub http: Router,
    /// Its consumers, for their progress.
    pub subscriptions: Vec<Subscription>,
}

/// Why a service could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A value in its configuration makes no sense.
    #[error("{key}: {problem}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
    /// Its database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A consumer could not be started.
    #[error(transparent)]
    Bus(#[from] event_bus::Error),
    /// A part it brings along is broken.
    #[error("{0}")]
    Broken(String),
}

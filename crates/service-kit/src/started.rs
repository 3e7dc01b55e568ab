//! A service that has been started: what the process that hosts it has to serve and watch.
//!
//! Every service library has the same face: `Config` (its own table of the configuration), `DEFAULTS`
//! (its documented `default.toml`, one table named after the service), and
//! `start(&Parts, Config) -> Result<Started, StartError>`.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use event_bus::Subscription;
use tonic::Request;
use tonic::service::RoutesBuilder;
use uuid::Uuid;

use crate::config::ConfigError;
use crate::failure::Failure;
use crate::store::StoreError;

/// Adds the history API to a server. It is given `telemetry.trace_url`.
pub type RegisterHistory = Box<dyn FnOnce(&mut RoutesBuilder, String) + Send>;

/// What a caller is shown of what was recorded.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Of what: mostly a case.
    pub stream: Uuid,
    /// Of which brand.
    pub tenant: &'a str,
    /// By which method, such as `operations.GetDeadLetter`.
    pub method: &'static str,
    /// Which texts.
    pub fields: &'static str,
}

/// Writes down who is shown what was recorded of a player, before they are.
#[async_trait]
pub trait NotesReads: Send + Sync {
    /// Notes that the caller is shown this. `call` is the call without its message.
    ///
    /// # Errors
    /// They may not, or it cannot be written down.
    async fn note(&self, call: &Request<()>, shown: Shown<'_>) -> Result<(), Failure>;
}

/// What `start` of a service gives back. Its reactions, read models and timers are running already.
pub struct Started {
    /// The full name of its gRPC service, such as `casetrail.intake.v1.IntakeService`.
    pub name: &'static str,
    /// Adds its gRPC service to a server.
    pub register: Box<dyn FnOnce(&mut RoutesBuilder) + Send>,
    /// Adds the history of its cases (`casetrail.history.v1`), given the link to a trace: once a process.
    pub register_history: RegisterHistory,
    /// Its audit of reads, for what the process shows beside it.
    pub reads: Arc<dyn NotesReads>,
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

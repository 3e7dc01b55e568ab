//! Carries committed events from the log to those who answer them. Never decides anything.
//!
//! Two kinds of consumers, because they need different things:
//! - A **reaction** ([`Handler`]) answers single events. Events of one stream come to it in order, those
//!   of different streams in parallel. The bus keeps its checkpoint (everything at or below is done) and
//!   delivers *at least once*: after a crash it comes again, so a handler must recognise a repeat. An
//!   event that fails is tried again, holding back only its own stream; after [`TRIES`] it becomes a
//!   [dead letter](DeadLetter) and the stream goes on.
//! - A **projection** ([`Projection`]) builds rows from all events, strictly in the order of the log, in
//!   batches, and commits its position together with its rows. It is never skipped ahead: one that fails
//!   stands still, and its lag shows it.
//!
//! [`EmbeddedBus`] works over the log itself within one process; [`nats`] over NATS JetStream, for any
//! number of processes. Another transport implements [`EventBus`] and runs the [`contract`] suite.
//!
//! Must never be here: what events mean, decisions, trust in a message's contents.

mod consumer;
mod consuming;
#[doc(hidden)]
pub mod contract;
mod embedded;
pub mod nats;
mod retry;
mod shards;
mod spans;
mod subscription;

use std::sync::Arc;

use async_trait::async_trait;
use event_log::Committed;

pub use consumer::{Consumer, DeadLetter, Filter, HandleError, Handler, Mode, Projection};
pub use embedded::{EmbeddedBus, OpenError};
pub use retry::Backoff;
pub use shards::{Shard, ShardedBus, name_on_shard};
pub use spans::{HeldSpan, Publication, Publishing, Route, Settling};
pub use subscription::{Lag, Stopped, Subscription};

/// How often an event is tried before it becomes a dead letter.
pub const TRIES: u32 = 5;

/// Carries committed events to consumers.
#[async_trait]
pub trait EventBus: Send + Sync + 'static {
    /// Delivers the events that `consumer` wants to `handler`, from where it left off (a new one: from
    /// the beginning of the log), until it is stopped.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name in use, or a consumer that is not meant for reactions;
    /// [`Error::Unavailable`] when its checkpoint cannot be read.
    async fn subscribe(&self, consumer: Consumer, handler: Arc<dyn Handler>) -> Result<Subscription, Error>;

    /// Feeds `projection` with the events that `consumer` wants, from its own position on, until it is
    /// stopped.
    ///
    /// # Errors
    /// As for [`subscribe`](Self::subscribe).
    async fn project(
        &self,
        consumer: Consumer,
        projection: Arc<dyn Projection>,
    ) -> Result<Subscription, Error>;

    /// What runs, in the order it was started: for metrics and readiness.
    fn subscriptions(&self) -> Vec<Subscription>;

    /// Dead letters of one consumer, or of all: oldest position first, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error>;

    /// One dead letter with its event.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<(DeadLetter, Committed), Error>;

    /// Handles a dead letter's event once more, now, and removes it when that succeeds. It comes out of
    /// the stream's order: its successors have been handled already.
    ///
    /// # Errors
    /// [`Error::StillFailing`] (it stays, with the new reason), [`Error::NotFound`], [`Error::Invalid`]
    /// when its consumer does not run here, [`Error::Unavailable`].
    async fn redrive(&self, consumer: &str, position: u64) -> Result<(), Error>;

    /// Stops all subscriptions; returns when what was in hand is finished and the checkpoints are kept.
    async fn shutdown(&self);

    /// The shards that it carries, where there are several: what keeps a position of its own follows each.
    fn shards(&self) -> &[Shard] {
        &[]
    }

    /// What carries the events: for the names of spans and figures.
    fn route(&self) -> Route {
        Route::in_process()
    }
}

/// Why the bus did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A mistake of the caller.
    #[error("the bus refuses: {0}")]
    Invalid(String),
    /// There is no such dead letter.
    #[error("there is no dead letter of {consumer} at position {position}")]
    NotFound {
        /// The consumer asked for.
        consumer: String,
        /// The position asked for.
        position: u64,
    },
    /// The dead letter was tried again and failed again.
    #[error("it failed again: {0}")]
    StillFailing(String),
    /// The log or the bus's own store did not answer. Try again.
    #[error("the event bus is unavailable: {0}")]
    Unavailable(String),
}

impl From<event_log::Error> for Error {
    fn from(error: event_log::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

//! The bus over NATS JetStream, for any number of processes.
//!
//! - `connect`: the connection, and what streams, subjects and consumers are called.
//! - `relay`: publishes the log, in order, into one stream; the stream's sequence is the log's position.
//! - `roll_call`: asks all relays who they are and how far.
//! - `origin`: whether a stream is this log's, or that of another, or of a longer one before a restore.
//! - `envelope`: a committed event as a message (`CloudEvents`, binary mode) and back.
//! - `pull`: a consumer of reactions, shared by all replicas; `durable`: what JetStream keeps of it.
//! - `news`: what the process learns of the log without asking for it.
//! - `store`: checkpoints and dead letters in Postgres.
//! - `users`: what each user of a server may say and hear there.
//!
//! NATS may lose everything: the log and the checkpoints are elsewhere. What JetStream does not bring is read
//! from the log.

mod connect;
mod durable;
mod envelope;
mod news;
mod origin;
mod pull;
mod relay;
mod roll_call;
mod store;
mod users;

use std::sync::Arc;

use ambient::{Clock, Ids};
use async_trait::async_trait;
use event_log::{Committed, EventLog};
use sqlx::PgPool;
use tokio::sync::Notify;
use tracing::Instrument;

use crate::consuming::Consumers;
use crate::{Consumer, DeadLetter, Error, EventBus, Handler, Projection, Route, Subscription};
use connect::Names;
pub use connect::{ConnectError, NatsOptions, NatsTls, connect};
use durable::Durable;
pub use envelope::{headers, open as event_in};
use news::News;
use pull::{Pull, Puller};
pub use relay::{Relay, RelayState, RelayStatus};
pub use roll_call::{Present, RollCall, call_relays};
use store::Store;
pub use store::migrate;
pub use users::{Part, User, users_file};

/// Why the bus could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The log does not answer.
    #[error("the bus cannot be opened: {0}")]
    Log(#[from] event_log::Error),
    /// The tables for checkpoints and dead letters are missing, or cannot be read.
    #[error("the bus's tables cannot be used: {0}; run `casetrail migrate`")]
    Store(String),
}

/// The bus over NATS JetStream.
pub struct NatsBus {
    consumers: Consumers,
    client: async_nats::Client,
    names: Names,
    news: News,
}

impl NatsBus {
    /// A bus over the stream that relays fill from `log`. Checkpoints and dead letters are kept through
    /// `store`, in the schema that its connections see. Nothing in NATS needs to be there yet: consumers
    /// wait for it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        client: async_nats::Client,
        options: &NatsOptions,
        store: PgPool,
        log: Arc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, OpenError> {
        let store = Store::open(store).await.map_err(|error| OpenError::Store(error.to_string()))?;
        let head = log.head().await?;
        let names = Names::of(options);
        let consumers = Consumers::new(Arc::new(store), log, clock, ids);
        let news = News::start(&consumers, client.clone(), names.clone(), head);
        Ok(Self { consumers, client, names, news })
    }
}

#[async_trait]
impl EventBus for NatsBus {
    async fn subscribe(&self, consumer: Consumer, handler: Arc<dyn Handler>) -> Result<Subscription, Error> {
        let in_flight = Consumers::in_flight(&consumer)?;
        let checkpoint = self.consumers.checkpoint(&consumer.name).await?;
        let nudge = Arc::new(Notify::new());
        let entered = self.consumers.enter(
            &consumer,
            checkpoint,
            Some(Arc::clone(&handler)),
            Some(Arc::clone(&nudge)),
        )?;
        let durable = Durable::new(&self.client, &self.names, &consumer);
        let inner = &self.consumers.inner;
        let (puller, pull) =
            Puller::new(inner, durable, &consumer, checkpoint, self.news.clone(), nudge, &entered.stop);
        let span = tracing::debug_span!(parent: None, "event_bus.pull", consumer = consumer.name);
        self.consumers.tasks.spawn(puller.run().instrument(span));
        let source: Box<Pull> = Box::new(pull);
        Ok(self.consumers.react(consumer, in_flight, handler, source, entered))
    }

    async fn project(
        &self,
        consumer: Consumer,
        projection: Arc<dyn Projection>,
    ) -> Result<Subscription, Error> {
        self.consumers.project(consumer, projection)
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        self.consumers.subscriptions()
    }

    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.consumers.inner.store.dead_letters(consumer, limit).await
    }

    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<(DeadLetter, Committed), Error> {
        self.consumers.inner.dead_letter(consumer, position).await
    }

    async fn redrive(&self, consumer: &str, position: u64) -> Result<(), Error> {
        self.consumers.redrive(consumer, position).await
    }

    fn route(&self) -> Route {
        self.names.route()
    }

    async fn shutdown(&self) {
        self.consumers.shutdown().await;
        // What was acknowledged last is on its way.
        let _ = self.client.flush().await;
    }
}

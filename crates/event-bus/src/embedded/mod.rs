//! The bus within one process: reads the log itself, woken by its head. Checkpoints and dead letters are in
//! a SQLite file of its own (`store`).

mod store;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ambient::{Clock, Ids};
use async_trait::async_trait;
use event_log::{Committed, EventLog};

use crate::consuming::{Consumers, Feed};
use crate::{Consumer, DeadLetter, Error, EventBus, Handler, Projection, Subscription};
pub use store::OpenError;
use store::Store;

/// The bus over the log itself, within one process.
pub struct EmbeddedBus {
    consumers: Consumers,
}

impl EmbeddedBus {
    /// A bus over `log` that keeps its checkpoints and dead letters in the file at `path` (made if it is
    /// not there; its folder must be). Retries wait by `clock`, shortened at random by `ids`.
    ///
    /// # Errors
    /// [`OpenError`] says why the file cannot be used.
    pub async fn open(
        path: &Path,
        log: Arc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, OpenError> {
        Ok(Self::over(Store::open(path).await?, log, clock, ids))
    }

    /// As [`open`](Self::open), but it forgets its checkpoints and dead letters when it is dropped.
    ///
    /// # Errors
    /// [`OpenError`] when SQLite cannot be started.
    pub async fn in_memory(
        log: Arc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, OpenError> {
        Ok(Self::over(Store::in_memory().await?, log, clock, ids))
    }

    /// Sets how often a consumer looks at the log although nothing woke it (2 seconds unless set).
    #[must_use]
    pub fn with_safety_poll(mut self, every: Duration) -> Self {
        self.consumers.inner.safety_poll = every;
        self
    }

    fn over(store: Store, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { consumers: Consumers::new(Arc::new(store), log, clock, ids) }
    }
}

#[async_trait]
impl EventBus for EmbeddedBus {
    async fn subscribe(&self, consumer: Consumer, handler: Arc<dyn Handler>) -> Result<Subscription, Error> {
        let in_flight = Consumers::in_flight(&consumer)?;
        let checkpoint = self.consumers.checkpoint(&consumer.name).await?;
        let entered = self.consumers.enter(&consumer, checkpoint, Some(Arc::clone(&handler)), None)?;
        let feed = Feed::new(&self.consumers.inner, checkpoint, entered.stop.clone());
        Ok(self.consumers.react(consumer, in_flight, handler, Box::new(feed), entered))
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

    async fn shutdown(&self) {
        self.consumers.shutdown().await;
    }
}

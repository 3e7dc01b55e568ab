//! The bus within one process: reads the log itself, woken by its head.
//!
//! - `tail`, `feed`: the log read forward, once for all consumers, and when to look for more.
//! - `reactions`, `lanes`: order within a stream, parallel across streams, retries, dead letters.
//! - `projections`: batches in the order of the log.
//! - `store`: checkpoints and dead letters, in a SQLite file of its own.

mod feed;
mod lanes;
mod projections;
mod reactions;
mod store;
mod tail;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ambient::{Clock, Ids};
use async_trait::async_trait;
use event_log::{Committed, EventLog};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::{Consumer, DeadLetter, Error, EventBus, HandleError, Handler, Mode, Projection, Subscription};
use feed::Feed;
use lanes::attempt;
use projections::Projecting;
use reactions::Reacting;
pub use store::OpenError;
use store::Store;
use tail::Tail;

/// How often a consumer looks at the log although nothing woke it, for appends made elsewhere.
const SAFETY_POLL: Duration = Duration::from_secs(2);

/// The bus over the log itself, within one process.
pub struct EmbeddedBus {
    inner: Inner,
    tasks: TaskTracker,
    stop: CancellationToken,
    running: Mutex<Vec<Running>>,
}

impl Drop for EmbeddedBus {
    /// Without the bus nobody could stop its consumers.
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What every consumer works with.
#[derive(Clone)]
struct Inner {
    log: Arc<dyn EventLog>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    tail: Arc<Tail>,
    store: Arc<Store>,
    safety_poll: Duration,
}

/// A consumer that was started; once it has stopped, its name is free again.
struct Running {
    subscription: Subscription,
    /// For redrives; projections have none.
    handler: Option<Arc<dyn Handler>>,
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
        self.inner.safety_poll = every;
        self
    }

    fn over(store: Store, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let tail = Arc::new(Tail::new(Arc::clone(&log)));
        let inner = Inner { log, clock, ids, tail, store: Arc::new(store), safety_poll: SAFETY_POLL };
        Self { inner, tasks: TaskTracker::new(), stop: CancellationToken::new(), running: Mutex::default() }
    }

    fn running(&self) -> MutexGuard<'_, Vec<Running>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|one| one.subscription.is_running());
        running
    }

    /// Takes the name and gives out the subscription, with the end the consumer publishes into.
    fn enter(
        &self,
        consumer: &Consumer,
        checkpoint: u64,
        handler: Option<Arc<dyn Handler>>,
    ) -> Result<(Subscription, watch::Sender<u64>, CancellationToken), Error> {
        let mut running = self.running();
        let name = &consumer.name;
        if name.is_empty() || running.iter().any(|other| other.subscription.name() == name) {
            return Err(Error::Invalid(format!(
                "a consumer needs a name of its own, and {name:?} is not one"
            )));
        }
        let (published, watched) = watch::channel(checkpoint);
        let stop = self.stop.child_token();
        let subscription = Subscription::new(name, watched, self.inner.log.watch(), stop.clone());
        running.push(Running { subscription: subscription.clone(), handler });
        Ok((subscription, published, stop))
    }

    /// Where a consumer of reactions goes on.
    async fn checkpoint(&self, name: &str) -> Result<u64, Error> {
        let (checkpoint, head) = (self.inner.store.checkpoint(name).await?, self.inner.log.head().await?);
        if checkpoint <= head {
            return Ok(checkpoint);
        }
        // The log has been replaced or restored from an older backup. Which of its events were handled is
        // not known any more; handling one twice is harmless, skipping one is not.
        tracing::warn!(
            consumer = name,
            checkpoint,
            head,
            "the log is shorter than the checkpoint: starting over"
        );
        self.inner.store.forget(name).await?;
        Ok(0)
    }
}

#[async_trait]
impl EventBus for EmbeddedBus {
    async fn subscribe(&self, consumer: Consumer, handler: Arc<dyn Handler>) -> Result<Subscription, Error> {
        let Mode::Reactions { in_flight: in_flight @ 1.. } = consumer.mode else {
            let name = &consumer.name;
            return Err(Error::Invalid(format!(
                "{name} must be a consumer of reactions with in_flight above 0"
            )));
        };
        let checkpoint = self.checkpoint(&consumer.name).await?;
        let (subscription, published, stop) =
            self.enter(&consumer, checkpoint, Some(Arc::clone(&handler)))?;
        let span = tracing::debug_span!(parent: None, "event_bus.reactions", consumer = consumer.name);
        let feed = Feed::new(&self.inner, checkpoint, stop.clone());
        let reacting = Reacting::new(self.inner.clone(), consumer, in_flight, handler, feed, published, stop);
        self.tasks.spawn(reacting.run().instrument(span));
        Ok(subscription)
    }

    async fn project(
        &self,
        consumer: Consumer,
        projection: Arc<dyn Projection>,
    ) -> Result<Subscription, Error> {
        if consumer.mode != Mode::Projection {
            return Err(Error::Invalid(format!("{} must be a consumer for a projection", consumer.name)));
        }
        // It knows its own position and is asked for it first of all.
        let (subscription, published, stop) = self.enter(&consumer, 0, None)?;
        let span = tracing::debug_span!(parent: None, "event_bus.projection", consumer = consumer.name);
        let projecting = Projecting::new(self.inner.clone(), consumer, projection, published, stop);
        self.tasks.spawn(projecting.run().instrument(span));
        Ok(subscription)
    }

    fn subscriptions(&self) -> Vec<Subscription> {
        self.running().iter().map(|one| one.subscription.clone()).collect()
    }

    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        self.inner.store.dead_letters(consumer, limit).await
    }

    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<(DeadLetter, Committed), Error> {
        self.inner.dead_letter(consumer, position).await
    }

    async fn redrive(&self, consumer: &str, position: u64) -> Result<(), Error> {
        let of = |one: &Running| one.subscription.name() == consumer;
        let handler = self.running().iter().find(|one| of(one)).and_then(|one| one.handler.clone());
        let Some(handler) = handler else {
            return Err(Error::Invalid(format!("{consumer} does not run here, so nobody can handle it")));
        };
        let (inner, consumer) = (self.inner.clone(), consumer.to_owned());
        // A task of its own: a caller who leaves must not leave an event handled but not removed.
        let redriving = async move { inner.redrive(&consumer, position, &*handler).await };
        let redriven = self.tasks.spawn(redriving.in_current_span()).await;
        redriven.unwrap_or_else(|error| Err(Error::Unavailable(error.to_string())))
    }

    async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.inner.store.close().await;
    }
}

impl Inner {
    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<(DeadLetter, Committed), Error> {
        let not_found = || Error::NotFound { consumer: consumer.to_owned(), position };
        let letter = self.store.dead_letter(consumer, position).await?.ok_or_else(not_found)?;
        let page = self.log.read_all(position.saturating_sub(1), 1).await?;
        let event = page.into_iter().find(|event| event.position == position);
        event.map(|event| (letter, event)).ok_or_else(not_found)
    }

    /// Makes a dead letter of an event; false when it could not be kept.
    async fn put_aside(&self, consumer: &str, event: &Committed, tries: u32, reason: &str) -> bool {
        let letter = DeadLetter {
            consumer: consumer.to_owned(),
            position: event.position,
            stream: event.stream,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            tries,
            reason: reason.to_owned(),
            failed_at: self.clock.now(),
        };
        let kept = self.store.put(&letter).await;
        if let Err(error) = &kept {
            tracing::error!(consumer, position = letter.position, %error, "a dead letter was not kept");
        }
        kept.is_ok()
    }

    async fn redrive(&self, consumer: &str, position: u64, handler: &dyn Handler) -> Result<(), Error> {
        let (letter, event) = self.dead_letter(consumer, position).await?;
        match attempt(handler, &event).await {
            Ok(()) => {
                tracing::info!(consumer, position, "a dead letter was handled");
                self.store.remove(consumer, position).await
            }
            Err(HandleError::Retry(reason) | HandleError::Poison(reason)) => {
                let (tries, failed_at) = (letter.tries.saturating_add(1), self.clock.now());
                self.store.put(&DeadLetter { tries, failed_at, reason: reason.clone(), ..letter }).await?;
                Err(Error::StillFailing(reason))
            }
        }
    }
}

//! How consumers work, whatever brings them their events.
//!
//! - `source`, `feed`, `tail`: where events come from, and when to look for more.
//! - `reacting`, `lanes`: order within a stream, parallel across streams, retries, dead letters.
//! - `projecting`: batches in the order of the log.
//! - `store`: what checkpoints and dead letters need of a database.
//!
//! [`Consumers`] holds what all of a bus's consumers share, and starts and stops them.

mod feed;
mod lanes;
mod projecting;
mod reacting;
mod source;
mod store;
mod tail;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ambient::{Clock, Ids};
use event_log::{Committed, EventLog};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::{Consumer, DeadLetter, Error, HandleError, Handler, Mode, Projection, Subscription};
pub(crate) use feed::Feed;
use lanes::attempt;
use projecting::Projecting;
use reacting::Reacting;
pub(crate) use source::{PAGE, Source};
pub(crate) use store::{MAX_REASON, Store};
use tail::Tail;

/// How often a consumer looks at the log although nothing woke it, for appends made elsewhere.
const SAFETY_POLL: Duration = Duration::from_secs(2);

/// The consumers of a bus.
pub(crate) struct Consumers {
    pub(crate) inner: Inner,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    running: Mutex<Vec<Running>>,
}

impl Drop for Consumers {
    /// Without the bus nobody could stop its consumers.
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What every consumer works with.
#[derive(Clone)]
pub(crate) struct Inner {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) tail: Arc<Tail>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) safety_poll: Duration,
}

/// A consumer that was started; once it has stopped, its name is free again.
struct Running {
    subscription: Subscription,
    /// For redrives; projections have none.
    handler: Option<Arc<dyn Handler>>,
}

/// What a new consumer works with, beside what all share.
pub(crate) struct Entered {
    pub(crate) subscription: Subscription,
    pub(crate) published: watch::Sender<u64>,
    pub(crate) stop: CancellationToken,
}

impl Consumers {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        log: Arc<dyn EventLog>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let tail = Arc::new(Tail::new(Arc::clone(&log)));
        let inner = Inner { log, clock, ids, tail, store, safety_poll: SAFETY_POLL };
        Self { inner, tasks: TaskTracker::new(), stop: CancellationToken::new(), running: Mutex::default() }
    }

    fn running(&self) -> MutexGuard<'_, Vec<Running>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|one| one.subscription.is_running());
        running
    }

    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        self.running().iter().map(|one| one.subscription.clone()).collect()
    }

    /// Takes the name and gives out the subscription, with the end the consumer publishes into. `nudge` is
    /// told while somebody waits for it, if it would otherwise take its time.
    pub(crate) fn enter(
        &self,
        consumer: &Consumer,
        checkpoint: u64,
        handler: Option<Arc<dyn Handler>>,
        nudge: Option<Arc<Notify>>,
    ) -> Result<Entered, Error> {
        let mut running = self.running();
        let name = &consumer.name;
        if name.is_empty() || running.iter().any(|other| other.subscription.name() == name) {
            return Err(Error::Invalid(format!(
                "a consumer needs a name of its own, and {name:?} is not one"
            )));
        }
        let (published, watched) = watch::channel(checkpoint);
        let stop = self.stop.child_token();
        let mut subscription = Subscription::new(name, watched, self.inner.log.watch(), stop.clone());
        if let Some(nudge) = nudge {
            subscription = subscription.nudging(nudge);
        }
        running.push(Running { subscription: subscription.clone(), handler });
        Ok(Entered { subscription, published, stop })
    }

    /// How many streams a consumer of reactions works on at a time, if it is one.
    pub(crate) fn in_flight(consumer: &Consumer) -> Result<usize, Error> {
        match consumer.mode {
            Mode::Reactions { in_flight: in_flight @ 1.. } => Ok(in_flight),
            _ => Err(Error::Invalid(format!(
                "{} must be a consumer of reactions with in_flight above 0",
                consumer.name
            ))),
        }
    }

    /// Starts a consumer of reactions that has entered.
    pub(crate) fn react(
        &self,
        consumer: Consumer,
        in_flight: usize,
        handler: Arc<dyn Handler>,
        source: Box<dyn Source>,
        entered: Entered,
    ) -> Subscription {
        let Entered { subscription, published, stop } = entered;
        let span = tracing::debug_span!(parent: None, "event_bus.reactions", consumer = consumer.name);
        let reacting =
            Reacting::new(self.inner.clone(), consumer, in_flight, handler, source, published, stop);
        self.tasks.spawn(reacting.run().instrument(span));
        subscription
    }

    pub(crate) fn project(
        &self,
        consumer: Consumer,
        projection: Arc<dyn Projection>,
    ) -> Result<Subscription, Error> {
        if consumer.mode != Mode::Projection {
            return Err(Error::Invalid(format!("{} must be a consumer for a projection", consumer.name)));
        }
        // It knows its own position and is asked for it first of all.
        let nudge = Arc::new(Notify::new());
        let entered = self.enter(&consumer, 0, None, Some(Arc::clone(&nudge)))?;
        let Entered { subscription, published, stop } = entered;
        let span = tracing::debug_span!(parent: None, "event_bus.projection", consumer = consumer.name);
        let projecting = Projecting::new(self.inner.clone(), consumer, projection, published, nudge, stop);
        self.tasks.spawn(projecting.run().instrument(span));
        Ok(subscription)
    }

    /// Where a consumer of reactions goes on.
    pub(crate) async fn checkpoint(&self, name: &str) -> Result<u64, Error> {
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

    pub(crate) async fn redrive(&self, consumer: &str, position: u64) -> Result<(), Error> {
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

    pub(crate) async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.inner.store.close().await;
    }
}

impl Inner {
    pub(crate) async fn dead_letter(
        &self,
        consumer: &str,
        position: u64,
    ) -> Result<(DeadLetter, Committed), Error> {
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
        let span = handler.span(&event, false);
        match attempt(handler, &event).instrument(span).await {
            Ok(()) => {
                tracing::info!(consumer, position, "a dead letter was handled");
                self.store.remove(consumer, position).await
            }
            Err(HandleError::Retry(reason) | HandleError::Away(reason) | HandleError::Poison(reason)) => {
                let (tries, failed_at) = (letter.tries.saturating_add(1), self.clock.now());
                self.store.put(&DeadLetter { tries, failed_at, reason: reason.clone(), ..letter }).await?;
                Err(Error::StillFailing(reason))
            }
        }
    }
}

//! Feeds rows with events, strictly in the order of the log.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use event_log::Committed;
use futures_util::FutureExt;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::feed::Feed;
use super::lanes::said;
use crate::{Backoff, Consumer, HandleError, Projection};

/// The least time between two batches while nobody waits for the rows: under load each batch then holds what
/// came meanwhile, and costs one transaction instead of many.
const BETWEEN: Duration = Duration::from_millis(20);

/// A projection, at work.
pub(crate) struct Projecting {
    inner: Inner,
    consumer: Consumer,
    projection: Arc<dyn Projection>,
    feed: Feed,
    checkpoint: watch::Sender<u64>,
    /// Told while somebody waits for the rows.
    nudge: Arc<Notify>,
    stop: CancellationToken,
}

impl Projecting {
    pub(crate) fn new(
        inner: Inner,
        consumer: Consumer,
        projection: Arc<dyn Projection>,
        checkpoint: watch::Sender<u64>,
        nudge: Arc<Notify>,
        stop: CancellationToken,
    ) -> Self {
        let feed = Feed::new(&inner, 0, stop.clone());
        Self { inner, consumer, projection, feed, checkpoint, nudge, stop }
    }

    /// Works until stopped. After any failure the projection is asked where it stands: it may have
    /// committed although it could not say so.
    pub(crate) async fn run(mut self) {
        let mut failures: u32 = 0;
        while !self.stop.is_cancelled() {
            let Err(error) = self.go_on(&mut failures).await else { continue };
            failures = failures.saturating_add(1);
            // What is poisoned will not heal soon, but it must not be skipped either.
            let (reason, failures) = match error {
                HandleError::Retry(reason) | HandleError::Away(reason) => (reason, failures),
                HandleError::Poison(reason) => (reason, u32::MAX),
            };
            let position = self.feed.position();
            tracing::error!(
                consumer = self.consumer.name,
                position,
                reason,
                "a projection stands still; trying again"
            );
            self.pause(failures).await;
        }
    }

    /// Asks for the position and applies from there, until stopped (`Ok`) or something fails.
    async fn go_on(&mut self, failures: &mut u32) -> Result<(), HandleError> {
        let position = guarded(self.projection.position()).await?;
        self.feed.seek(position);
        self.publish(position);
        while !self.stop.is_cancelled() {
            let begun = Instant::now();
            let page = self.feed.next().await;
            let wanted = page.iter().filter(|event| self.consumer.filter.matches(&event.event_type));
            let batch: Vec<Committed> = wanted.map(|event| Committed::clone(event)).collect();
            if !batch.is_empty() {
                guarded(self.projection.apply(&batch)).await?;
            }
            *failures = 0;
            if !page.is_empty() {
                self.projection.passed(self.feed.position()).await;
            }
            self.publish(self.feed.position());
            self.feed.more().await;
            tokio::select! {
                () = tokio::time::sleep_until(begun + BETWEEN) => {}
                () = self.nudge.notified() => {}
                () = self.stop.cancelled() => {}
            }
        }
        Ok(())
    }

    fn publish(&self, position: u64) {
        self.checkpoint.send_if_modified(|checkpoint| std::mem::replace(checkpoint, position) != position);
    }

    async fn pause(&self, failures: u32) {
        let wait = Backoff::STANDARD.wait(failures, &*self.inner.ids);
        let due = self.inner.clock.now() + wait;
        tokio::select! {
            () = self.inner.clock.sleep_until(due) => {}
            () = self.stop.cancelled() => {}
        }
    }
}

/// A projection that panics has failed; it does not take its consumer with it.
async fn guarded<T>(call: impl Future<Output = Result<T, HandleError>>) -> Result<T, HandleError> {
    let caught = AssertUnwindSafe(call).catch_unwind().await;
    caught.unwrap_or_else(|panic| {
        Err(HandleError::Retry(format!("the projection panicked: {}", said(&*panic))))
    })
}

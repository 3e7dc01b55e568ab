//! A running consumer, seen from outside: how far it is, and how it is stopped.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// A running consumer. Clones name the same one; dropping them all does not stop it.
#[derive(Debug, Clone)]
pub struct Subscription {
    name: Arc<str>,
    checkpoint: watch::Receiver<u64>,
    head: watch::Receiver<u64>,
    stop: CancellationToken,
    /// Told while somebody waits, where looking how far the consumer is takes an effort.
    nudge: Option<Arc<Notify>>,
}

/// How often a consumer is nudged while somebody waits for it. On real time, as everything it looks at.
const NUDGE: Duration = Duration::from_millis(10);

/// How far a consumer is behind the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The consumer's name.
    pub consumer: String,
    /// The last position of the log.
    pub head: u64,
    /// Everything at or below this position is done.
    pub checkpoint: u64,
}

impl Lag {
    /// Positions still to be done.
    pub fn events(&self) -> u64 {
        self.head.saturating_sub(self.checkpoint)
    }
}

/// The consumer was stopped before it got there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{consumer} was stopped at position {checkpoint}")]
pub struct Stopped {
    /// The consumer's name.
    pub consumer: String,
    /// Everything at or below this position is done.
    pub checkpoint: u64,
}

impl Subscription {
    /// For transports: a consumer that publishes its `checkpoint` for as long as it runs, over a log that
    /// publishes its `head`, and that stops when `stop` is cancelled.
    pub fn new(
        name: &str,
        checkpoint: watch::Receiver<u64>,
        head: watch::Receiver<u64>,
        stop: CancellationToken,
    ) -> Self {
        Self { name: Arc::from(name), checkpoint, head, stop, nudge: None }
    }

    /// For consumers that take their time, or that learn how far they are only by asking: `nudge` is told again
    /// and again while somebody waits.
    #[must_use]
    pub(crate) fn nudging(self, nudge: Arc<Notify>) -> Self {
        Self { nudge: Some(nudge), ..self }
    }

    /// The consumer's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything at or below this position is handled, put aside, or was not wanted.
    pub fn checkpoint(&self) -> u64 {
        *self.checkpoint.borrow()
    }

    /// False once it has stopped.
    pub fn is_running(&self) -> bool {
        self.checkpoint.has_changed().is_ok()
    }

    /// How far it is behind the log.
    pub fn lag(&self) -> Lag {
        // The checkpoint first: read the other way round, it could be ahead of the head.
        let checkpoint = self.checkpoint();
        Lag { consumer: self.name().to_owned(), head: (*self.head.borrow()).max(checkpoint), checkpoint }
    }

    /// Waits until everything up to and including `position` is done. Reading one's own write: append, then
    /// wait for the position it got.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer stops before.
    pub async fn wait_until(&self, position: u64) -> Result<(), Stopped> {
        let mut checkpoint = self.checkpoint.clone();
        let reaching = checkpoint.wait_for(|checkpoint| *checkpoint >= position);
        let nudging = async {
            let Some(nudge) = &self.nudge else { return std::future::pending().await };
            loop {
                nudge.notify_one();
                tokio::time::sleep(NUDGE).await;
            }
        };
        let reached = tokio::select! {
            reached = reaching => reached.is_ok(),
            () = nudging => false,
        };
        if reached { Ok(()) } else { Err(self.stopped()) }
    }

    /// Asks it to stop, and waits until what it had in hand is finished and its checkpoint is kept.
    pub async fn stop(&self) {
        self.stop.cancel();
        let mut checkpoint = self.checkpoint.clone();
        // The consumer holds the other end until it is done.
        while checkpoint.changed().await.is_ok() {}
    }

    fn stopped(&self) -> Stopped {
        Stopped { consumer: self.name().to_owned(), checkpoint: self.checkpoint() }
    }
}

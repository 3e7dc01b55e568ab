//! A running consumer, seen from outside: how far it is, and how it is stopped.

use std::sync::Arc;
use std::time::Duration;

use event_log::local_position;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// A running consumer. Clones name the same one; dropping them all does not stop it.
#[derive(Debug, Clone)]
pub struct Subscription {
    name: Arc<str>,
    /// Of each shard: where there is one, just one.
    shards: Vec<Follower>,
}

/// A consumer that follows one shard.
#[derive(Debug, Clone)]
struct Follower {
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
        Self { name: Arc::from(name), shards: vec![Follower { checkpoint, head, stop, nudge: None }] }
    }

    /// The same consumer on every shard, in the order of shards, as one: positions are
    /// [global](event_log::global_position).
    pub fn of_shards(name: &str, shards: Vec<Self>) -> Self {
        let shards = shards.into_iter().flat_map(|subscription| subscription.shards).collect();
        Self { name: Arc::from(name), shards }
    }

    /// For consumers that take their time, or that learn how far they are only by asking: `nudge` is told again
    /// and again while somebody waits.
    #[must_use]
    pub(crate) fn nudging(self, nudge: Arc<Notify>) -> Self {
        let shards =
            self.shards.into_iter().map(|shard| Follower { nudge: Some(Arc::clone(&nudge)), ..shard });
        Self { shards: shards.collect(), ..self }
    }

    /// The consumer's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything at or below this position is handled, put aside, or was not wanted. Over several shards: how
    /// many positions those are.
    pub fn checkpoint(&self) -> u64 {
        self.shards.iter().map(Follower::reached).sum()
    }

    /// False once it has stopped.
    pub fn is_running(&self) -> bool {
        self.shards.iter().all(|shard| shard.checkpoint.has_changed().is_ok())
    }

    /// How far it is behind the log.
    pub fn lag(&self) -> Lag {
        let lags = self.shards.iter().map(|shard| {
            // The checkpoint first: read the other way round, it could be ahead of the head.
            let checkpoint = shard.reached();
            (checkpoint, (*shard.head.borrow()).max(checkpoint))
        });
        let (checkpoint, head) = lags.fold((0, 0), |(all, end), (one, head)| (all + one, end + head));
        Lag { consumer: self.name().to_owned(), head, checkpoint }
    }

    /// Waits until everything up to and including `position` of its shard is done. Reading one's own write:
    /// append, then wait for the position it got.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer stops before.
    pub async fn wait_until(&self, position: u64) -> Result<(), Stopped> {
        let (shard, position) = local_position(position);
        let shard = self.shards.get(usize::from(shard)).ok_or_else(|| self.stopped())?;
        if shard.reach(position).await { Ok(()) } else { Err(self.stopped()) }
    }

    /// Asks it to stop, and waits until what it had in hand is finished and its checkpoint is kept.
    pub async fn stop(&self) {
        for shard in &self.shards {
            shard.stop.cancel();
        }
        for shard in &self.shards {
            let mut checkpoint = shard.checkpoint.clone();
            // The consumer holds the other end until it is done.
            while checkpoint.changed().await.is_ok() {}
        }
    }

    fn stopped(&self) -> Stopped {
        Stopped { consumer: self.name().to_owned(), checkpoint: self.checkpoint() }
    }
}

impl Follower {
    fn reached(&self) -> u64 {
        *self.checkpoint.borrow()
    }

    /// False when it stops before.
    async fn reach(&self, position: u64) -> bool {
        let mut checkpoint = self.checkpoint.clone();
        let reaching = checkpoint.wait_for(|checkpoint| *checkpoint >= position);
        let nudging = async {
            let Some(nudge) = &self.nudge else { return std::future::pending().await };
            loop {
                nudge.notify_one();
                tokio::time::sleep(NUDGE).await;
            }
        };
        tokio::select! {
            reached = reaching => reached.is_ok(),
            () = nudging => false,
        }
    }
}

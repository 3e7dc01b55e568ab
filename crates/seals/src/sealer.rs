//! Follows the log and seals it, run by run.

use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use event_log::{EventLog, Hash};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::keys::{Keyring, SigningKey};
use crate::merkle::{self, Leaf};
use crate::seal::{Draft, Seal, Unproven};
use crate::store::{SealStore, covering};

/// Events read at a time: of the largest ones, so many still fit into memory.
const PAGE: usize = 200;
/// Seals handed on at a time to a witness that fell behind.
const SEALS: usize = 100;
/// How often the log is looked at for what other processes wrote, and how long a failure is waited out.
const POLL: SignedDuration = SignedDuration::from_secs(1);

/// When a run of events is sealed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At so many events.
    pub max_events: usize,
    /// At this age of the oldest of them.
    pub max_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_events: 1_000, max_age: Duration::from_mins(1) }
    }
}

/// Why sealing stopped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealerError {
    /// The log's tail was cut off.
    #[error(
        "the log ends at position {head}, but it was seen up to {seen}: its tail was cut off; \
         stop writing to it and restore it"
    )]
    Cut {
        /// The last position that is there.
        head: u64,
        /// The last position that was there.
        seen: u64,
    },
    /// A position is missing.
    #[error("position {0} is missing in the log: stop writing to it, check it and restore it")]
    Missing(u64),
    /// What the last seal covers is no longer what it covered.
    #[error("the events at positions {from} to {to} are not those that were sealed: check the log")]
    Changed {
        /// First position of the last seal.
        from: u64,
        /// Last position of the last seal.
        to: u64,
    },
    /// The last seal was not made by a key that is trusted.
    #[error("the seal of positions {from} to {to} proves nothing: {reason}")]
    Unproven {
        /// First position of the last seal.
        from: u64,
        /// Last position of the last seal.
        to: u64,
        /// Why.
        reason: Unproven,
    },
    /// A witness has another seal than the store, or one that the store lacks.
    #[error("{witness} has a seal from position {from} that {store} has not: the seals there were changed")]
    Differs {
        /// The witness.
        witness: String,
        /// The store.
        store: String,
        /// First position of the witness's last seal.
        from: u64,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] event_log::Error),
    /// A seal cannot be kept.
    #[error(transparent)]
    Store(#[from] Error),
}

impl SealerError {
    /// True when trying again may help: a place is away, or another sealer was faster.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Log(event_log::Error::Unavailable(_))
                | Self::Store(Error::Unavailable { .. } | Error::Conflict { .. })
        )
    }
}

/// Where seals are made from, kept and sent to.
pub struct Parts {
    /// The log that is sealed.
    pub log: Arc<dyn EventLog>,
    /// Its shard.
    pub shard: u16,
    /// Where the seals are kept.
    pub store: Arc<dyn SealStore>,
    /// Where every seal must be as well before it counts as published.
    pub witnesses: Vec<Arc<dyn SealStore>>,
    /// The key to sign with; its own seals are trusted.
    pub key: SigningKey,
    /// Keys of earlier seals.
    pub trusted: Keyring,
    /// Tells the age of events.
    pub clock: Arc<dyn Clock>,
}

/// Seals the log of one shard. Several at once are safe: one of them is faster, the others go on after it.
pub struct Sealer {
    parts: Parts,
    limits: Limits,
    published: watch::Sender<u64>,
    /// Whether what is there was looked at since the start or the last failure.
    has_looked: bool,
    /// The last seal, if there is one.
    last: Option<Seal>,
    unsealed: Unsealed,
}

/// Events that were read and wait for their seal.
#[derive(Default)]
struct Unsealed {
    leaves: Vec<Hash>,
    oldest: Option<Timestamp>,
    /// The last position that was read.
    read_to: u64,
}

impl Sealer {
    /// A sealer that goes on after the last seal in the store.
    pub fn new(mut parts: Parts, limits: Limits) -> Self {
        parts.trusted.trust(parts.key.public());
        let published = watch::Sender::new(0);
        Self { parts, limits, published, has_looked: false, last: None, unsealed: Unsealed::default() }
    }

    /// The last position whose seal is in the store and at every witness.
    pub fn published(&self) -> watch::Receiver<u64> {
        self.published.subscribe()
    }

    /// Seals what is due until `stop`. What passes is waited out.
    ///
    /// # Errors
    /// [`SealerError`] when history or seals are not as they were: nothing is sealed on top of that.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), SealerError> {
        let log = self.parts.log.clone();
        let mut head = log.watch();
        loop {
            let now = self.parts.clock.now();
            let wake_at = match self.seal_due().await {
                Ok(due_at) => due_at.map_or(now + POLL, |due_at| due_at.min(now + POLL)),
                Err(error) if error.is_passing() => {
                    tracing::warn!(%error, "sealing waits");
                    now + POLL
                }
                Err(error) => {
                    tracing::error!(%error, "sealing stops");
                    return Err(error);
                }
            };
            let (enough, has_failed) = (self.worth_reading_at(), !self.has_looked);
            let grown = async {
                // After a failure, and when whoever told of the head is gone, only time wakes.
                if has_failed || head.wait_for(|head| *head >= enough).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = self.parts.clock.sleep_until(wake_at) => {}
                () = grown => {}
            }
        }
    }

    /// The head at which a look at the log finds something to do: the first unsealed event, whose age then
    /// counts, or a whole run.
    fn worth_reading_at(&self) -> u64 {
        let whole_run = self.limits.max_events.saturating_sub(self.unsealed.leaves.len()).max(1);
        let more = if self.unsealed.leaves.is_empty() { 1 } else { whole_run };
        self.unsealed.read_to.saturating_add(more as u64)
    }

    /// Seals every run that is due now, and returns when the next one will be; `None` while nothing waits.
    ///
    /// # Errors
    /// [`SealerError`]. The next call looks at everything anew.
    pub async fn seal_due(&mut self) -> Result<Option<Timestamp>, SealerError> {
        let done = self.seal_all_due().await;
        self.has_looked = done.is_ok();
        done
    }

    async fn seal_all_due(&mut self) -> Result<Option<Timestamp>, SealerError> {
        if !self.has_looked {
            self.last = self.resume().await?;
        }
        loop {
            self.read().await?;
            let Some(oldest) = self.unsealed.oldest else {
                return Ok(None);
            };
            let due_at =
                oldest + SignedDuration::try_from(self.limits.max_age).unwrap_or(SignedDuration::MAX);
            let now = self.parts.clock.now();
            if self.unsealed.leaves.len() < self.limits.max_events && now < due_at {
                return Ok(Some(due_at));
            }
            self.last = Some(self.seal(now).await?);
        }
    }

    /// Looks at what is there after a start or a failure: nothing is sealed on top of a history that is not
    /// the sealed one.
    async fn resume(&mut self) -> Result<Option<Seal>, SealerError> {
        let Parts { log, store, witnesses, trusted, .. } = &self.parts;
        let last = store.last().await?;
        if let Some(last) = &last {
            let (from, to) = (last.from, last.to);
            last.verify(trusted).map_err(|reason| SealerError::Unproven { from, to, reason })?;
            let head = log.head().await?;
            if head < to {
                return Err(SealerError::Cut { head, seen: to });
            }
            if self.root_now(last).await? != Some(last.root) {
                return Err(SealerError::Changed { from, to });
            }
        }
        let sealed_to = last.as_ref().map_or(0, |last| last.to);
        for witness in witnesses {
            catch_up(&**store, &**witness, sealed_to).await?;
        }
        self.publish(sealed_to);
        self.unsealed = Unsealed { read_to: sealed_to, ..Unsealed::default() };
        Ok(last)
    }

    /// The root of a seal's run as the log is now; `None` if it has no such run any more.
    async fn root_now(&self, seal: &Seal) -> Result<Option<Hash>, SealerError> {
        let (mut leaves, mut position) = (Vec::new(), seal.from - 1);
        while position < seal.to {
            let wanted = usize::try_from(seal.to - position).unwrap_or(PAGE).min(PAGE);
            let page = self.parts.log.read_all(position, wanted).await?;
            for event in &page {
                if event.position != position + 1 {
                    return Ok(None);
                }
                position = event.position;
                leaves.push(Leaf::of(self.parts.shard, event).leaf_hash());
            }
            if page.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some(merkle::root(&leaves)))
    }

    /// Reads on until a run is whole or the log ends.
    async fn read(&mut self) -> Result<(), SealerError> {
        while self.unsealed.leaves.len() < self.limits.max_events {
            let wanted = (self.limits.max_events - self.unsealed.leaves.len()).min(PAGE);
            let page = self.parts.log.read_all(self.unsealed.read_to, wanted).await?;
            if page.is_empty() {
                let head = self.parts.log.head().await?;
                if head < self.unsealed.read_to {
                    return Err(SealerError::Cut { head, seen: self.unsealed.read_to });
                }
            }
            for event in &page {
                if event.position != self.unsealed.read_to + 1 {
                    return Err(SealerError::Missing(self.unsealed.read_to + 1));
                }
                self.unsealed.leaves.push(Leaf::of(self.parts.shard, event).leaf_hash());
                self.unsealed.oldest.get_or_insert(event.recorded_at);
                self.unsealed.read_to = event.position;
            }
            if page.len() < wanted {
                break;
            }
        }
        Ok(())
    }

    /// Seals what was read: in the store first, so that a witness never has a seal that the store lacks.
    async fn seal(&mut self, now: Timestamp) -> Result<Seal, SealerError> {
        let leaves = std::mem::take(&mut self.unsealed.leaves);
        self.unsealed.oldest = None;
        let Parts { shard, store, witnesses, key, .. } = &self.parts;
        let last = self.last.as_ref();
        let draft = Draft {
            shard: *shard,
            from: last.map_or(0, |last| last.to) + 1,
            to: self.unsealed.read_to,
            root: merkle::root(&leaves),
            previous: last.map_or([0; 32], Seal::hash),
            now,
        };
        let seal = Seal::sign(draft, key);
        store.append(&seal, &leaves).await?;
        for witness in witnesses {
            witness.append(&seal, &leaves).await?;
        }
        self.publish(seal.to);
        tracing::debug!(from = seal.from, to = seal.to, "sealed");
        Ok(seal)
    }

    fn publish(&self, position: u64) {
        self.published.send_if_modified(|published| std::mem::replace(published, position) != position);
    }
}

/// Brings a witness up to `sealed_to`: whoever crashed between the two left it behind.
async fn catch_up(store: &dyn SealStore, witness: &dyn SealStore, sealed_to: u64) -> Result<(), SealerError> {
    let mut witnessed_to = 0;
    if let Some(seen) = witness.last().await? {
        if covering(store, seen.from).await?.as_ref() != Some(&seen) {
            return Err(SealerError::Differs {
                witness: witness.place().to_owned(),
                store: store.place().to_owned(),
                from: seen.from,
            });
        }
        witnessed_to = seen.to;
    }
    while witnessed_to < sealed_to {
        let missing = store.range(witnessed_to + 1, sealed_to, SEALS).await?;
        for seal in &missing {
            let leaves = store.leaves(seal).await?.unwrap_or_default();
            witness.append(seal, &leaves).await?;
            witnessed_to = seal.to;
        }
        if missing.is_empty() {
            break;
        }
    }
    Ok(())
}

//! Tombstones by the log: in every process, whoever was erased has their key destroyed and their texts dropped from
//! memory, whichever process was asked to.
//!
//! How far that is known stands beside the keys. An older copy of them brings back keys that were destroyed since,
//! and the older position with them: the erasures behind it come again. So this is started, and has caught up,
//! before anything else opens a text.

use std::sync::Arc;

use async_trait::async_trait;
use case::StoredEvent;
use case::privacy::{Event, PlayerEvent};
use event_bus::{Consumer, Filter, HandleError, Projection, Shard, Subscription};
use event_log::{Committed, EventLog};
use sealing::Sealer;
use tokio::sync::Mutex;

use crate::parts::Parts;
use crate::started::StartError;

/// The consumer's name, in every process.
const NAME: &str = "tombstones";
/// Players have their streams there.
const SHARD: u16 = 0;
/// How many events without an erasure pass before the position is kept.
const PASSED: u64 = 1_000;

/// Follows the log until shutdown; returns when every erasure in it has its tombstone.
///
/// # Errors
/// The log or the bus does not answer.
pub async fn start(parts: &Parts) -> Result<Subscription, StartError> {
    let broken = |problem: &dyn std::fmt::Display| StartError::Broken(format!("tombstones: {problem}"));
    let Some(Shard { log, bus }) = parts.shards().into_iter().next() else {
        return Err(broken(&"the log has no shard"));
    };
    let head = log.head().await.map_err(|error| broken(&error))?;
    let tombstones = Tombstones { sealer: Arc::clone(&parts.sealer), log, kept: Mutex::new(0) };
    let consumer = Consumer::projection(NAME, Filter::types(["privacy.player_erased"]));
    let subscription = bus.project(consumer, Arc::new(tombstones)).await?;
    subscription.wait_until(head).await.map_err(|stopped| broken(&stopped))?;
    Ok(subscription)
}

struct Tombstones {
    sealer: Arc<Sealer>,
    log: Arc<dyn EventLog>,
    /// The position that stands beside the keys, as far as this process knows.
    kept: Mutex<u64>,
}

fn retry(error: impl std::fmt::Display) -> HandleError {
    HandleError::Away(error.to_string())
}

impl Tombstones {
    async fn keep(&self, position: u64) -> Result<(), HandleError> {
        let mut kept = self.kept.lock().await;
        self.sealer.store().set_erased_up_to(SHARD, position).await.map_err(retry)?;
        *kept = position;
        Ok(())
    }
}

#[async_trait]
impl Projection for Tombstones {
    async fn position(&self) -> Result<u64, HandleError> {
        let known = self.sealer.store().erased_up_to(SHARD).await.map_err(retry)?;
        // The log second: it can only have grown since.
        let head = self.log.head().await.map_err(retry)?;
        // The log was restored and is older than the keys: what comes next stands at positions that seem known.
        if known > head {
            tracing::warn!(
                known,
                head,
                "the log is shorter than what is known of its erasures: it was restored"
            );
            self.keep(0).await?;
            return Ok(0);
        }
        *self.kept.lock().await = known;
        Ok(known)
    }

    async fn apply(&self, events: &[Committed]) -> Result<(), HandleError> {
        for committed in events {
            let (name, version) = (&committed.event_type, committed.schema_version);
            let event = PlayerEvent::decode(name, version, &committed.payload);
            match event.map_err(|error| HandleError::Poison(error.to_string()))? {
                PlayerEvent::Known(Event::PlayerErased(erased)) => {
                    let (brand, player) = (erased.brand.as_str(), erased.player_id.as_str());
                    self.sealer.destroy(brand, player).await.map_err(retry)?;
                }
                PlayerEvent::Known(_) => {}
                PlayerEvent::Unknown { .. } => {
                    return Err(HandleError::Poison(format!("{name} v{version} is newer than this program")));
                }
            }
        }
        match events.last() {
            Some(last) => self.keep(last.position).await,
            None => Ok(()),
        }
    }

    async fn passed(&self, position: u64) {
        let kept = *self.kept.lock().await;
        if position >= kept.saturating_add(PASSED)
            && let Err(error) = self.keep(position).await
        {
            tracing::debug!(%error, "how far the erasures are known could not be kept; it is tried again");
        }
    }
}

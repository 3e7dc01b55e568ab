//! Things that are due later: rows derived from facts. A due timer becomes a command, which decides
//! nothing if it comes late or twice (I6).

use std::sync::Arc;

use async_trait::async_trait;
use case::Case;
use event_bus::Subscription;
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, Row};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::execute::Executor;
use crate::failure::Failure;
use crate::parts::Parts;
use crate::projection::{CaseRows, project_cases_and_tell};
use crate::store::Store;

/// How long after a failed attempt a due timer is tried again.
const RETRY: SignedDuration = SignedDuration::from_secs(1);
/// How many due timers are taken at a time.
const BATCH: i64 = 100;

/// Something due on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// What kind, such as `offer_expiry`.
    pub kind: String,
    /// Which of its kind on this case, such as the offer's id.
    pub key: String,
    /// When.
    pub due_at: Timestamp,
}

/// Says what is due on a case, and does it.
#[async_trait]
pub trait TimerSource: Send + Sync + 'static {
    /// The durable name, such as `routing.timers`.
    fn name(&self) -> &'static str;
    /// Everything that will be due on this case as it stands.
    fn timers(&self, case: &Case) -> Vec<Timer>;
    /// Does what is due: sends a command. Called at least once, never early.
    async fn fire(&self, stream: Uuid, timer: &Timer) -> Result<(), Failure>;
}

/// Runs a source's timers until shutdown.
pub async fn start(
    parts: &Parts,
    store: &Store,
    executor: &Executor<Case>,
    source: impl TimerSource,
) -> Result<Subscription, event_bus::Error> {
    let source: Arc<dyn TimerSource> = Arc::new(source);
    let changed = Arc::new(Notify::new());
    let rows = TimerRows(Arc::clone(&source));
    let subscription =
        project_cases_and_tell(parts, store, executor, rows, Some(Arc::clone(&changed))).await?;
    let driver = Driver { parts: parts.clone(), store: store.clone(), source, changed };
    parts.shutdown.spawn_background(driver.run());
    Ok(subscription)
}

struct TimerRows(Arc<dyn TimerSource>);

#[async_trait]
impl CaseRows for TimerRows {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    async fn put(&self, rows: &mut AnyConnection, case: &Case) -> Result<(), Failure> {
        let stream = case.id.to_string();
        sqlx::query("DELETE FROM timer WHERE name = $1 AND stream = $2")
            .bind(self.0.name())
            .bind(&stream)
            .execute(&mut *rows)
            .await?;
        for timer in self.0.timers(case) {
            sqlx::query("INSERT INTO timer (name, stream, kind, key, due_us) VALUES ($1, $2, $3, $4, $5)")
                .bind(self.0.name())
                .bind(&stream)
                .bind(&timer.kind)
                .bind(&timer.key)
                .bind(timer.due_at.as_microsecond())
                .execute(&mut *rows)
                .await?;
        }
        Ok(())
    }
}

struct Driver {
    parts: Parts,
    store: Store,
    source: Arc<dyn TimerSource>,
    changed: Arc<Notify>,
}

impl Driver {
    async fn run(self) {
        let soft = self.parts.shutdown.soft().clone();
        loop {
            let next = match self.fire_due().await {
                Ok(next) => next,
                Err(failure) => {
                    tracing::warn!(%failure, timers = self.source.name(), "timers cannot be read; trying again");
                    Some(self.parts.clock.now() + RETRY)
                }
            };
            let due = async {
                match next {
                    Some(moment) => self.parts.clock.sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = soft.cancelled() => return,
                () = self.changed.notified() => {}
                () = due => {}
            }
        }
    }

    /// Fires what is due and returns when the next one will be.
    async fn fire_due(&self) -> Result<Option<Timestamp>, Failure> {
        loop {
            let due = self.due(self.parts.clock.now()).await?;
            if due.is_empty() || self.parts.shutdown.soft().is_cancelled() {
                return self.next().await;
            }
            for (stream, timer) in due {
                let settled = match self.source.fire(stream, &timer).await {
                    Ok(()) | Err(Failure::Refused { .. } | Failure::NotFound { .. }) => None,
                    Err(failure) => {
                        tracing::warn!(%failure, timers = self.source.name(), kind = timer.kind, "a timer failed; it is tried again");
                        Some(self.parts.clock.now() + RETRY)
                    }
                };
                self.settle(stream, &timer, settled).await?;
            }
        }
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<(Uuid, Timer)>, Failure> {
        let rows = sqlx::query(
            "SELECT stream, kind, key, due_us FROM timer WHERE name = $1 AND due_us <= $2 ORDER BY due_us LIMIT $3",
        )
        .bind(self.source.name())
        .bind(now.as_microsecond())
        .bind(BATCH)
        .fetch_all(self.store.pool())
        .await?;
        rows.iter()
            .map(|row| {
                let stream = Uuid::parse_str(row.get::<&str, _>(0))
                    .map_err(|error| Failure::Internal(format!("a timer's stream: {error}")))?;
                let due_at = Timestamp::from_microsecond(row.get::<i64, _>(3))
                    .map_err(|error| Failure::Internal(format!("a timer's moment: {error}")))?;
                Ok((stream, Timer { kind: row.get(1), key: row.get(2), due_at }))
            })
            .collect()
    }

    async fn next(&self) -> Result<Option<Timestamp>, Failure> {
        let row = sqlx::query("SELECT due_us FROM timer WHERE name = $1 ORDER BY due_us LIMIT 1")
            .bind(self.source.name())
            .fetch_optional(self.store.pool())
            .await?;
        Ok(row.and_then(|row| Timestamp::from_microsecond(row.get::<i64, _>(0)).ok()))
    }

    /// Removes a timer that was done, or puts it off; unless facts have changed it meanwhile.
    async fn settle(&self, stream: Uuid, timer: &Timer, again_at: Option<Timestamp>) -> Result<(), Failure> {
        let statement = match again_at {
            None => {
                "DELETE FROM timer WHERE name = $1 AND stream = $2 AND kind = $3 AND key = $4 AND due_us = $5"
            }
            Some(_) => {
                "UPDATE timer SET due_us = $6 WHERE name = $1 AND stream = $2 AND kind = $3 AND key = $4 AND due_us = $5"
            }
        };
        let mut query = sqlx::query(statement)
            .bind(self.source.name())
            .bind(stream.to_string())
            .bind(&timer.kind)
            .bind(&timer.key)
            .bind(timer.due_at.as_microsecond());
        if let Some(moment) = again_at {
            query = query.bind(moment.as_microsecond());
        }
        query.execute(self.store.pool()).await?;
        Ok(())
    }
}

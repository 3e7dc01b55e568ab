//! Read models: rows derived from facts, committed together with the position they stand for, so that
//! they can be thrown away and rebuilt (I7).
//!
//! Every replica of a service writes every read model. Whoever moves the position on, first thing in its
//! transaction, writes the rows; the others wait for that row, see that they were not needed and go on.

mod rebuild;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use case::{Case, CaseEvent};
use event_bus::{Consumer, Filter, HandleError, Projection, Subscription};
use event_log::Committed;
use sqlx::{AnyConnection, Row};
use tokio::sync::Notify;

use crate::execute::{Executor, read_event};
use crate::failure::Failure;
use crate::parts::Parts;
use crate::store::Store;

pub use rebuild::{ReadModel, rebuild};

/// How often it is looked whether the rows were thrown away while the log stood still.
const LOOK: Duration = Duration::from_secs(2);
/// How many events are read at a time to write such rows anew.
const PAGE: usize = 256;

/// A read model fed with single facts, in the order of the log.
#[async_trait]
pub trait FactRows: Send + Sync + 'static {
    /// What it is called and which rows are its own.
    fn model(&self) -> ReadModel;
    /// Takes a fact into the rows. Facts of other streams than cases come as `CaseEvent::Unknown`.
    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        event: &CaseEvent,
    ) -> Result<(), Failure>;
}

/// A read model with rows per case, written anew whenever a fact changed the case.
#[async_trait]
pub trait CaseRows: Send + Sync + 'static {
    /// What it is called and which rows are its own.
    fn model(&self) -> ReadModel;
    /// Writes the rows of this case, replacing what was there. The case may already be further than the
    /// fact that made it change: rows only ever catch up.
    async fn put(&self, rows: &mut AnyConnection, case: &Case) -> Result<(), Failure>;
}

/// Keeps a fact-fed read model up to date until shutdown.
pub async fn project_facts(
    parts: &Parts,
    store: &Store,
    rows: impl FactRows,
) -> Result<Subscription, event_bus::Error> {
    let name = rows.model().name;
    let source = Source::Facts(Arc::new(rows));
    start(parts, store, name, source, None).await
}

/// Keeps a read model of cases up to date until shutdown.
pub async fn project_cases(
    parts: &Parts,
    store: &Store,
    executor: &Executor<Case>,
    rows: impl CaseRows,
) -> Result<Subscription, event_bus::Error> {
    project_cases_and_tell(parts, store, executor, rows, None).await
}

/// As [`project_cases`]; `changed` is notified after each commit, whichever replica made it.
pub(crate) async fn project_cases_and_tell(
    parts: &Parts,
    store: &Store,
    executor: &Executor<Case>,
    rows: impl CaseRows,
    changed: Option<Arc<Notify>>,
) -> Result<Subscription, event_bus::Error> {
    let name = rows.model().name;
    let source = Source::Cases(executor.clone(), Arc::new(rows));
    start(parts, store, name, source, changed).await
}

async fn start(
    parts: &Parts,
    store: &Store,
    name: &'static str,
    source: Source,
    changed: Option<Arc<Notify>>,
) -> Result<Subscription, event_bus::Error> {
    let projector = Arc::new(Projector { parts: parts.clone(), store: store.clone(), name, source, changed });
    let subscription =
        parts.bus.project(Consumer::projection(name, Filter::all()), projector.clone()).await?;
    let followed = subscription.clone();
    parts.shutdown.spawn_background(async move { projector.refill(followed).await });
    Ok(subscription)
}

enum Source {
    Facts(Arc<dyn FactRows>),
    Cases(Executor<Case>, Arc<dyn CaseRows>),
}

/// How far the read model of this name is; 0 where nothing was written yet.
///
/// # Errors
/// The database does not answer.
pub async fn position(store: &Store, name: &str) -> Result<u64, Failure> {
    let row = sqlx::query("SELECT position FROM projection WHERE name = $1")
        .bind(name)
        .fetch_optional(store.pool())
        .await?;
    Ok(row.map_or(0, |row| u64::try_from(row.get::<i64, _>(0)).unwrap_or(0)))
}

struct Projector {
    parts: Parts,
    store: Store,
    name: &'static str,
    source: Source,
    changed: Option<Arc<Notify>>,
}

impl Projector {
    /// Brings the rows up to the end of `events`, by oneself or by waiting for whoever does.
    async fn write(&self, events: &[Committed]) -> Result<(), Failure> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        loop {
            let before = self.read_position().await?;
            if before >= last.position {
                // Another replica was faster.
                break;
            }
            if before + 1 < first.position {
                return Err(Failure::Internal(format!(
                    "the rows stand at {before}, and what comes next begins at {}: they were thrown away, or \
                     something was left out",
                    first.position
                )));
            }
            // What needs the log or a key is done before the transaction, so that it stays short.
            let prepared = self.prepare(events, before).await?;
            if self.commit(prepared, before, last.position).await? {
                break;
            }
        }
        if let Some(changed) = &self.changed {
            changed.notify_one();
        }
        Ok(())
    }

    /// Writes rows with the position they stand for; false if somebody else has moved it meanwhile.
    async fn commit(&self, prepared: Prepared, before: u64, position: u64) -> Result<bool, Failure> {
        let mut transaction = self.store.begin().await?;
        if !self.advance(&mut transaction, before, position).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        match (&self.source, prepared) {
            (Source::Facts(rows), Prepared::Facts(facts)) => {
                for (committed, event) in &facts {
                    rows.put(&mut transaction, committed, event).await?;
                }
            }
            (Source::Cases(_, rows), Prepared::Cases(cases)) => {
                for case in &cases {
                    rows.put(&mut transaction, case).await?;
                }
            }
            _ => return Err(Failure::Internal("a projection was prepared for another source".to_owned())),
        }
        transaction.commit().await?;
        Ok(true)
    }

    async fn prepare(&self, events: &[Committed], before: u64) -> Result<Prepared, Failure> {
        let newer = events.iter().filter(|event| event.position > before);
        match &self.source {
            Source::Facts(_) => {
                let mut facts = Vec::with_capacity(events.len());
                for committed in newer {
                    let event = read_event::<CaseEvent>(&self.parts.sealer, committed).await?;
                    facts.push((committed.clone(), event));
                }
                Ok(Prepared::Facts(facts))
            }
            Source::Cases(executor, _) => {
                let mut streams: Vec<_> =
                    newer.filter(|event| is_case_fact(event)).map(|event| event.stream).collect();
                streams.sort_unstable();
                streams.dedup();
                let mut cases = Vec::with_capacity(streams.len());
                for stream in streams {
                    cases.push(executor.load(stream).await?);
                }
                Ok(Prepared::Cases(cases))
            }
        }
    }

    async fn read_position(&self) -> Result<u64, Failure> {
        position(&self.store, self.name).await
    }

    /// Moves the position on, unless somebody else did; waits for one who is about to.
    async fn advance(&self, rows: &mut AnyConnection, from: u64, to: u64) -> Result<bool, Failure> {
        let (from, to) = (i64::try_from(from).unwrap_or(0), i64::try_from(to).unwrap_or(i64::MAX));
        let done = sqlx::query(
            "INSERT INTO projection (name, position) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET position = excluded.position WHERE projection.position = $3",
        )
        .bind(self.name)
        .bind(to)
        .bind(from)
        .execute(rows)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Rows that were thrown away are written anew at the next event, when the bus hears that they do not
    /// go together with it. Until then nobody would look: so this looks now and then, on real time, because
    /// another process threw them away, and that is nothing that a test's clock could tell.
    async fn refill(&self, subscription: Subscription) {
        let soft = self.parts.shutdown.soft();
        loop {
            tokio::select! {
                () = soft.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(failure) = self.refill_to(subscription.checkpoint()).await {
                tracing::debug!(%failure, projection = self.name, "rows could not be written anew; trying again");
            }
        }
    }

    /// Writes the rows up to `reached` from the log, if they stand lower.
    async fn refill_to(&self, reached: u64) -> Result<(), Failure> {
        let mut position = self.read_position().await?;
        if position < reached {
            tracing::info!(
                projection = self.name,
                position,
                reached,
                "rows were thrown away: writing them anew"
            );
        }
        while position < reached && !self.parts.shutdown.soft().is_cancelled() {
            let page = self.parts.log.read_all(position, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            self.write(&page).await?;
            position = last.position;
        }
        Ok(())
    }
}

enum Prepared {
    Facts(Vec<(Committed, CaseEvent)>),
    Cases(Vec<Arc<Case>>),
}

/// Streams of other aggregates (agents) share the log.
fn is_case_fact(event: &Committed) -> bool {
    !event.event_type.starts_with("agent.")
}

#[async_trait]
impl Projection for Projector {
    async fn position(&self) -> Result<u64, HandleError> {
        self.read_position().await.map_err(|failure| HandleError::Retry(failure.to_string()))
    }

    async fn apply(&self, events: &[Committed]) -> Result<(), HandleError> {
        self.write(events).await.map_err(|failure| {
            tracing::warn!(%failure, projection = self.name, "a batch could not be applied; it is tried again");
            HandleError::Retry(failure.to_string())
        })
    }
}

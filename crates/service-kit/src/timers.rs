//! Things that are due later: rows derived from facts. A due timer becomes a command, which decides
//! nothing if it comes late or twice (I6). Of several replicas one at a time fires a source's timers; the
//! others wait for its turn, and look again what is left.

use std::sync::{Arc, Mutex, PoisonError};

use ambient::Clock;
use async_trait::async_trait;
use case::Case;
use event_bus::Subscription;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use sqlx::{AnyConnection, Row};
use tokio::sync::Notify;
use tracing::Instrument;
use uuid::Uuid;

use crate::execute::Executor;
use crate::failure::Failure;
use crate::parts::Parts;
use crate::projection::{
    Before, CaseRows, Lines, ReadModel, Told, Value, in_statements, project_cases_and_tell,
};
use crate::spans;
use crate::store::Store;

/// How long after a failed attempt a due timer is tried again.
const RETRY: SignedDuration = SignedDuration::from_secs(1);
/// How many due timers are taken at a turn, and fired at the same time: one that hangs does not hold up the
/// others, and a turn lasts as long as its slowest one.
const BATCH: usize = 16;

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
    let alarm = Arc::new(Alarm::default());
    let rows = TimerRows { source: Arc::clone(&source), clock: Arc::clone(&parts.clock) };
    let told = told(&source, &alarm);
    let subscription = project_cases_and_tell(parts, store, executor, rows, Some(told)).await?;
    let driver = Driver { parts: parts.clone(), store: store.clone(), source, alarm };
    parts.shutdown.spawn_background(driver.run());
    Ok(subscription)
}

/// Wakes the driver for timers that are due sooner than what it waits for.
#[derive(Default)]
struct Alarm {
    soonest: Mutex<Option<Timestamp>>,
    rung: Notify,
}

impl Alarm {
    /// Something is due then.
    fn ring(&self, due: Timestamp) {
        let mut soonest = self.soonest.lock().unwrap_or_else(PoisonError::into_inner);
        *soonest = Some(soonest.map_or(due, |soonest| soonest.min(due)));
        self.rung.notify_one();
    }

    /// Returns when something is due sooner than `next`.
    async fn sooner_than(&self, next: Option<Timestamp>) {
        loop {
            self.rung.notified().await;
            let soonest = self.soonest.lock().unwrap_or_else(PoisonError::into_inner).take();
            if soonest.is_some_and(|soonest| next.is_none_or(|next| soonest < next)) {
                return;
            }
        }
    }
}

fn told(source: &Arc<dyn TimerSource>, alarm: &Arc<Alarm>) -> Told {
    let (source, alarm) = (Arc::clone(source), Arc::clone(alarm));
    Arc::new(move |cases| match cases {
        Some(cases) => {
            let timers = cases.iter().flat_map(|case| source.timers(case));
            if let Some(due) = timers.map(|timer| timer.due_at).min() {
                alarm.ring(due);
            }
        }
        None => alarm.ring(Timestamp::MIN),
    })
}

struct TimerRows {
    source: Arc<dyn TimerSource>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl CaseRows for TimerRows {
    fn model(&self) -> ReadModel {
        ReadModel::of_timers(self.source.name())
    }

    /// One that is due may have been fired, and what became of it is in its row.
    fn unchanged(&self, before: Option<&Case>, after: &Case) -> bool {
        let (timers, now) = (self.source.timers(after), self.clock.now());
        let before = before.map_or_else(Vec::new, |before| self.source.timers(before));
        timers.iter().all(|timer| timer.due_at > now) && timers == before
    }

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        put_timers(rows, self.source.name(), cases, &|case| self.source.timers(case)).await
    }
}

/// Writes what is due on these cases, replacing what was there.
pub(crate) async fn put_timers(
    rows: &mut AnyConnection,
    name: &str,
    cases: &[(&Before, &Case)],
    due: &(dyn Fn(&Case) -> Vec<Timer> + Sync),
) -> Result<(), Failure> {
    let mut old = Vec::new();
    let mut lines = Lines::of("timer", "name, stream, kind, key, due_us", "");
    for (before, case) in cases {
        let stream = case.id.to_string();
        if !matches!(before, Before::None) {
            old.push(Value::from(stream.as_str()));
        }
        for timer in due(case) {
            let due_us = timer.due_at.as_microsecond();
            lines.push([
                name.into(),
                stream.as_str().into(),
                timer.kind.into(),
                timer.key.into(),
                due_us.into(),
            ]);
        }
    }
    let delete = |places: &str| format!("DELETE FROM timer WHERE name = '{name}' AND stream IN ({places})");
    in_statements(rows, 1, old, delete).await?;
    lines.write(rows).await
}

struct Driver {
    parts: Parts,
    store: Store,
    source: Arc<dyn TimerSource>,
    alarm: Arc<Alarm>,
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
                () = self.alarm.sooner_than(next) => {}
                () = due => {}
            }
        }
    }

    /// Fires what is due and returns when the next one will be.
    async fn fire_due(&self) -> Result<Option<Timestamp>, Failure> {
        loop {
            let next = self.next().await?;
            let due = next.is_some_and(|next| next <= self.parts.clock.now());
            if !due || self.parts.shutdown.soft().is_cancelled() {
                return Ok(next);
            }
            let _turn = self.store.turn(&format!("timers/{}", self.source.name())).await?;
            // Once more: while this one waited, another replica may have fired them.
            let due = self.due(self.parts.clock.now()).await?;
            let fired = join_all(by_stream(due).into_iter().map(|due| self.fire_in_order(due))).await;
            fired.into_iter().collect::<Result<(), Failure>>()?;
        }
    }

    /// Fires the timers of one case, the first due first.
    async fn fire_in_order(&self, due: Vec<(Uuid, Timer)>) -> Result<(), Failure> {
        for (stream, timer) in due {
            let span = spans::timer(self.source.name(), &timer.kind, stream);
            let again_at = match self.source.fire(stream, &timer).instrument(span.clone()).await {
                Ok(()) | Err(Failure::Refused { .. } | Failure::NotFound { .. }) => None,
                Err(failure) => {
                    let _entered = span.entered();
                    spans::failed("timer_failed");
                    tracing::warn!(%failure, timers = self.source.name(), kind = timer.kind, "a timer failed; it is tried again");
                    Some(self.parts.clock.now() + RETRY)
                }
            };
            // Where this fails its row stays as it was: it fires again, and decides nothing then.
            self.settle(stream, &timer, again_at).await?;
        }
        Ok(())
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<(Uuid, Timer)>, Failure> {
        let rows = sqlx::query(
            "SELECT stream, kind, key, due_us FROM timer WHERE name = $1 AND due_us <= $2 ORDER BY due_us LIMIT $3",
        )
        .bind(self.source.name())
        .bind(now.as_microsecond())
        .bind(i64::try_from(BATCH).unwrap_or(i64::MAX))
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

/// One list a case, in the order in which their first timers are due.
fn by_stream(due: Vec<(Uuid, Timer)>) -> Vec<Vec<(Uuid, Timer)>> {
    let mut cases: Vec<Vec<(Uuid, Timer)>> = Vec::new();
    for one in due {
        match cases.iter_mut().find(|case| case[0].0 == one.0) {
            Some(case) => case.push(one),
            None => cases.push(vec![one]),
        }
    }
    cases
}

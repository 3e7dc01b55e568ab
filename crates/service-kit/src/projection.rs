//! Read models: rows derived from facts, committed together with the position they stand for, so that
//! they can be thrown away and rebuilt (I7).
//!
//! Every replica of a service writes every read model. Whoever moves the position on, first thing in its
//! transaction, writes the rows; the others wait for that row, see that they were not needed and go on.
//!
//! Facts that change no row cost no transaction: the position is then moved on now and then, so that after a
//! restart not all of them are read again. That no row changes is judged by the rows that this replica knows:
//! where another one has moved the position on since, those events are judged anew.

mod derivation;
mod generation;
mod lines;
mod rebuild;
mod restored;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use case::{Case, CaseEvent, is_case_fact};
use event_bus::{Consumer, Filter, HandleError, Projection, Shard, Subscription, name_on_shard};
use event_log::{Committed, EventLog};
use lru::LruCache;
use sealing::Sealer;
use sqlx::{Any, AnyConnection, Executor as SqlExecutor, Row};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::execute::{Executor, read_event};
use crate::failure::Failure;
use crate::parts::Parts;
use crate::store::Store;

pub use derivation::Derivation;
pub use generation::{Checked, Difference, Generation, Progress, Switched};
pub(crate) use lines::in_statements;
pub use lines::{Lines, Value, delete};
pub use rebuild::{ReadModel, rebuild};

/// How often it is looked whether the rows were thrown away while nothing changed them, and the position is
/// moved on.
const LOOK: Duration = Duration::from_secs(2);
/// How many cases are remembered as they were when their rows were last written.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();
/// How many events are read at a time to write such rows anew.
const PAGE: usize = 256;

/// A read model fed with single facts, in the order of the log.
#[async_trait]
pub trait FactRows: Send + Sync + 'static {
    /// What it is called and which rows are its own.
    fn model(&self) -> ReadModel;
    /// The stored names of the facts that change its rows.
    fn facts(&self) -> &'static [&'static str];
    /// Takes a fact into the rows, which are found by keys or unique columns: where they are derived anew there is no
    /// other index.
    async fn put(
        &self,
        rows: &mut AnyConnection,
        committed: &Committed,
        event: &CaseEvent,
    ) -> Result<(), Failure>;
    /// Takes facts into the rows, in their order, with as few statements as may be.
    async fn put_all(
        &self,
        rows: &mut AnyConnection,
        facts: &[(Committed, CaseEvent)],
    ) -> Result<(), Failure> {
        for (committed, event) in facts {
            self.put(rows, committed, event).await?;
        }
        Ok(())
    }
}

/// A read model with rows per case, written anew whenever a fact changed the case.
#[async_trait]
pub trait CaseRows: Send + Sync + 'static {
    /// What it is called and which rows are its own.
    fn model(&self) -> ReadModel;
    /// True if a case's rows are the same after as before, so that they need not be written. A case that did
    /// not exist before had none.
    fn unchanged(&self, before: Option<&Case>, after: &Case) -> bool;
    /// Writes the rows of these cases, no two of which are the same, replacing what was there, with as few
    /// statements as may be. A case may already be further than the fact that made it change: rows only ever catch
    /// up. They are found by keys or unique columns: where they are derived anew there is no other index.
    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure>;
    /// Writes down what else follows from a case, in tables that are not the read model's: where its rows are
    /// written live, and not where they are derived to be compared or switched to.
    async fn note(&self, _rows: &mut AnyConnection, _before: &Before, _case: &Case) -> Result<(), Failure> {
        Ok(())
    }
}

/// What is known of a case's rows before they are written.
#[derive(Debug, Clone)]
pub enum Before {
    /// There are none.
    None,
    /// They are those of this state, or of a later one that another replica wrote.
    Of(Arc<Case>),
    /// Nothing.
    Unknown,
}

/// Told of the cases whose rows changed, by whichever replica, after they were committed; `None` when it is
/// not known which ones.
pub(crate) type Told = Arc<dyn Fn(Option<&[Arc<Case>]>) + Send + Sync>;

/// Keeps a fact-fed read model up to date until shutdown.
pub async fn project_facts(
    parts: &Parts,
    store: &Store,
    rows: impl FactRows,
) -> Result<Subscription, event_bus::Error> {
    let (model, filter) = (rows.model(), Filter::types(rows.facts().iter().copied()));
    start(parts, store, model, filter, Source::Facts(Arc::new(rows)), None).await
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

/// As [`project_cases`]; `told` hears of every change.
pub(crate) async fn project_cases_and_tell(
    parts: &Parts,
    store: &Store,
    executor: &Executor<Case>,
    rows: impl CaseRows,
    told: Option<Told>,
) -> Result<Subscription, event_bus::Error> {
    let model = rows.model();
    let source = Source::Cases(executor.clone(), Arc::new(rows));
    start(parts, store, model, Filter::all(), source, told).await
}

async fn start(
    parts: &Parts,
    store: &Store,
    model: ReadModel,
    filter: Filter,
    source: Source,
    told: Option<Told>,
) -> Result<Subscription, event_bus::Error> {
    let shards = parts.shards();
    let mut followers = Vec::with_capacity(shards.len());
    for (number, Shard { log, bus }) in (0..).zip(shards) {
        let projector = Arc::new(Projector {
            parts: parts.clone(),
            log,
            store: store.clone(),
            model,
            name: name_on_shard(model.name, number),
            source: source.clone(),
            told: told.clone(),
            stand: Mutex::new(Stand::at(0)),
        });
        let consumer = Consumer::projection(projector.name.clone(), filter.clone());
        followers.push(bus.project(consumer, projector.clone()).await?);
        parts.shutdown.spawn_background(async move { projector.look_after().await });
    }
    Ok(Subscription::of_shards(model.name, followers))
}

#[derive(Clone)]
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

/// Which generation of a read model's rows is live; 0 as long as none was switched to.
///
/// # Errors
/// The database does not answer.
pub async fn live_generation(store: &Store, name: &str) -> Result<u64, Failure> {
    position(store, &generation_row(name)).await
}

/// Where a read model's generation is kept, among the positions.
fn generation_row(name: &str) -> String {
    format!("{name}/generation")
}

/// Keeps the rows of one shard's cases.
struct Projector {
    parts: Parts,
    /// The shard.
    log: Arc<dyn EventLog>,
    store: Store,
    model: ReadModel,
    /// The read model's name on this shard: its position is kept under it.
    name: String,
    source: Source,
    told: Option<Told>,
    stand: Mutex<Stand>,
}

/// Where the rows stand.
struct Stand {
    /// The position kept with the rows, as last seen; others may have moved it on since.
    kept: u64,
    /// Everything up to here is in the rows, or changes none.
    reached: u64,
    /// Cases as they were when their rows were last written.
    written: LruCache<Uuid, Arc<Case>>,
    /// Cases with events after `kept` that changed no row.
    passed_over: HashSet<Uuid>,
    /// Up to here events have to be judged anew from the log, before anything else is written.
    owed: Option<u64>,
    /// The generation of the rows, as last looked at.
    generation: Option<u64>,
    /// How many erasures had been heard of when this was last looked through.
    erasures: u64,
}

impl Stand {
    fn at(position: u64) -> Self {
        Self {
            kept: position,
            reached: position,
            written: LruCache::new(REMEMBERED),
            passed_over: HashSet::new(),
            owed: None,
            generation: None,
            erasures: 0,
        }
    }

    /// Somebody was erased since: their texts may stand in the cases as they were written. Whose rows are not
    /// known are written anew.
    fn forget_erased(&mut self, sealer: &Sealer) {
        let erasures = sealer.erasures();
        if std::mem::replace(&mut self.erasures, erasures) != erasures {
            self.written.clear();
        }
    }

    /// This replica has moved the position on: what it passed over is behind it for good.
    fn moved_to(&mut self, position: u64) {
        self.kept = position;
        self.passed_over.clear();
    }

    /// Another replica has moved the position on, and may have written rows of whatever was passed over.
    fn overtaken_at(&mut self, position: u64) {
        self.kept = position;
        for stream in self.passed_over.drain() {
            self.written.pop(&stream);
        }
    }
}

/// What goes into the rows.
enum Prepared {
    Facts(Vec<(Committed, CaseEvent)>),
    Cases(Vec<(Before, Arc<Case>)>, Vec<Arc<Case>>),
}

impl Prepared {
    fn is_empty(&self) -> bool {
        match self {
            Self::Facts(facts) => facts.is_empty(),
            Self::Cases(changed, _) => changed.is_empty(),
        }
    }
}

impl Projector {
    /// Brings the rows up to the end of `events`, by oneself or by letting others.
    async fn write(&self, stand: &mut Stand, events: &[Committed]) -> Result<(), Failure> {
        let Some(last) = events.last().map(|event| event.position) else { return Ok(()) };
        stand.forget_erased(&self.parts.sealer);
        // What another replica has written by now is not what this one remembers.
        for event in events.iter().take_while(|event| event.position <= stand.kept) {
            stand.written.pop(&event.stream);
        }
        let (mut changed, mut judged_anew) = (Vec::new(), Vec::new());
        while stand.kept < last {
            let events = if judged_anew.is_empty() { events } else { &judged_anew };
            // What needs the log or a key is done before the transaction, so that it stays short.
            let prepared = self.prepare(events, stand).await?;
            let won = prepared.is_empty() || self.commit(&prepared, stand, last).await?;
            if let Prepared::Cases(written, same) = prepared {
                for case in written.iter().map(|(_, case)| case).chain(&same).filter(|_| won) {
                    stand.written.put(case.id.0, Arc::clone(case));
                }
                changed.extend(written.into_iter().map(|(_, case)| case));
            }
            if won {
                break;
            }
            for event in events {
                stand.written.pop(&event.stream);
            }
            judged_anew = self.between(stand.kept, last).await?;
        }
        if let Some(told) = &self.told
            && !changed.is_empty()
        {
            told(Some(&changed));
        }
        stand.reached = stand.reached.max(last);
        Ok(())
    }

    /// Writes rows with the position they stand for; false if somebody else has moved it on meanwhile.
    async fn commit(&self, prepared: &Prepared, stand: &mut Stand, position: u64) -> Result<bool, Failure> {
        let mut transaction = self.store.begin_derived().await?;
        if !self.advance(&mut *transaction, stand.kept, position).await? {
            transaction.rollback().await?;
            let found = self.read_position().await?;
            if found <= stand.kept {
                return Err(Failure::Internal(format!(
                    "the rows stand at {found} and stood at {}: they were thrown away",
                    stand.kept
                )));
            }
            stand.overtaken_at(found);
            return Ok(false);
        }
        match (&self.source, prepared) {
            (Source::Facts(rows), Prepared::Facts(facts)) => {
                rows.put_all(&mut transaction, facts).await?;
            }
            (Source::Cases(_, rows), Prepared::Cases(changed, _)) => {
                let cases: Vec<_> = changed.iter().map(|(before, case)| (before, &**case)).collect();
                rows.put_all(&mut transaction, &cases).await?;
                for (before, case) in cases {
                    rows.note(&mut transaction, before, case).await?;
                }
            }
            _ => return Err(Failure::Internal("a projection was prepared for another source".to_owned())),
        }
        transaction.commit().await?;
        stand.moved_to(position);
        Ok(true)
    }

    async fn prepare(&self, events: &[Committed], stand: &mut Stand) -> Result<Prepared, Failure> {
        let newer = events.iter().filter(|event| event.position > stand.kept);
        match &self.source {
            Source::Facts(rows) => {
                let wanted = Filter::types(rows.facts().iter().copied());
                let mut facts = Vec::new();
                for committed in newer.filter(|event| wanted.matches(&event.event_type)) {
                    let event = read_event::<CaseEvent>(&self.parts.sealer, committed).await?;
                    facts.push((committed.clone(), event));
                }
                Ok(Prepared::Facts(facts))
            }
            Source::Cases(executor, rows) => {
                let mut of_cases: Vec<_> = newer.filter(|event| is_case_fact(&event.event_type)).collect();
                // Stable: within a case they stay in their order.
                of_cases.sort_by_key(|event| event.stream);
                let (mut changed, mut same) = (Vec::new(), Vec::new());
                for facts in of_cases.chunk_by(|one, next| one.stream == next.stream) {
                    let stream = facts[0].stream;
                    let after = executor.load_with(stream, facts).await?;
                    let before = match stand.written.get(&stream) {
                        Some(known) => Before::Of(Arc::clone(known)),
                        None if facts[0].version == 1 => Before::None,
                        None => Before::Unknown,
                    };
                    let unchanged = match &before {
                        Before::Of(known) => rows.unchanged(Some(known), &after),
                        Before::None => rows.unchanged(None, &after),
                        Before::Unknown => false,
                    };
                    if unchanged {
                        stand.passed_over.insert(stream);
                        same.push(after);
                    } else {
                        changed.push((before, after));
                    }
                }
                Ok(Prepared::Cases(changed, same))
            }
        }
    }

    /// The events after one position, up to another.
    async fn between(&self, after: u64, last: u64) -> Result<Vec<Committed>, Failure> {
        let mut events: Vec<Committed> = Vec::new();
        if after >= last {
            return Ok(events);
        }
        loop {
            let position = events.last().map_or(after, |event| event.position);
            let page = self.log.read_all(position, PAGE).await?;
            let is_last = page.len() < PAGE;
            events.extend(page.into_iter().take_while(|event| event.position <= last));
            if is_last || events.last().is_some_and(|event| event.position == last) {
                return Ok(events);
            }
        }
    }

    async fn read_position(&self) -> Result<u64, Failure> {
        position(&self.store, &self.name).await
    }

    /// Moves the position on, unless somebody else did; waits for one who is about to.
    async fn advance<'c>(
        &self,
        rows: impl SqlExecutor<'c, Database = Any>,
        from: u64,
        to: u64,
    ) -> Result<bool, Failure> {
        let statement = if from == 0 {
            "INSERT INTO projection (name, position) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET position = excluded.position WHERE projection.position = $3"
        } else {
            "UPDATE projection SET position = $2 WHERE name = $1 AND position = $3"
        };
        let (from, to) = (i64::try_from(from).unwrap_or(0), i64::try_from(to).unwrap_or(i64::MAX));
        let done = sqlx::query(statement).bind(&self.name).bind(to).bind(from).execute(rows).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Rows that were thrown away are written anew at the next event that changes one, when the position is
    /// not where it was left. Until then nobody would look: so this looks now and then, on real time, because
    /// another process threw them away, and that is nothing that a test's clock could tell.
    async fn look_after(&self) {
        let soft = self.parts.shutdown.soft();
        loop {
            tokio::select! {
                () = soft.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            if let Err(failure) = self.look().await {
                tracing::debug!(%failure, projection = self.name.as_str(), "rows cannot be looked after; trying again");
            }
        }
    }

    async fn look(&self) -> Result<(), Failure> {
        let mut stand = self.stand.lock().await;
        stand.forget_erased(&self.parts.sealer);
        self.look_at_generation(&mut stand).await?;
        let position = self.read_position().await?;
        let reached = stand.reached.max(stand.kept);
        if position < stand.kept {
            tracing::info!(
                projection = self.name.as_str(),
                position,
                reached,
                "rows were thrown away: writing them anew"
            );
            *stand = Stand { generation: stand.generation, ..Stand::at(position) };
            stand.owed = Some(reached);
        } else if position > stand.kept {
            stand.overtaken_at(position);
            stand.owed = Some(reached);
        }
        if let Some(owed) = stand.owed {
            return self.catch_up(&mut stand, owed).await;
        }
        if position < reached && self.advance(self.store.pool(), position, reached).await? {
            stand.moved_to(reached);
        }
        Ok(())
    }

    /// Rows of another generation may be others than this replica remembers, also where no position moved.
    async fn look_at_generation(&self, stand: &mut Stand) -> Result<(), Failure> {
        let generation = live_generation(&self.store, self.model.name).await?;
        if stand.generation.replace(generation).is_some_and(|known| known != generation) {
            tracing::info!(projection = self.name.as_str(), generation, "another generation of rows is live");
            stand.written.clear();
            if let Some(told) = &self.told {
                told(None);
            }
        }
        Ok(())
    }

    /// Writes rows from the log, from where they stand to where this replica had been. What fails on the way
    /// stays owed: nothing else is written before.
    async fn catch_up(&self, stand: &mut Stand, owed: u64) -> Result<(), Failure> {
        let mut position = stand.kept;
        while position < owed {
            if self.parts.shutdown.soft().is_cancelled() {
                return Ok(());
            }
            let page = self.log.read_all(position, PAGE).await?;
            let Some(last) = page.last() else { break };
            position = last.position;
            self.write(stand, &page).await?;
        }
        stand.owed = None;
        if let Some(told) = &self.told {
            told(None);
        }
        Ok(())
    }
}

fn retry(failure: &Failure) -> HandleError {
    HandleError::Retry(failure.to_string())
}

#[async_trait]
impl Projection for Projector {
    async fn position(&self) -> Result<u64, HandleError> {
        let mut stand = self.stand.lock().await;
        let generation =
            live_generation(&self.store, self.model.name).await.map_err(|failure| retry(&failure))?;
        let position = restored::position_within_log(&*self.log, &self.store, &self.name, &self.model).await;
        let position = position.map_err(|failure| retry(&failure))?;
        *stand = Stand { generation: Some(generation), ..Stand::at(position) };
        if let Some(told) = &self.told {
            told(None);
        }
        Ok(position)
    }

    async fn apply(&self, events: &[Committed]) -> Result<(), HandleError> {
        let mut stand = self.stand.lock().await;
        if stand.owed.is_some() {
            // Then the position is asked for, and the bus goes on from there.
            return Err(HandleError::Retry("rows before these events could not be written yet".to_owned()));
        }
        self.write(&mut stand, events).await.map_err(|failure| {
            tracing::warn!(%failure, projection = self.name.as_str(), "a batch could not be applied; it is tried again");
            retry(&failure)
        })
    }

    async fn passed(&self, position: u64) {
        let mut stand = self.stand.lock().await;
        stand.reached = stand.reached.max(position);
    }
}

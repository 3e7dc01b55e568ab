//! Cases folded along the log. Each is folded once as long as it is remembered, and its rows are written
//! when it is forgotten or when they are wanted: not at each of its facts.
//!
//! The cases are shared out among as many tasks as there are processors, up to eight; their facts are read, and their
//! rows are written, meanwhile. What waits between them is bounded.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::Arc;

use case::{Aggregate, Case, Recorded};
use event_log::{Committed, EventLog};
use lru::LruCache;
use sqlx::AnyConnection;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

use super::pages::Pages;
use super::{PAGE, Progress, TOGETHER, read};
use crate::failure::Failure;
use crate::projection::{Before, CaseRows};

/// How many cases are remembered, by all tasks together.
const REMEMBERED: usize = 16_384;
/// More tasks would wait for the one that reads.
const MOST_TASKS: usize = 8;
/// How many parts of pages, and how many lots of cases to be written, may wait for the next in line.
const WAITING: usize = 4;

/// The cases of all tasks.
pub(super) struct Folds {
    parts: Vec<Part>,
}

/// One task's cases.
struct Part(LruCache<Uuid, Fold>);

struct Fold {
    case: Arc<Case>,
    /// It has facts that are not in its rows.
    changed: bool,
    /// It may have rows.
    written: bool,
}

/// A case whose rows are to be written.
struct Due {
    before: Before,
    case: Arc<Case>,
}

impl Default for Folds {
    fn default() -> Self {
        let tasks = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_TASKS);
        Self::remembering(REMEMBERED, tasks)
    }
}

impl Folds {
    fn remembering(cases: usize, tasks: usize) -> Self {
        let capacity = NonZeroUsize::new(cases / tasks).unwrap_or(NonZeroUsize::MIN);
        Self { parts: (0..tasks).map(|_| Part(LruCache::new(capacity))).collect() }
    }

    /// Takes the facts on these pages in, and writes the rows of all cases that they changed.
    pub(super) async fn take_in(
        self,
        log: &Arc<dyn EventLog>,
        mut pages: Pages,
        derived: &Arc<dyn CaseRows>,
        rows: &mut AnyConnection,
        progress: Progress<'_>,
    ) -> Result<Self, Failure> {
        let (due, mut to_write) = mpsc::channel(WAITING);
        let (mut tasks, mut folders) = (JoinSet::new(), Vec::new());
        for (place, part) in self.parts.into_iter().enumerate() {
            let (facts, taken) = mpsc::channel(WAITING);
            folders.push(facts);
            let (log, derived, due) = (Arc::clone(log), Arc::clone(derived), due.clone());
            let folded =
                async move { part.run(&*log, &*derived, taken, due).await.map(|part| (place, part)) };
            tasks.spawn(folded.in_current_span());
        }
        drop(due);
        let handing_out = async move {
            while let Some(page) = pages.next().await? {
                let events = u64::try_from(page.len()).unwrap_or(u64::MAX);
                for (folder, facts) in folders.iter().zip(shared_out(page, folders.len())) {
                    // Why it ended, it says itself when it is waited for.
                    let ended = |_| Failure::Internal("folding ended".to_owned());
                    folder.send(facts).await.map_err(ended)?;
                }
                progress(events);
            }
            Ok(())
        };
        let writing = async {
            let mut lot = Lot::default();
            while let Some(cases) = to_write.recv().await {
                for one in cases {
                    if !lot.takes(&one) {
                        lot.write(&**derived, rows).await?;
                    }
                    lot.push(one);
                }
            }
            lot.write(&**derived, rows).await
        };
        let done = tokio::try_join!(handing_out, writing);
        // Whoever waits to hand something to the writer ends as well.
        drop(to_write);
        let mut parts = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.map_err(|error| Failure::Internal(format!("folding ended: {error}")))?;
            parts.push(ended?);
        }
        done?;
        // Each has its own cases.
        parts.sort_by_key(|(place, _)| *place);
        Ok(Self { parts: parts.into_iter().map(|(_, part)| part).collect() })
    }
}

/// The facts about cases, a part for each task; all of a case go to the same one.
fn shared_out(page: Vec<Committed>, tasks: usize) -> Vec<Vec<Committed>> {
    let mut parts: Vec<Vec<Committed>> = (0..tasks).map(|_| Vec::with_capacity(page.len() / tasks)).collect();
    for committed in page {
        if case::is_case_fact(&committed.event_type) {
            parts[place_of(committed.stream, tasks)].push(committed);
        }
    }
    parts
}

/// Which task has a case. By all of its id: it begins with a time and ends with the shard, which all of a log have.
fn place_of(stream: Uuid, tasks: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    stream.hash(&mut hasher);
    let tasks = u64::try_from(tasks).unwrap_or(u64::MAX);
    usize::try_from(hasher.finish() % tasks).unwrap_or(0)
}

impl Part {
    async fn run(
        mut self,
        log: &dyn EventLog,
        derived: &dyn CaseRows,
        mut facts: mpsc::Receiver<Vec<Committed>>,
        due: mpsc::Sender<Vec<Due>>,
    ) -> Result<Self, Failure> {
        let mut forgotten = Vec::new();
        while let Some(facts) = facts.recv().await {
            for committed in &facts {
                forgotten.extend(self.take_in(log, derived, committed).await?);
            }
            if forgotten.len() >= TOGETHER && due.send(std::mem::take(&mut forgotten)).await.is_err() {
                // Who writes them says why they are not.
                return Ok(self);
            }
        }
        for (_, fold) in &mut self.0 {
            forgotten.extend(fold.due(derived));
            if forgotten.len() >= TOGETHER && due.send(std::mem::take(&mut forgotten)).await.is_err() {
                return Ok(self);
            }
        }
        let _ = due.send(forgotten).await;
        Ok(self)
    }

    /// Takes the next fact in; a case that is forgotten for it may have rows to write.
    async fn take_in(
        &mut self,
        log: &dyn EventLog,
        derived: &dyn CaseRows,
        committed: &Committed,
    ) -> Result<Option<Due>, Failure> {
        if let Some(fold) = self.0.get_mut(&committed.stream) {
            fold.take_in(committed)?;
            return Ok(None);
        }
        let is_new = committed.version == 1;
        let case = if is_new { Case::empty(committed.stream) } else { before(log, committed).await? };
        let mut fold = Fold { case: Arc::new(case), changed: false, written: !is_new };
        fold.take_in(committed)?;
        Ok(self.0.push(committed.stream, fold).and_then(|(_, mut forgotten)| forgotten.due(derived)))
    }
}

impl Fold {
    fn take_in(&mut self, committed: &Committed) -> Result<(), Failure> {
        self.changed = true;
        evolve(Arc::make_mut(&mut self.case), committed)
    }

    /// Its rows, if they are not written yet and it has any.
    fn due(&mut self, derived: &dyn CaseRows) -> Option<Due> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        if !self.written && derived.unchanged(None, &self.case) {
            return None;
        }
        let before = if std::mem::replace(&mut self.written, true) { Before::Unknown } else { Before::None };
        Some(Due { before, case: Arc::clone(&self.case) })
    }
}

/// Cases whose rows are written together, no two of which are the same.
#[derive(Default)]
struct Lot {
    cases: Vec<Due>,
    streams: HashSet<Uuid>,
}

impl Lot {
    fn takes(&self, one: &Due) -> bool {
        self.cases.len() < TOGETHER && !self.streams.contains(&one.case.id.0)
    }

    fn push(&mut self, one: Due) {
        self.streams.insert(one.case.id.0);
        self.cases.push(one);
    }

    async fn write(&mut self, derived: &dyn CaseRows, rows: &mut AnyConnection) -> Result<(), Failure> {
        let cases: Vec<_> = self.cases.iter().map(|one| (&one.before, &*one.case)).collect();
        if !cases.is_empty() {
            derived.put_all(rows, &cases).await?;
        }
        *self = Self::default();
        Ok(())
    }
}

/// A case as it was before this fact.
async fn before(log: &dyn EventLog, committed: &Committed) -> Result<Case, Failure> {
    let mut case = Case::empty(committed.stream);
    while case.version() + 1 < committed.version {
        let page = log.read_stream(committed.stream, case.version(), PAGE).await?;
        let earlier: Vec<_> = page.iter().take_while(|event| event.version < committed.version).collect();
        if earlier.is_empty() {
            return Err(Failure::Internal(format!("the stream {} has a gap", committed.stream)));
        }
        for event in earlier {
            evolve(&mut case, event)?;
        }
    }
    Ok(case)
}

fn evolve(case: &mut Case, committed: &Committed) -> Result<(), Failure> {
    let (version, recorded_at) = (committed.version, committed.recorded_at);
    case.evolve(&Recorded { version, recorded_at, event: read(committed)? });
    Ok(())
}

#[cfg(test)]
mod tests;

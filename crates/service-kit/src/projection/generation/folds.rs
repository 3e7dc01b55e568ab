//! Cases folded along the log. Each is folded once as long as it is remembered, and its rows are written
//! when it is forgotten or when they are wanted: not at each of its facts.

use std::num::NonZeroUsize;

use case::{Aggregate, Case, Recorded};
use event_log::{Committed, EventLog};
use lru::LruCache;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::{PAGE, read};
use crate::failure::Failure;
use crate::projection::{Before, CaseRows};

/// How many cases are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

pub(super) struct Folds(LruCache<Uuid, Fold>);

struct Fold {
    case: Case,
    /// It has facts that are not in its rows.
    changed: bool,
    /// It may have rows.
    written: bool,
}

impl Default for Folds {
    fn default() -> Self {
        Self(LruCache::new(REMEMBERED))
    }
}

impl Folds {
    /// Takes the next fact in.
    pub(super) async fn take_in(
        &mut self,
        log: &dyn EventLog,
        derived: &dyn CaseRows,
        rows: &mut AnyConnection,
        committed: &Committed,
    ) -> Result<(), Failure> {
        let stream = committed.stream;
        if !self.0.contains(&stream) {
            let fold = if committed.version == 1 {
                Fold { case: Case::empty(stream), changed: false, written: false }
            } else {
                Fold { case: before(log, committed).await?, changed: false, written: true }
            };
            if let Some((_, mut forgotten)) = self.0.push(stream, fold) {
                forgotten.write(derived, rows).await?;
            }
        }
        if let Some(fold) = self.0.get_mut(&stream) {
            evolve(&mut fold.case, committed)?;
            fold.changed = true;
        }
        Ok(())
    }

    /// Writes all rows that are not written yet.
    pub(super) async fn write(
        &mut self,
        derived: &dyn CaseRows,
        rows: &mut AnyConnection,
    ) -> Result<(), Failure> {
        for (_, fold) in &mut self.0 {
            fold.write(derived, rows).await?;
        }
        Ok(())
    }
}

impl Fold {
    async fn write(&mut self, derived: &dyn CaseRows, rows: &mut AnyConnection) -> Result<(), Failure> {
        if self.changed {
            let before = if self.written { Before::Unknown } else { Before::None };
            derived.put(rows, &before, &self.case).await?;
            (self.changed, self.written) = (false, true);
        }
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

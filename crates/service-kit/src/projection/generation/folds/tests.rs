//! However few cases are remembered, and by however many tasks, the rows are those of all facts.

use std::sync::atomic::{AtomicUsize, Ordering};

use ambient::{Clock, Ids, ManualClock, SeededIds};
use async_trait::async_trait;
use event_log::{Append, MemoryLog, NewEvent};
use sqlx::Row;
use sqlx::migrate::Migrator;

use super::*;
use crate::projection::ReadModel;
use crate::store::Store;

static MIGRATIONS: Migrator = sqlx::migrate!("tests/stores/migrations");

const STREAMS: u64 = 60;
const ROUNDS: u64 = 5;

/// A row a case: its number and its version.
#[derive(Default)]
struct Versions {
    /// How many rows were put in the place of others.
    again: AtomicUsize,
    /// How many were put at once, at most.
    together: AtomicUsize,
}

/// All but that of number 7.
fn has_row(case: &Case) -> bool {
    case.id.0.as_u128() != 7
}

#[async_trait]
impl CaseRows for Versions {
    fn model(&self) -> ReadModel {
        ReadModel::of_tables("watching.versions", &["seen"])
    }

    fn unchanged(&self, _before: Option<&Case>, after: &Case) -> bool {
        !has_row(after)
    }

    async fn put_all(&self, rows: &mut AnyConnection, cases: &[(&Before, &Case)]) -> Result<(), Failure> {
        self.together.fetch_max(cases.len(), Ordering::SeqCst);
        for (before, case) in cases {
            self.again.fetch_add(usize::from(!matches!(before, Before::None)), Ordering::SeqCst);
            Self::put(rows, before, case).await?;
        }
        Ok(())
    }
}

impl Versions {
    async fn put(rows: &mut AnyConnection, before: &Before, case: &Case) -> Result<(), Failure> {
        if !has_row(case) {
            return Ok(());
        }
        let insert = "INSERT INTO seen (position, stream) VALUES ($1, $2)";
        let replace = "INSERT INTO seen (position, stream) VALUES ($1, $2) \
                       ON CONFLICT (position) DO UPDATE SET stream = excluded.stream";
        // One that is taken for new and is not is refused.
        let statement = if matches!(before, Before::None) { insert } else { replace };
        let number = i64::try_from(case.id.0.as_u128()).unwrap();
        sqlx::query(statement).bind(number).bind(case.version.to_string()).execute(rows).await?;
        Ok(())
    }
}

/// Facts of all streams, one of each in turn.
async fn log() -> Arc<dyn EventLog> {
    let clock = ManualClock::new("2026-03-02T09:00:00Z".parse().unwrap());
    let (log, ids) = (MemoryLog::new(Arc::new(clock.clone())), SeededIds::new(1));
    for round in 0..ROUNDS {
        for stream in 1..=STREAMS {
            let event = NewEvent {
                event_id: ids.new_id(clock.now()),
                event_type: if stream % 10 == 0 { "agent.watched" } else { "watched.thing_happened" }
                    .to_owned(),
                schema_version: 1,
                meta: b"{}".to_vec(),
                payload: b"{}".to_vec(),
            };
            let append = Append {
                stream: Uuid::from_u128(u128::from(stream)),
                tenant: "NB".to_owned(),
                expected_version: round,
                command_id: ids.new_id(clock.now()),
                fingerprint: [0; 32],
                events: vec![event],
            };
            log.append(append).await.unwrap();
        }
    }
    Arc::new(log)
}

/// The rows, after the log was taken in in two goes.
async fn derived(folds: Folds, derived: &Arc<Versions>) -> Vec<(i64, String)> {
    let (log, folder) = (log().await, tempfile::tempdir().unwrap());
    let scratch = Store::open_scratch(&folder.path().join("rows.db"), &MIGRATIONS).await.unwrap();
    let by: Arc<dyn CaseRows> = derived.clone();
    let (mut folds, mut told, mut reached) = (folds, 0, 0);
    for to in [STREAMS * 2 + 7, STREAMS * ROUNDS] {
        let mut rows = scratch.begin().await.unwrap();
        let pages = Pages::between(Arc::clone(&log), reached, to);
        let mut progress = |events| told += events;
        folds = folds.take_in(&log, pages, &by, &mut rows, &mut progress).await.unwrap();
        rows.commit().await.unwrap();
        reached = to;
    }
    assert_eq!(told, STREAMS * ROUNDS);
    let rows = sqlx::query("SELECT position, stream FROM seen ORDER BY position");
    let rows = rows.fetch_all(scratch.pool()).await.unwrap();
    scratch.close().await;
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_that_were_forgotten_go_on_where_they_were() {
    let expected: Vec<_> = (1..=i64::try_from(STREAMS).unwrap())
        .filter(|number| number % 10 != 0 && *number != 7)
        .map(|number| (number, ROUNDS.to_string()))
        .collect();
    let all = Arc::new(Versions::default());
    assert_eq!(derived(Folds::remembering(1_000, 1), &all).await, expected);
    let cases = expected.len();
    // Each was written at the end of the first go, and once more at the end.
    assert_eq!((all.again.load(Ordering::SeqCst), all.together.load(Ordering::SeqCst)), (cases, cases));

    let few = Arc::new(Versions::default());
    assert_eq!(derived(Folds::remembering(9, 3), &few).await, expected);
    assert!(few.again.load(Ordering::SeqCst) > 3 * cases, "{:?}", few.again);
}

#[tokio::test]
async fn so_many_cases_are_remembered_and_no_more() {
    let (log, derived) = (log().await, Versions::default());
    let mut part = Part(LruCache::new(NonZeroUsize::new(5).unwrap()));
    let mut forgotten = 0;
    for committed in log.read_all(0, 30).await.unwrap() {
        forgotten += usize::from(part.take_in(&*log, &derived, &committed).await.unwrap().is_some());
        assert!(part.0.len() <= 5);
    }
    // But for the one without rows.
    assert_eq!((forgotten, part.0.len()), (30 - 5 - 1, 5));
}

/// Ids as cases have them: the time first, the shard last.
#[test]
fn the_cases_of_one_shard_reach_every_task() {
    let (ids, brand) = (SeededIds::new(3), "NB".parse().unwrap());
    let now = "2026-03-02T09:00:00Z".parse().unwrap();
    for tasks in 1..=MOST_TASKS {
        let mut had = vec![0; tasks];
        for _ in 0..100 * tasks {
            had[place_of(case::CaseId::of_request(&brand, ids.new_id(now), 1).0, tasks)] += 1;
        }
        assert!(had.iter().all(|cases| (50..=150).contains(cases)), "{tasks} tasks: {had:?}");
    }
}

//! Several processes on one log, and positions without a hole at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_log::{EventLog, PostgresLog, verify_log};
use scratch::shared::Database;
use tokio::task::JoinSet;

use crate::{Migrated, command, connect, id, open, run};

const PROCESSES: usize = 4;
const CALLERS: usize = 8;
const ROUNDS: u64 = 25;

/// Reads on from where it stands until told to stop, and to the end after that. Gives how often it found
/// something.
pub(crate) async fn follow(log: Arc<PostgresLog>, stop: Arc<AtomicBool>) -> (u64, usize) {
    let (mut position, mut pages) = (0, 0);
    loop {
        let last = stop.load(Ordering::SeqCst);
        let page = log.read_all(position, 100).await.unwrap();
        for event in &page {
            assert_eq!(event.position, position + 1, "a reader saw a hole");
            position = event.position;
        }
        pages += usize::from(!page.is_empty());
        if last && page.is_empty() {
            return (position, pages);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_share_a_log_leave_no_hole_that_any_reader_ever_sees() {
    let (made, elsewhere) = (Migrated::create().await, Database::create().await.unwrap());
    // A transaction with an id that stays open, in another database of the server.
    let mut forgotten = connect(&elsewhere.url).await;
    run(&mut forgotten, "BEGIN; CREATE TABLE forgotten (a INT)").await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut readers = JoinSet::new();
    for _ in 0..2 {
        readers.spawn(follow(open(&made.writer).await, Arc::clone(&stop)));
    }
    let mut writers = JoinSet::new();
    for _ in 0..PROCESSES {
        let log = open(&made.writer).await;
        for _ in 0..CALLERS {
            let log = Arc::clone(&log);
            writers.spawn(async move {
                let stream = id();
                for version in 0..ROUNDS {
                    log.append(command(stream, version * 2, 2)).await.unwrap();
                }
            });
        }
    }
    // One that holds the shard for a while, appends and commits late: positions wait for it.
    let mut slow = connect(&made.database.url).await;
    for _ in 0..5 {
        run(&mut slow, "BEGIN; SELECT 1 FROM log.shard WHERE shard = 0 FOR UPDATE").await.unwrap();
        for _ in 0..20 {
            tokio::task::yield_now().await;
            run(&mut slow, "SELECT 1").await.unwrap();
        }
        run(&mut slow, "COMMIT").await.unwrap();
    }
    writers.join_all().await;
    stop.store(true, Ordering::SeqCst);
    let expected = (PROCESSES * CALLERS) as u64 * ROUNDS * 2;
    for (position, pages) in readers.join_all().await {
        assert_eq!(position, expected);
        assert!(pages > 1, "the reader came too late to see anything");
    }
    assert!(verify_log(&*open(&made.writer).await).await.unwrap().is_intact());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_processes_that_append_at_one_version_exactly_one_wins_each_time() {
    let made = Migrated::create().await;
    let (one, other) = (open(&made.writer).await, open(&made.writer).await);
    let stream = id();
    for version in 0..50 {
        let (first, second) =
            tokio::join!(one.append(command(stream, version, 1)), other.append(command(stream, version, 1)));
        let conflict = Err(event_log::Error::Conflict { current_version: version + 1 });
        assert!(first.is_ok() != second.is_ok());
        assert!(first == conflict || second == conflict, "{first:?} {second:?}");
    }
    assert_eq!(one.head().await, Ok(50));
}

#[tokio::test]
async fn a_head_learnt_from_others_wakes_whoever_watches_and_never_goes_back() {
    let made = Migrated::create().await;
    let (one, other) = (open(&made.writer).await, open(&made.writer).await);
    let mut watch = other.watch();
    let last = one.append(command(id(), 0, 3)).await.unwrap().last_position;
    assert!(!watch.has_changed().unwrap());
    other.note_head(last);
    assert_eq!(*watch.borrow_and_update(), 3);
    for known in [2, 3] {
        other.note_head(known);
        assert!(!watch.has_changed().unwrap(), "{known} is nothing new");
    }
    assert_eq!(*watch.borrow(), 3);
}

#[tokio::test]
async fn close_writes_what_is_queued_and_later_calls_are_told() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let log = Arc::clone(&log);
        tasks.spawn(async move { log.append(command(id(), 0, 1)).await });
    }
    let first = tasks.join_next().await.unwrap().unwrap();
    log.close().await;
    log.close().await;
    let acknowledged = tasks.join_all().await.into_iter().chain([first]).flatten().count();
    assert!(matches!(log.append(command(id(), 0, 1)).await, Err(event_log::Error::Unavailable(_))));
    assert!(matches!(log.head().await, Err(event_log::Error::Unavailable(_))));
    assert_eq!(open(&made.writer).await.head().await, Ok(acknowledged as u64));
}

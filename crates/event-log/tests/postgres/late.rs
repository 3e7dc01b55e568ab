//! An append that has its position and does not commit for a long time: the order of positions is the order of
//! commits all the same, and nobody reads past it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use event_log::{EventLog, verify_log};
use scratch::shared::Database;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::sharing::follow;
use crate::{Migrated, command, connect, id, open, run};

/// How many appends come after the late one.
const LATER: u64 = 40;

/// Appends one event in a transaction that stays open, and gives the position before it.
async fn append_without_commit(session: &mut PgConnection, stream: Uuid, event: Uuid) -> i64 {
    run(session, "BEGIN").await.unwrap();
    let append = format!(
        "SELECT last_position FROM log.append_all(
           0::SMALLINT, 1, ARRAY['{stream}']::UUID[], ARRAY['brand'], ARRAY[0]::BIGINT[],
           ARRAY['{event}']::UUID[], ARRAY[sha256('')], ARRAY[1], ARRAY['{event}']::UUID[],
           ARRAY['stage.happened'], ARRAY[1]::SMALLINT[], ARRAY['{{}}']::BYTEA[], ARRAY['{{}}']::BYTEA[])"
    );
    sqlx::query_scalar(AssertSqlSafe(append)).fetch_one(session).await.unwrap()
}

/// Waits until sessions of both processes stand at the shard's lock.
async fn until_they_wait(admin: &mut PgConnection, sessions: i64) {
    let late = Instant::now() + Duration::from_secs(30);
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut *admin)
        .await
        .unwrap();
        if waiting >= sessions {
            return;
        }
        assert!(Instant::now() < late, "{waiting} sessions wait");
    }
}

/// The late one ends with this; gives the ids of the log's events, in order, and that of the late one.
async fn with_a_late_append_that_ends_with(end: &str) -> (Vec<Uuid>, Uuid) {
    let (made, elsewhere) = (Migrated::create().await, Database::create().await.unwrap());
    // Transactions with ids that stay open, in another database of the server and in this one.
    let (mut there, mut here) = (connect(&elsewhere.url).await, connect(&made.database.url).await);
    run(&mut there, "BEGIN; CREATE TABLE forgotten (a INT)").await.unwrap();
    run(&mut here, "BEGIN; SELECT pg_current_xact_id()").await.unwrap();
    let (one, other) = (open(&made.writer).await, open(&made.writer).await);
    one.append(command(id(), 0, 1)).await.unwrap();
    let (mut late, late_event) = (connect(&made.writer).await, id());
    assert_eq!(append_without_commit(&mut late, id(), late_event).await, 1);

    let stop = Arc::new(AtomicBool::new(false));
    let reading = JoinSet::from_iter([follow(open(&made.writer).await, Arc::clone(&stop))]);
    let mut later = JoinSet::new();
    for number in 0..LATER {
        let log = if number % 2 == 0 { Arc::clone(&one) } else { Arc::clone(&other) };
        later.spawn(async move { log.append(command(id(), 0, 1)).await.unwrap() });
    }
    let mut admin = connect(&made.database.url).await;
    until_they_wait(&mut admin, 2).await;
    for log in [&one, &other] {
        assert_eq!(log.head().await, Ok(1), "nothing is there before what comes before it");
        assert_eq!(log.read_all(1, 100).await.unwrap(), []);
    }
    assert!(later.try_join_next().is_none(), "a later append was acknowledged before the earlier one");

    run(&mut late, end).await.unwrap();
    let mut positions: Vec<u64> =
        later.join_all().await.into_iter().map(|appended| appended.last_position).collect();
    positions.sort_unstable();
    let events = one.read_all(0, 1_000).await.unwrap();
    let head = events.last().unwrap().position;
    assert!(positions.into_iter().eq(head - LATER + 1..=head));
    stop.store(true, Ordering::SeqCst);
    assert_eq!(reading.join_all().await[0].0, head, "the reader came to the end and saw no hole");
    assert!(verify_log(&*other).await.unwrap().is_intact());
    // They were open all the time.
    run(&mut there, "INSERT INTO forgotten VALUES (1)").await.unwrap();
    run(&mut here, "SELECT 1").await.unwrap();
    (events.into_iter().map(|event| event.event_id).collect(), late_event)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_commits_late_keeps_its_position_and_all_wait_for_it() {
    let (events, late) = with_a_late_append_that_ends_with("COMMIT").await;
    assert_eq!((events[1], events.len() as u64), (late, 2 + LATER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_rolled_back_late_leaves_no_hole() {
    let (events, late) = with_a_late_append_that_ends_with("ROLLBACK").await;
    assert!(!events.contains(&late));
    assert_eq!(events.len() as u64, 1 + LATER);
}

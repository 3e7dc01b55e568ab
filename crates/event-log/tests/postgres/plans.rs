//! Every look-up goes by an index, whatever the database knows of its tables.

use std::sync::Arc;
use std::time::Duration;

use event_log::{EventLog, MAX_EVENTS_PER_APPEND};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::{Migrated, command, connect, id, open, run};

/// So many that reading all would be noticed.
const STREAMS: usize = 600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_and_repeats_are_found_by_index_with_and_without_statistics() {
    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    // Nobody gathers statistics but this test.
    run(&mut admin, "ALTER TABLE log.event_0 SET (autovacuum_enabled = off)").await.unwrap();
    for statistics in [false, true] {
        if statistics {
            run(&mut admin, "ANALYZE log.event").await.unwrap();
        }
        // Planned while the table was empty, the first time.
        let log = open(&made.writer).await;
        let before = scans(&mut admin).await;
        let mut callers = JoinSet::new();
        for _ in 0..STREAMS {
            let log = Arc::clone(&log);
            callers.spawn(async move {
                let (stream, first) = (id(), command(id(), 0, 2));
                let first = event_log::Append { stream, ..first };
                log.append(first.clone()).await.unwrap();
                log.append(command(stream, 2, 3)).await.unwrap();
                assert!(log.append(first.clone()).await.unwrap().duplicate);
                assert!(log.find_command(stream, first.command_id).await.unwrap().is_some());
                assert_eq!(log.read_stream(stream, 1, 10).await.unwrap().len(), 4);
                assert!(log.head().await.unwrap() > 0);
            });
        }
        callers.join_all().await;
        log.close().await;
        until_gone(&mut admin).await;
        let after = scans(&mut admin).await;
        let (whole, commands) = (after.0 - before.0, after.1 - before.1);
        // While the table is nearly empty reading it whole is right.
        assert!(whole <= 10, "{whole} times the whole table was read (statistics: {statistics})");
        // A command that is repeated, and one that is asked for. A new one is not looked up: the index refuses it.
        let looked_up = i64::try_from(STREAMS * 2).unwrap();
        assert!(commands >= looked_up, "{commands} look-ups by command (statistics: {statistics})");
    }
}

/// Where the planner takes the index of all commands for a small one, it went through the whole of it each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_and_a_repeat_look_at_a_few_rows_of_a_long_stream() {
    const LONG: u32 = 400;
    const TRIES: u32 = 20;
    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    run(&mut admin, "ALTER TABLE log.event_0 SET (autovacuum_enabled = off)").await.unwrap();
    let log = open(&made.writer).await;
    let (stream, first) = (id(), command(id(), 0, 1));
    let first = event_log::Append { stream, ..first };
    // By these statistics hardly any event begins a command, and the index of those that do is small.
    for _ in 0..8 {
        log.append(command(id(), 0, MAX_EVENTS_PER_APPEND)).await.unwrap();
    }
    run(&mut admin, "ANALYZE log.event").await.unwrap();
    log.append(first.clone()).await.unwrap();
    for version in 1..LONG {
        log.append(command(stream, version.into(), 1)).await.unwrap();
    }
    for _ in 0..TRIES {
        assert!(log.append(command(stream, 1, 1)).await.is_err());
        assert!(log.append(first.clone()).await.unwrap().duplicate);
        let found = log.find_command(stream, first.command_id).await.unwrap().unwrap();
        assert_eq!((found.first_version, found.last_version), (1, 1));
    }
    log.close().await;
    until_gone(&mut admin).await;
    let looked_at = rows(&mut admin).await;
    // Each of them alone may look at the whole stream once: twenty did, at the whole of it.
    assert!(looked_at < i64::from(LONG * TRIES), "{looked_at} rows for {LONG} appends and {TRIES} tries");
}

/// How many rows were fetched by way of an index.
async fn rows(admin: &mut sqlx::PgConnection) -> i64 {
    let fetched = "SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relid = 'log.event_0'::regclass";
    sqlx::query_scalar(fetched).fetch_one(admin).await.unwrap()
}

/// Waits until the server has ended the log's sessions: only then is certain to be known what they counted.
async fn until_gone(admin: &mut sqlx::PgConnection) {
    let late = Instant::now() + Duration::from_secs(30);
    loop {
        let there: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'casetrail'",
        )
        .fetch_one(&mut *admin)
        .await
        .unwrap();
        if there == 0 {
            return;
        }
        assert!(Instant::now() < late, "{there} sessions did not end");
    }
}

/// How often the whole table was read, and how often the index of commands.
async fn scans(admin: &mut sqlx::PgConnection) -> (i64, i64) {
    sqlx::query_as(
        "SELECT t.seq_scan, i.idx_scan FROM pg_stat_user_tables t JOIN pg_stat_user_indexes i USING (relid)
         WHERE relid = 'log.event_0'::regclass AND i.indexrelname LIKE '%command_id%'",
    )
    .fetch_one(admin)
    .await
    .unwrap()
}

/// With a plan made for the numbers of another batch it took ten times as long as one by one, not less.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_large_appends_takes_no_longer_than_the_appends_one_by_one() {
    const APPENDS: u32 = 31;
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    let large = || command(id(), 0, MAX_EVENTS_PER_APPEND);
    let asked = Instant::now();
    for _ in 0..APPENDS {
        log.append(large()).await.unwrap();
    }
    let one_by_one = asked.elapsed();
    let asked = Instant::now();
    let mut callers = JoinSet::new();
    for append in (0..APPENDS).map(|_| large()) {
        let log = Arc::clone(&log);
        callers.spawn(async move { log.append(append).await.unwrap() });
    }
    callers.join_all().await;
    let together = asked.elapsed();
    assert!(together < one_by_one * 2, "{together:?} together, {one_by_one:?} one by one");
}

//! Streams that are read at the same time: each reader gets what it would get alone.

use std::sync::Arc;

use event_log::{Committed, Error, EventLog, PostgresLog};
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{Migrated, command, id, open, run};

/// Streams of these lengths: none, few, as many as are read together with others, one more, many.
const LENGTHS: [usize; 6] = [0, 1, 3, 100, 101, 250];

async fn streams(log: &PostgresLog) -> Vec<Uuid> {
    let mut streams = Vec::new();
    for events in LENGTHS {
        let stream = id();
        if events > 0 {
            log.append(command(stream, 0, events)).await.unwrap();
        }
        streams.push(stream);
    }
    streams
}

/// What a reader asks for, and what it is told.
type Read = ((Uuid, u64, usize), Result<Vec<Committed>, Error>);

/// All of them at once.
fn at_once(log: &Arc<PostgresLog>, asked: Vec<(Uuid, u64, usize)>) -> JoinSet<Read> {
    let mut reading = JoinSet::new();
    for (stream, after, limit) in asked {
        let log = Arc::clone(log);
        reading.spawn(async move { ((stream, after, limit), log.read_stream(stream, after, limit).await) });
    }
    reading
}

/// Of what the whole log holds of a stream.
fn expected(all: &[Committed], (stream, after, limit): (Uuid, u64, usize)) -> Vec<Committed> {
    all.iter().filter(|event| event.stream == stream && event.version > after).take(limit).cloned().collect()
}

/// Every one of them is told what it would be told alone.
async fn told_right(reading: JoinSet<Read>, all: &[Committed]) {
    for (asked, events) in reading.join_all().await {
        assert!(events == Ok(expected(all, asked)), "{asked:?}");
    }
}

#[tokio::test]
async fn streams_that_are_read_at_the_same_time_are_each_told_to_whom_they_belong() {
    let migrated = Migrated::create().await;
    let log = open(&migrated.writer).await;
    let streams = streams(&log).await;
    let all = log.read_all(0, 1_000).await.unwrap();
    let mut asked = Vec::new();
    for stream in streams {
        for after in [0, 1, 99, 100, 250, u64::MAX] {
            asked.extend([0, 1, 50, 100, 101, 1_000, usize::MAX].map(|limit| (stream, after, limit)));
        }
    }
    told_right(at_once(&log, asked), &all).await;
    log.close().await;
}

#[tokio::test]
async fn who_leaves_while_streams_are_read_together_takes_nothing_along() {
    let migrated = Migrated::create().await;
    let log = open(&migrated.writer).await;
    let streams = streams(&log).await;
    let all = log.read_all(0, 1_000).await.unwrap();
    for round in 0..20 {
        let asked =
            |times: usize| streams.iter().map(|stream| (*stream, 0, 1_000)).cycle().take(times).collect();
        let (leaving, staying) = (at_once(&log, asked(30)), at_once(&log, asked(30)));
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        drop(leaving);
        told_right(staying, &all).await;
    }
    log.close().await;
}

#[tokio::test]
async fn connections_that_were_cut_are_made_again_for_all_who_read_together() {
    let migrated = Migrated::create().await;
    let log = open(&migrated.writer).await;
    let streams = streams(&log).await;
    let all = log.read_all(0, 1_000).await.unwrap();
    let mut admin = PgConnection::connect(&migrated.database.url).await.unwrap();
    for _ in 0..3 {
        let asked = streams.iter().map(|stream| (*stream, 0, 1_000)).cycle().take(100).collect();
        told_right(at_once(&log, asked), &all).await;
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        run(&mut admin, cut).await.unwrap();
    }
    log.close().await;
    let closed = at_once(&log, vec![(id(), 0, 1); 3]).join_all().await;
    assert!(closed.iter().all(|(_, events)| matches!(events, Err(Error::Unavailable(_)))), "{closed:?}");
}

#[tokio::test]
async fn a_stream_that_cannot_be_read_fails_only_who_asked_for_it() {
    let migrated = Migrated::create().await;
    let log = open(&migrated.writer).await;
    let (bad, good) = (id(), id());
    for stream in [bad, good] {
        log.append(command(stream, 0, 3)).await.unwrap();
    }
    let all = log.read_all(0, 1_000).await.unwrap();
    let mut admin = PgConnection::connect(&migrated.database.url).await.unwrap();
    let damage = format!(
        "ALTER TABLE log.event_0 DISABLE TRIGGER ALL; UPDATE log.event SET hash = 'x' WHERE stream_id = '{bad}'"
    );
    run(&mut admin, &damage).await.unwrap();
    let asked = [bad, good].map(|stream| (stream, 0, 9)).into_iter().cycle().take(40).collect();
    for (asked, events) in at_once(&log, asked).join_all().await {
        if asked.0 == bad {
            assert!(matches!(events, Err(Error::Corrupt(_))), "{events:?}");
        } else {
            assert!(events == Ok(expected(&all, asked)), "{asked:?}");
        }
    }
    log.close().await;
}

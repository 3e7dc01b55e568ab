//! What is committed but not on disk yet: nobody is shown it before it is there.

use event_log::EventLog;
use scratch::Postgres;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::server::migrated;
use crate::{connect, id, open, run};

/// As much as may go wrong: the server's own writer may come first.
const TRIES: usize = 100;

/// Appends one event to a stream of its own and commits without waiting for the disk.
async fn append_unflushed(session: &mut PgConnection) {
    let (stream, event) = (id(), id());
    let append = format!(
        "SELECT status FROM log.append_all(
           0::SMALLINT, 1, ARRAY['{stream}']::UUID[], ARRAY['brand'], ARRAY[0]::BIGINT[],
           ARRAY['{event}']::UUID[], ARRAY[sha256('')], ARRAY[1], ARRAY['{event}']::UUID[],
           ARRAY['stage.happened'], ARRAY[1]::SMALLINT[], ARRAY['{{}}']::BYTEA[], ARRAY['{{}}']::BYTEA[]),
           set_config('synchronous_commit', 'off', true)"
    );
    sqlx::query(AssertSqlSafe(append)).execute(session).await.unwrap();
}

/// Up to where there is something to flush, by now.
async fn written(session: &mut PgConnection) -> String {
    let place = "SELECT pg_current_wal_insert_lsn()::TEXT";
    sqlx::query_scalar(place).fetch_one(session).await.unwrap()
}

/// Whether all that was written up to there is on disk; the server writes other things at any time.
async fn is_flushed(session: &mut PgConnection, written: &str) -> bool {
    let reached = "SELECT pg_current_wal_flush_lsn() >= $1::pg_lsn";
    sqlx::query_scalar(reached).bind(written).fetch_one(session).await.unwrap()
}

#[tokio::test]
async fn a_reader_waits_until_what_it_found_is_on_disk() {
    let mut server = Postgres::start().await.unwrap();
    let url = server.url("postgres");
    let log = open(&migrated(&url).await).await;
    let mut admin = connect(&url).await;
    run(&mut admin, "ALTER SYSTEM SET wal_writer_delay = '10s'").await.unwrap();
    run(&mut admin, "SELECT pg_reload_conf()").await.unwrap();
    let mut appended = 0;
    let mut seen_unflushed = [0; 4];
    for what in (0..seen_unflushed.len()).cycle().take(TRIES) {
        append_unflushed(&mut admin).await;
        appended += 1;
        let written = written(&mut admin).await;
        if is_flushed(&mut admin, &written).await {
            continue;
        }
        seen_unflushed[what] += 1;
        let last = match what {
            0 => log.head().await.unwrap(),
            1 => log.read_all(appended - 1, 10).await.unwrap()[0].position,
            2 => {
                let found = log.read_all(0, 1_000).await.unwrap().pop().unwrap();
                log.read_stream(found.stream, 0, 10).await.unwrap()[0].position
            }
            _ => u64::from(log.last_recorded_at().await.unwrap().is_some()) * appended,
        };
        assert_eq!(last, appended);
        assert!(is_flushed(&mut admin, &written).await, "it was shown before it was on disk");
    }
    assert!(seen_unflushed.iter().all(|times| *times > 0), "nothing was unflushed: {seen_unflushed:?}");

    server.crash().await.unwrap();
    server.start_again().await.unwrap();
    assert_eq!(log.head().await, Ok(appended));
}

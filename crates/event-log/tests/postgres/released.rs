//! What programs of earlier schema versions say to the database, kept as they said it: while one replaces the
//! other they stand beside each other over the newer schema (docs/adr/0026).
//!
//! When a program says something new, what it said before is added here, under its version. It stays for as long
//! as `compatible_from` is not beyond it.

use ambient::{Clock, SystemClock};
use event_log::{Append, EventLog};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::{Migrated, command, connect, id, open};

/// How programs append, each from its version on.
const APPENDS: [(i32, &str); 2] = [
    (
        1,
        "SELECT status, first_version, last_version, last_position, recorded_at
           FROM log.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    ),
    (
        2,
        "SELECT status, first_version, last_version, last_position, recorded_at
           FROM log.append_all($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    ),
];

/// What programs ask before they append, and how they read; from version 1 on.
const READS: [&str; 6] = [
    "SELECT max(version) FROM log.schema_version",
    "SELECT count(*) FROM pg_inherits WHERE inhparent = 'log.event'::regclass",
    "SELECT c.relname::TEXT, t.tgname::TEXT FROM pg_trigger t
       JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'log' AND c.relname IN ('event', 'event_0') AND t.tgenabled = 'A'",
    "SELECT position, stream_id, version, tenant, event_id, command_id, command_seq, event_type, schema_version,
            recorded_at, meta, payload, hash
       FROM log.event WHERE shard = 0 AND position > 0 ORDER BY position LIMIT 10",
    "SELECT position, recorded_at FROM log.event WHERE shard = 0 ORDER BY position DESC LIMIT 1",
    "SELECT shard, position, stream_id, version, tenant, event_type, schema_version, recorded_at, meta, payload
       FROM log.event_text",
];

/// One append as a program of that version does it: what the database answers first.
async fn append(connection: &mut PgConnection, statement: &str, append: &Append) -> (String, Option<i64>) {
    let event = &append.events[0];
    let row = sqlx::query(AssertSqlSafe(statement.to_owned()))
        .bind(0_i16)
        .bind(SystemClock.now().as_microsecond())
        .bind([append.stream])
        .bind([append.tenant.as_str()])
        .bind([i64::try_from(append.expected_version).unwrap()])
        .bind([append.command_id])
        .bind([append.fingerprint.to_vec()])
        .bind([1_i32])
        .bind([event.event_id])
        .bind([event.event_type.as_str()])
        .bind([1_i16])
        .bind([event.meta.clone()])
        .bind([event.payload.clone()])
        .fetch_one(connection)
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn programs_of_every_version_that_is_served_append_to_one_stream_in_turn() {
    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    let serves: i32 = sqlx::query_scalar("SELECT compatible_from FROM log.schema_version")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    let mut old = connect(&made.writer).await;
    let (log, stream) = (open(&made.writer).await, id());
    let mut version = 0;
    let served: Vec<_> = APPENDS.iter().filter(|(since, _)| *since >= serves).collect();
    assert!(!served.is_empty(), "nobody but the newest program is served");
    for (since, statement) in served {
        let first = command(stream, version, 1);
        let (status, _) = append(&mut old, statement, &first).await;
        assert!(["appended", "all"].contains(&status.as_str()), "version {since}: {status}");
        // What it is told about a repeat, and about a stream that has moved on.
        log.append(command(stream, version + 1, 1)).await.unwrap();
        assert_eq!(append(&mut old, APPENDS[0].1, &first).await.0, "duplicate", "version {since}");
        let late = command(stream, version + 1, 1);
        let told = append(&mut old, statement, &late).await;
        assert_eq!(
            told,
            ("conflict".to_owned(), Some(i64::try_from(version + 2).unwrap())),
            "version {since}"
        );
        version += 2;
    }
    for statement in READS {
        let rows = sqlx::query(statement).fetch_all(&mut old).await;
        assert!(!rows.unwrap().is_empty(), "{statement}");
    }
    assert!(event_log::verify_log(&*log).await.unwrap().is_intact(), "chains of both hang together");
}

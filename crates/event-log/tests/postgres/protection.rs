//! Nobody changes the log, and nobody adds to it but through its functions.

use event_log::EventLog;
use event_log::postgres::Access;
use sqlx::Connection;

use crate::server::login;
use crate::{Migrated, command, connect, id, open, run};

/// What would change the history, for somebody who may write to tables.
const CHANGES: [&str; 7] = [
    "UPDATE log.event SET payload = 'x' WHERE position = 1",
    "UPDATE log.event_0 SET payload = 'x' WHERE position = 1",
    "DELETE FROM log.event WHERE position = 1",
    "DELETE FROM log.event_0",
    "TRUNCATE log.event",
    "TRUNCATE log.event_0",
    "INSERT INTO log.event SELECT shard, position + 1, stream_id, version + 1, tenant, event_id, event_id,
     command_seq, fingerprint, event_type, schema_version, recorded_at, meta, payload, hash FROM log.event",
];

#[tokio::test]
async fn a_superuser_is_refused_what_would_change_the_history_in_replica_mode_too() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    log.append(command(id(), 0, 1)).await.unwrap();
    let before = log.read_all(0, 10).await.unwrap();
    let mut admin = connect(&made.database.url).await;
    for role in ["origin", "replica"] {
        run(&mut admin, &format!("SET session_replication_role = {role}")).await.unwrap();
        for change in &CHANGES[..6] {
            let refused = run(&mut admin, change).await.expect_err(change);
            assert!(refused.contains("append-only"), "{change}: {refused}");
        }
    }
    assert_eq!(log.read_all(0, 10).await.unwrap(), before);
}

#[tokio::test]
async fn the_roles_of_the_log_may_neither_change_nor_insert() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    log.append(command(id(), 0, 1)).await.unwrap();
    let before = log.read_all(0, 10).await.unwrap();
    let mut admin = connect(&made.database.url).await;
    let mut urls = vec![made.writer.clone()];
    for (name, access) in [("reader", Access::Read), ("tenant", Access::ReadTenant)] {
        urls.push(login(&mut admin, made.database.url.clone(), name, access).await);
    }
    let more = [
        "ALTER TABLE log.event_0 DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "SET ROLE casetrail_log_owner",
        "UPDATE log.schema_version SET version = 2",
        "SELECT 1 FROM log.event_0",
        "DELETE FROM log.shard",
    ];
    for url in urls {
        let mut session = connect(&url).await;
        for change in CHANGES.iter().chain(&more) {
            let refused = run(&mut session, change).await.expect_err(change);
            let denied = ["permission denied", "must be owner"].iter().any(|no| refused.contains(no));
            assert!(denied, "{change}: {refused}");
        }
    }
    assert_eq!(log.read_all(0, 10).await.unwrap(), before);
}

#[tokio::test]
async fn who_only_reads_may_not_append() {
    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    let reader = login(&mut admin, made.database.url.clone(), "reader", Access::Read).await;
    let log = open(&reader).await;
    let refused = log.append(command(id(), 0, 1)).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied for function append_one"), "{refused}");
    assert_eq!(log.head().await, Ok(0));
}

#[tokio::test]
async fn a_tenants_role_reads_its_own_brand_only_and_nothing_without_a_name() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    for tenant in ["brand", "other", "brand"] {
        log.append(event_log::Append { tenant: tenant.to_owned(), ..command(id(), 0, 1) }).await.unwrap();
    }
    let mut admin = connect(&made.database.url).await;
    let url = login(&mut admin, made.database.url.clone(), "tenant", Access::ReadTenant).await;
    let mut session = connect(&url).await;
    for (setting, expected) in [
        ("SELECT 1", vec![]),
        ("SET app.tenant = 'brand'", vec![1, 3]),
        ("SET app.tenant = 'other'", vec![2]),
        ("RESET app.tenant", vec![]),
    ] {
        run(&mut session, setting).await.unwrap();
        for table in ["log.event", "log.event_text"] {
            let sql = format!("SELECT position FROM {table} ORDER BY position");
            let seen: Vec<i64> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut session).await.unwrap();
            assert_eq!(seen, expected, "{setting}, {table}");
        }
    }
    session.close().await.unwrap();
}

#[tokio::test]
async fn the_view_shows_an_engineer_times_and_contents_as_text() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    let mut bytes = command(id(), 0, 1);
    bytes.events[0].payload = vec![0, 159, 146, 150];
    log.append(command(id(), 0, 1)).await.unwrap();
    log.append(bytes).await.unwrap();
    let recorded_at = log.last_recorded_at().await.unwrap().unwrap();
    let mut session = connect(&made.writer).await;
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT meta::TEXT, payload::TEXT, (extract(epoch FROM recorded_at) * 1000000)::BIGINT
         FROM log.event_text ORDER BY position",
    )
    .fetch_all(&mut session)
    .await
    .unwrap();
    assert_eq!(rows[0].0, r#"{"actor": "agent"}"#);
    assert_eq!(rows[0].1, r#"{"text": "hej"}"#);
    assert_eq!(rows[1].1, r#""hex:009f9296""#);
    assert_eq!(rows[1].2, recorded_at.as_microsecond());
}

/// What a table's constraints would refuse, the functions do, whoever calls them.
#[tokio::test]
async fn nothing_is_appended_without_a_fingerprint_or_of_no_version() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    log.append(command(id(), 0, 1)).await.unwrap();
    let mut writer = connect(&made.writer).await;
    let id = id();
    for (fingerprint, version) in [("NULL", "1"), ("sha256('')", "0"), ("sha256('')", "NULL")] {
        let one = format!(
            "SELECT log.append_one(0::SMALLINT, 1, '{id}', 'brand', 0, '{id}', {fingerprint}::BYTEA, '{id}',
               'stage.happened', {version}::SMALLINT, '{{}}', '{{}}', 0)"
        );
        let many = |function: &str| {
            format!(
                "SELECT * FROM log.{function}(0::SMALLINT, 1, ARRAY['{id}']::UUID[], ARRAY['brand'],
                   ARRAY[0]::BIGINT[], ARRAY['{id}']::UUID[], ARRAY[{fingerprint}]::BYTEA[], ARRAY[1],
                   ARRAY['{id}']::UUID[], ARRAY['stage.happened'], ARRAY[{version}]::SMALLINT[],
                   ARRAY['{{}}']::BYTEA[], ARRAY['{{}}']::BYTEA[])"
            )
        };
        for statement in [one, many("append_all"), many("append_batch")] {
            let refused = run(&mut writer, &statement).await.unwrap_err();
            assert!(refused.contains("a command needs a fingerprint"), "{refused}");
        }
    }
    assert_eq!(log.head().await, Ok(1));
}

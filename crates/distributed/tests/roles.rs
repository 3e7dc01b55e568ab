//! The roles that processes log in as, as `casetrail migrate` makes them: none of them changes history.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::collections::BTreeMap;

use ambient::{Clock, Ids, SystemClock, SystemIds};
use distributed::{RELAY, migrate, role_names};
use event_log::{Append, EventLog, NewEvent, PostgresLog, PostgresLogOptions};
use scratch::shared::Database;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// What would change history, or take its guards down.
const CHANGES: &[&str] = &[
    "UPDATE log.event SET payload = 'x' WHERE position = 1",
    "UPDATE log.event_0 SET payload = 'x'",
    "DELETE FROM log.event",
    "DELETE FROM log.event_0",
    "TRUNCATE log.event",
    "TRUNCATE log.event_0",
    "INSERT INTO log.event SELECT shard, position + 1, stream_id, version + 1, tenant, event_id, event_id,
     command_seq, fingerprint, event_type, schema_version, recorded_at, meta, payload, hash FROM log.event",
    "COPY log.event FROM STDIN",
    "ALTER TABLE log.event DISABLE TRIGGER ALL",
    "ALTER TABLE log.event_0 DISABLE TRIGGER ALL",
    "ALTER TABLE log.event NO FORCE ROW LEVEL SECURITY",
    "CREATE OR REPLACE FUNCTION log.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "DROP TABLE log.event_0",
    "SET session_replication_role = replica",
    "SET ROLE casetrail_log_owner",
    "UPDATE log.shard SET shard = 1",
    "UPDATE log.schema_version SET version = 9",
    "UPDATE log.seal SET to_position = 1",
    "DELETE FROM log.seal",
    "TRUNCATE log.seal",
    "DELETE FROM keys.data_key",
    "TRUNCATE keys.data_key",
];

fn append() -> Append {
    let id = || SystemIds.new_id(SystemClock.now());
    let event = NewEvent {
        event_id: id(),
        event_type: "stage.happened".to_owned(),
        schema_version: 1,
        meta: b"{}".to_vec(),
        payload: b"{}".to_vec(),
    };
    Append {
        stream: id(),
        tenant: "NB".to_owned(),
        expected_version: 0,
        command_id: id(),
        fingerprint: [1; 32],
        events: vec![event],
    }
}

async fn open(url: &str) -> PostgresLog {
    let clock = std::sync::Arc::new(SystemClock);
    PostgresLog::open(url, PostgresLogOptions::default(), clock).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_role_of_ours_changes_history_and_only_services_add_to_it() {
    let database = Database::create().await.unwrap();
    migrate(&database.url, 1, &BTreeMap::new()).await.unwrap();
    let as_role = |role: &str| database.url.replacen("postgres@", &format!("{role}@"), 1);
    let roles = role_names();
    assert_eq!(roles.len(), 5, "{roles:?}");
    open(&as_role(&roles[0])).await.append(append()).await.unwrap();
    for role in &roles {
        let log = open(&as_role(role)).await;
        let before = log.read_all(0, 100).await.unwrap();
        let mut session = PgConnection::connect(&as_role(role)).await.unwrap();
        for change in CHANGES {
            let done = sqlx::raw_sql(AssertSqlSafe(*change)).execute(&mut session).await;
            let refused = done.expect_err(&format!("{role}: {change}")).to_string();
            let denied = ["permission denied", "must be owner"].iter().any(|no| refused.contains(no));
            assert!(denied, "{role}: {change}: {refused}");
        }
        assert_eq!(log.read_all(0, 100).await.unwrap(), before);
        let appended = log.append(append()).await;
        assert_eq!(appended.is_ok(), role != RELAY, "{role}: {appended:?}");
        log.close().await;
    }
    database.drop().await.unwrap();
}

/// Every table of the services' own schemas: schema, table, and one of its columns.
async fn tables(admin: &mut PgConnection) -> Vec<(String, String, String)> {
    let stages: Vec<&str> = distributed::SCHEMAS.iter().map(|schema| schema.stage).collect();
    sqlx::query_as(
        "SELECT DISTINCT ON (table_schema, table_name) table_schema::TEXT, table_name::TEXT, column_name::TEXT
         FROM information_schema.columns WHERE table_schema = ANY($1)",
    )
    .bind(stages)
    .fetch_all(admin)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_has_no_part_in_what_is_another_services() {
    let database = Database::create().await.unwrap();
    migrate(&database.url, 1, &BTreeMap::new()).await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    let tables = tables(&mut admin).await;
    assert!(tables.len() > 20, "{tables:?}");
    let mut tried = 0;
    for role in role_names() {
        let url = database.url.replacen("postgres@", &format!("{role}@"), 1);
        let mut session = PgConnection::connect(&url).await.unwrap();
        for (schema, table, column) in &tables {
            let is_own = role == distributed::role_of(schema);
            for statement in [
                format!("SELECT * FROM {schema}.{table}"),
                format!("INSERT INTO {schema}.{table} DEFAULT VALUES"),
                format!("UPDATE {schema}.{table} SET {column} = {column}"),
                format!("DELETE FROM {schema}.{table}"),
                format!("TRUNCATE {schema}.{table}"),
                format!("DROP TABLE {schema}.{table}"),
                format!("CREATE TABLE {schema}.mine (x INT)"),
            ] {
                let is_reading = statement.starts_with("SELECT");
                if is_own && !["TRUNCATE", "DROP", "CREATE"].iter().any(|verb| statement.starts_with(verb)) {
                    // Its own: it must at least read it, and what else it does other tests show.
                    if is_reading {
                        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut session).await.unwrap();
                    }
                    continue;
                }
                let done = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut session).await;
                let refused = done.expect_err(&format!("{role}: {statement}")).to_string();
                let denied = ["permission denied", "must be owner"].iter().any(|no| refused.contains(no));
                assert!(denied, "{role}: {statement}: {refused}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried} were tried");
    database.drop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_adds_to_its_own_reads_and_reads_those_of_all() {
    let database = Database::create().await.unwrap();
    migrate(&database.url, 1, &BTreeMap::new()).await.unwrap();
    migrate(&database.url, 1, &BTreeMap::new()).await.unwrap();
    let as_role = |role: &str| database.url.replacen("postgres@", &format!("{role}@"), 1);
    for schema in distributed::SCHEMAS {
        let mut session = PgConnection::connect(&as_role(&distributed::role_of(schema.stage))).await.unwrap();
        let added = format!(
            "INSERT INTO {stage}.personal_read VALUES ('{stage}', 1, 'agent:mette', 'NB', 'c', 'p', 'm', 'f', '')",
            stage = schema.stage
        );
        sqlx::raw_sql(AssertSqlSafe(added)).execute(&mut session).await.unwrap();
    }
    for role in role_names() {
        let mut session = PgConnection::connect(&as_role(&role)).await.unwrap();
        let seen: Result<i64, _> =
            sqlx::query_scalar("SELECT COUNT(*) FROM reads.personal_read").fetch_one(&mut session).await;
        if role == RELAY {
            assert!(seen.unwrap_err().to_string().contains("permission denied"), "{role}");
        } else {
            assert_eq!(seen.unwrap(), 4, "{role}");
        }
        for change in [
            "INSERT INTO reads.personal_read VALUES ('x', 1, 'r', 'NB', 'c', 'p', 'm', 'f', '')",
            "DELETE FROM reads.personal_read",
            "DROP VIEW reads.personal_read",
            "CREATE TABLE reads.mine (x INT)",
        ] {
            let done = sqlx::raw_sql(AssertSqlSafe(change)).execute(&mut session).await;
            assert!(done.is_err(), "{role}: {change}");
        }
    }
    database.drop().await.unwrap();
}

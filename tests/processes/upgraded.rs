//! An upgrade, seen from the release before: the next release has migrated the database, and its own processes are
//! not there yet. The programs at hand play the release before, and the next one is what it may be: more columns,
//! more tables, more functions, and books that say so.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::fleet::STAGES;
use crate::up::Up;
use crate::withdrawal::{Withdrawal, stage};

/// What a next release might add to the log, and write into its book.
const LOG: &str = "SET ROLE casetrail_log_owner;
    ALTER TABLE log.event ADD COLUMN next TEXT;
    CREATE TABLE log.next (id BIGINT PRIMARY KEY);
    CREATE FUNCTION log.append_next(shard SMALLINT) RETURNS SMALLINT LANGUAGE sql AS 'SELECT $1';
    UPDATE log.schema_version SET version = version + 1;
    RESET ROLE;";

/// And to a service's schema.
const SERVICE: &str = "SET search_path = STAGE;
    ALTER TABLE timer ADD COLUMN next TEXT NOT NULL DEFAULT 'x';
    CREATE TABLE next (id BIGINT PRIMARY KEY);
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
    SELECT max(version) + 1, 'next', true, '\\x00', 0 FROM _sqlx_migrations;
    RESET search_path;";

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_the_release_before_run_and_start_over_the_schema_of_the_next() {
    let (up, database, _nats) = Up::on_shared_servers(1, &[]).await;
    let stage = stage(&up).await;
    let case = Withdrawal::open(stage, "TX-96501").await;
    case.take().await;
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql(LOG).execute(&mut admin).await.unwrap();
    for stage in STAGES {
        let statements = SERVICE.replace("STAGE", stage);
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut admin).await.unwrap();
    }
    // Those that run go on; those that start again accept what they find.
    case.escalate().await;
    for name in ["intake", "routing", "payments-escalation", "notifications", "relay"] {
        up.kill(name);
    }
    case.approve().await;
    case.finish().await;
    case.happened_once(&up).await;
    admin.close().await.unwrap();
    assert!(up.stop());
    database.drop().await.unwrap();
}

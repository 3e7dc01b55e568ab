//! Made once, by whoever comes first; opened only where it is safe.

use std::sync::Arc;

use ambient::SystemClock;
use event_log::postgres::{MigrateError, OpenError, migrate};
use event_log::{Error, EventLog, PostgresLog, PostgresLogOptions};
use scratch::Postgres;
use scratch::shared::Database;
use sqlx::{Connection, PgConnection};
use tokio::task::JoinSet;

use crate::{Migrated, command, connect, id, open, run};

/// Why the log is not opened.
async fn refused(url: &str, shard: u16) -> OpenError {
    let options = PostgresLogOptions { shard, ..PostgresLogOptions::default() };
    PostgresLog::open(url, options, Arc::new(SystemClock)).await.err().unwrap()
}

#[tokio::test]
async fn migrating_again_changes_nothing_and_adds_the_shards_that_are_missing() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    log.append(command(id(), 0, 3)).await.unwrap();
    let before = log.read_all(0, 10).await.unwrap();
    assert!(matches!(refused(&made.writer, 2).await, OpenError::NoShard { shard: 2, .. }));
    let mut admin = connect(&made.database.url).await;
    migrate(&mut admin, 1).await.unwrap();
    migrate(&mut admin, 3).await.unwrap();
    migrate(&mut admin, 2).await.unwrap();
    assert_eq!(log.read_all(0, 10).await.unwrap(), before);

    let options = PostgresLogOptions { shard: 2, ..PostgresLogOptions::default() };
    let other = PostgresLog::open(&made.writer, options, Arc::new(SystemClock)).await.unwrap();
    assert_eq!(other.append(command(id(), 0, 2)).await.unwrap().last_position, 2);
    assert_eq!((log.head().await, other.head().await), (Ok(3), Ok(2)));
}

/// In a server of its own, where the roles are not there yet either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn databases_of_one_server_may_be_migrated_at_the_same_moment() {
    let server = Postgres::start().await.unwrap();
    let mut admin = connect(&server.url("postgres")).await;
    for database in 0..4 {
        run(&mut admin, &format!("CREATE DATABASE db_{database}")).await.unwrap();
    }
    let mut migrations = JoinSet::new();
    for number in 0..8 {
        let url = server.url(&format!("db_{}", number % 4));
        migrations
            .spawn(async move { migrate(&mut connect(&url).await, 2).await.map_err(|e| e.to_string()) });
    }
    for migrated in migrations.join_all().await {
        assert_eq!(migrated, Ok(()));
    }
    for database in 0..4 {
        assert_eq!(open(&server.url(&format!("db_{database}"))).await.head().await, Ok(0));
    }
}

#[tokio::test]
async fn a_database_without_a_log_or_with_another_version_is_refused_with_what_to_do() {
    let empty = Database::create().await.unwrap();
    let missing = refused(&empty.url, 0).await;
    assert!(missing.to_string().contains("run `casetrail migrate`"), "{missing}");

    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    for (version, advice) in [(0, "run `casetrail migrate`"), (9, "serves programs for version 8 and newer")]
    {
        become_version(&mut admin, version, 8).await;
        let refused = refused(&made.writer, 0).await;
        assert!(matches!(refused, OpenError::OtherVersion { found, .. } if found == version), "{refused}");
        assert!(refused.to_string().contains(advice), "{refused}");
    }
    assert!(matches!(migrate(&mut admin, 1).await, Err(MigrateError::Newer { found: 9 })));
}

/// What a newer program's migration leaves in the book.
async fn become_version(admin: &mut PgConnection, version: i32, compatible_from: i32) {
    let change =
        format!("UPDATE log.schema_version SET version = {version}, compatible_from = {compatible_from}");
    run(admin, &change).await.unwrap();
}

#[tokio::test]
async fn a_newer_log_that_still_serves_this_program_is_used_and_left_as_it_is() {
    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    run(&mut admin, "ALTER TABLE log.event ADD COLUMN note TEXT").await.unwrap();
    become_version(&mut admin, 9, 1).await;
    let log = open(&made.writer).await;
    log.append(command(id(), 0, 2)).await.unwrap();
    assert_eq!(log.read_all(0, 10).await.unwrap().len(), 2);

    migrate(&mut admin, 1).await.unwrap();
    let kept: String =
        sqlx::query_scalar("SELECT version || ' from ' || compatible_from FROM log.schema_version")
            .fetch_one(&mut admin)
            .await
            .unwrap();
    assert_eq!(kept, "9 from 1");
    // A shard as this program knows it may lack what the newer one relies on.
    assert!(matches!(migrate(&mut admin, 2).await, Err(MigrateError::Newer { found: 9 })));
}

/// The book of a log that was migrated before books said whom they serve.
#[tokio::test]
async fn a_log_that_does_not_say_whom_it_serves_serves_its_own_version() {
    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    run(&mut admin, "ALTER TABLE log.schema_version DROP COLUMN compatible_from").await.unwrap();
    assert_eq!(open(&made.writer).await.head().await, Ok(0));
    run(&mut admin, "UPDATE log.schema_version SET version = version + 1").await.unwrap();
    let refused = refused(&made.writer, 0).await;
    assert!(matches!(refused, OpenError::OtherVersion { .. }), "{refused}");
}

/// Makes version 3 of version 4, as far as version 4 changed it.
const BACK_TO_3: &str = "DROP FUNCTION log.append_batch; UPDATE log.schema_version SET version = 3";

/// Likewise version 2 of version 3.
const BACK_TO_2: &str = "SET ROLE casetrail_log_owner;
    DROP FUNCTION log.append_one;
    DROP FUNCTION log.append_all;
    CREATE FUNCTION log.append_all(SMALLINT, BIGINT, UUID[], TEXT[], BIGINT[], UUID[], BYTEA[],
      INTEGER[], UUID[], TEXT[], SMALLINT[], BYTEA[], BYTEA[]) RETURNS INTEGER LANGUAGE SQL RETURN 2;
    DROP FUNCTION log.chained;
    DROP FUNCTION log.begin_append;
    DROP INDEX log.event_command;
    CREATE UNIQUE INDEX event_command ON log.event (shard, stream_id, command_id) WHERE command_seq = 0;
    ALTER TABLE log.event ADD CONSTRAINT event_position_check CHECK (position > 0),
      ADD CONSTRAINT event_version_check CHECK (version > 0),
      ADD CONSTRAINT event_command_seq_check CHECK (command_seq >= 0),
      ADD CONSTRAINT event_hash_check CHECK (octet_length(hash) = 32),
      ADD CONSTRAINT event_check CHECK ((command_seq = 0) = (fingerprint IS NOT NULL)),
      ADD CONSTRAINT event_schema_version_check CHECK (schema_version > 0);
    UPDATE log.schema_version SET version = 2;
    RESET ROLE";

/// Likewise version 1 of version 2.
const BACK_TO_1: &str = "DROP FUNCTION log.append_all; UPDATE log.schema_version SET version = 1";

#[tokio::test]
async fn a_log_of_any_version_before_is_brought_up_to_date_with_what_it_holds() {
    for back in [&[BACK_TO_3][..], &[BACK_TO_3, BACK_TO_2], &[BACK_TO_3, BACK_TO_2, BACK_TO_1]] {
        let made = Migrated::create().await;
        let before = open(&made.writer).await;
        let (stream, first) = (id(), command(id(), 0, 2));
        before.append(event_log::Append { stream, ..first.clone() }).await.unwrap();
        before.close().await;
        let mut admin = connect(&made.database.url).await;
        for step in back {
            run(&mut admin, step).await.unwrap();
        }
        let old = refused(&made.writer, 0).await;
        assert!(old.to_string().contains("run `casetrail migrate`"), "{old}");

        migrate(&mut admin, 1).await.unwrap();
        let log = open(&made.writer).await;
        assert!(log.append(event_log::Append { stream, ..first }).await.unwrap().duplicate);
        assert_eq!(log.append(command(stream, 2, 1)).await.unwrap().last_position, 3);
        assert!(event_log::verify_log(&*log).await.unwrap().is_intact());
        let named = "SELECT count(*) FROM pg_proc WHERE proname = 'append_all'";
        let functions: i64 = sqlx::query_scalar(named).fetch_one(&mut admin).await.unwrap();
        assert_eq!(functions, 1, "what programs for version 2 call is not ambiguous");
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named_without_the_password() {
    let refused = refused("postgres://casetrail:hunter2@127.0.0.1:1/facts", 0).await;
    assert!(refused.is_unreachable(), "{refused}");
    let text = format!("{refused} {refused:?}");
    assert!(text.contains("127.0.0.1:1/facts") && !text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn settings_that_could_lose_an_acknowledged_append_are_refused_by_name_when_opening_and_later() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    let mut admin = connect(&made.database.url).await;
    let name = &made.database.name;
    for (whose, found) in [(format!("DATABASE {name}"), "off"), (format!("ROLE writer_{name}"), "local")] {
        run(&mut admin, &format!("ALTER {whose} SET synchronous_commit = {found}")).await.unwrap();
        let refused = refused(&made.writer, 0).await;
        assert!(
            matches!(&refused, OpenError::Unsafe { setting: "synchronous_commit", found: value, .. } if value == found),
            "{refused}"
        );
        // Nor is it written by who was there before and has to connect again.
        let later = log.append(command(id(), 0, 1)).await.unwrap_err().to_string();
        assert!(later.contains("synchronous_commit"), "{later}");
        run(&mut admin, &format!("ALTER {whose} RESET synchronous_commit")).await.unwrap();
    }
    crate::settled(&log, &command(id(), 0, 1)).await;
}

/// It is how one finds out what became of it.
#[tokio::test]
async fn a_log_whose_guards_are_gone_may_be_read_and_not_written() {
    let made = Migrated::create().await;
    let log = open(&made.writer).await;
    log.append(command(id(), 0, 2)).await.unwrap();
    let mut admin = connect(&made.database.url).await;
    run(&mut admin, "ALTER TABLE log.event_0 DISABLE TRIGGER event_no_change").await.unwrap();
    let options = PostgresLogOptions { read_only: true, ..PostgresLogOptions::default() };
    let reading = PostgresLog::open(&made.writer, options, Arc::new(SystemClock)).await.unwrap();
    assert_eq!(reading.read_all(0, 10).await.unwrap().len(), 2);
    assert!(matches!(reading.append(command(id(), 0, 1)).await, Err(Error::Invalid(_))));
    assert_eq!(reading.head().await, Ok(2));
}

#[tokio::test]
async fn a_log_whose_guards_are_gone_or_asleep_is_refused_with_their_name() {
    let made = Migrated::create().await;
    let mut admin = connect(&made.database.url).await;
    for (change, undo, guard) in [
        (
            "ALTER TABLE log.event_0 DISABLE TRIGGER event_no_change",
            "ALTER TABLE log.event_0 ENABLE ALWAYS TRIGGER event_no_change",
            "event_no_change on log.event_0",
        ),
        // Asleep in replica mode, which is all that somebody who wants to change the log needs.
        (
            "ALTER TABLE log.event_0 ENABLE TRIGGER event_no_truncate",
            "ALTER TABLE log.event_0 ENABLE ALWAYS TRIGGER event_no_truncate",
            "event_no_truncate on log.event_0",
        ),
        ("DROP TRIGGER event_no_truncate ON log.event", "SELECT 1", "event_no_truncate on log.event "),
    ] {
        run(&mut admin, change).await.unwrap();
        let refused = refused(&made.writer, 0).await;
        assert!(refused.to_string().contains(guard), "{change}: {refused}");
        run(&mut admin, undo).await.unwrap();
    }
    admin.close().await.unwrap();
}

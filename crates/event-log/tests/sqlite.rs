//! What is promised of the SQLite file beyond the contract: it refuses change, survives, and says clearly
//! why it cannot be opened.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ambient::{Ids, ManualClock, SeededIds};
use event_log::{Append, Error, EventLog, NewEvent, OpenError, SqliteLog, verify_log, verify_stream};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;
use uuid::Uuid;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_second(1_750_000_000).unwrap()))
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    (folder, path)
}

fn command(ids: &SeededIds, stream: Uuid, expected_version: u64, event_type: &str) -> Append {
    let now = Timestamp::from_second(1_750_000_000).unwrap();
    let event = NewEvent {
        event_id: ids.new_id(now),
        event_type: event_type.to_owned(),
        schema_version: 1,
        meta: br#"{"actor":"agent"}"#.to_vec(),
        payload: br#"{ "text": "hej" }"#.to_vec(),
    };
    Append {
        stream,
        tenant: "brand".to_owned(),
        expected_version,
        command_id: ids.new_id(now),
        fingerprint: [7; 32],
        events: vec![event],
    }
}

/// A log with three streams of four events each.
async fn filled(path: &Path) -> (SqliteLog, Vec<Uuid>, SeededIds) {
    let log = SqliteLog::open(path, clock()).await.unwrap();
    let ids = SeededIds::new(1);
    let streams: Vec<_> = (0..3).map(|_| ids.new_id(Timestamp::UNIX_EPOCH)).collect();
    for version in 0..4 {
        for stream in &streams {
            log.append(command(&ids, *stream, version, "stage.happened")).await.unwrap();
        }
    }
    (log, streams, ids)
}

/// A connection as the sqlite3 shell has it: with none of our settings.
async fn shell(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}

async fn run(path: &Path, sql: &'static str) -> Result<(), String> {
    let mut conn = shell(path).await;
    let result = sqlx::raw_sql(sql).execute(&mut conn).await;
    conn.close().await.unwrap();
    result.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_or_replace_an_event() {
    let (_folder, path) = folder();
    let (log, ..) = filled(&path).await;
    let columns = "shard, stream_id, version, tenant, event_id, command_id, command_seq, fingerprint, \
                   event_type, schema_version, recorded_at, meta, payload, hash";
    // Values that would replace the event at position 5, reached by each unique key.
    let replace = |position: &str, version: &str, command_id: &str| {
        let taken = columns.replace(" version,", &format!(" {version},"));
        let taken = taken.replace(" command_id,", &format!(" {command_id},"));
        format!(
            "INSERT OR REPLACE INTO event (position, {columns}) SELECT {position}, {taken} FROM event WHERE position = 5"
        )
    };
    let statements = [
        "UPDATE event SET payload = x'00' WHERE position = 5".to_owned(),
        "UPDATE OR REPLACE event SET position = 6 WHERE position = 5".to_owned(),
        "DELETE FROM event WHERE position = 12".to_owned(),
        "DELETE FROM event".to_owned(),
        replace("5", "version", "command_id"),
        replace("13", "version", "randomblob(16)"),
        replace("13", "5", "command_id"),
        replace("14", "5", "randomblob(16)"),
        replace("13", "6", "randomblob(16)"),
    ];
    let before = log.read_all(0, 100).await.unwrap();
    let mut conn = shell(&path).await;
    for statement in statements {
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.clone())).execute(&mut conn).await;
        let reason = refused.expect_err(&statement).to_string();
        assert!(reason.contains("append-only"), "{statement}: {reason}");
    }
    assert_eq!(log.read_all(0, 100).await.unwrap(), before);
    // What it must not refuse: the end of the stream and of the log.
    let legal = sqlx::AssertSqlSafe(replace("13", "5", "randomblob(16)"));
    sqlx::raw_sql(legal).execute(&mut conn).await.unwrap();
}

#[tokio::test]
async fn everything_is_there_after_closing_and_opening_again() {
    let (_folder, path) = folder();
    let (log, streams, ids) = filled(&path).await;
    let before = log.read_all(0, 100).await.unwrap();
    let repeated = command(&ids, streams[0], 4, "stage.closed");
    let first = log.append(repeated.clone()).await.unwrap();
    log.close().await;
    log.close().await;
    assert!(matches!(log.append(repeated.clone()).await, Err(Error::Unavailable(_))));
    assert!(matches!(log.head().await, Err(Error::Unavailable(_))));

    let log = SqliteLog::open(&path, clock()).await.unwrap();
    assert_eq!(*log.watch().borrow(), 13);
    assert_eq!(log.read_all(0, 12).await.unwrap(), before);
    let again = log.append(repeated).await.unwrap();
    assert!(again.duplicate);
    assert_eq!((again.last_position, again.recorded_at), (first.last_position, first.recorded_at));
    log.append(command(&ids, streams[0], 5, "stage.happened")).await.unwrap();
    assert_eq!(verify_stream(&log, streams[0]).await, Ok(6));
}

#[test]
fn what_was_acknowledged_survives_a_process_that_ends_without_closing() {
    let (_folder, path) = folder();
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let dying = runtime();
    let before = dying.block_on(async {
        let (log, ..) = filled(&path).await;
        let events = log.read_all(0, 100).await.unwrap();
        // Neither closed nor dropped: the tasks end where they stand.
        std::mem::forget(log);
        events
    });
    dying.shutdown_timeout(std::time::Duration::from_secs(10));

    runtime().block_on(async {
        let log = SqliteLog::open(&path, clock()).await.unwrap();
        assert_eq!(log.read_all(0, 100).await.unwrap(), before);
        assert!(verify_log(&log).await.unwrap().is_intact());
    });
}

#[tokio::test]
async fn close_writes_what_is_queued_first() {
    let (_folder, path) = folder();
    let log = Arc::new(SqliteLog::open(&path, clock()).await.unwrap());
    let ids = SeededIds::new(2);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let append = command(&ids, ids.new_id(Timestamp::UNIX_EPOCH), 0, "stage.happened");
        let log = Arc::clone(&log);
        tasks.spawn(async move { log.append(append).await });
    }
    let first = tasks.join_next().await.unwrap().unwrap();
    log.close().await;
    let acknowledged = tasks.join_all().await.into_iter().chain([first]).flatten().count();
    let log = SqliteLog::open_read_only(&path).await.unwrap();
    assert!(acknowledged > 0);
    assert_eq!(log.head().await.unwrap(), acknowledged as u64);
}

#[tokio::test]
async fn a_second_writer_is_refused_and_told_who_has_the_file_while_readers_are_let_in() {
    let (_folder, path) = folder();
    let (log, streams, ids) = filled(&path).await;
    let refused = SqliteLog::open(&path, clock()).await.err().unwrap();
    let holder = format!("process {}", std::process::id());
    assert_eq!(refused, OpenError::InUse { path: path.clone(), holder });

    let reader = SqliteLog::open_read_only(&path).await.unwrap();
    assert_eq!(*reader.watch().borrow(), 12);
    log.append(command(&ids, streams[0], 4, "stage.happened")).await.unwrap();
    assert_eq!(reader.head().await.unwrap(), 13);
    assert_eq!(verify_stream(&reader, streams[0]).await, Ok(5));
    let refused = reader.append(command(&ids, streams[0], 5, "stage.happened")).await;
    assert!(matches!(refused, Err(Error::Invalid(reason)) if reason.contains("reading only")));
    log.close().await;
    assert!(verify_log(&reader).await.unwrap().is_intact());
}

#[tokio::test]
async fn a_file_of_the_first_version_is_read_as_it_is_and_changed_by_its_next_writer() {
    let (_folder, path) = folder();
    let (log, streams, ids) = filled(&path).await;
    log.close().await;
    run(
        &path,
        "DROP INDEX event_command;
         CREATE UNIQUE INDEX event_command ON event (stream_id, command_id) WHERE command_seq = 0;
         PRAGMA user_version = 1;",
    )
    .await
    .unwrap();
    let reader = SqliteLog::open_read_only(&path).await.unwrap();
    assert!(verify_log(&reader).await.unwrap().is_intact());
    reader.close().await;

    let log = SqliteLog::open(&path, clock()).await.unwrap();
    let once = command(&ids, streams[0], 4, "stage.happened");
    let first = log.append(once.clone()).await.unwrap();
    assert_eq!(log.append(once).await.unwrap().last_position, first.last_position);
    assert!(verify_log(&log).await.unwrap().is_intact());
    log.close().await;
    let mut shell = shell(&path).await;
    let index: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_index_info('event_command')")
        .fetch_all(&mut shell)
        .await
        .unwrap();
    assert_eq!(index, ["command_id", "stream_id"]);
    shell.close().await.unwrap();
}

#[tokio::test]
async fn a_file_from_a_newer_program_is_refused_for_writing_and_for_reading() {
    let (_folder, path) = folder();
    filled(&path).await.0.close().await;
    run(&path, "PRAGMA user_version = 3").await.unwrap();
    let bytes = fs::read(&path).unwrap();
    let expected = OpenError::Newer { path: path.clone(), found: 3, known: 2 };
    assert_eq!(SqliteLog::open(&path, clock()).await.err().unwrap(), expected);
    assert_eq!(SqliteLog::open_read_only(&path).await.err().unwrap(), expected);
    assert!(expected.to_string().contains("newer"));
    assert_eq!(fs::read(&path).unwrap(), bytes, "a refused file is left as it was");
}

#[tokio::test]
async fn a_file_or_folder_that_is_read_only_is_refused_by_name() {
    let (folder, path) = folder();
    filled(&path).await.0.close().await;
    for place in [path.as_path(), folder.path()] {
        let writable = fs::metadata(place).unwrap().permissions();
        let mut read_only = writable.clone();
        read_only.set_readonly(true);
        fs::set_permissions(place, read_only).unwrap();
        let refused = SqliteLog::open(&path, clock()).await.err();
        fs::set_permissions(place, writable).unwrap();
        match refused {
            Some(OpenError::NotWritable { path, .. }) => assert_eq!(path, place),
            other => panic!("{} gave {other:?}", place.display()),
        }
    }
    SqliteLog::open(&path, clock()).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_refused_by_name() {
    let (folder, _) = folder();
    let missing = folder.path().join("missing");
    let refused = SqliteLog::open(&missing.join("log.db"), clock()).await.err();
    assert!(matches!(refused, Some(OpenError::NotWritable { path, .. }) if path == missing));
}

#[tokio::test]
async fn what_is_no_event_log_is_refused_and_left_alone() {
    let (folder, path) = folder();
    fs::write(&path, "Dear diary, today I was mistaken for a database.".repeat(100)).unwrap();
    let other = folder.path().join("other.db");
    drop(SqliteConnectOptions::new().filename(&other).create_if_missing(true).connect().await.unwrap());
    run(&other, "CREATE TABLE recipe (name TEXT)").await.unwrap();
    for file in [&path, &other] {
        let bytes = fs::read(file).unwrap();
        let refused = SqliteLog::open(file, clock()).await.err();
        assert!(matches!(refused, Some(OpenError::NotALog { .. })), "{refused:?}");
        assert_eq!(&fs::read(file).unwrap(), &bytes);
    }
    let missing = folder.path().join("missing.db");
    let refused = SqliteLog::open_read_only(&missing).await.err();
    assert_eq!(refused, Some(OpenError::Missing { path: missing }));
}

#[tokio::test]
async fn a_log_that_lost_a_trigger_is_not_written() {
    let (_folder, path) = folder();
    filled(&path).await.0.close().await;
    run(&path, "DROP TRIGGER event_no_update").await.unwrap();
    let refused = SqliteLog::open(&path, clock()).await.err();
    assert_eq!(refused, Some(OpenError::Unprotected { path, trigger: "event_no_update" }));
}

/// A tampering that a superuser could do, and the version at which it must be found in the first stream.
#[tokio::test]
async fn tampering_is_found_and_the_first_wrong_version_named() {
    for (tampering, version) in [
        ("UPDATE event SET payload = x'00' WHERE position = 4", 2),
        ("UPDATE event SET meta = x'00' WHERE position = 10", 4),
        ("UPDATE event SET event_type = 'stage.other' WHERE position = 1", 1),
        ("UPDATE event SET schema_version = 2 WHERE position = 7", 3),
        ("UPDATE event SET recorded_at = recorded_at + 1 WHERE position = 7", 3),
        ("UPDATE event SET event_id = randomblob(16) WHERE position = 7", 3),
        ("UPDATE event SET tenant = 'other' WHERE position = 7", 3),
        ("UPDATE event SET hash = randomblob(32) WHERE position = 4", 2),
        ("DELETE FROM event WHERE position = 4", 2),
        // Swaps the contents of versions 2 and 3.
        (
            "UPDATE event SET version = 9 WHERE position = 4; UPDATE event SET version = 2 WHERE position = 7;
             UPDATE event SET version = 3 WHERE position = 4",
            2,
        ),
    ] {
        let (_folder, path) = folder();
        let (log, streams, _) = filled(&path).await;
        assert_eq!(verify_stream(&log, streams[0]).await, Ok(4));
        run(&path, "DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete").await.unwrap();
        run(&path, tampering).await.unwrap();
        match verify_stream(&log, streams[0]).await {
            Err(event_log::VerifyError::Broken(broken)) => {
                assert_eq!((broken.stream, broken.version), (streams[0], version), "{tampering}: {broken}");
            }
            other => panic!("{tampering}: {other:?}"),
        }
        let found = verify_log(&log).await.unwrap();
        assert_eq!((found.broken.len(), found.broken[0].version), (1, version), "{tampering}");
        assert_eq!(found.first_missing_position, tampering.starts_with("DELETE").then_some(4));
        assert_eq!(verify_stream(&log, streams[1]).await, Ok(4), "the others are untouched");
    }
}

#[tokio::test]
async fn after_a_failed_transaction_nothing_is_missing_and_nothing_is_made_up() {
    let (_folder, path) = folder();
    let (log, streams, ids) = filled(&path).await;
    let log = Arc::new(log);
    run(
        &path,
        "CREATE TRIGGER trouble BEFORE INSERT ON event WHEN NEW.event_type = 'stage.trouble'
                BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
    )
    .await
    .unwrap();
    let good = command(&ids, streams[0], 4, "stage.happened");
    let bad = command(&ids, streams[1], 4, "stage.trouble");
    for _ in 0..3 {
        let refused = log.append(bad.clone()).await;
        assert!(matches!(refused, Err(Error::Unavailable(reason)) if reason.contains("the disk is full")));
        assert_eq!((log.head().await.unwrap(), *log.watch().borrow()), (12, 12));
    }
    let appended = log.append(good.clone()).await.unwrap();
    assert_eq!((appended.last_version, appended.last_position), (5, 13));
    run(&path, "DROP TRIGGER trouble").await.unwrap();
    let appended = log.append(bad).await.unwrap();
    assert_eq!((appended.last_version, appended.last_position, appended.duplicate), (5, 14, false));
    assert!(log.append(good).await.unwrap().duplicate);
    assert!(verify_log(&*log).await.unwrap().is_intact());
}

#[tokio::test]
async fn the_view_shows_an_engineer_ids_times_and_contents_as_text() {
    let (_folder, path) = folder();
    let (_log, streams, _) = filled(&path).await;
    let mut conn = shell(&path).await;
    let (stream, recorded_at, meta, payload): (String, String, String, String) =
        sqlx::query_as("SELECT stream_id, recorded_at, meta, payload FROM event_text WHERE position = 1")
            .fetch_one(&mut conn)
            .await
            .unwrap();
    assert_eq!(stream, streams[0].to_string());
    assert_eq!(recorded_at, "2025-06-15T15:06:40.000000Z");
    assert_eq!((meta.as_str(), payload.as_str()), (r#"{"actor":"agent"}"#, r#"{"text":"hej"}"#));
}

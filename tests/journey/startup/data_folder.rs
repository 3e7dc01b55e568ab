//! Data folders that cannot be used: not writable, in use, or written by a newer version.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ambient::ManualClock;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::tempdir;
use world::{START, World};

use super::{refused, starts_and_stops};
use crate::scene::Scene;

async fn change(file: &Path, sql: String) {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_made_is_named_with_what_to_do() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "in the way").unwrap();
    // Below a file; and where nobody may write, not even the superuser.
    for data in [file.join("data"), file.clone(), "/proc/casetrail".into(), "/sys/casetrail".into()] {
        let said = refused(&data, "").await;
        assert!(said.contains(&data.display().to_string()), "{said}");
        assert!(said.contains("--data"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "in the way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_marked_read_only_is_respected() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    starts_and_stops(&data).await;
    let log = std::fs::read(data.join("log.db")).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o555)).unwrap();
    let said = refused(&data, "").await;
    // So that the folder can be removed.
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(said.contains(&data.display().to_string()) && said.contains("write"), "{said}");
    assert_eq!(std::fs::read(data.join("log.db")).unwrap(), log);
    starts_and_stops(&data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_a_newer_version_is_not_touched() {
    let folder = tempdir().unwrap();
    let data = folder.path();
    starts_and_stops(data).await;
    change(&data.join("log.db"), "PRAGMA user_version = 99".to_owned()).await;
    let before = std::fs::read(data.join("log.db")).unwrap();
    let said = refused(data, "").await;
    assert!(said.contains("log.db") && said.contains("newer") && said.contains("99"), "{said}");
    assert_eq!(std::fs::read(data.join("log.db")).unwrap(), before);

    change(&data.join("log.db"), "PRAGMA user_version = 1".to_owned()).await;
    starts_and_stops(data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_and_read_models_of_a_newer_version_are_not_touched() {
    let folder = tempdir().unwrap();
    let data = folder.path();
    starts_and_stops(data).await;
    change(&data.join("bus.db"), "PRAGMA user_version = 99".to_owned()).await;
    let said = refused(data, "").await;
    assert!(said.contains("bus.db") && said.contains("newer"), "{said}");
    change(&data.join("bus.db"), "PRAGMA user_version = 1".to_owned()).await;

    for service in ["intake", "routing", "payments_escalation", "notifications"] {
        let file = data.join(format!("{service}.db"));
        let from_the_future = "INSERT INTO _sqlx_migrations \
            (version, description, installed_on, success, checksum, execution_time) \
            VALUES (99999999, 'later', CURRENT_TIMESTAMP, 1, x'00', 0)";
        change(&file, from_the_future.to_owned()).await;
        let said = refused(data, "").await;
        assert!(said.contains(&format!("{service}.db")), "{said}");
        change(&file, "DELETE FROM _sqlx_migrations WHERE version = 99999999".to_owned()).await;
    }
    starts_and_stops(data).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_log_is_not_written_into() {
    let folder = tempdir().unwrap();
    let log = folder.path().join("log.db");
    std::fs::write(&log, "These are my notes, and I want to keep them. ".repeat(40)).unwrap();
    let said = refused(folder.path(), "").await;
    assert!(said.contains("log.db") && said.contains("not an event log"), "{said}");
    assert!(std::fs::read_to_string(&log).unwrap().starts_with("These are my notes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = tempdir().unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    let first = Scene::of(World::start_in(folder.path(), clock, "").await.unwrap()).await;
    let said = refused(folder.path(), "").await;
    let holder = format!("process {}", std::process::id());
    assert!(said.contains("log.db") && said.contains(&holder), "who holds it: {said}");
    first.taken().await;
    first.check().await;
}

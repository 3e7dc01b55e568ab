//! `VerifyCase`: says that a history is whole, and where it is not (I8).

use std::path::Path;

use contracts::history::v1::{VerifyCaseRequest, VerifyCaseResponse};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::case_watch::CaseWatch;
use crate::people::{ask, auditor};
use crate::scene::Scene;

async fn verify(scene: &Scene, number: &str) -> VerifyCaseResponse {
    let request = VerifyCaseRequest { case: number.to_owned() };
    scene.stage.history().verify_case(ask(&auditor(), request)).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_nobody_touched_verifies_up_to_its_head() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    let version = scene.world.case(&number).await.unwrap().version;
    let mut watch = CaseWatch::of(&scene.stage, &number).await;
    while watch.next().await.unwrap().version < version {}
    let head = watch.seen.last().unwrap();
    let found = verify(&scene, &number).await;
    assert_eq!(
        found,
        VerifyCaseResponse {
            intact: true,
            facts_checked: version,
            first_wrong_version: 0,
            head_hash: head.hash.clone(),
        }
    );
}

/// Changes the log behind the back of everybody, as somebody could who owns the disk.
async fn tamper(log: &Path, sql: &str) {
    let mut connection = SqliteConnectOptions::new().filename(log).connect().await.unwrap();
    let guards: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'event'")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert!(!guards.is_empty(), "the log guards itself");
    let attempt = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    assert!(attempt.is_err(), "the guards let it pass: {sql}");
    let unguarded = guards.iter().map(|(name, _)| format!("DROP TRIGGER {name}"));
    let guarded = guards.iter().map(|(_, guard)| guard.clone());
    let statements: Vec<String> = unguarded.chain([sql.to_owned()]).chain(guarded).collect();
    sqlx::raw_sql(AssertSqlSafe(statements.join(";\n"))).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_that_was_changed_behind_our_back_is_found_by_its_version() {
    let scene = Scene::begin().await;
    let (number, other) = (scene.taken().await, scene.opened().await);
    let case = scene.world.case(&number).await.unwrap();
    let forged = scene
        .world
        .events()
        .await
        .unwrap()
        .into_iter()
        .find(|event| event.stream == case.id.0 && event.event_type == "routing.case_assigned")
        .unwrap();
    let stopped = scene.stop().await;
    // Somebody else is to have taken the case.
    let meta = String::from_utf8(forged.meta).unwrap();
    assert!(meta.contains("mette"));
    let lie = format!(
        "UPDATE event SET meta = CAST('{}' AS BLOB) WHERE position = {}",
        meta.replace("mette", "peter"),
        forged.position
    );
    tamper(&stopped.data.join("log.db"), &lie).await;

    let scene = stopped.start().await;
    let found = verify(&scene, &number).await;
    assert_eq!((found.intact, found.first_wrong_version), (false, forged.version));
    assert!(verify(&scene, &other).await.intact, "the other case is what it was");
}

//! Every row of every read model is what the log says, also while cases are opened; a row that somebody
//! changed is named, and a new generation of the rows puts it right.

use std::sync::Arc;

use distributed::Schema;
use event_log::EventLog;
use service_kit::projection::{Derivation, Difference, Generation};
use service_kit::store::Store;
use sqlx::AssertSqlSafe;
use stories::ALL;
use world::{Wiring, place};

use crate::scene::Scene;

/// Nothing of these tests is told on a terminal.
fn nobody(_events: u64) {}

fn logs(scene: &Scene) -> Vec<Arc<dyn EventLog>> {
    let parts = scene.world.system.parts();
    let shards = parts.bus.shards();
    if shards.is_empty() {
        return vec![Arc::clone(&parts.log)];
    }
    shards.iter().map(|shard| Arc::clone(&shard.log)).collect()
}

/// The service's rows, as whoever owns the database gets at them.
async fn rows_of(scene: &Scene, schema: &Schema) -> Store {
    let (stage, migrations) = (schema.stage, schema.migrations);
    match Wiring::chosen().unwrap() {
        Wiring::Embedded => {
            let file = scene.world.data.join(format!("{stage}.db"));
            Store::open_file(&file, migrations).await.unwrap()
        }
        Wiring::Distributed => {
            let url = place(&scene.world.data).await.unwrap().database;
            Store::open_postgres(&url, stage, migrations, 2).await.unwrap()
        }
    }
}

struct Derived {
    generation: Generation,
    live: Store,
    _folder: tempfile::TempDir,
}

async fn derive(scene: &Scene, schema: &Schema, derivation: Derivation) -> Derived {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.db");
    let (logs, migrations) = (logs(scene), schema.all_migrations());
    let generation = Generation::begin(derivation, &logs, &file, &migrations).await.unwrap();
    let live = rows_of(scene, schema).await;
    Derived { generation, live, _folder: folder }
}

/// Compares all read models; what differs, and how many rows were compared.
async fn check(scene: &Scene) -> (Vec<Difference>, u64) {
    let (mut differences, mut rows) = (Vec::new(), 0);
    for (schema, derivations) in distributed::derivations(None).unwrap() {
        for derivation in derivations {
            let mut derived = derive(scene, schema, derivation).await;
            let clock = &scene.world.clock;
            let checked = derived.generation.check(&derived.live, clock, &mut nobody).await.unwrap();
            differences.extend(checked.differences);
            rows += checked.rows;
            derived.generation.close().await;
            derived.live.close().await;
        }
    }
    (differences, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_is_what_the_log_says_while_cases_are_opened() {
    let scene = Scene::begin().await;
    for name in ["late_withdrawal", "self_exclusion"] {
        let story = ALL.iter().find(|story| story.name == name).unwrap();
        (story.play)(&scene.stage).await.unwrap();
    }
    let (over, mut opened) = (tokio::sync::Notify::new(), 0);
    let opens = async {
        let over = over.notified();
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return opened,
                _ = scene.opened() => opened += 1,
            }
        }
    };
    let checks = async {
        let found = check(&scene).await;
        over.notify_one();
        found
    };
    let (opened, (differences, rows)) = tokio::join!(opens, checks);
    assert_eq!(differences, []);
    assert!(opened > 0 && rows > 50, "{opened} cases were opened meanwhile, {rows} rows compared");
    scene.check().await;
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_changed_is_named_and_put_right() {
    let scene = Scene::begin().await;
    let number = scene.taken().await;
    for _ in 0..3 {
        scene.opened().await;
    }
    scene.head().await;
    assert_eq!(check(&scene).await.0, []);
    let all = distributed::derivations(None).unwrap();
    for (schema, statement, table, of) in [
        ("intake", "UPDATE cases SET state = 'closed' WHERE number = $1", "cases", "intake.cases"),
        ("routing", "DELETE FROM holding WHERE $1 <> ''", "holding", "routing.queue"),
        (
            "notifications",
            "UPDATE player_case SET consent = 1 - consent WHERE number = $1",
            "player_case",
            "notifications.cases",
        ),
    ] {
        let (schema, derivations) = all.iter().find(|(one, _)| one.stage == schema).unwrap();
        let live = rows_of(&scene, schema).await;
        let done = sqlx::query(AssertSqlSafe(statement)).bind(&number).execute(live.pool()).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
        live.close().await;

        let (differences, _) = check(&scene).await;
        assert_eq!(u64::try_from(differences.len()).unwrap(), done.rows_affected(), "{differences:?}");
        assert!(differences.iter().all(|one| one.table == table), "{differences:?}");
        let derivation = derivations.iter().find(|one| one.model().name == of).unwrap();
        let mut derived = derive(&scene, schema, derivation.clone()).await;
        let switched = derived.generation.switch(&derived.live, &mut nobody).await.unwrap();
        assert_eq!((switched.generation, switched.written), (1, done.rows_affected()));
        assert_eq!(check(&scene).await.0, []);
    }
    scene.check().await;
    scene.stop().await;
}

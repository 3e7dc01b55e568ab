//! `check` and `rebuild` over the folder of a server, while it runs and after it was killed.

use std::path::Path;

use serde_json::Value;
use sqlx::{Connection, SqliteConnection};
use tempfile::tempdir;

use crate::open;
use crate::program::{self, Dev, Ended};

fn check(data: &Path, arguments: &[&str]) -> Ended {
    let folder = data.display().to_string();
    program::run(&[arguments, &["check", "--data", &folder]].concat())
}

#[tokio::test]
async fn a_changed_row_is_named_and_built_again_while_the_server_runs() {
    let data = tempdir().unwrap();
    let dev = Dev::start(data.path(), "0");
    let number = open(&dev);
    open(&dev);
    let alike = check(data.path(), &[]);
    assert!(alike.code == 0 && alike.out.contains("alike  intake.cases: 2 rows of"), "{alike:?}");

    let file = format!("sqlite://{}", data.path().join("intake.db").display());
    let mut rows = SqliteConnection::connect(&file).await.unwrap();
    let change = "UPDATE cases SET player_id = 'p-6666' WHERE number = $1";
    sqlx::query(change).bind(&number).execute(&mut rows).await.unwrap();
    rows.close().await.unwrap();

    let wrong = check(data.path(), &["--json"]);
    assert_eq!(wrong.code, 7, "{wrong:?}");
    let found: Value = serde_json::from_str(&wrong.out).unwrap();
    let models = found["read_models"].as_array().unwrap();
    let differing: Vec<&Value> = models.iter().filter(|model| model["alike"] == false).collect();
    assert!(models.len() >= 12 && differing.len() == 1, "{found}");
    let (model, row) = (&differing[0], &differing[0]["differences"][0]);
    assert_eq!((&model["service"], &model["read_model"]), (&"intake".into(), &"intake.cases".into()));
    assert_eq!((&row["stored"]["player_id"], &row["log"]["player_id"]), (&"p-6666".into(), &"p-1001".into()));
    let told = check(data.path(), &[]);
    assert!(told.out.contains("stored:  player_id=p-6666"), "{told:?}");
    assert!(told.out.contains("the log: player_id=p-1001"), "{told:?}");

    let folder = data.path().display().to_string();
    let rebuilt = program::run(&["--json", "rebuild", "intake.cases", "--data", &folder]);
    let rebuilt: Value = serde_json::from_str(&rebuilt.out).unwrap();
    assert_eq!((&rebuilt["generation"], &rebuilt["rows_written"]), (&1.into(), &1.into()));
    assert_eq!(check(data.path(), &[]).code, 0);
    let number = open(&dev);
    assert!(dev.run(&["cases", "--brand", "NB"]).out.contains(&number), "the server goes on");

    drop(dev);
    let stopped = check(data.path(), &[]);
    assert_eq!(stopped.code, 0, "{stopped:?}");
}

#[test]
fn a_place_without_rows_and_a_model_that_is_not_there_are_refused() {
    let data = tempdir().unwrap();
    let nothing = check(data.path(), &[]);
    assert!(nothing.code == 1 && nothing.err.contains("log.db"), "{nothing:?}");
    let unknown = program::run(&["check", "routing.quue", "--data", "."]);
    assert!(unknown.code == 2 && unknown.err.contains("routing.queue"), "{unknown:?}");
    let nowhere = program::run(&["check"]);
    assert!(nowhere.code == 2 && nowhere.err.contains("--data"), "{nowhere:?}");
}

//! Rows of a table in which two columns are there once only.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Row};

use super::*;
use crate::projection::ReadModel;

static MIGRATIONS: Migrator = sqlx::migrate!("tests/stores/migrations");

const SEATS: ReadModel = ReadModel::of_tables("watching.seats", &["seat"]);

async fn seats(file: &Path, rows: &str) -> Store {
    let store = Store::open_scratch(file, &MIGRATIONS).await.unwrap();
    let make =
        "CREATE TABLE seat (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL UNIQUE, row_number BIGINT)";
    sqlx::raw_sql(make).execute(store.pool()).await.unwrap();
    let insert = format!("INSERT INTO seat (name, holder, row_number) VALUES {rows}");
    sqlx::raw_sql(AssertSqlSafe(insert)).execute(store.pool()).await.unwrap();
    store
}

async fn stored(store: &Store) -> Vec<(String, String, Option<i64>)> {
    let rows = sqlx::query("SELECT name, holder, row_number FROM seat ORDER BY name");
    let rows = rows.fetch_all(store.pool()).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test]
async fn rows_change_places_and_only_those_that_differ_are_touched() {
    let folder = tempfile::tempdir().unwrap();
    let live = "('a', 'x', 1), ('b', 'y', 2), ('d', 'w', NULL), ('e', 'v', 5), ('g', 'u', 7)";
    let live = seats(&folder.path().join("live.db"), live).await;
    // The one of a before the one of b is gone; c is missing, d differs in a number, f is missing, g is too much.
    let right =
        "('a', 'y', 1), ('b', 'x', 2), ('c', 'z', NULL), ('d', 'w', 4), ('e', 'v', 5), ('f', 't', NULL)";
    let scratch = seats(&folder.path().join("derived.db"), right).await;
    let table = Table::read(&scratch, "seat", &SEATS).await.unwrap();

    let mut rows = live.begin().await.unwrap();
    let done = table.exchange(&mut rows, &scratch).await.unwrap();
    rows.commit().await.unwrap();
    assert_eq!(done, Exchanged { removed: 4, written: 5 });
    assert_eq!(stored(&live).await, stored(&scratch).await);

    let mut rows = live.begin().await.unwrap();
    assert_eq!(table.exchange(&mut rows, &scratch).await.unwrap(), Exchanged::default());
}

//! The keys' database, copied and put back as an operator does it.

use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use world::{Wiring, place};

use crate::scene::{Scene, Stopped};

/// A copy of the keys as they were.
pub(crate) struct KeysBackup {
    /// SQLite's copy; in Postgres it is a schema beside.
    file: PathBuf,
    _folder: tempfile::TempDir,
}

/// The tables that are copied.
const TABLES: [&str; 2] = ["data_key", "erased_up_to"];

async fn postgres(data: &Path) -> PgConnection {
    PgConnection::connect(&place(data).await.unwrap().database).await.unwrap()
}

async fn sqlite(file: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap()
}

impl KeysBackup {
    /// Copies them while the system runs.
    pub(crate) async fn take(scene: &Scene) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys-backup.db");
        match Wiring::chosen().unwrap() {
            Wiring::Embedded => {
                let mut keys = sqlite(&scene.world.data.join("keys.db")).await;
                let copy = AssertSqlSafe(format!("VACUUM INTO '{}'", file.display()));
                sqlx::raw_sql(copy).execute(&mut keys).await.unwrap();
            }
            Wiring::Distributed => {
                let mut admin = postgres(&scene.world.data).await;
                sqlx::raw_sql("CREATE SCHEMA keys_backup").execute(&mut admin).await.unwrap();
                for table in TABLES {
                    let copy = format!("CREATE TABLE keys_backup.{table} AS SELECT * FROM keys.{table}");
                    sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut admin).await.unwrap();
                }
            }
        }
        Self { file, _folder: folder }
    }

    /// Puts them back in the place of what is there.
    pub(crate) async fn restore(&self, stopped: &Stopped) {
        match Wiring::chosen().unwrap() {
            Wiring::Embedded => {
                let keys = stopped.data.join("keys.db");
                for beside in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(stopped.data.join(format!("keys.db{beside}")));
                }
                // Another file in its place: connections of the stopped system may not have let go of theirs.
                let restored = stopped.data.join("keys.db.restored");
                std::fs::copy(&self.file, &restored).unwrap();
                std::fs::rename(&restored, keys).unwrap();
            }
            Wiring::Distributed => {
                let mut admin = postgres(&stopped.data).await;
                for table in TABLES {
                    let restore = format!(
                        "ALTER TABLE keys.{table} DISABLE TRIGGER USER; DELETE FROM keys.{table};
                         INSERT INTO keys.{table} SELECT * FROM keys_backup.{table};
                         ALTER TABLE keys.{table} ENABLE TRIGGER USER"
                    );
                    sqlx::raw_sql(AssertSqlSafe(restore)).execute(&mut admin).await.unwrap();
                }
                for trigger in ["data_key_stays", "data_key_all_stay", "data_key_tombstone_stays"] {
                    let always = format!("ALTER TABLE keys.data_key ENABLE ALWAYS TRIGGER {trigger}");
                    sqlx::raw_sql(AssertSqlSafe(always)).execute(&mut admin).await.unwrap();
                }
            }
        }
    }

    /// Whether a player's key lives in the database of the system in this folder.
    pub(crate) async fn key_is_there(data: &Path, player: &str) -> bool {
        let count = "SELECT COUNT(*) FROM {} WHERE player = $1 AND wrapped IS NOT NULL";
        let living: i64 = match Wiring::chosen().unwrap() {
            Wiring::Embedded => {
                let count = AssertSqlSafe(count.replace("{}", "data_key"));
                let mut keys = sqlite(&data.join("keys.db")).await;
                sqlx::query_scalar(count).bind(player).fetch_one(&mut keys).await.unwrap()
            }
            Wiring::Distributed => {
                let count = AssertSqlSafe(count.replace("{}", "keys.data_key"));
                let mut admin = postgres(data).await;
                sqlx::query_scalar(count).bind(player).fetch_one(&mut admin).await.unwrap()
            }
        };
        living == 1
    }
}

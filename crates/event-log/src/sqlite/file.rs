//! The file: recognised, made, and opened in the only way in which an acknowledged append stays.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::open_error::OpenError;

/// The tables, indexes, triggers and the view, as of [`SCHEMA_VERSION`].
const SCHEMA: &str = include_str!("schema.sql");

/// The version of the schema, kept in the file's `user_version`.
const SCHEMA_VERSION: i64 = 1;

/// Says "this is an event log" in the file's header ("EVLG").
const APPLICATION_ID: i64 = 0x4556_4C47;

/// The triggers without which the table could be changed.
const GUARDS: [&str; 3] = ["event_no_update", "event_no_delete", "event_only_at_the_end"];

/// How long to wait for a lock that another program holds on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A file that holds, or is to hold, an event log.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    path: PathBuf,
}

impl LogFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Options of a connection that reads.
    pub(super) fn reading(&self) -> SqliteConnectOptions {
        self.options().read_only(true)
    }

    fn options(&self) -> SqliteConnectOptions {
        // Statements are not logged: those of a batch are kilobytes long and always the same.
        SqliteConnectOptions::new()
            .filename(&self.path)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging()
    }

    /// A connection that writes: to a file that is ours, protected, and as durable as promised.
    pub(super) async fn connect_writer(&self) -> Result<SqliteConnection, OpenError> {
        let failed = |error| self.failure(&error);
        let mut conn = self.options().create_if_missing(true).connect().await.map_err(failed)?;
        let new = self.recognise(&mut conn).await?;
        // In this order and not as connection options: nothing may be set on a file that is not ours.
        // WAL lets others read meanwhile. FULL syncs at every commit (NORMAL loses a tail at a power cut),
        // and fullfsync makes macOS do what it says. sqlx sets none of these by itself.
        sqlx::raw_sql(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON; PRAGMA recursive_triggers = ON;
             PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096;",
        )
        .execute(&mut conn)
        .await
        .map_err(failed)?;
        require_durable(&mut conn, &self.path).await?;
        if new {
            self.create(&mut conn).await?;
        }
        self.require_guards(&mut conn).await?;
        Ok(conn)
    }

    /// Looks at a file that is only to be read, and returns its head.
    pub(super) async fn inspect(&self) -> Result<u64, OpenError> {
        if !self.path.exists() {
            return Err(OpenError::Missing { path: self.path.clone() });
        }
        let failed = |error| self.failure(&error);
        let mut conn = self.reading().connect().await.map_err(failed)?;
        if self.recognise(&mut conn).await? {
            return Err(self.not_a_log("it is empty"));
        }
        let head: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM event")
            .fetch_one(&mut conn)
            .await
            .map_err(failed)?;
        conn.close().await.map_err(failed)?;
        Ok(u64::try_from(head).unwrap_or(0))
    }

    /// True for an empty file, false for an event log this program knows; anything else is refused.
    async fn recognise(&self, conn: &mut SqliteConnection) -> Result<bool, OpenError> {
        let failed = |error| self.failure(&error);
        let (application, version, tables): (i64, i64, i64) = sqlx::query_as(
            "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id a, pragma_user_version v",
        )
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
        match (application, version) {
            (0, 0) if tables == 0 => Ok(true),
            (APPLICATION_ID, SCHEMA_VERSION) => Ok(false),
            (APPLICATION_ID, found) if found > SCHEMA_VERSION => {
                Err(OpenError::Newer { path: self.path.clone(), found, known: SCHEMA_VERSION })
            }
            _ => Err(self.not_a_log("it is a SQLite database of another program")),
        }
    }

    async fn create(&self, conn: &mut SqliteConnection) -> Result<(), OpenError> {
        let failed = |error| self.failure(&error);
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        sqlx::raw_sql(SCHEMA).execute(&mut *tx).await.map_err(failed)?;
        let marks =
            format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};");
        sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *tx).await.map_err(failed)?;
        tx.commit().await.map_err(failed)
    }

    async fn require_guards(&self, conn: &mut SqliteConnection) -> Result<(), OpenError> {
        let found: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'event'",
        )
        .fetch_all(&mut *conn)
        .await
        .map_err(|error| self.failure(&error))?;
        match GUARDS.into_iter().find(|guard| !found.iter().any(|name| name == guard)) {
            Some(trigger) => Err(OpenError::Unprotected { path: self.path.clone(), trigger }),
            None => Ok(()),
        }
    }

    fn not_a_log(&self, reason: &str) -> OpenError {
        OpenError::NotALog { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn failure(&self, error: &sqlx::Error) -> OpenError {
        let path = self.path.clone();
        match primary_code(error) {
            Some(SQLITE_READONLY | SQLITE_CANTOPEN | SQLITE_PERM) => {
                OpenError::NotWritable { path, reason: error.to_string() }
            }
            Some(SQLITE_NOTADB) => self.not_a_log("it is not a SQLite database"),
            _ => OpenError::Database { path, reason: error.to_string() },
        }
    }
}

const SQLITE_PERM: i32 = 3;
const SQLITE_READONLY: i32 = 8;
pub(super) const SQLITE_CORRUPT: i32 = 11;
const SQLITE_CANTOPEN: i32 = 14;
pub(super) const SQLITE_NOTADB: i32 = 26;

/// SQLite's primary result code: the low byte of the extended one that sqlx reports.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Asks SQLite what it really does, because a pragma it cannot follow is ignored without a word.
async fn require_durable(conn: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let failed =
        |error: sqlx::Error| OpenError::Database { path: path.to_owned(), reason: error.to_string() };
    let journal: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *conn).await.map_err(failed)?;
    if journal != "wal" {
        return Err(OpenError::Unsafe { setting: "journal_mode", found: journal, required: "wal" });
    }
    let synchronous: i64 =
        sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *conn).await.map_err(failed)?;
    if synchronous < 2 {
        let found = synchronous.to_string();
        return Err(OpenError::Unsafe { setting: "synchronous", found, required: "2 (FULL)" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn connection(pragmas: &'static str) -> (tempfile::TempDir, SqliteConnection) {
        let folder = tempfile::tempdir().unwrap();
        let options =
            SqliteConnectOptions::new().filename(folder.path().join("log.db")).create_if_missing(true);
        let mut conn = options.connect().await.unwrap();
        sqlx::raw_sql(pragmas).execute(&mut conn).await.unwrap();
        (folder, conn)
    }

    #[tokio::test]
    async fn settings_that_could_lose_an_acknowledged_append_are_refused_with_their_name() {
        for (pragmas, wrong) in [
            ("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;", "journal_mode"),
            ("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", "synchronous"),
            ("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;", "synchronous"),
        ] {
            let (_folder, mut conn) = connection(pragmas).await;
            match require_durable(&mut conn, Path::new("log.db")).await {
                Err(OpenError::Unsafe { setting, .. }) => assert_eq!(setting, wrong),
                other => panic!("{pragmas} gave {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_writing_connection_syncs_every_commit() {
        let folder = tempfile::tempdir().unwrap();
        let mut conn = LogFile::new(&folder.path().join("log.db")).connect_writer().await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut conn).await.unwrap();
        let recursive: i64 =
            sqlx::query_scalar("PRAGMA recursive_triggers").fetch_one(&mut conn).await.unwrap();
        assert_eq!((synchronous, recursive), (2, 1));
    }
}

//! Checkpoints and dead letters, in a SQLite file of their own.
//!
//! `synchronous = NORMAL`, unlike the log's file: a power cut may take the last few writes, but always
//! from the end. Then a checkpoint is a little older and its events come again, which they may; and a
//! dead letter can only be lost together with the later checkpoint that passed it, so it comes again
//! too. Nothing here is worth a disk flush each time.
//!
//! Every write is a single statement: no transaction can be left open by a caller who goes away.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use event_log::StreamId;
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::consuming::{self, MAX_REASON};
use crate::{DeadLetter, Error};

const SCHEMA: &str = include_str!("schema.sql");

/// The version of the schema, kept in the file's `user_version`.
const SCHEMA_VERSION: i64 = 1;

/// Says "this is an event bus's store" in the file's header ("EVBS").
const APPLICATION_ID: i64 = 0x4556_4253;

/// Why the file was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// A newer program wrote the file.
    #[error("{path} was written by a newer version of this program (its schema is {found}, this one knows {known}): use the newer one", path = path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema version in the file.
        found: i64,
        /// The newest schema version this program knows.
        known: i64,
    },
    /// The file holds something else.
    #[error("{path} does not hold the checkpoints of an event bus: use another file", path = path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be opened or written.
    #[error("{path} could not be opened: {reason}", path = path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// The database's reason.
        reason: String,
    },
}

/// The open file; `None` once closed.
pub(super) struct Store {
    conn: Mutex<Option<SqliteConnection>>,
}

impl Store {
    pub(super) async fn open(path: &Path) -> Result<Self, OpenError> {
        Self::connect(path, SqliteConnectOptions::new().filename(path).create_if_missing(true)).await
    }

    pub(super) async fn in_memory() -> Result<Self, OpenError> {
        Self::connect(Path::new(":memory:"), SqliteConnectOptions::new().in_memory(true)).await
    }

    async fn connect(path: &Path, options: SqliteConnectOptions) -> Result<Self, OpenError> {
        let failed =
            |error: sqlx::Error| OpenError::Database { path: path.to_owned(), reason: error.to_string() };
        let options = options.busy_timeout(Duration::from_secs(5)).disable_statement_logging();
        let mut conn = options.connect().await.map_err(failed)?;
        let (application, version, tables): (i64, i64, i64) = sqlx::query_as(
            "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id a, pragma_user_version v",
        )
        .fetch_one(&mut conn)
        .await
        .map_err(failed)?;
        let new = match (application, version) {
            (0, 0) if tables == 0 => true,
            (APPLICATION_ID, SCHEMA_VERSION) => false,
            (APPLICATION_ID, found) if found > SCHEMA_VERSION => {
                return Err(OpenError::Newer { path: path.to_owned(), found, known: SCHEMA_VERSION });
            }
            _ => return Err(OpenError::Foreign { path: path.to_owned() }),
        };
        sqlx::raw_sql("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
            .execute(&mut conn)
            .await
            .map_err(failed)?;
        if new {
            let marks =
                format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION};");
            let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
            sqlx::raw_sql(SCHEMA).execute(&mut *tx).await.map_err(failed)?;
            sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *tx).await.map_err(failed)?;
            tx.commit().await.map_err(failed)?;
        }
        Ok(Self { conn: Mutex::new(Some(conn)) })
    }

    async fn write(
        &self,
        statement: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Result<(), Error> {
        let mut conn = self.conn.lock().await;
        statement.execute(open(&mut conn)?).await.map(|_| ()).map_err(|error| failure(&error))
    }
}

#[async_trait]
impl consuming::Store for Store {
    async fn close(&self) {
        if let Some(conn) = self.conn.lock().await.take()
            && let Err(error) = conn.close().await
        {
            tracing::warn!(%error, "the event bus's store did not close cleanly");
        }
    }

    async fn checkpoint(&self, consumer: &str) -> Result<u64, Error> {
        let mut conn = self.conn.lock().await;
        let position: Option<u64> = sqlx::query_scalar("SELECT position FROM checkpoint WHERE consumer = ?1")
            .bind(consumer)
            .fetch_optional(open(&mut conn)?)
            .await
            .map_err(|error| failure(&error))?;
        Ok(position.unwrap_or(0))
    }

    async fn keep_checkpoint(&self, consumer: &str, position: u64) -> Result<(), Error> {
        let statement = sqlx::query(
            "INSERT INTO checkpoint (consumer, position) VALUES (?1, ?2)
             ON CONFLICT (consumer) DO UPDATE SET position = excluded.position",
        );
        self.write(statement.bind(consumer.to_owned()).bind(signed(position))).await
    }

    async fn forget(&self, consumer: &str) -> Result<(), Error> {
        self.write(sqlx::query("DELETE FROM checkpoint WHERE consumer = ?1").bind(consumer.to_owned())).await
    }

    async fn put(&self, letter: &DeadLetter) -> Result<(), Error> {
        let statement = sqlx::query(
            "INSERT OR REPLACE INTO dead_letter
               (consumer, position, stream_id, event_id, event_type, tries, reason, failed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .bind(letter.consumer.clone())
        .bind(signed(letter.position))
        .bind(letter.stream.as_bytes().to_vec())
        .bind(letter.event_id.as_bytes().to_vec())
        .bind(letter.event_type.clone())
        .bind(letter.tries)
        .bind(letter.reason.chars().take(MAX_REASON).collect::<String>())
        .bind(letter.failed_at.as_microsecond());
        self.write(statement).await
    }

    async fn remove(&self, consumer: &str, position: u64) -> Result<(), Error> {
        let statement = sqlx::query("DELETE FROM dead_letter WHERE consumer = ?1 AND position = ?2");
        self.write(statement.bind(consumer.to_owned()).bind(signed(position))).await
    }

    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        let mut conn = self.conn.lock().await;
        let rows = sqlx::query(
            "SELECT consumer, position, stream_id, event_id, event_type, tries, reason, failed_at
             FROM dead_letter WHERE ?1 IS NULL OR consumer = ?1 ORDER BY position, consumer LIMIT ?2",
        )
        .bind(consumer)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(open(&mut conn)?)
        .await
        .map_err(|error| failure(&error))?;
        rows.iter().map(|row| letter(row).map_err(|error| failure(&error))).collect()
    }

    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<Option<DeadLetter>, Error> {
        let mut conn = self.conn.lock().await;
        let row = sqlx::query(
            "SELECT consumer, position, stream_id, event_id, event_type, tries, reason, failed_at
             FROM dead_letter WHERE consumer = ?1 AND position = ?2",
        )
        .bind(consumer)
        .bind(signed(position))
        .fetch_optional(open(&mut conn)?)
        .await
        .map_err(|error| failure(&error))?;
        row.as_ref().map(letter).transpose().map_err(|error| failure(&error))
    }
}

fn open(conn: &mut Option<SqliteConnection>) -> Result<&mut SqliteConnection, Error> {
    conn.as_mut().ok_or_else(|| Error::Unavailable("it is shut down".to_owned()))
}

fn letter(row: &SqliteRow) -> Result<DeadLetter, sqlx::Error> {
    let decoded = |error: &dyn std::error::Error| sqlx::Error::Protocol(error.to_string());
    let uuid = |index| -> Result<Uuid, sqlx::Error> {
        Uuid::from_slice(row.try_get(index)?).map_err(|error| decoded(&error))
    };
    let stream: StreamId = uuid(2)?;
    Ok(DeadLetter {
        consumer: row.try_get(0)?,
        position: row.try_get(1)?,
        stream,
        event_id: uuid(3)?,
        event_type: row.try_get(4)?,
        tries: row.try_get(5)?,
        reason: row.try_get(6)?,
        failed_at: Timestamp::from_microsecond(row.try_get(7)?).map_err(|error| decoded(&error))?,
    })
}

fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn failure(error: &sqlx::Error) -> Error {
    Error::Unavailable(error.to_string())
}

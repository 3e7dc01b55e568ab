//! Seals in a SQLite file of their own, `seals.db`.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use event_log::Hash;
use sqlx::Row as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};

use crate::store::{Row, SealStore, signed, split_leaves};
use crate::{Error, Seal};

/// The newest schema this program knows, kept in `PRAGMA user_version`.
const SCHEMA_VERSION: i64 = 1;

/// The triggers hold even against a mistake in this program.
const CREATE: &str = "
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS seal (
    shard         INTEGER NOT NULL,
    from_position INTEGER NOT NULL CHECK (from_position > 0),
    to_position   INTEGER NOT NULL CHECK (to_position >= from_position),
    root          BLOB    NOT NULL,
    previous      BLOB    NOT NULL,
    sealed_at     INTEGER NOT NULL, -- microseconds since 1970, UTC
    key_id        BLOB    NOT NULL,
    signature     BLOB    NOT NULL,
    leaves        BLOB    NOT NULL,
    PRIMARY KEY (shard, to_position),
    UNIQUE (shard, from_position),
    UNIQUE (shard, previous)
) STRICT;
CREATE TRIGGER IF NOT EXISTS seal_no_update BEFORE UPDATE ON seal
BEGIN SELECT RAISE(ABORT, 'seals are append-only: UPDATE refused'); END;
CREATE TRIGGER IF NOT EXISTS seal_no_delete BEFORE DELETE ON seal
BEGIN SELECT RAISE(ABORT, 'seals are append-only: DELETE refused'); END;
CREATE TRIGGER IF NOT EXISTS seal_only_at_the_end BEFORE INSERT ON seal
WHEN NEW.from_position <> 1 + coalesce((SELECT max(to_position) FROM seal WHERE shard = NEW.shard), 0)
BEGIN SELECT RAISE(ABORT, 'seals are append-only: INSERT must go to the end'); END;
PRAGMA user_version = 1;
COMMIT;
";

/// The seals of one shard in a SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteSealStore {
    pool: SqlitePool,
    shard: i16,
    place: String,
}

impl SqliteSealStore {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be opened or written; [`Error::Newer`].
    pub async fn open(path: &Path, shard: u16) -> Result<Self, Error> {
        let place = path.display().to_string();
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .pragma("fullfsync", "ON")
            .pragma("recursive_triggers", "ON");
        let pool = SqlitePoolOptions::new().max_connections(2).connect_lazy_with(options);
        let shard = i16::try_from(shard).unwrap_or(i16::MAX);
        let store = Self { pool, shard, place };
        let found: i64 = sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&store.pool)
            .await
            .map_err(|error| store.failure(&error))?;
        if found > SCHEMA_VERSION {
            return Err(Error::Newer { place: store.place, found, known: SCHEMA_VERSION });
        }
        if found == 0 {
            sqlx::raw_sql(CREATE).execute(&store.pool).await.map_err(|error| store.failure(&error))?;
        }
        Ok(store)
    }

    /// Closes every connection; what was written stays.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn failure(&self, error: &sqlx::Error) -> Error {
        let (place, reason) = (self.place.clone(), error.to_string());
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Error::Corrupt { place, reason },
            _ => Error::Unavailable { place, reason },
        }
    }

    fn seal(&self, row: &SqliteRow) -> Result<Seal, Error> {
        let read = || {
            Ok(Row {
                shard: row.try_get(0)?,
                from: row.try_get(1)?,
                to: row.try_get(2)?,
                root: row.try_get(3)?,
                previous: row.try_get(4)?,
                sealed_at: row.try_get(5)?,
                key_id: row.try_get(6)?,
                signature: row.try_get(7)?,
            })
        };
        read().map_err(|error| self.failure(&error))?.seal(&self.place)
    }
}

#[async_trait]
impl SealStore for SqliteSealStore {
    fn place(&self) -> &str {
        &self.place
    }

    async fn append(&self, seal: &Seal, leaves: &[Hash]) -> Result<(), Error> {
        let row = Row::of(seal);
        let done = sqlx::query("INSERT INTO seal VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
            .bind(row.shard)
            .bind(row.from)
            .bind(row.to)
            .bind(row.root)
            .bind(row.previous)
            .bind(row.sealed_at)
            .bind(row.key_id)
            .bind(row.signature)
            .bind(leaves.as_flattened())
            .execute(&self.pool)
            .await;
        let Err(error) = done else { return Ok(()) };
        // Also the trigger's refusal is one of a constraint.
        let is_refused = error
            .as_database_error()
            .is_some_and(|error| error.is_unique_violation() || error.message().contains("append-only"));
        if !is_refused {
            return Err(self.failure(&error));
        }
        if self.last().await?.as_ref() == Some(seal) {
            return Ok(());
        }
        Err(Error::Conflict { place: self.place.clone(), from: seal.from })
    }

    async fn last(&self) -> Result<Option<Seal>, Error> {
        let row = sqlx::query(
            "SELECT shard, from_position, to_position, root, previous, sealed_at, key_id, signature
             FROM seal WHERE shard = ?1 ORDER BY to_position DESC LIMIT 1",
        )
        .bind(self.shard)
        .fetch_optional(&self.pool)
        .await;
        row.map_err(|error| self.failure(&error))?.map(|row| self.seal(&row)).transpose()
    }

    async fn range(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Seal>, Error> {
        let rows = sqlx::query(
            "SELECT shard, from_position, to_position, root, previous, sealed_at, key_id, signature
             FROM seal WHERE shard = ?1 AND to_position >= ?2 AND from_position <= ?3
             ORDER BY to_position LIMIT ?4",
        )
        .bind(self.shard)
        .bind(signed(from))
        .bind(signed(to))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.failure(&error))?;
        rows.iter().map(|row| self.seal(row)).collect()
    }

    async fn leaves(&self, seal: &Seal) -> Result<Option<Vec<Hash>>, Error> {
        let bytes: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT leaves FROM seal WHERE shard = ?1 AND from_position = ?2")
                .bind(self.shard)
                .bind(signed(seal.from))
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| self.failure(&error))?;
        Ok(bytes.and_then(|bytes| split_leaves(&bytes)))
    }
}

//! Keys in a SQLite file of their own, `keys.db`: never in the log's database, so that a copy of the
//! log alone opens nothing.
//!
//! Every write is one statement, so no transaction can be left open by a caller that goes away.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row as _, raw_sql};

use crate::store::{moment, signed, unsigned};
use crate::{Error, KeyRecord, KeyStore, WrappedKey};

/// The newest schema this program knows, kept in `PRAGMA user_version`.
const SCHEMA: i64 = 2;

/// The triggers hold even against a mistake in this program: a record stays, and a tombstone stays one. Version 2
/// let a key be wrapped by another master key, and keeps up to where the log's erasures are known.
const CREATE: &str = "
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS data_key (
    key_id          TEXT PRIMARY KEY,
    brand           TEXT NOT NULL,
    player          TEXT NOT NULL,
    wrapped_by      TEXT,
    wrapped         BLOB,
    created_at_us   INTEGER NOT NULL,
    destroyed_at_us INTEGER,
    UNIQUE (brand, player),
    CHECK ((wrapped IS NULL) = (destroyed_at_us IS NOT NULL)),
    CHECK ((wrapped IS NULL) = (wrapped_by IS NULL))
) STRICT;
CREATE TRIGGER IF NOT EXISTS data_key_stays BEFORE DELETE ON data_key
BEGIN SELECT RAISE(ABORT, 'a key record is never deleted'); END;
DROP TRIGGER IF EXISTS data_key_tombstone_stays;
CREATE TRIGGER data_key_tombstone_stays BEFORE UPDATE ON data_key
WHEN OLD.destroyed_at_us IS NOT NULL
    OR NEW.key_id <> OLD.key_id OR NEW.brand <> OLD.brand OR NEW.player <> OLD.player
    OR (NEW.destroyed_at_us IS NULL AND NEW.wrapped_by = OLD.wrapped_by)
BEGIN SELECT RAISE(ABORT, 'a key is only ever destroyed, once, or wrapped by another master key'); END;
CREATE TABLE IF NOT EXISTS erased_up_to (
    log_shard INTEGER PRIMARY KEY,
    position  INTEGER NOT NULL
) STRICT;
PRAGMA user_version = 2;
COMMIT;
";

/// Keys in a SQLite file. Several processes of one machine may have it open.
#[derive(Debug, Clone)]
pub struct SqliteKeyStore {
    pool: SqlitePool,
}

impl SqliteKeyStore {
    /// Opens the file, or makes it, readable by its owner alone.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be opened or written; [`Error::NewerSchema`].
    pub async fn open(path: &Path) -> Result<Self, Error> {
        make_private(path)
            .map_err(|error| Error::Unavailable(format!("{} cannot be opened: {error}", path.display())))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            // A destroyed key is overwritten in the file, not merely unlinked.
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .before_acquire(|connection, _| {
                Box::pin(async move {
                    // Fails when no transaction is open, which is how it should be.
                    let _ = raw_sql("ROLLBACK").execute(connection).await;
                    Ok(true)
                })
            })
            .connect_with(options)
            .await?;
        let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&pool).await?;
        if found > SCHEMA {
            return Err(Error::NewerSchema { found, known: SCHEMA });
        }
        raw_sql(CREATE).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// Closes every connection; what was written stays.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Creates the file before SQLite would, so that it and its write-ahead log are private from the start.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn record(row: &SqliteRow) -> Result<KeyRecord, Error> {
    let wrapped_by: Option<String> = row.try_get("wrapped_by")?;
    let bytes: Option<Vec<u8>> = row.try_get("wrapped")?;
    let destroyed: Option<i64> = row.try_get("destroyed_at_us")?;
    Ok(KeyRecord {
        key_id: row.try_get("key_id")?,
        brand: row.try_get("brand")?,
        player: row.try_get("player")?,
        wrapped: wrapped_by.zip(bytes).map(|(wrapped_by, bytes)| WrappedKey { wrapped_by, bytes }),
        created_at: moment(row.try_get("created_at_us")?)?,
        destroyed_at: destroyed.map(moment).transpose()?,
    })
}

#[async_trait]
impl KeyStore for SqliteKeyStore {
    async fn find(&self, brand: &str, player: &str) -> Result<Option<KeyRecord>, Error> {
        let row = sqlx::query("SELECT * FROM data_key WHERE brand = ?1 AND player = ?2")
            .bind(brand)
            .bind(player)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(record).transpose()
    }

    async fn find_by_id(&self, key_id: &str) -> Result<Option<KeyRecord>, Error> {
        let row = sqlx::query("SELECT * FROM data_key WHERE key_id = ?1")
            .bind(key_id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(record).transpose()
    }

    async fn insert_if_absent(&self, new: KeyRecord) -> Result<KeyRecord, Error> {
        let (wrapped_by, bytes) = new.wrapped.map(|key| (key.wrapped_by, key.bytes)).unzip();
        sqlx::query(
            "INSERT INTO data_key
                 (key_id, brand, player, wrapped_by, wrapped, created_at_us, destroyed_at_us)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (brand, player) DO NOTHING",
        )
        .bind(&new.key_id)
        .bind(&new.brand)
        .bind(&new.player)
        .bind(wrapped_by)
        .bind(bytes)
        .bind(new.created_at.as_microsecond())
        .bind(new.destroyed_at.map(Timestamp::as_microsecond))
        .execute(&self.pool)
        .await?;
        // Ours or that of whoever was first: what is stored is what counts.
        self.find(&new.brand, &new.player)
            .await?
            .ok_or_else(|| Error::Corrupt("a key record vanished after it was written".to_owned()))
    }

    async fn destroy(&self, tombstone: KeyRecord) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO data_key (key_id, brand, player, created_at_us, destroyed_at_us)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (brand, player) DO UPDATE
                 SET wrapped = NULL, wrapped_by = NULL, destroyed_at_us = excluded.destroyed_at_us
                 WHERE data_key.destroyed_at_us IS NULL",
        )
        .bind(&tombstone.key_id)
        .bind(&tombstone.brand)
        .bind(&tombstone.player)
        .bind(tombstone.created_at.as_microsecond())
        .bind(tombstone.destroyed_at.unwrap_or(tombstone.created_at).as_microsecond())
        .execute(&self.pool)
        .await?;
        // The write-ahead log still holds the page from before: move it into the file and cut it to
        // nothing. A reader in another process can hold this up; then the next destruction does it.
        raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        Ok(())
    }

    async fn living(&self, after: &str, limit: u32) -> Result<Vec<KeyRecord>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM data_key WHERE key_id > ?1 AND wrapped IS NOT NULL ORDER BY key_id LIMIT ?2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(record).collect()
    }

    async fn rewrap(&self, key_id: &str, from: &WrappedKey, to: &WrappedKey) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE data_key SET wrapped = ?1, wrapped_by = ?2
             WHERE key_id = ?3 AND wrapped = ?4 AND wrapped_by = ?5",
        )
        .bind(&to.bytes)
        .bind(&to.wrapped_by)
        .bind(key_id)
        .bind(&from.bytes)
        .bind(&from.wrapped_by)
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn erased_up_to(&self, shard: u16) -> Result<u64, Error> {
        let position: Option<i64> =
            sqlx::query_scalar("SELECT position FROM erased_up_to WHERE log_shard = ?1")
                .bind(i64::from(shard))
                .fetch_optional(&self.pool)
                .await?;
        position.map_or(Ok(0), unsigned)
    }

    async fn set_erased_up_to(&self, shard: u16, position: u64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO erased_up_to (log_shard, position) VALUES (?1, ?2)
             ON CONFLICT (log_shard) DO UPDATE SET position = excluded.position",
        )
        .bind(i64::from(shard))
        .bind(signed(position))
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

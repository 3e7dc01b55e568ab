//! Keys in a Postgres schema of their own, `keys`: made and changed by an administrator, checked and used
//! by services, which may read, add and destroy keys and nothing else.
//!
//! Every write is one statement, so no transaction can be left open by a caller that goes away.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, PgConnection, Row as _, raw_sql};

use crate::store::{moment, signed, unsigned};
use crate::{Error, KeyRecord, KeyStore, WrappedKey};

/// The newest schema this program knows, kept in `keys.schema_version`.
const SCHEMA: i64 = 2;
/// Connections of one process: keys are cached, so few are asked for.
const CONNECTIONS: u32 = 4;
const ACQUIRE: Duration = Duration::from_secs(5);
/// Two that migrate at once do so one after the other.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(7165913410412389)";

/// The triggers hold even against a mistake in this program, and are on for replicated writes too: a record
/// stays, and a tombstone stays one. Version 2 let a key be wrapped by another master key, and keeps up to where the
/// log's erasures are known.
const CREATE: &str = "
CREATE SCHEMA IF NOT EXISTS keys;
CREATE TABLE IF NOT EXISTS keys.schema_version (version BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS keys.data_key (
    key_id          TEXT PRIMARY KEY,
    brand           TEXT NOT NULL,
    player          TEXT NOT NULL,
    wrapped_by      TEXT,
    wrapped         BYTEA,
    created_at_us   BIGINT NOT NULL,
    destroyed_at_us BIGINT,
    UNIQUE (brand, player),
    CHECK ((wrapped IS NULL) = (destroyed_at_us IS NOT NULL)),
    CHECK ((wrapped IS NULL) = (wrapped_by IS NULL))
);
CREATE TABLE IF NOT EXISTS keys.erased_up_to (
    log_shard BIGINT PRIMARY KEY,
    position  BIGINT NOT NULL
);
CREATE OR REPLACE FUNCTION keys.refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a key record is never deleted'; END $$;
CREATE OR REPLACE FUNCTION keys.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.destroyed_at_us IS NOT NULL
        OR (NEW.destroyed_at_us IS NULL AND NEW.wrapped_by = OLD.wrapped_by)
        OR (NEW.key_id, NEW.brand, NEW.player, NEW.created_at_us)
            IS DISTINCT FROM (OLD.key_id, OLD.brand, OLD.player, OLD.created_at_us) THEN
        RAISE EXCEPTION 'a key is only ever destroyed, once, or wrapped by another master key';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER data_key_stays BEFORE DELETE ON keys.data_key
    FOR EACH ROW EXECUTE FUNCTION keys.refuse_removal();
CREATE OR REPLACE TRIGGER data_key_all_stay BEFORE TRUNCATE ON keys.data_key
    FOR EACH STATEMENT EXECUTE FUNCTION keys.refuse_removal();
CREATE OR REPLACE TRIGGER data_key_tombstone_stays BEFORE UPDATE ON keys.data_key
    FOR EACH ROW EXECUTE FUNCTION keys.refuse_change();
ALTER TABLE keys.data_key ENABLE ALWAYS TRIGGER data_key_stays;
ALTER TABLE keys.data_key ENABLE ALWAYS TRIGGER data_key_all_stay;
ALTER TABLE keys.data_key ENABLE ALWAYS TRIGGER data_key_tombstone_stays;
INSERT INTO keys.schema_version (version)
    SELECT 2 WHERE NOT EXISTS (SELECT 1 FROM keys.schema_version);
UPDATE keys.schema_version SET version = 2 WHERE version < 2;
";

/// Makes the schema, or brings it up to date; repeating it changes nothing, and two may run at once.
///
/// # Errors
/// The database refuses; nothing has changed then. A schema of a newer program is left as it is, and
/// [`PostgresKeyStore::open`] refuses it.
pub async fn migrate(admin: &mut PgConnection) -> Result<(), sqlx::Error> {
    raw_sql(AssertSqlSafe(format!(
        "SET client_min_messages = warning; BEGIN; {MIGRATION_LOCK}; {CREATE} COMMIT; \
         RESET client_min_messages"
    )))
    .execute(admin)
    .await
    .map(drop)
}

/// Lets a role read, add and destroy keys; no more. `role` is put into the statement as it is.
///
/// # Errors
/// The database refuses.
pub async fn grant(admin: &mut PgConnection, role: &str) -> Result<(), sqlx::Error> {
    let statements = format!(
        "GRANT USAGE ON SCHEMA keys TO {role}; GRANT SELECT ON keys.schema_version TO {role}; \
         GRANT SELECT, INSERT, UPDATE (wrapped, wrapped_by, destroyed_at_us) ON keys.data_key TO {role}; \
         GRANT SELECT, INSERT, UPDATE ON keys.erased_up_to TO {role}"
    );
    raw_sql(AssertSqlSafe(statements)).execute(admin).await.map(drop)
}

/// Keys in a Postgres, for as many processes as one likes.
#[derive(Debug, Clone)]
pub struct PostgresKeyStore {
    pool: PgPool,
}

impl PostgresKeyStore {
    /// Connects and checks that the schema is there; it never changes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be reached; [`Error::NotMigrated`]; [`Error::NewerSchema`].
    pub async fn open(url: &str) -> Result<Self, Error> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    raw_sql("SET client_min_messages = error; SET statement_timeout = '10s'")
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .test_before_acquire(false)
            .before_acquire(|connection, _| {
                Box::pin(async move {
                    raw_sql("ROLLBACK").execute(connection).await?;
                    Ok(true)
                })
            })
            .connect(url)
            .await?;
        let store = Self { pool };
        let (found, compatible_from) = store.schema().await?.ok_or(Error::NotMigrated)?;
        if found < SCHEMA {
            return Err(Error::NotMigrated);
        }
        if found > SCHEMA && compatible_from > SCHEMA {
            return Err(Error::NewerSchema { found, known: SCHEMA });
        }
        Ok(store)
    }

    /// The version of the schema, and the oldest program that it serves: itself, where it does not say.
    async fn schema(&self) -> Result<Option<(i64, i64)>, Error> {
        let tables: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = 'keys' \
             AND tablename IN ('data_key', 'schema_version')",
        )
        .fetch_one(&self.pool)
        .await?;
        if tables < 2 {
            return Ok(None);
        }
        // As JSON: the column is added by the first version that serves older programs.
        let found = sqlx::query_as(
            "SELECT version, coalesce((to_jsonb(book) ->> 'compatible_from')::BIGINT, version) \
             FROM keys.schema_version book ORDER BY version DESC LIMIT 1",
        );
        Ok(found.fetch_optional(&self.pool).await?)
    }

    /// Closes every connection; what was written stays.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn record(row: &PgRow) -> Result<KeyRecord, Error> {
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
impl KeyStore for PostgresKeyStore {
    async fn find(&self, brand: &str, player: &str) -> Result<Option<KeyRecord>, Error> {
        let row = sqlx::query("SELECT * FROM keys.data_key WHERE brand = $1 AND player = $2")
            .bind(brand)
            .bind(player)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(record).transpose()
    }

    async fn find_by_id(&self, key_id: &str) -> Result<Option<KeyRecord>, Error> {
        let row = sqlx::query("SELECT * FROM keys.data_key WHERE key_id = $1")
            .bind(key_id)
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(record).transpose()
    }

    async fn insert_if_absent(&self, new: KeyRecord) -> Result<KeyRecord, Error> {
        let (wrapped_by, bytes) = new.wrapped.map(|key| (key.wrapped_by, key.bytes)).unzip();
        sqlx::query(
            "INSERT INTO keys.data_key
                 (key_id, brand, player, wrapped_by, wrapped, created_at_us, destroyed_at_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
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

    /// The old row's bytes stay in the table's file until vacuum, and in the write-ahead log until it is
    /// recycled; they are wrapped by the master key.
    async fn destroy(&self, tombstone: KeyRecord) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO keys.data_key (key_id, brand, player, created_at_us, destroyed_at_us)
             VALUES ($1, $2, $3, $4, $5)
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
        Ok(())
    }

    async fn living(&self, after: &str, limit: u32) -> Result<Vec<KeyRecord>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM keys.data_key WHERE key_id > $1 AND wrapped IS NOT NULL ORDER BY key_id LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(record).collect()
    }

    async fn rewrap(&self, key_id: &str, from: &WrappedKey, to: &WrappedKey) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE keys.data_key SET wrapped = $1, wrapped_by = $2
             WHERE key_id = $3 AND wrapped = $4 AND wrapped_by = $5",
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
            sqlx::query_scalar("SELECT position FROM keys.erased_up_to WHERE log_shard = $1")
                .bind(i64::from(shard))
                .fetch_optional(&self.pool)
                .await?;
        position.map_or(Ok(0), unsigned)
    }

    async fn set_erased_up_to(&self, shard: u16, position: u64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO keys.erased_up_to (log_shard, position) VALUES ($1, $2)
             ON CONFLICT (log_shard) DO UPDATE SET position = excluded.position",
        )
        .bind(i64::from(shard))
        .bind(signed(position))
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

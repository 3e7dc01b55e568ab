//! Seals in Postgres, in the table `log.seal`: made by an administrator, refused to be changed by the
//! database itself, added to by the sealer's role alone.

use std::time::Duration;

use async_trait::async_trait;
use event_log::Hash;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::store::{Row, SealStore, signed, split_leaves};
use crate::{Error, Seal};

/// The newest schema this program knows, kept in `log.seal_schema_version`.
const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");
/// Two that migrate one database at once do so one after the other.
const MIGRATION_LOCK: i64 = 0x7365_616c_7365_616c;
/// Roles belong to the whole server, where somebody else may change them at the same moment.
const TRIES: u32 = 50;
/// One seal a second at most is made; checks read pages of them.
const CONNECTIONS: u32 = 2;
const ACQUIRE: Duration = Duration::from_secs(5);
/// The triggers without which the table could be changed.
const GUARDS: [&str; 2] = ["seal_no_change", "seal_no_truncate"];

const COLUMNS: &str = "shard, from_position, to_position, root, previous, sealed_at, key_id, signature";

/// Makes the table for seals, or adds what is missing; repeating it changes nothing. The log's own
/// [`event_log::postgres::migrate`] must have run before.
///
/// # Errors
/// The database refuses; then nothing has changed but, perhaps, that a role was made. A table of a newer
/// program is left as it is, and [`PostgresSealStore::open`] refuses it.
pub async fn migrate(admin: &mut PgConnection) -> Result<(), sqlx::Error> {
    let role = "DO $$ BEGIN CREATE ROLE casetrail_sealer NOLOGIN;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$";
    change_roles(admin, role.to_owned()).await?;
    let mut tx = admin.begin().await?;
    sqlx::raw_sql("SET LOCAL client_min_messages = warning").execute(&mut *tx).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *tx).await?;
    if found_version(&mut tx).await?.is_none_or(|(found, _)| found <= SCHEMA_VERSION) {
        sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
    }
    tx.commit().await
}

/// The version of the table, and the oldest program that it serves: itself, where it does not say. `None` where
/// there is none.
async fn found_version(connection: &mut PgConnection) -> Result<Option<(i64, i64)>, sqlx::Error> {
    let is_there: bool = sqlx::query_scalar(
        "SELECT to_regclass('log.seal') IS NOT NULL AND to_regclass('log.seal_schema_version') IS NOT NULL",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !is_there {
        return Ok(None);
    }
    // As JSON: the column is added by the first version that serves older programs.
    let found = sqlx::query_as(
        "SELECT version, coalesce((to_jsonb(book) ->> 'compatible_from')::BIGINT, version)
           FROM log.seal_schema_version book ORDER BY version DESC LIMIT 1",
    );
    found.fetch_optional(connection).await
}

/// Lets a login role read seals and add to them; no more.
///
/// # Errors
/// There is no such role, or `admin` may not.
pub async fn grant(admin: &mut PgConnection, role: &str) -> Result<(), sqlx::Error> {
    let quoted = role.replace('"', "\"\"");
    change_roles(admin, format!("GRANT casetrail_sealer TO \"{quoted}\"")).await
}

async fn change_roles(admin: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    let mut tries = 1;
    loop {
        match sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *admin).await {
            Err(error) if tries < TRIES && is_collision(&error) => tries += 1,
            done => return done.map(drop),
        }
    }
}

/// Somebody else changed the same row of the server's catalogue at the same moment.
fn is_collision(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.message().contains("tuple concurrently") || error.is_unique_violation())
}

/// Another seal stands where one was to go.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// The seals of one shard in a Postgres database.
#[derive(Debug, Clone)]
pub struct PostgresSealStore {
    pool: PgPool,
    shard: i16,
    place: String,
}

impl PostgresSealStore {
    /// Connects, and checks that the table is there and protected; it never changes it.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::NotMigrated`], [`Error::Newer`], [`Error::Unprotected`].
    pub async fn open(url: &str, shard: u16) -> Result<Self, Error> {
        Self::open_table(url, shard, true).await
    }

    /// As [`open`](Self::open), to check seals in a database whose guards may have been taken down.
    ///
    /// # Errors
    /// As [`open`](Self::open), but for [`Error::Unprotected`].
    pub async fn open_unprotected(url: &str, shard: u16) -> Result<Self, Error> {
        Self::open_table(url, shard, false).await
    }

    async fn open_table(url: &str, shard: u16, guarded: bool) -> Result<Self, Error> {
        let unread = |error: &sqlx::Error| Error::Unavailable {
            place: "Postgres".to_owned(),
            reason: error.to_string(),
        };
        let options: PgConnectOptions = url.parse().map_err(|error| unread(&error))?;
        let place = format!("Postgres at {}:{}", options.get_host(), options.get_port());
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    let settings = "SET client_min_messages = error; SET statement_timeout = '20s'";
                    sqlx::raw_sql(settings).execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options);
        let shard = i16::try_from(shard).unwrap_or(i16::MAX);
        let store = Self { pool, shard, place };
        store.require_version().await?;
        if guarded {
            store.require_guards().await?;
        }
        Ok(store)
    }

    async fn require_version(&self) -> Result<(), Error> {
        let place = self.place.clone();
        let look = async { found_version(&mut *self.pool.acquire().await?).await };
        let found = look.await.map_err(|error| self.failure(&error))?;
        match found {
            None => Err(Error::NotMigrated { place }),
            Some((found, compatible_from)) if found > SCHEMA_VERSION && compatible_from > SCHEMA_VERSION => {
                Err(Error::Newer { place, found, known: SCHEMA_VERSION })
            }
            Some(_) => Ok(()),
        }
    }

    async fn require_guards(&self) -> Result<(), Error> {
        let standing: Vec<String> = sqlx::query_scalar(
            "SELECT tgname::TEXT FROM pg_trigger WHERE tgrelid = 'log.seal'::regclass AND tgenabled = 'A'",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.failure(&error))?;
        match GUARDS.into_iter().find(|guard| !standing.iter().any(|name| name == guard)) {
            Some(guard) => Err(Error::Unprotected { place: self.place.clone(), guard: guard.to_owned() }),
            None => Ok(()),
        }
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

    fn seal(&self, row: &PgRow) -> Result<Seal, Error> {
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
impl SealStore for PostgresSealStore {
    fn place(&self) -> &str {
        &self.place
    }

    async fn append(&self, seal: &Seal, leaves: &[Hash]) -> Result<(), Error> {
        let row = Row::of(seal);
        let done = sqlx::query(
            "INSERT INTO log.seal SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
              WHERE $2 = 1 + coalesce((SELECT max(s.to_position) FROM log.seal s WHERE s.shard = $1), 0)",
        )
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
        match done {
            Ok(done) if done.rows_affected() == 1 => Ok(()),
            Err(error) if !is_taken(&error) => Err(self.failure(&error)),
            _ if self.last().await?.as_ref() == Some(seal) => Ok(()),
            _ => Err(Error::Conflict { place: self.place.clone(), from: seal.from }),
        }
    }

    async fn last(&self) -> Result<Option<Seal>, Error> {
        let statement =
            format!("SELECT {COLUMNS} FROM log.seal WHERE shard = $1 ORDER BY to_position DESC LIMIT 1");
        let row = sqlx::query(AssertSqlSafe(statement)).bind(self.shard).fetch_optional(&self.pool).await;
        row.map_err(|error| self.failure(&error))?.map(|row| self.seal(&row)).transpose()
    }

    async fn range(&self, from: u64, to: u64, limit: usize) -> Result<Vec<Seal>, Error> {
        let statement = format!(
            "SELECT {COLUMNS} FROM log.seal WHERE shard = $1 AND to_position >= $2 AND from_position <= $3
             ORDER BY to_position LIMIT $4"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
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
            sqlx::query_scalar("SELECT leaves FROM log.seal WHERE shard = $1 AND from_position = $2")
                .bind(self.shard)
                .bind(signed(seal.from))
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| self.failure(&error))?;
        Ok(bytes.and_then(|bytes| split_leaves(&bytes)))
    }
}

//! A service's own database: read models, timers, allocations. Everything in it can be rebuilt.
//!
//! One code for SQLite and Postgres: through sqlx's `Any` driver with portable SQL (`$1` placeholders,
//! `TEXT` and `BIGINT` columns, `ON CONFLICT`).

use std::path::Path;
use std::sync::Once;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyPool, Transaction};

/// Why a service's database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Cannot be opened.
    #[error("the database {path} cannot be opened: {source}; check that the folder exists and is writable")]
    Open {
        /// Which.
        path: String,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// Its tables cannot be made.
    #[error("the tables in {path} cannot be brought up to date: {source}")]
    Migrate {
        /// Which.
        path: String,
        /// What the migrator said.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
}

/// A pool of connections to a service's database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
}

static DRIVERS: Once = Once::new();

/// What every SQLite connection is set to. `synchronous=NORMAL` may lose the last rows at a power cut,
/// never consistency: the rows carry their position and are derived again from the log.
const SQLITE_SETTINGS: &str =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000; PRAGMA foreign_keys=ON;";

/// Tables that every service's database has: how far each read model is, and its timers.
const KIT_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS projection (name TEXT PRIMARY KEY, position BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS timer (
        name TEXT NOT NULL, stream TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
        due_us BIGINT NOT NULL, PRIMARY KEY (name, stream, kind, key));
    CREATE INDEX IF NOT EXISTS timer_due ON timer (name, due_us);";

impl Store {
    /// Opens (and makes, if need be) the SQLite file at `path` and brings its tables up to date.
    pub async fn open_file(path: &Path, migrations: &Migrator) -> Result<Self, StoreError> {
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let shown = path.display().to_string();
        let encoded = shown.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        let url = format!("sqlite://{encoded}?mode=rwc");
        let pool = AnyPoolOptions::new()
            .max_connections(4)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SQLITE_SETTINGS).execute(connection).await?;
                    Ok(())
                })
            })
            // sqlx issue 4393: a cancelled `begin` may hand back a connection inside a transaction.
            .before_acquire(|connection, _| {
                Box::pin(async move {
                    // One that was inside a transaction is given up: sqlx's own count of it is wrong too.
                    Ok(sqlx::raw_sql("ROLLBACK").execute(connection).await.is_err())
                })
            })
            .connect(&url)
            .await
            .map_err(|source| StoreError::Open { path: shown.clone(), source })?;
        // First: a migration forgets the position of rows that it wants to be written anew.
        sqlx::raw_sql(KIT_TABLES)
            .execute(&pool)
            .await
            .map_err(|source| StoreError::Open { path: shown.clone(), source })?;
        migrations.run(&pool).await.map_err(|source| StoreError::Migrate { path: shown, source })?;
        Ok(Self { pool })
    }

    /// The pool, for reading.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a transaction that writes: it takes SQLite's write lock at once, so it cannot fail half way
    /// for want of it.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// Ends all connections, letting those in use finish.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

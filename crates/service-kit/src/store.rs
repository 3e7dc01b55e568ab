//! A service's own database: read models, timers, allocations. Everything in it can be rebuilt.
//!
//! One code for SQLite and Postgres: through sqlx's `Any` driver with portable SQL (`$1` placeholders,
//! `TEXT` and `BIGINT` columns, `ON CONFLICT`).
//!
//! - On SQLite a service owns its file and brings the tables up to date itself.
//! - On Postgres (`postgres`) it has a schema of its own and only checks it: `casetrail migrate` changes
//!   it, as another role.
//! - `turns`: who may do something that two must not do at once.

mod postgres;
mod turns;

use std::path::Path;
use std::sync::{Arc, Once};

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyPool, AssertSqlSafe, Row, Transaction};
use tracing::Instrument;

pub use crate::parts::Stores;
pub use postgres::{CONNECTIONS, migrate_postgres};
pub use turns::Turn;

use crate::metrics::{Connections, observe_connections};
use turns::Turns;

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
    /// Postgres does not answer, or lets us not in.
    #[error("the schema {schema} in Postgres cannot be reached: {source}")]
    Connect {
        /// Which.
        schema: String,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// The schema in Postgres is not the one that this program was written for.
    #[error("the schema {schema} has {found}, but this program needs {needed}: {advice}")]
    Schema {
        /// Which.
        schema: String,
        /// What it has.
        found: String,
        /// What it should have.
        needed: String,
        /// What to do.
        advice: &'static str,
    },
    /// No schema can be called that.
    #[error("'{0}' is no name for a schema: use small letters, digits and underscores")]
    Name(String),
}

/// A pool of connections to a service's database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    /// The same, for whoever reports its connections: gone with the last clone of the store.
    observed: Arc<AnyPool>,
    place: Place,
    turns: Turns,
}

/// Where a store is, as errors name it.
#[derive(Debug, Clone)]
enum Place {
    File(String),
    Schema(String),
}

static DRIVERS: Once = Once::new();

/// What every SQLite connection is set to. `synchronous=NORMAL` may lose the last rows at a power cut,
/// never consistency: the rows carry their position and are derived again from the log.
const SQLITE_SETTINGS: &str =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000; PRAGMA foreign_keys=ON;";

/// Of a file that goes with the program that writes it: it waits for no disk. What a long transaction changes is kept
/// in a file beside it, not in memory.
const SQLITE_SCRATCH_SETTINGS: &str = "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; \
     PRAGMA busy_timeout=30000;";

const SQLITE_READ_SETTINGS: &str = "PRAGMA busy_timeout=30000;";

/// Tables that every service's database has: how far each read model is, and its timers.
const KIT_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS projection (name TEXT PRIMARY KEY, position BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS timer (
        name TEXT NOT NULL, stream TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
        due_us BIGINT NOT NULL, PRIMARY KEY (name, stream, kind, key));
    CREATE INDEX IF NOT EXISTS timer_due ON timer (name, due_us);";

async fn file_pool(path: &Path, mode: &str, settings: &'static str) -> Result<AnyPool, StoreError> {
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    let shown = path.display().to_string();
    let encoded = shown.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    AnyPoolOptions::new()
        .max_connections(4)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(settings).execute(connection).await?;
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
        .connect(&format!("sqlite://{encoded}?mode={mode}"))
        .await
        .map_err(|source| StoreError::Open { path: shown, source })
}

impl Store {
    /// Opens (and makes, if need be) the SQLite file at `path` and brings its tables up to date.
    pub async fn open_file(path: &Path, migrations: &Migrator) -> Result<Self, StoreError> {
        Self::make_file(path, migrations, SQLITE_SETTINGS).await
    }

    /// The same for a file that nobody wants any more when the program ends.
    pub(crate) async fn open_scratch(path: &Path, migrations: &Migrator) -> Result<Self, StoreError> {
        Self::make_file(path, migrations, SQLITE_SCRATCH_SETTINGS).await
    }

    async fn make_file(
        path: &Path,
        migrations: &Migrator,
        settings: &'static str,
    ) -> Result<Self, StoreError> {
        let shown = path.display().to_string();
        let pool = file_pool(path, "rwc", settings).await?;
        // First: a migration forgets the position of rows that it wants to be written anew, and deletes them:
        // whoever writes a case's first fact takes it that no row of the case is there.
        sqlx::raw_sql(KIT_TABLES)
            .execute(&pool)
            .await
            .map_err(|source| StoreError::Open { path: shown.clone(), source })?;
        let store = Self::over(pool, Place::File(shown), Turns::within_process());
        store.require(migrations).await?;
        Ok(store)
    }

    /// Takes away the indexes of a SQLite file, but those that keep a row from being there twice.
    pub(crate) async fn drop_indexes(&self) -> Result<(), sqlx::Error> {
        let found = sqlx::query(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql NOT LIKE 'CREATE UNIQUE %'",
        );
        for row in found.fetch_all(&self.pool).await? {
            let drop = format!("DROP INDEX {}", row.try_get::<&str, _>(0)?);
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&self.pool).await?;
        }
        Ok(())
    }

    /// Opens a SQLite file that is there, to be read while others write it. Its tables are taken as they are.
    ///
    /// # Errors
    /// [`StoreError::Open`].
    pub async fn open_file_to_read(path: &Path) -> Result<Self, StoreError> {
        let pool = file_pool(path, "ro", SQLITE_READ_SETTINGS).await?;
        let place = Place::File(path.display().to_string());
        Ok(Self::over(pool, place, Turns::within_process()))
    }

    /// Opens the schema `schema` of a Postgres with up to `connections` connections, and checks that it is
    /// the one this program was written for. It never changes it: that is [`migrate_postgres`]'s.
    pub async fn open_postgres(
        url: &str,
        schema: &str,
        migrations: &Migrator,
        connections: u32,
    ) -> Result<Self, StoreError> {
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let turns = Turns::between_replicas(url, schema)
            .map_err(|source| StoreError::Connect { schema: schema.to_owned(), source })?;
        let pool = postgres::connect(url, schema, connections).await?;
        let store = Self::over(pool, Place::Schema(schema.to_owned()), turns);
        if let Err(error) = store.require(migrations).await {
            store.close().await;
            return Err(error);
        }
        Ok(store)
    }

    /// Makes sure of more tables, from migrations with a book of their own: in a file they are brought up to
    /// date, in Postgres they must be so already.
    pub async fn require(&self, migrations: &Migrator) -> Result<(), StoreError> {
        match &self.place {
            Place::File(path) => migrations
                .run(&self.pool)
                .await
                .map_err(|source| StoreError::Migrate { path: path.clone(), source }),
            Place::Schema(schema) => postgres::check(&self.pool, schema, migrations).await,
        }
    }

    fn over(pool: AnyPool, place: Place, turns: Turns) -> Self {
        Self { observed: Arc::new(pool.clone()), pool, place, turns }
    }

    /// Reports its connections as those of `service`.
    pub(crate) fn observe(&self, service: &str) {
        let system = match self.place {
            Place::File(_) => "sqlite",
            Place::Schema(_) => "postgresql",
        };
        observe_connections(service.to_owned(), system, Arc::downgrade(&self.observed), |pool| {
            Connections::of(pool)
        });
    }

    /// The pool, for reading.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins a transaction that writes.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.place {
            // SQLite's write lock at once, so that it cannot fail half way for want of it.
            Place::File(_) => self.pool.begin_with("BEGIN IMMEDIATE").await,
            // Read committed: a statement that waited for a row sees what the other one wrote.
            Place::Schema(_) => self.begin_whole("BEGIN").await,
        }
    }

    /// Begins a transaction that need not wait for the disk, because what it writes is derived again from the log:
    /// rows with the position they stand for. A crash of the database takes back the last of them, together and in
    /// order. Not for what anybody keeps in memory and relies on: that would outlive the crash.
    pub async fn begin_derived(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.place {
            Place::File(_) => self.begin().await,
            Place::Schema(_) => self.begin_whole("BEGIN; SET LOCAL synchronous_commit = off").await,
        }
    }

    /// Begins a transaction that only reads, and sees everything as it is at one moment.
    pub(crate) async fn begin_moment(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        match self.place {
            Place::File(_) => self.pool.begin_with("BEGIN").await,
            Place::Schema(_) => self.begin_whole("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await,
        }
    }

    /// In a task of its own, because of sqlx issue 4393: a `begin` whose caller leaves hands back a connection
    /// that is inside a transaction.
    async fn begin_whole(&self, statement: &'static str) -> Result<Transaction<'static, Any>, sqlx::Error> {
        let pool = self.pool.clone();
        #[expect(clippy::disallowed_methods, reason = "one statement, which outlives a caller that leaves")]
        let begun = tokio::spawn(async move { pool.begin_with(statement).await }.in_current_span());
        begun.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }

    /// Waits for one's turn at `name`: until it is dropped, nobody else has it, in no replica of this
    /// service. See [`Turn`] for the order in which turns may be taken.
    ///
    /// # Errors
    /// The database cannot be reached, or others had the turn for too long; trying again may help.
    pub async fn turn(&self, name: &str) -> Result<Turn, sqlx::Error> {
        self.turns.take(name).await
    }

    /// Ends all connections, letting those in use finish.
    pub async fn close(&self) {
        self.turns.close().await;
        self.pool.close().await;
    }
}

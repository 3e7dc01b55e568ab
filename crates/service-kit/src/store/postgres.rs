//! A service's schema in Postgres: made and changed by an administrator, checked and used by services.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyPool, AssertSqlSafe, Connection, PgConnection, Row};

use super::{KIT_TABLES, StoreError};

/// How many connections a service has unless it is told otherwise.
pub const CONNECTIONS: u32 = 8;

/// How long a caller waits for a free connection before it is told to come back.
const ACQUIRE: Duration = Duration::from_secs(5);

/// How long after its last use a connection is taken to be alive.
pub(super) const TRUSTED: Duration = Duration::from_secs(1);

/// The advisory lock under which schemas are changed: two that migrate at once do so one after the other.
const MIGRATION_LOCK: i64 = 0x6361_7365_7472_6169;

/// Kit tables that a migrated schema has, and sqlx's book of migrations.
const NEEDED_TABLES: i64 = 3;

const MIGRATE: &str = "run `casetrail migrate`";
const TOO_OLD: &str =
    "start the newer program, or run `casetrail migrate` with the version that the schema was made by";
const CHANGED: &str = "a migration was changed after it had been applied: run `casetrail migrate` with the version it was made by";

/// A schema's name in SQL. Only what needs no escape passes.
fn quoted(schema: &str) -> Result<String, StoreError> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if schema.is_empty() || !schema.chars().all(plain) {
        return Err(StoreError::Name(schema.to_owned()));
    }
    Ok(format!("\"{schema}\""))
}

/// A pool whose connections see this schema only. The two timeouts end what a client left hanging.
pub(super) async fn connect(url: &str, schema: &str, connections: u32) -> Result<AnyPool, StoreError> {
    let settings = format!(
        "SET search_path = {}; SET application_name = 'casetrail {schema}'; SET statement_timeout = '30s'; \
         SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = error",
        quoted(schema)?
    );
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .after_connect(move |connection, _| {
            let settings = settings.clone();
            Box::pin(async move {
                sqlx::raw_sql(AssertSqlSafe(settings)).execute(connection).await?;
                Ok(())
            })
        })
        // A connection that was just used is alive: asking it each time would double the round trips.
        .test_before_acquire(false)
        .before_acquire(|connection, used| {
            Box::pin(async move {
                if used.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect(url)
        .await
        .map_err(|source| StoreError::Connect { schema: schema.to_owned(), source })
}

/// Whether the schema is exactly as this program's migrations leave it.
pub(super) async fn check(pool: &AnyPool, schema: &str, migrations: &Migrator) -> Result<(), StoreError> {
    let needed: BTreeMap<i64, &[u8]> =
        migrations.iter().map(|one| (one.version, one.checksum.as_ref())).collect();
    let refused = |found: Option<&BTreeMap<i64, Vec<u8>>>, advice| StoreError::Schema {
        schema: schema.to_owned(),
        found: found.map_or_else(|| "no tables".to_owned(), |found| spoken(found.keys())),
        needed: spoken(needed.keys()),
        advice,
    };
    let Some(found) = applied(pool, schema, &migrations.table_name)
        .await
        .map_err(|source| StoreError::Connect { schema: schema.to_owned(), source })?
    else {
        return Err(refused(None, MIGRATE));
    };
    if found.keys().any(|version| !needed.contains_key(version)) {
        return Err(refused(Some(&found), TOO_OLD));
    }
    if needed.keys().any(|version| !found.contains_key(version)) {
        return Err(refused(Some(&found), MIGRATE));
    }
    if needed.iter().any(|(version, checksum)| found[version] != *checksum) {
        return Err(refused(Some(&found), CHANGED));
    }
    Ok(())
}

/// The migrations that were applied; `None` where there is nothing at all.
async fn applied(
    pool: &AnyPool,
    schema: &str,
    book: &str,
) -> Result<Option<BTreeMap<i64, Vec<u8>>>, sqlx::Error> {
    let tables = sqlx::query(
        "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = $1 \
         AND tablename IN ('projection', 'timer', $2)",
    )
    .bind(schema)
    .bind(book)
    .fetch_one(pool)
    .await?;
    if tables.try_get::<i64, _>(0)? < NEEDED_TABLES {
        return Ok(None);
    }
    let statement = format!("SELECT version, checksum FROM {book} WHERE success ORDER BY version");
    let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(pool).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, _>>().map(Some)
}

fn spoken<'a>(versions: impl Iterator<Item = &'a i64>) -> String {
    let versions: Vec<String> = versions.map(ToString::to_string).collect();
    if versions.is_empty() {
        "no migration".to_owned()
    } else {
        format!("migrations {}", versions.join(", "))
    }
}

/// Makes the schema if it is missing and brings its tables up to date. Repeating it changes nothing, and two
/// may run at once. `admin` owns the schema; what services may do in it is granted elsewhere.
///
/// # Errors
/// [`StoreError::Name`], [`StoreError::Connect`]; [`StoreError::Migrate`] when the schema was made by a
/// newer program, or a migration fails (it is then undone).
pub async fn migrate_postgres(
    admin: &mut PgConnection,
    schema: &str,
    migrations: &Migrator,
) -> Result<(), StoreError> {
    let quoted = quoted(schema)?;
    let connect = |source| StoreError::Connect { schema: schema.to_owned(), source };
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *admin)
        .await
        .map_err(connect)?;
    let migrated = migrate_locked(admin, &quoted, migrations).await;
    // Both even after a failure: the connection may go on to the next schema.
    sqlx::raw_sql("RESET search_path; RESET client_min_messages")
        .execute(&mut *admin)
        .await
        .map_err(connect)?;
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *admin)
        .await
        .map_err(connect)?;
    migrated.map_err(|source| StoreError::Migrate { path: format!("the schema {schema}"), source })
}

async fn migrate_locked(
    admin: &mut PgConnection,
    schema: &str,
    migrations: &Migrator,
) -> Result<(), MigrateError> {
    let prepare = format!(
        "SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS {schema}; \
         SET search_path = {schema}; {KIT_TABLES}"
    );
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *admin).await?;
    migrations.run(&mut *admin).await
}

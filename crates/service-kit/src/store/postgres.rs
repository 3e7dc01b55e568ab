//! A service's schema in Postgres: made and changed by an administrator, checked and used by services.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyRow};
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

/// A migration that a schema's book says was applied.
struct Applied {
    description: String,
    checksum: Vec<u8>,
}

type Book = BTreeMap<i64, Applied>;

/// How the name of a migration ends that takes something away: `0007_drop_state_serves_from_0006.sql` serves
/// programs that know 6 or a later one. A migration without it only adds, and serves every older program.
const SERVES_FROM: &str = "serves from ";

impl Applied {
    /// Whether a program still works after it whose newest migration is `newest`. A name that does not read serves
    /// nobody who does not know it.
    fn serves(&self, newest: i64) -> bool {
        match self.description.rsplit_once(SERVES_FROM) {
            Some((_, oldest)) => oldest.trim().parse().is_ok_and(|oldest: i64| oldest <= newest),
            None => true,
        }
    }
}

/// Whether the migrations that a program does not know, if there are any, still serve it.
fn serves(book: &Book, migrations: &Migrator) -> bool {
    let newest = migrations.iter().map(|one| one.version).max().unwrap_or(0);
    let knows = |version: &i64| migrations.iter().any(|one| one.version == *version);
    book.iter().all(|(version, applied)| knows(version) || applied.serves(newest))
}

/// Whether the schema is as this program's migrations leave it, or as a newer program's do that still serve it.
pub(super) async fn check(pool: &AnyPool, schema: &str, migrations: &Migrator) -> Result<(), StoreError> {
    let needed: BTreeMap<i64, &[u8]> =
        migrations.iter().map(|one| (one.version, one.checksum.as_ref())).collect();
    let refused = |found: Option<&Book>, advice| StoreError::Schema {
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
    if !serves(&found, migrations) {
        return Err(refused(Some(&found), TOO_OLD));
    }
    if needed.keys().any(|version| !found.contains_key(version)) {
        return Err(refused(Some(&found), MIGRATE));
    }
    if needed.iter().any(|(version, checksum)| found[version].checksum != *checksum) {
        return Err(refused(Some(&found), CHANGED));
    }
    Ok(())
}

/// The migrations that were applied; `None` where there is nothing at all.
async fn applied(pool: &AnyPool, schema: &str, book: &str) -> Result<Option<Book>, sqlx::Error> {
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
    let rows = sqlx::query(AssertSqlSafe(read_book(book))).fetch_all(pool).await?;
    let read = |row: &AnyRow| {
        let applied = Applied { description: row.try_get(1)?, checksum: row.try_get(2)? };
        Ok((row.try_get(0)?, applied))
    };
    rows.iter().map(read).collect::<Result<_, _>>().map(Some)
}

fn read_book(book: &str) -> String {
    format!("SELECT version, description, checksum FROM {book} WHERE success ORDER BY version")
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
/// may run at once. What a newer program made is left as it is, where it still serves this one. `admin` owns the
/// schema; what services may do in it is granted elsewhere.
///
/// # Errors
/// [`StoreError::Name`], [`StoreError::Connect`]; [`StoreError::Migrate`] when the schema was made by a
/// newer program and does not serve this one, or a migration fails (it is then undone).
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
    let ours = Migrator {
        migrations: migrations.migrations.clone(),
        table_name: migrations.table_name.clone(),
        // sqlx refuses what it does not know, whether it serves us or not.
        ignore_missing: serves(&book_of(&mut *admin, &migrations.table_name).await?, migrations),
        ..Migrator::DEFAULT
    };
    ours.run(&mut *admin).await
}

/// What was applied to the schema in the search path so far.
async fn book_of(admin: &mut PgConnection, book: &str) -> Result<Book, sqlx::Error> {
    let table: Option<String> =
        sqlx::query_scalar("SELECT to_regclass($1)::TEXT").bind(book).fetch_one(&mut *admin).await?;
    if table.is_none() {
        return Ok(Book::new());
    }
    let rows: Vec<(i64, String, Vec<u8>)> =
        sqlx::query_as(AssertSqlSafe(read_book(book))).fetch_all(admin).await?;
    let applied = |(version, description, checksum)| (version, Applied { description, checksum });
    Ok(rows.into_iter().map(applied).collect())
}

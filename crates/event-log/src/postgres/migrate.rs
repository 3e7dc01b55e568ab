//! Makes the log in a database, and lets roles use it. For administrators; services only check.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// What makes the log, in order: each brings it from the version before to its own. What was released is never
/// changed; the next step is added.
const STEPS: [&str; 4] = [
    include_str!("schema.sql"),
    WAS_APPEND_ALL,
    include_str!("append.sql"),
    include_str!("append_batch.sql"),
];

/// Version 2 was `log.append_all`, which version 3 makes anew; so does version 4 with `log.append_batch`.
const WAS_APPEND_ALL: &str =
    "SET ROLE casetrail_log_owner; UPDATE log.schema_version SET version = 2; RESET ROLE;";

/// The version that the last step leaves, kept in `log.schema_version`.
pub(super) const SCHEMA_VERSION: i32 = 4;

/// The oldest program that this schema still serves, by the version that it was written for; kept beside the
/// version. A step that only adds leaves it. A step that takes away what programs of version N still use raises it
/// to N + 1, one release after the last of those programs: expand first, contract later.
const COMPATIBLE_FROM: i32 = 1;

const SHARD: &str = include_str!("shard.sql");

/// Not a step: programs that know nothing of it do not look at it.
const COMPATIBLE: &str = "SET ROLE casetrail_log_owner;
    ALTER TABLE log.schema_version ADD COLUMN IF NOT EXISTS compatible_from INTEGER;
    UPDATE log.schema_version SET compatible_from = FROM_VERSION
     WHERE compatible_from IS DISTINCT FROM FROM_VERSION;
    RESET ROLE;";

/// Nobody can log in as these; login roles are made members of them.
const ROLES: [&str; 4] =
    ["casetrail_log_owner", "casetrail_log_writer", "casetrail_log_reader", "casetrail_log_tenant"];

/// Two that migrate one database at once do so one after the other.
const MIGRATION_LOCK: i64 = 0x6576_656e_746c_6f67;

/// Roles belong to the whole server: another database of it may be migrated at the same moment, and then one
/// of the two is told that it came too late. It tries again.
const TRIES: u32 = 50;

/// Why the log was not made or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database refused.
    #[error("the log cannot be migrated: {0}")]
    Database(#[from] sqlx::Error),
    /// A newer program was here.
    #[error("the log has schema version {found}, this program knows {SCHEMA_VERSION}: use the newer program")]
    Newer {
        /// The version found.
        found: i32,
    },
}

/// Which schema there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) version: i32,
    /// The oldest program that it serves.
    pub(super) compatible_from: i32,
}

impl Found {
    /// Whether a newer program was here.
    fn is_newer(self) -> bool {
        self.version > SCHEMA_VERSION
    }

    /// Whether this program can work with it.
    pub(super) fn serves_us(self) -> bool {
        self.version == SCHEMA_VERSION || self.is_newer() && self.compatible_from <= SCHEMA_VERSION
    }
}

/// What a role may do with the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read everything, and append through `log.append_one`, `log.append_all` or `log.append_batch`.
    Write,
    /// Read everything.
    Read,
    /// Read the events of the tenant that the session names in `app.tenant`.
    ReadTenant,
}

/// Makes the log with so many shards (1 to 256), or adds what is missing; there are never fewer than before.
/// Repeating it changes nothing. What a newer program made is left as it is, where it still serves this one.
///
/// # Errors
/// [`MigrateError`]; then nothing has changed but, perhaps, that some roles were made.
pub async fn migrate(admin: &mut PgConnection, shards: u16) -> Result<(), MigrateError> {
    for role in ROLES {
        let statement = format!(
            "DO $$ BEGIN CREATE ROLE {role} NOLOGIN;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        change_roles(admin, statement).await?;
    }
    // Who is no superuser may make objects for another role only as its member.
    change_roles(admin, "GRANT casetrail_log_owner TO CURRENT_USER".to_owned()).await?;
    let mut tx = admin.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *tx).await?;
    let found = found_schema(&mut tx).await?;
    match found {
        None => {
            sqlx::raw_sql("CREATE SCHEMA IF NOT EXISTS log AUTHORIZATION casetrail_log_owner")
                .execute(&mut *tx)
                .await?;
        }
        Some(found) if found.is_newer() && !found.serves_us() => {
            return Err(MigrateError::Newer { found: found.version });
        }
        Some(_) => {}
    }
    let done = found.map_or(0, |found| usize::try_from(found.version).unwrap_or(0));
    for step in STEPS.iter().skip(done) {
        sqlx::raw_sql(*step).execute(&mut *tx).await?;
    }
    // Asked of the catalogue: whoever migrates is not let into the tables themselves.
    let there: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::TEXT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'log.event'::regclass",
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut missing = (0..shards).filter(|shard| !there.contains(&format!("event_{shard}"))).peekable();
    if let Some(found) = found.filter(|found| found.is_newer()) {
        // A shard as this program knows it may lack what the newer one relies on.
        return if missing.peek().is_none() {
            Ok(tx.commit().await?)
        } else {
            Err(MigrateError::Newer { found: found.version })
        };
    }
    sqlx::raw_sql(AssertSqlSafe(COMPATIBLE.replace("FROM_VERSION", &COMPATIBLE_FROM.to_string())))
        .execute(&mut *tx)
        .await?;
    for shard in missing {
        let statements = SHARD.replace("SHARD", &shard.to_string());
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut *tx).await?;
    }
    Ok(tx.commit().await?)
}

/// Which schema the log has; `None` where there is no log.
pub(super) async fn found_schema(connection: &mut PgConnection) -> Result<Option<Found>, sqlx::Error> {
    let table: Option<String> = sqlx::query_scalar("SELECT to_regclass('log.schema_version')::TEXT")
        .fetch_one(&mut *connection)
        .await?;
    if table.is_none() {
        return Ok(None);
    }
    // As JSON, because the column is missing where only older programs have migrated: those served themselves.
    let found: Option<(i32, i32)> = sqlx::query_as(
        "SELECT version, coalesce((to_jsonb(book) ->> 'compatible_from')::INTEGER, version)
           FROM log.schema_version book ORDER BY version DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(version, compatible_from)| Found { version, compatible_from }))
}

/// Lets a login role use the log.
///
/// # Errors
/// There is no such role, or `admin` may not.
pub async fn grant(admin: &mut PgConnection, role: &str, access: Access) -> Result<(), MigrateError> {
    let group = match access {
        Access::Write => "casetrail_log_writer",
        Access::Read => "casetrail_log_reader",
        Access::ReadTenant => "casetrail_log_tenant",
    };
    let quoted = role.replace('"', "\"\"");
    change_roles(admin, format!("GRANT {group} TO \"{quoted}\"")).await
}

async fn change_roles(admin: &mut PgConnection, statement: String) -> Result<(), MigrateError> {
    let mut tries = 1;
    loop {
        match sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *admin).await {
            Err(error) if tries < TRIES && is_collision(&error) => tries += 1,
            done => return Ok(done.map(drop)?),
        }
    }
}

/// Somebody else changed the same row of the server's catalogue at the same moment.
fn is_collision(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.message().contains("tuple concurrently") || error.is_unique_violation())
}

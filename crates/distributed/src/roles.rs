//! A login role for each process, with the least rights that do its work.
//!
//! Nobody owns anything: tables belong to whoever migrates, and a service may read the log, append to it
//! through its one function, use its own schema's tables, and read, add and destroy players' keys.

use event_log::postgres::Access;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::migrate::MigrateError;
use crate::schemas::{SCHEMAS, Schema};

/// The role that the relay logs in as.
pub const RELAY: &str = "casetrail_relay";

/// The role that a service logs in as: `casetrail_intake`.
pub fn role_of(stage: &str) -> String {
    format!("casetrail_{stage}")
}

/// The environment variable that `casetrail migrate` takes a role's password from.
pub fn password_variable(role: &str) -> String {
    format!("{}_PASSWORD", role.to_uppercase())
}

/// Roles belong to the whole server: another database of it may be migrated at the same moment, and then
/// one of the two is told that it came too late. It tries again.
const TRIES: u32 = 20;

/// Makes the role of the relay and grants it what it needs.
pub(crate) async fn grant_relay(
    admin: &mut PgConnection,
    password: Option<&str>,
) -> Result<(), MigrateError> {
    login(admin, RELAY, password).await?;
    event_log::postgres::grant(admin, RELAY, Access::Read).await?;
    seals::postgres::grant(admin, RELAY).await?;
    Ok(())
}

/// Makes the role of a service and grants it what it needs.
pub(crate) async fn grant_service(
    admin: &mut PgConnection,
    schema: &Schema,
    password: Option<&str>,
) -> Result<(), MigrateError> {
    let (role, schema) = (role_of(schema.stage), schema.stage);
    login(admin, &role, password).await?;
    event_log::postgres::grant(admin, &role, Access::Write).await?;
    sealing::postgres::grant(admin, &role).await?;
    run(
        admin,
        format!(
            "GRANT USAGE ON SCHEMA {schema} TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
             REVOKE INSERT, UPDATE, DELETE ON {schema}._sqlx_migrations FROM {role};"
        ),
    )
    .await
}

/// Lets every service read what all have written down of who read what: an agent's cases are counted over all of
/// them, and whoever asks any is told of all. Each goes on adding to its own schema's table alone.
pub(crate) async fn share_reads(admin: &mut PgConnection) -> Result<(), MigrateError> {
    let columns = "read_id, at_us, reader, brand, case_id, player_id, method, fields, purpose";
    let rows: Vec<String> = SCHEMAS
        .iter()
        .map(|schema| format!("SELECT {columns} FROM {}.personal_read", schema.stage))
        .collect();
    let roles: Vec<String> = SCHEMAS.iter().map(|schema| role_of(schema.stage)).collect();
    let (rows, roles) = (rows.join(" UNION ALL "), roles.join(", "));
    run(
        admin,
        format!(
            "CREATE SCHEMA IF NOT EXISTS reads;
             CREATE OR REPLACE VIEW reads.personal_read AS {rows};
             GRANT USAGE ON SCHEMA reads TO {roles};
             GRANT SELECT ON reads.personal_read TO {roles};"
        ),
    )
    .await
}

/// Makes a role that may log in and nothing else, or gives it another password.
async fn login(admin: &mut PgConnection, role: &str, password: Option<&str>) -> Result<(), MigrateError> {
    run(
        admin,
        format!(
            "DO $$ BEGIN
               CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
             END $$;"
        ),
    )
    .await?;
    let Some(password) = password else { return Ok(()) };
    // The server puts it into its catalogue only, hashed; statements of this session are not logged by us.
    let quoted: String =
        sqlx::query_scalar("SELECT quote_literal($1)").bind(password).fetch_one(&mut *admin).await?;
    run(admin, format!("ALTER ROLE {role} PASSWORD {quoted}")).await
}

async fn run(admin: &mut PgConnection, statements: String) -> Result<(), MigrateError> {
    let mut tries = 1;
    loop {
        match sqlx::raw_sql(AssertSqlSafe(statements.clone())).execute(&mut *admin).await {
            Err(error) if tries < TRIES && is_collision(&error) => tries += 1,
            done => return Ok(done.map(drop)?),
        }
    }
}

/// Somebody else changed the same row of the server's catalogue at the same moment.
fn is_collision(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("tuple concurrently updated"))
}

//! Makes or brings up to date everything in the database: the log, the keys, a schema and a role for each
//! service. Services only check; they never migrate.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::roles::{self, RELAY, role_of};
use crate::schemas::SCHEMAS;

/// Why the database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It cannot be reached, or refuses.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The log.
    #[error(transparent)]
    Log(#[from] event_log::postgres::MigrateError),
    /// A service's schema.
    #[error(transparent)]
    Store(#[from] service_kit::store::StoreError),
}

/// Does it all; doing it again changes nothing. `url` names the database and a role that may make schemas
/// and roles in it. The log gets so many shards, or keeps what it has where that is more. Roles get the passwords
/// given here by their names; one without keeps what it has.
///
/// # Errors
/// The database cannot be reached, was migrated by a newer program, or the role has too few rights.
pub async fn migrate(
    url: &str,
    shards: u16,
    passwords: &BTreeMap<String, String>,
) -> Result<(), MigrateError> {
    let mut admin = PgConnection::connect(url).await?;
    event_log::postgres::migrate(&mut admin, shards).await?;
    sealing::postgres::migrate(&mut admin).await?;
    seals::postgres::migrate(&mut admin).await?;
    let password = |role: &str| passwords.get(role).map(String::as_str);
    for schema in SCHEMAS {
        service_kit::store::migrate_postgres(&mut admin, schema.stage, schema.migrations).await?;
        service_kit::store::migrate_postgres(&mut admin, schema.stage, &history::MIGRATIONS).await?;
        // The bus's tables go where the search path leads.
        let enter = format!("SET search_path = {}", schema.stage);
        sqlx::raw_sql(AssertSqlSafe(enter)).execute(&mut admin).await?;
        event_bus::nats::migrate(&mut admin).await?;
        sqlx::raw_sql("RESET search_path").execute(&mut admin).await?;
        roles::grant_service(&mut admin, schema, password(&role_of(schema.stage))).await?;
    }
    roles::share_reads(&mut admin).await?;
    roles::grant_relay(&mut admin, password(RELAY)).await?;
    Ok(admin.close().await?)
}

/// Every role that is made, in the order of the journey.
pub fn role_names() -> Vec<String> {
    SCHEMAS.iter().map(|schema| role_of(schema.stage)).chain([RELAY.to_owned()]).collect()
}

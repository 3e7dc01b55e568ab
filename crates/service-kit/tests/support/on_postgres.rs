//! A service's own schema in a Postgres, used as a service uses it: by a role that owns nothing.
//! For the tests of the services, which all run on SQLite and again on Postgres; a file that they share.

use std::path::Path;

pub(crate) use scratch::shared::Database;
use service_kit::Stores;
use service_kit::store::migrate_postgres;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Where a service keeps its rows; the database lives as long as the other part is kept.
pub(crate) async fn stores(_folder: &Path, schema: &str, migrations: [&Migrator; 2]) -> (Stores, Database) {
    let database = Database::create().await.unwrap();
    let mut admin = PgConnection::connect(&database.url).await.unwrap();
    for migrations in migrations {
        migrate_postgres(&mut admin, schema, migrations).await.unwrap();
    }
    let role = format!("service_of_{}", database.name);
    let rights = format!(
        "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}; \
         CREATE SCHEMA reads; CREATE VIEW reads.personal_read AS SELECT * FROM {schema}.personal_read; \
         GRANT USAGE ON SCHEMA reads TO {role}; GRANT SELECT ON reads.personal_read TO {role}"
    );
    sqlx::raw_sql(AssertSqlSafe(rights)).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    (Stores::postgres(as_role(&database.url, &role)), database)
}

/// The same database, for somebody else.
fn as_role(url: &str, role: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (_, server) = rest.split_once('@').unwrap();
    format!("{scheme}://{role}@{server}")
}

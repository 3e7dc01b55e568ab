//! A database with a log in it, and roles that may do one thing each.

use event_log::postgres::{Access, grant, migrate};
use scratch::shared::Database;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A migrated database of a test's own.
pub(crate) struct Migrated {
    /// Its URL for a role that may append.
    pub(crate) writer: String,
    /// The database; its URL is that of a superuser.
    pub(crate) database: Database,
}

impl Migrated {
    pub(crate) async fn create() -> Self {
        let database = Database::create().await.unwrap();
        let mut admin = PgConnection::connect(&database.url).await.unwrap();
        migrate(&mut admin, 1).await.unwrap();
        let writer = login(&mut admin, database.url.clone(), "writer", Access::Write).await;
        admin.close().await.unwrap();
        Self { writer, database }
    }
}

/// Makes a role that may log in to this database and nothing else but this; gives the URL for it.
pub(crate) async fn login(admin: &mut PgConnection, url: String, what: &str, access: Access) -> String {
    // Roles belong to the whole server: the database's name is in theirs.
    let (_, server) = url.split_once('@').unwrap();
    let (_, database) = server.rsplit_once('/').unwrap();
    let role = format!("{what}_{database}");
    let statement = format!("CREATE ROLE {role} LOGIN");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *admin).await.unwrap();
    grant(admin, &role, access).await.unwrap();
    format!("postgres://{role}@{server}")
}

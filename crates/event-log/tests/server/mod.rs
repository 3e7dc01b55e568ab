//! Makes the log in a database, and roles that may do one thing each.

use event_log::postgres::{Access, grant, migrate};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Makes the log in the database at `url`, of which this is a superuser's; gives the URL of a role that may
/// append.
pub(crate) async fn migrated(url: &str) -> String {
    let mut admin = PgConnection::connect(url).await.unwrap();
    migrate(&mut admin, 1).await.unwrap();
    let writer = login(&mut admin, url.to_owned(), "writer", Access::Write).await;
    admin.close().await.unwrap();
    writer
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

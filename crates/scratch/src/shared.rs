//! For tests: one server serves many of them. `cargo xtask test` starts one Postgres and one nats-server
//! and names them in the environment; a test that finds no name starts servers of its own, which takes a
//! second longer and is otherwise the same.

use ambient::{Clock, Ids, SystemClock, SystemIds};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{Error, Nats, Postgres};

/// Names the shared Postgres: the URL of its `postgres` database, as superuser.
pub const POSTGRES_VARIABLE: &str = "CASETRAIL_TEST_POSTGRES";
/// Names the shared nats-server: its URL.
pub const NATS_VARIABLE: &str = "CASETRAIL_TEST_NATS";
/// Names an old `nats-server` program (2.9) that must work as well.
pub const OLD_NATS_SERVER_VARIABLE: &str = "CASETRAIL_TEST_OLD_NATS_SERVER";

/// What Postgres says of a statement that took too long.
const QUERY_CANCELED: &str = "57014";

/// An empty database of a test's own. Keep it for as long as the test runs.
pub struct Database {
    /// Its URL, as superuser.
    pub url: String,
    /// Its name.
    pub name: String,
    admin_url: String,
    own: Option<Postgres>,
}

impl Database {
    /// Makes one, in the shared server or in one of its own.
    ///
    /// # Errors
    /// There is no server, or it refuses.
    pub async fn create() -> Result<Self, Error> {
        let (admin_url, own) = if let Ok(url) = std::env::var(POSTGRES_VARIABLE) {
            (url, None)
        } else {
            let own = Postgres::start().await?;
            (own.url("postgres"), Some(own))
        };
        Self::create_in(admin_url, own).await
    }

    /// Makes one in a server of its own, where every role but the superuser needs a password.
    ///
    /// # Errors
    /// There is no server, or it refuses.
    pub async fn create_with_passwords() -> Result<Self, Error> {
        let own = Postgres::start_with_passwords().await?;
        Self::create_in(own.url("postgres"), Some(own)).await
    }

    async fn create_in(admin_url: String, own: Option<Postgres>) -> Result<Self, Error> {
        let name = format!("test_{}", unique());
        let mut admin = PgConnection::connect(&admin_url).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await?;
        admin.close().await?;
        let server = admin_url.rsplit_once('/').map_or(admin_url.as_str(), |(server, _)| server);
        Ok(Self { url: format!("{server}/{name}"), name, admin_url, own })
    }

    /// Throws it away, with whoever is still connected to it. Without this it stays until its server ends, as it does
    /// where that takes too long: Postgres waits for every session of the server, also for those of other tests.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn drop(self) -> Result<(), Error> {
        if self.own.is_some() {
            return Ok(());
        }
        let mut admin = PgConnection::connect(&self.admin_url).await?;
        let name = self.name;
        sqlx::raw_sql("SET statement_timeout = '20s'").execute(&mut admin).await?;
        let dropped = sqlx::raw_sql(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")));
        if let Err(error) = dropped.execute(&mut admin).await
            && error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref()
                != Some(QUERY_CANCELED)
        {
            return Err(error.into());
        }
        admin.close().await?;
        Ok(())
    }
}

/// A nats-server that a test may use, with a subject prefix of its own so that tests do not meet.
pub struct SharedNats {
    /// Where it listens.
    pub url: String,
    /// The test's own prefix.
    pub prefix: String,
    _own: Option<Nats>,
}

impl SharedNats {
    /// The shared one, or one of its own.
    ///
    /// # Errors
    /// There is no server.
    pub async fn find() -> Result<Self, Error> {
        let prefix = format!("test_{}", unique());
        if let Ok(url) = std::env::var(NATS_VARIABLE) {
            return Ok(Self { url, prefix, _own: None });
        }
        let own = Nats::start().await?;
        Ok(Self { url: own.url(), prefix, _own: Some(own) })
    }
}

/// Letters and digits that no other test has.
fn unique() -> String {
    SystemIds.new_id(SystemClock.now()).simple().to_string()
}

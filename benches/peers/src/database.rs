//! The server, and a fresh database on it for each measurement.

use std::str::FromStr;

use ambient::{Ids, SystemIds};
use anyhow::Context;
use event_log::postgres::{Access, grant, migrate};
use scratch::Postgres;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use crate::now;

/// Where everything is measured.
pub(crate) struct Server {
    admin: PgConnectOptions,
    /// Stops when this is dropped.
    _own: Option<Postgres>,
}

/// An empty database, and who may use it.
pub(crate) struct Database {
    name: String,
    options: PgConnectOptions,
}

/// What is in a database after a measurement.
pub(crate) struct Stored {
    /// How many events.
    pub(crate) events: u64,
    /// How much room they take with all indexes, in bytes.
    pub(crate) bytes: u64,
}

impl Server {
    pub(crate) fn at(url: &str) -> anyhow::Result<Self> {
        Self::of(url, None)
    }

    pub(crate) async fn scratch() -> anyhow::Result<Self> {
        let own = Postgres::start().await?;
        Self::of(&own.url("postgres"), Some(own))
    }

    fn of(url: &str, own: Option<Postgres>) -> anyhow::Result<Self> {
        let admin = PgConnectOptions::from_str(url).context("the URL of the server")?;
        Ok(Self { admin: admin.disable_statement_logging(), _own: own })
    }

    /// What it says it is.
    pub(crate) async fn version(&self) -> anyhow::Result<String> {
        let mut admin = self.admin.connect().await?;
        let version = sqlx::query_scalar("SHOW server_version").fetch_one(&mut admin).await?;
        admin.close().await?;
        Ok(version)
    }

    pub(crate) async fn create(&self) -> anyhow::Result<Database> {
        let name = format!("peers_{}", SystemIds.new_id(now()).simple());
        run(&self.admin, format!("CREATE DATABASE {name}")).await?;
        Ok(Database { options: self.admin.clone().database(&name), name })
    }

    /// Renews the planner's statistics, and writes out what earlier measurements left to be written.
    pub(crate) async fn settle(&self, database: &Database) -> anyhow::Result<()> {
        run(&database.options, "ANALYZE".to_owned()).await?;
        run(&database.options, "CHECKPOINT".to_owned()).await
    }

    pub(crate) async fn stored(&self, database: &Database, count_events: &str) -> anyhow::Result<Stored> {
        let mut connection = database.options.connect().await?;
        let events: i64 =
            sqlx::query_scalar(AssertSqlSafe(count_events.to_owned())).fetch_one(&mut connection).await?;
        let bytes: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::BIGINT
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
        )
        .fetch_one(&mut connection)
        .await?;
        connection.close().await?;
        Ok(Stored { events: events.try_into()?, bytes: bytes.try_into()? })
    }

    pub(crate) async fn remove(&self, database: Database) -> anyhow::Result<()> {
        run(&self.admin, format!("DROP DATABASE {} WITH (FORCE)", database.name)).await?;
        run(&self.admin, format!("DROP ROLE IF EXISTS {}", database.name)).await
    }
}

impl Database {
    /// Its URL, as a superuser.
    pub(crate) fn url(&self) -> String {
        self.options.to_url_lossy().to_string()
    }

    /// Runs what a library's documentation gives as its tables.
    pub(crate) async fn prepare(&self, statements: &str) -> anyhow::Result<()> {
        run(&self.options, statements.to_owned()).await
    }

    /// Makes our log, and a role that may append to it and nothing else; gives the URL for that role.
    pub(crate) async fn with_log(&self) -> anyhow::Result<String> {
        let (role, password) = (&self.name, SystemIds.new_id(now()).simple().to_string());
        let mut admin: PgConnection = self.options.connect().await?;
        migrate(&mut admin, 1).await?;
        let login = format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'");
        sqlx::raw_sql(AssertSqlSafe(login)).execute(&mut admin).await?;
        grant(&mut admin, role, Access::Write).await?;
        admin.close().await?;
        Ok(self.options.clone().username(role).password(&password).to_url_lossy().to_string())
    }
}

async fn run(options: &PgConnectOptions, statement: String) -> anyhow::Result<()> {
    let mut connection = options.connect().await?;
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

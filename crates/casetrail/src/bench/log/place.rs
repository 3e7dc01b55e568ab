//! The database that a measurement makes for itself and drops at the end, and what is written there.

use std::ops::{Add, Sub};

use anyhow::Context;
use event_log::postgres::{Access, grant, migrate};
use scratch::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use super::load::new_id;

/// The naive way's table and the limit's, with the log's columns and indexes.
const TABLES: &str = "
CREATE SCHEMA bench;
CREATE TABLE bench.plain (
  shard SMALLINT NOT NULL, position BIGINT NOT NULL, stream_id UUID NOT NULL, version BIGINT NOT NULL,
  tenant TEXT NOT NULL, event_id UUID NOT NULL, command_id UUID NOT NULL, command_seq SMALLINT NOT NULL,
  fingerprint BYTEA, event_type TEXT NOT NULL, schema_version SMALLINT NOT NULL, recorded_at BIGINT NOT NULL,
  meta BYTEA NOT NULL, payload BYTEA NOT NULL, hash BYTEA NOT NULL,
  PRIMARY KEY (shard, stream_id, version), UNIQUE (shard, position));
CREATE UNIQUE INDEX ON bench.plain (shard, command_id, stream_id) WHERE command_seq = 0;
CREATE TABLE bench.naive (LIKE bench.plain INCLUDING ALL);
ALTER TABLE bench.naive ALTER shard SET DEFAULT 0;
ALTER TABLE bench.naive ALTER position ADD GENERATED ALWAYS AS IDENTITY (CACHE 100);";

pub(in crate::bench) struct Place {
    server: String,
    database: String,
    url: String,
    thrown_away: Option<Postgres>,
}

/// What Postgres has written to its write-ahead log, and how often it made it durable.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    pub(super) wal_bytes: i64,
    /// `None` where the server does not count them in `pg_stat_wal` (before 14, and since 18).
    pub(super) wal_syncs: Option<i64>,
}

impl Written {
    pub(super) fn nothing(self) -> Self {
        Self { wal_bytes: 0, wal_syncs: self.wal_syncs.map(|_| 0) }
    }
}

impl Add for Written {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let wal_syncs = self.wal_syncs.zip(other.wal_syncs).map(|(one, other)| one + other);
        Self { wal_bytes: self.wal_bytes + other.wal_bytes, wal_syncs }
    }
}

impl Sub for Written {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        let wal_syncs = self.wal_syncs.zip(other.wal_syncs).map(|(one, other)| one - other);
        Self { wal_bytes: self.wal_bytes - other.wal_bytes, wal_syncs }
    }
}

impl Place {
    /// A fresh database in the given server, or in one that is thrown away.
    pub(in crate::bench) async fn make(server: Option<&str>) -> anyhow::Result<Self> {
        let (server, thrown_away) = if let Some(url) = server {
            (url.to_owned(), None)
        } else {
            let server = Postgres::start().await?;
            (server.url("postgres"), Some(server))
        };
        let database = format!("casetrail_bench_{}", new_id().simple());
        let mut admin = PgConnection::connect(&server).await.context("--postgres")?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {database}")))
            .execute(&mut admin)
            .await
            .context("--postgres: a database to measure in cannot be made")?;
        let url = in_database(&server, &database);
        let place = Self { server, database, url, thrown_away };
        if let Err(error) = place.fill().await {
            place.remove().await?;
            return Err(error);
        }
        Ok(place)
    }

    async fn fill(&self) -> anyhow::Result<()> {
        let mut owner = PgConnection::connect(&self.url).await?;
        migrate(&mut owner, 1).await?;
        let role: String = sqlx::query_scalar("SELECT current_user::TEXT").fetch_one(&mut owner).await?;
        grant(&mut owner, &role, Access::Write).await?;
        sqlx::raw_sql(TABLES).execute(&mut owner).await?;
        owner.close().await?;
        Ok(())
    }

    pub(in crate::bench) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn written(&self) -> anyhow::Result<Written> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let wal_bytes = sqlx::query_scalar("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::BIGINT")
            .fetch_one(&mut connection)
            .await?;
        let counted = sqlx::query("SELECT to_jsonb(s)->>'wal_sync' FROM pg_stat_wal s")
            .fetch_optional(&mut connection)
            .await;
        let counted =
            counted.ok().flatten().and_then(|row| row.try_get::<Option<String>, _>(0).ok().flatten());
        Ok(Written { wal_bytes, wal_syncs: counted.and_then(|count| count.parse().ok()) })
    }

    /// What an event takes on disk, indexes included.
    pub(super) async fn bytes_per_event(&self) -> anyhow::Result<f64> {
        let mut connection = PgConnection::connect(&self.url).await?;
        Ok(sqlx::query_scalar(
            "SELECT pg_total_relation_size('log.event_0')::FLOAT8 / greatest(count(*), 1) FROM log.event_0",
        )
        .fetch_one(&mut connection)
        .await?)
    }

    pub(in crate::bench) async fn remove(self) -> anyhow::Result<()> {
        if let Some(mut server) = self.thrown_away {
            server.stop().await?;
            return Ok(());
        }
        let mut admin = PgConnection::connect(&self.server).await?;
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database);
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await?;
        Ok(())
    }
}

/// The same server's URL with another database.
fn in_database(url: &str, database: &str) -> String {
    let (address, options) =
        url.split_once('?').map_or((url, None), |(address, options)| (address, Some(options)));
    let begin = address.find("://").map_or(0, |at| at + 3);
    let server = address[begin..].find('/').map_or(address, |at| &address[..begin + at]);
    match options {
        Some(options) => format!("{server}/{database}?{options}"),
        None => format!("{server}/{database}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_databases_name_is_changed() {
        for (given, expected) in [
            ("postgres://me:secret@host:5432/postgres", "postgres://me:secret@host:5432/own"),
            ("postgres://host", "postgres://host/own"),
            ("postgres://host/db?sslmode=require", "postgres://host/own?sslmode=require"),
        ] {
            assert_eq!(in_database(given, "own"), expected);
        }
    }
}

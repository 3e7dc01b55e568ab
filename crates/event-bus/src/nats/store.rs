//! Checkpoints and dead letters in Postgres, in the schema that the connections see: a service's own.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};

use crate::consuming::{self, MAX_REASON};
use crate::{DeadLetter, Error};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS checkpoint (
  consumer TEXT   PRIMARY KEY,
  position BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS dead_letter (
  consumer   TEXT   NOT NULL,
  position   BIGINT NOT NULL,
  stream_id  UUID   NOT NULL,
  event_id   UUID   NOT NULL,
  event_type TEXT   NOT NULL,
  tries      BIGINT NOT NULL,
  reason     TEXT   NOT NULL,
  failed_at  BIGINT NOT NULL, -- microseconds since 1970, UTC
  PRIMARY KEY (consumer, position)
);";

const LETTER: &str = "consumer, position, stream_id, event_id, event_type, tries, reason, failed_at";

/// Makes the tables in the schema that the connection's `search_path` begins with. Repeating it changes
/// nothing.
///
/// # Errors
/// The database refuses.
pub async fn migrate(admin: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(SCHEMA).execute(admin).await.map(drop)
}

pub(super) struct Store {
    pool: PgPool,
}

impl Store {
    /// Looks whether the tables are there.
    pub(super) async fn open(pool: PgPool) -> Result<Self, Error> {
        let store = Self { pool };
        consuming::Store::checkpoint(&store, "").await?;
        consuming::Store::dead_letters(&store, Some(""), 1).await?;
        Ok(store)
    }
}

#[async_trait]
impl consuming::Store for Store {
    async fn checkpoint(&self, consumer: &str) -> Result<u64, Error> {
        let position: Option<i64> = sqlx::query_scalar("SELECT position FROM checkpoint WHERE consumer = $1")
            .bind(consumer.to_owned())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failure(&error))?;
        Ok(position.map_or(0, |position| u64::try_from(position).unwrap_or(0)))
    }

    async fn keep_checkpoint(&self, consumer: &str, position: u64) -> Result<(), Error> {
        // Replicas keep it as well: it only ever moves forward.
        sqlx::query(
            "INSERT INTO checkpoint (consumer, position) VALUES ($1, $2) ON CONFLICT (consumer)
             DO UPDATE SET position = excluded.position WHERE checkpoint.position < excluded.position",
        )
        .bind(consumer.to_owned())
        .bind(signed(position))
        .execute(&self.pool)
        .await
        .map_err(|error| failure(&error))?;
        Ok(())
    }

    async fn forget(&self, consumer: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM checkpoint WHERE consumer = $1")
            .bind(consumer.to_owned())
            .execute(&self.pool)
            .await
            .map_err(|error| failure(&error))?;
        Ok(())
    }

    async fn put(&self, letter: &DeadLetter) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO dead_letter
               (consumer, position, stream_id, event_id, event_type, tries, reason, failed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (consumer, position)
             DO UPDATE SET tries = excluded.tries, reason = excluded.reason, failed_at = excluded.failed_at",
        )
        .bind(letter.consumer.clone())
        .bind(signed(letter.position))
        .bind(letter.stream)
        .bind(letter.event_id)
        .bind(letter.event_type.clone())
        .bind(i64::from(letter.tries))
        // Postgres keeps no NUL in a text.
        .bind(letter.reason.replace('\0', " ").chars().take(MAX_REASON).collect::<String>())
        .bind(letter.failed_at.as_microsecond())
        .execute(&self.pool)
        .await
        .map_err(|error| failure(&error))?;
        Ok(())
    }

    async fn remove(&self, consumer: &str, position: u64) -> Result<(), Error> {
        sqlx::query("DELETE FROM dead_letter WHERE consumer = $1 AND position = $2")
            .bind(consumer.to_owned())
            .bind(signed(position))
            .execute(&self.pool)
            .await
            .map_err(|error| failure(&error))?;
        Ok(())
    }

    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error> {
        let statement = format!(
            "SELECT {LETTER} FROM dead_letter WHERE $1::TEXT IS NULL OR consumer = $1
             ORDER BY position, consumer LIMIT $2"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(consumer.map(str::to_owned))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| failure(&error))?;
        rows.iter().map(|row| letter(row).map_err(|error| failure(&error))).collect()
    }

    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<Option<DeadLetter>, Error> {
        let statement = format!("SELECT {LETTER} FROM dead_letter WHERE consumer = $1 AND position = $2");
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(consumer.to_owned())
            .bind(signed(position))
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| failure(&error))?;
        row.as_ref().map(letter).transpose().map_err(|error| failure(&error))
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

fn letter(row: &PgRow) -> Result<DeadLetter, sqlx::Error> {
    let unreadable = |error: &dyn std::error::Error| sqlx::Error::Protocol(error.to_string());
    let number = |index| -> Result<u64, sqlx::Error> {
        u64::try_from(row.try_get::<i64, _>(index)?).map_err(|error| unreadable(&error))
    };
    Ok(DeadLetter {
        consumer: row.try_get(0)?,
        position: number(1)?,
        stream: row.try_get(2)?,
        event_id: row.try_get(3)?,
        event_type: row.try_get(4)?,
        tries: u32::try_from(number(5)?).unwrap_or(u32::MAX),
        reason: row.try_get(6)?,
        failed_at: Timestamp::from_microsecond(row.try_get(7)?).map_err(|error| unreadable(&error))?,
    })
}

fn signed(position: u64) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn failure(error: &sqlx::Error) -> Error {
    Error::Unavailable(error.to_string())
}

//! Reads: pages, and single answers. Each is one statement, so it sees one committed state and waits for
//! no writer; but for the disk, where something in it is not [known to be there](super::flush) yet.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::flush::Flushed;
use super::open::{Database, is_away};
use super::together::{self, Together};
use crate::{CommandRecord, Committed, Error, StreamId};

/// How long a reader waits for a free connection.
const ACQUIRE: Duration = Duration::from_secs(5);

/// How long a statement may take: a server that hangs would otherwise be waited for without end.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads one shard.
#[derive(Clone)]
pub(super) struct Reader {
    pool: PgPool,
    /// One connection that only asks where the log ends: whether the database answers must not hang on how much there
    /// is to read.
    end: PgPool,
    shard: i16,
    connections: u32,
    flushed: Flushed,
    /// Whoever reads a stream while nobody else does has a statement of its own; the others read together.
    alone: Arc<Semaphore>,
    together: Together,
}

/// Runs a statement; connections that died while they lay in the pool are given up one after the other.
macro_rules! asked {
    ($reader:expr, $pool:ident, $query:expr, $fetch:ident) => {{
        let mut tries = 0;
        loop {
            let Ok(answer) = tokio::time::timeout(PATIENCE, $query.$fetch(&$reader.$pool)).await else {
                break Err(Error::Unavailable(format!("no answer within {} s", PATIENCE.as_secs())));
            };
            match answer {
                Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Database(_)))
                    if tries <= $reader.connections && is_away(&error) =>
                {
                    tries += 1;
                }
                done => break done.map_err(|error| failure(&error)),
            }
        }
    }};
}
pub(super) use asked;

/// Waits until what was read is on disk. Where that cannot be known, most likely because the server was started anew
/// in between, it is read once more.
macro_rules! seen {
    ($reader:expr, $read:expr) => {{
        let mut tried = false;
        loop {
            let since = $reader.flushed.session().await;
            let (found, last_position) = $read?;
            match $reader.flushed.until(last_position, since).await {
                Err(_) if !tried => tried = true,
                done => break done.map(|()| found),
            }
        }
    }};
}

/// What [`committed`] reads.
pub(super) const COLUMNS: &str =
    "position, stream_id, version, tenant, event_id, command_id, command_seq, event_type,
    schema_version, recorded_at, meta, payload, hash";

impl Reader {
    pub(super) fn new(database: &Database, shard: i16, connections: u32, flushed: Flushed) -> Self {
        // Only single statements run here, never a transaction that somebody could leave open.
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE)
                .test_before_acquire(false)
                .connect_lazy_with(database.options())
        };
        let together = Together::start(database, shard);
        let alone = Arc::new(Semaphore::new(1));
        Self { pool: pool(connections), end: pool(1), shard, connections, flushed, alone, together }
    }

    /// Connections that are open, idle, and allowed.
    pub(super) fn connections(&self) -> (u32, usize, u32) {
        (self.pool.size(), self.pool.num_idle(), self.connections)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
        self.end.close().await;
        self.together.close().await;
    }

    pub(super) async fn read_stream(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        seen!(self, {
            let read = match self.alone.try_acquire() {
                Ok(_alone) => self.read_alone(stream, after_version, limit).await,
                Err(_) => self.read_with_others(stream, after_version, limit).await,
            };
            read.map(|events| {
                let last = last_position(&events);
                (events, last)
            })
        })
    }

    async fn read_alone(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        let statement = format!(
            "SELECT {COLUMNS} FROM log.event WHERE shard = $1 AND stream_id = $2 AND version > $3
             ORDER BY version LIMIT $4"
        );
        let rows = asked!(
            self,
            pool,
            sqlx::query(sqlx::AssertSqlSafe(statement.clone()))
                .bind(self.shard)
                .bind(stream)
                .bind(signed(after_version))
                .bind(i64::try_from(limit).unwrap_or(i64::MAX)),
            fetch_all
        )?;
        rows.iter().map(committed).collect()
    }

    /// As [`read_alone`](Self::read_alone); what of a long stream is too much for others to wait for is read alone.
    async fn read_with_others(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        let mut events = match self.together.read(stream, after_version, limit.min(together::EACH)).await {
            // It may be another one's stream.
            Err(Error::Corrupt(_)) => return self.read_alone(stream, after_version, limit).await,
            read => read?,
        };
        let left = limit - events.len();
        if let Some(last) = events.last()
            && events.len() == together::EACH
            && left > 0
        {
            events.extend(self.read_alone(stream, last.version, left).await?);
        }
        Ok(events)
    }

    pub(super) async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        let statement = format!(
            "SELECT {COLUMNS} FROM log.event WHERE shard = $1 AND position > $2 ORDER BY position LIMIT $3"
        );
        seen!(self, {
            let rows = asked!(
                self,
                pool,
                sqlx::query(sqlx::AssertSqlSafe(statement.clone()))
                    .bind(self.shard)
                    .bind(signed(after_position))
                    .bind(i64::try_from(limit).unwrap_or(i64::MAX)),
                fetch_all
            )?;
            let events = rows.iter().map(committed).collect::<Result<Vec<_>, _>>()?;
            let last = last_position(&events);
            Ok::<_, Error>((events, last))
        })
    }

    /// Position and moment of the last event.
    pub(super) async fn tail(&self) -> Result<Option<(u64, Timestamp)>, Error> {
        seen!(self, {
            let row = asked!(
                self,
                end,
                sqlx::query(
                    "SELECT position, recorded_at FROM log.event WHERE shard = $1 ORDER BY position DESC LIMIT 1",
                )
                .bind(self.shard),
                fetch_optional
            )?;
            let tail = row.map(|row| Ok((position(&row, 0)?, timestamp(column(&row, 1)?)?))).transpose();
            tail.map(|tail: Option<(u64, Timestamp)>| (tail, tail.map_or(0, |(position, _)| position)))
        })
    }

    pub(super) async fn find_command(
        &self,
        stream: StreamId,
        command_id: Uuid,
    ) -> Result<Option<CommandRecord>, Error> {
        seen!(self, {
            let row = asked!(
                self,
                pool,
                sqlx::query(
                    "SELECT f.version, f.position, f.fingerprint, f.recorded_at,
                            coalesce((SELECT n.version - 1 FROM log.event n
                                       WHERE n.shard = f.shard AND n.stream_id = f.stream_id
                                         -- A command's first event, asked for as in append_batch.sql.
                                         AND n.version > f.version AND octet_length(n.fingerprint) > 0
                                       ORDER BY n.version LIMIT 1),
                                     (SELECT h.version FROM log.event h
                                       WHERE h.shard = f.shard AND h.stream_id = f.stream_id
                                       ORDER BY h.version DESC LIMIT 1))
                     FROM (SELECT * FROM log.event WHERE shard = $1 AND command_id = $3 AND command_seq = 0
                           -- By the command's id whatever the planner thinks: a stream may be long.
                           OFFSET 0) f
                     WHERE f.stream_id = $2",
                )
                .bind(self.shard)
                .bind(stream)
                .bind(command_id),
                fetch_optional
            )?;
            let found = row.map(|row| {
                let (first_version, first_position) = (position(&row, 0)?, position(&row, 1)?);
                let last_version = position(&row, 4)?;
                Ok(CommandRecord {
                    first_version,
                    last_version,
                    // The events of one command were appended together, so their positions run with their versions.
                    last_position: first_position + last_version.saturating_sub(first_version),
                    fingerprint: digest("fingerprint", column(&row, 2)?)?,
                    recorded_at: timestamp(column(&row, 3)?)?,
                })
            });
            let found: Option<CommandRecord> = found.transpose()?;
            let last = found.as_ref().map_or(0, |record| record.last_position);
            Ok::<_, Error>((found, last))
        })
    }
}

/// In a stream as in the log, the last one's is the highest.
fn last_position(events: &[Committed]) -> u64 {
    events.last().map_or(0, |event| event.position)
}

pub(super) fn committed(row: &PgRow) -> Result<Committed, Error> {
    Ok(Committed {
        position: position(row, 0)?,
        stream: column(row, 1)?,
        version: position(row, 2)?,
        tenant: column(row, 3)?,
        event_id: column(row, 4)?,
        command_id: column(row, 5)?,
        command_seq: small(row, 6)?,
        event_type: column(row, 7)?,
        schema_version: small(row, 8)?,
        recorded_at: timestamp(column(row, 9)?)?,
        meta: column(row, 10)?,
        payload: column(row, 11)?,
        hash: digest("hash", column(row, 12)?)?,
    })
}

fn column<'r, T>(row: &'r PgRow, index: usize) -> Result<T, Error>
where
    T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
{
    row.try_get(index).map_err(|error| corrupt("a column", &error))
}

/// A position or version.
pub(super) fn position(row: &PgRow, index: usize) -> Result<u64, Error> {
    unsigned(column(row, index)?)
}

pub(super) fn unsigned(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|error| corrupt("a number", &error))
}

fn small(row: &PgRow, index: usize) -> Result<u16, Error> {
    u16::try_from(column::<i16>(row, index)?).map_err(|error| corrupt("a number", &error))
}

fn digest(what: &str, bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|error| corrupt(what, &error))
}

pub(super) fn timestamp(microseconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(microseconds).map_err(|error| corrupt("recorded_at", &error))
}

fn corrupt(what: &str, error: &dyn std::error::Error) -> Error {
    Error::Corrupt(format!("{what} cannot be read: {error}"))
}

/// A number as Postgres stores it. What is larger than it can store is larger than anything stored.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a failure of the database means to a caller.
pub(super) fn failure(error: &sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let message = Error::with_sqlstate(error.to_string(), code.as_deref());
    match code.as_deref() {
        // Data or index corrupted.
        Some("XX001" | "XX002") => Error::Corrupt(message),
        _ => Error::Unavailable(message),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use scratch::Postgres;
    use sqlx::{Connection as _, PgConnection};

    use super::*;
    use crate::postgres::connection::WriterConnections;
    use crate::postgres::migrate;

    #[tokio::test]
    async fn where_the_log_ends_is_told_while_every_connection_that_reads_is_taken() {
        let server = Postgres::start().await.unwrap();
        let url = server.url("postgres");
        migrate(&mut PgConnection::connect(&url).await.unwrap(), 1).await.unwrap();
        let database = Database::new(&url, "reads", 0, true).unwrap();
        let (flushed, _) = Flushed::new(Arc::new(WriterConnections::new(database.clone())));
        let reader = Reader::new(&database, 0, 1, flushed);
        let taken = reader.pool.acquire().await.unwrap();
        assert_eq!(reader.tail().await, Ok(None));
        drop(taken);
        reader.close().await;
    }
}

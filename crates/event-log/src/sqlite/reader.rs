//! Reads: pages of events in order, and single answers. Each is one statement on a connection of its
//! own, so it sees one committed state and never waits for the writer.

use jiff::Timestamp;
use rusqlite::ffi;
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteRow};
use sqlx::{Row, Sqlite};
use uuid::Uuid;

use super::file::LogFile;
use crate::{CommandRecord, Committed, Error, StreamId};

/// Connections that read at the same time; each is a thread.
const CONNECTIONS: u32 = 4;

/// Rows handed over between the connection's thread and the caller at a time.
const ROW_BUFFER: usize = 256;

/// Reads from the log's file.
#[derive(Clone)]
pub(super) struct Reader {
    pool: SqlitePool,
}

/// The last event of the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    pub(super) position: u64,
    pub(super) recorded_at: Timestamp,
}

impl Tail {
    pub(super) fn of(position: i64, recorded_at: i64) -> Result<Self, Error> {
        Ok(Self { position: unsigned("position", position)?, recorded_at: timestamp(recorded_at)? })
    }
}

/// Position and time of the last event of the log.
pub(super) const TAIL: &str = "SELECT position, recorded_at FROM event ORDER BY position DESC LIMIT 1";

impl Reader {
    pub(super) fn new(file: &LogFile) -> Self {
        // No test before use: a local file does not hang up, and the extra turn costs more than the read.
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .connect_lazy_with(file.reading().row_buffer_size(ROW_BUFFER));
        Self { pool }
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    pub(super) async fn read_stream(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        let rows = sqlx::query(
            "SELECT position, stream_id, version, tenant, event_id, command_id, command_seq, event_type,
                    schema_version, recorded_at, meta, payload, hash
             FROM event WHERE stream_id = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
        )
        .bind(stream.as_bytes().as_slice())
        .bind(signed(after_version))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failure(&error))?;
        rows.iter().map(committed).collect()
    }

    pub(super) async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        let rows = sqlx::query(
            "SELECT position, stream_id, version, tenant, event_id, command_id, command_seq, event_type,
                    schema_version, recorded_at, meta, payload, hash
             FROM event WHERE position > ?1 ORDER BY position LIMIT ?2",
        )
        .bind(signed(after_position))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failure(&error))?;
        rows.iter().map(committed).collect()
    }

    pub(super) async fn tail(&self) -> Result<Option<Tail>, Error> {
        let row: Option<(i64, i64)> =
            sqlx::query_as(TAIL).fetch_optional(&self.pool).await.map_err(|error| failure(&error))?;
        row.map(|(position, recorded_at)| Tail::of(position, recorded_at)).transpose()
    }

    pub(super) async fn find_command(
        &self,
        stream: StreamId,
        command_id: Uuid,
    ) -> Result<Option<CommandRecord>, Error> {
        let row = sqlx::query(concat!(
            "SELECT f.version, f.position, f.fingerprint, f.recorded_at, ",
            last_version_of!("f"),
            " FROM event f INDEXED BY event_command
              WHERE f.stream_id = ?1 AND f.command_id = ?2 AND f.command_seq = 0"
        ))
        .bind(stream.as_bytes().as_slice())
        .bind(command_id.as_bytes().as_slice())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure(&error))?;
        let Some(row) = row else { return Ok(None) };
        let [version, position, at, last] = [0, 1, 3, 4].map(|index| column(&row, index));
        command_record((version?, position?, column(&row, 2)?, at?, last?)).map(Some)
    }
}

/// SQL for the version of the last event of the command whose first event is the row `$first`: the one
/// before the next command's first event, or else the last of the stream.
macro_rules! last_version_of {
    ($first:literal) => {
        concat!(
            "coalesce((SELECT n.version - 1 FROM event n WHERE n.stream_id = ",
            $first,
            ".stream_id AND n.version > ",
            $first,
            ".version AND n.command_seq = 0 ORDER BY n.version LIMIT 1),
             (SELECT max(h.version) FROM event h WHERE h.stream_id = ",
            $first,
            ".stream_id))"
        )
    };
}
pub(super) use last_version_of;

/// Version, position, fingerprint and time of a command's first event, and the version of its last.
pub(super) fn command_record(
    (version, position, fingerprint, recorded_at, last_version): (i64, i64, &[u8], i64, i64),
) -> Result<CommandRecord, Error> {
    let first_version = unsigned("version", version)?;
    let last_version = unsigned("version", last_version)?;
    Ok(CommandRecord {
        first_version,
        last_version,
        // The events of one command were appended together, so their positions run with their versions.
        last_position: unsigned("position", position)? + last_version.saturating_sub(first_version),
        fingerprint: digest("fingerprint", fingerprint)?,
        recorded_at: timestamp(recorded_at)?,
    })
}

fn committed(row: &SqliteRow) -> Result<Committed, Error> {
    Ok(Committed {
        position: column(row, 0)?,
        stream: uuid(row, 1)?,
        version: column(row, 2)?,
        tenant: column(row, 3)?,
        event_id: uuid(row, 4)?,
        command_id: uuid(row, 5)?,
        command_seq: column(row, 6)?,
        event_type: column(row, 7)?,
        schema_version: column(row, 8)?,
        recorded_at: timestamp(column(row, 9)?)?,
        meta: column(row, 10)?,
        payload: column(row, 11)?,
        hash: digest("hash", column(row, 12)?)?,
    })
}

fn column<'r, T>(row: &'r SqliteRow, index: usize) -> Result<T, Error>
where
    T: sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>,
{
    row.try_get(index).map_err(|error| corrupt("a column", &error))
}

/// Reads an id from its 16 bytes.
fn uuid(row: &SqliteRow, index: usize) -> Result<Uuid, Error> {
    Uuid::from_slice(column(row, index)?).map_err(|error| corrupt("an id", &error))
}

/// Reads a digest from its 32 bytes.
pub(super) fn digest(what: &str, bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|error| corrupt(what, &error))
}

fn timestamp(microseconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(microseconds).map_err(|error| corrupt("recorded_at", &error))
}

fn corrupt(what: &str, error: &dyn std::error::Error) -> Error {
    Error::Corrupt(format!("{what} cannot be read: {error}"))
}

/// A number that SQLite stored.
pub(super) fn unsigned(what: &str, number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|error| corrupt(what, &error))
}

/// A number as SQLite stores it. What is larger than it can store is larger than anything stored.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What a failure of the database means to a caller.
fn failure(error: &sqlx::Error) -> Error {
    let code = || error.as_database_error()?.code()?.parse::<i32>().ok();
    // The primary code is the low byte of the extended one that is reported.
    match code().map(|code| code & 0xff) {
        Some(ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB) => Error::Corrupt(error.to_string()),
        _ => Error::Unavailable(error.to_string()),
    }
}

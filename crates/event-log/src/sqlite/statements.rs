//! The statements of a batch. Each stays prepared and runs once a row: in the same thread as SQLite that costs less
//! than one statement for all rows, which has to be told apart again.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::file::failure;
use super::reader::{TAIL, Tail, command_record, digest, last_version_of, signed, unsigned};
use crate::append::Head;
use crate::{Append, CommandRecord, Committed, Error, StreamId};

/// An event to be inserted; the fingerprint goes with a command's first.
pub(super) struct NewRow {
    pub(super) event: Committed,
    pub(super) fingerprint: Option<[u8; 32]>,
}

/// The last event of the log.
pub(super) fn tail(conn: &Connection) -> Result<Option<Tail>, Error> {
    let found = conn.query_row(TAIL, (), |row| <(i64, i64)>::try_from(row)).optional();
    found
        .map_err(|error| failure(&error))?
        .map(|(position, recorded_at)| Tail::of(position, recorded_at))
        .transpose()
}

/// The last event of a stream, if it has one.
pub(super) fn head(conn: &Connection, stream: StreamId) -> Result<Option<Head>, Error> {
    let last = "SELECT version, hash, tenant FROM event WHERE stream_id = ?1 ORDER BY version DESC LIMIT 1";
    let read = || {
        let mut statement = conn.prepare_cached(last)?;
        let mut rows = statement.query([stream.as_bytes()])?;
        rows.next()?
            .map(|row| Ok((row.get(0)?, digest("hash", row.get_ref(1)?.as_blob()?), row.get(2)?)))
            .transpose()
    };
    let found: Option<(i64, _, String)> = read().map_err(|error: rusqlite::Error| failure(&error))?;
    found
        .map(|(version, hash, tenant)| {
            Ok(Head { version: unsigned("version", version)?, hash: hash?, tenant: Arc::from(tenant) })
        })
        .transpose()
}

/// What the request's command left in its stream, if it was recorded before.
pub(super) fn command(conn: &Connection, append: &Append) -> Result<Option<CommandRecord>, Error> {
    let first = concat!(
        "SELECT f.version, f.position, f.fingerprint, f.recorded_at, ",
        last_version_of!("f"),
        " FROM event f INDEXED BY event_command
          WHERE f.stream_id = ?1 AND f.command_id = ?2 AND f.command_seq = 0"
    );
    let read = || {
        let mut statement = conn.prepare_cached(first)?;
        let mut rows = statement.query([append.stream.as_bytes(), append.command_id.as_bytes()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let [version, position, at, last] = [0, 1, 3, 4].map(|index| row.get(index));
        Ok(Some(command_record((version?, position?, row.get_ref(2)?.as_blob()?, at?, last?))))
    };
    read().map_err(|error: rusqlite::Error| failure(&error))?.transpose()
}

/// Adds the rows at the end of the table.
pub(super) fn insert(conn: &Connection, rows: &[NewRow]) -> Result<(), Error> {
    let at_the_end = "INSERT INTO event (shard, position, stream_id, version, tenant, event_id, command_id,
        command_seq, fingerprint, event_type, schema_version, recorded_at, meta, payload, hash)
        VALUES (0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let write = || {
        let mut statement = conn.prepare_cached(at_the_end)?;
        for NewRow { event, fingerprint } in rows {
            statement.execute(params![
                signed(event.position),
                event.stream.as_bytes(),
                signed(event.version),
                event.tenant,
                event.event_id.as_bytes(),
                event.command_id.as_bytes(),
                event.command_seq,
                fingerprint,
                event.event_type,
                event.schema_version,
                event.recorded_at.as_microsecond(),
                event.meta,
                event.payload,
                event.hash,
            ])?;
        }
        Ok(())
    };
    write().map_err(|error: rusqlite::Error| failure(&error))
}

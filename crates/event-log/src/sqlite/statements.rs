//! The statements of a batch: each serves all of its callers at once.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Row, Sqlite};

use super::reader::{command_record, digest, failure, last_version_of, signed, uuid};
use crate::append::Head;
use crate::{Append, CommandRecord, Committed, Error, StreamId};

/// Rows in the largest statement: 256 rows of 14 values stay far below SQLite's 32,766 variables.
const MAX_ROWS: usize = 256;

/// An event to be inserted; the fingerprint goes with a command's first.
pub(super) struct NewRow {
    pub(super) event: Committed,
    pub(super) fingerprint: Option<[u8; 32]>,
}

/// The statements of a batch, each in a few sizes (powers of two), so that they stay prepared. Rows that
/// are not needed are left NULL and filtered out.
pub(super) struct Statements {
    heads: SizedStatement,
    commands: SizedStatement,
    insert: SizedStatement,
}

impl Statements {
    pub(super) fn new() -> Self {
        Self {
            // CROSS JOIN fixes the order of the loops: from the few wanted rows into the index.
            heads: SizedStatement::new(
                "WITH wanted (stream_id) AS (VALUES ",
                1,
                ") SELECT e.stream_id, e.version, e.hash, e.tenant
                 FROM wanted w CROSS JOIN event e INDEXED BY event_stream ON e.stream_id = w.stream_id
                  AND e.version = (SELECT max(m.version) FROM event m WHERE m.stream_id = w.stream_id)",
            ),
            commands: SizedStatement::new(
                "WITH wanted (stream_id, command_id) AS (VALUES ",
                2,
                concat!(
                    ") SELECT f.stream_id, f.version, f.position, f.fingerprint, f.recorded_at, ",
                    last_version_of!("f"),
                    " FROM wanted w CROSS JOIN event f INDEXED BY event_command
                      ON f.stream_id = w.stream_id AND f.command_id = w.command_id AND f.command_seq = 0"
                ),
            ),
            insert: SizedStatement::new(
                "INSERT INTO event (shard, position, stream_id, version, tenant, event_id, command_id, command_seq,
                   fingerprint, event_type, schema_version, recorded_at, meta, payload, hash)
                 SELECT 0, v.* FROM (VALUES ",
                14,
                ") v WHERE v.column1 IS NOT NULL",
            ),
        }
    }

    /// The last event of each of `streams` that has one.
    pub(super) async fn heads(
        &self,
        conn: &mut SqliteConnection,
        streams: &[StreamId],
    ) -> Result<Vec<(StreamId, Head)>, Error> {
        let mut heads = Vec::with_capacity(streams.len());
        for streams in streams.chunks(MAX_ROWS) {
            let mut query = self.heads.query(streams.len());
            for stream in streams {
                query = query.bind(stream.as_bytes().as_slice());
            }
            for row in query.fetch_all(&mut *conn).await.map_err(|error| failure(&error))? {
                let get = |error: sqlx::Error| Error::Corrupt(error.to_string());
                let hash = digest("hash", row.try_get(2).map_err(get)?)?;
                let tenant: &str = row.try_get(3).map_err(get)?;
                let version = row.try_get(1).map_err(get)?;
                heads.push((uuid(&row, 0)?, Head { version, hash, tenant: Arc::from(tenant) }));
            }
        }
        Ok(heads)
    }

    /// What the command of each request left in its stream, if it was recorded before. At most one
    /// request a stream.
    pub(super) async fn commands(
        &self,
        conn: &mut SqliteConnection,
        appends: &[&Append],
    ) -> Result<HashMap<StreamId, CommandRecord>, Error> {
        let mut found = HashMap::new();
        for appends in appends.chunks(MAX_ROWS) {
            let mut query = self.commands.query(appends.len());
            for append in appends {
                query = query.bind(append.stream.as_bytes().as_slice());
                query = query.bind(append.command_id.as_bytes().as_slice());
            }
            for row in query.fetch_all(&mut *conn).await.map_err(|error| failure(&error))? {
                found.insert(uuid(&row, 0)?, command_record(&row, 1)?);
            }
        }
        Ok(found)
    }

    /// Adds the rows at the end of the table.
    pub(super) async fn insert(&self, conn: &mut SqliteConnection, rows: Vec<NewRow>) -> Result<(), Error> {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take(MAX_ROWS).collect();
            let mut query = self.insert.query(chunk.len());
            for NewRow { event, fingerprint } in chunk {
                query = query
                    .bind(signed(event.position))
                    .bind(event.stream.as_bytes().as_slice())
                    .bind(signed(event.version))
                    .bind(event.tenant)
                    .bind(event.event_id.as_bytes().as_slice())
                    .bind(event.command_id.as_bytes().as_slice())
                    .bind(event.command_seq)
                    .bind(fingerprint.map(Vec::from))
                    .bind(event.event_type)
                    .bind(event.schema_version)
                    .bind(event.recorded_at.as_microsecond())
                    .bind(event.meta)
                    .bind(event.payload)
                    .bind(event.hash.as_slice());
            }
            query.execute(&mut *conn).await.map_err(|error| failure(&error))?;
        }
        Ok(())
    }
}

/// One statement in all its sizes.
struct SizedStatement {
    /// At index `n`: with `2^n` rows.
    texts: Vec<Arc<str>>,
}

impl SizedStatement {
    /// `before`, then rows of `columns` placeholders, then `after`.
    fn new(before: &str, columns: usize, after: &str) -> Self {
        let row = format!("({})", vec!["?"; columns].join(","));
        let sizes = (0..=MAX_ROWS.ilog2()).map(|power| 1usize << power);
        let texts = sizes
            .map(|rows| format!("{before}{}{after}", vec![row.as_str(); rows].join(",")).into())
            .collect();
        Self { texts }
    }

    /// The smallest size that takes `rows` rows, 1 to [`MAX_ROWS`]. Values that are not bound are NULL.
    fn query<'q>(&self, rows: usize) -> Query<'q, Sqlite, SqliteArguments> {
        let power = rows.next_power_of_two().ilog2() as usize;
        sqlx::query(AssertSqlSafe(Arc::clone(&self.texts[power])))
    }
}

//! The log in Postgres: any number of processes append to it and read it.
//!
//! - `schema.sql`, `append.sql`, `append_batch.sql`, `shard.sql`, `migrate`: what an administrator makes. The database
//!   itself refuses change.
//! - `open`: connections, refused where an acknowledged append could be lost or history changed.
//! - `writer`: group commit, over `connection`s that are made again when they fail.
//! - `flush`: how far the log is on disk; nothing past that is told or shown.
//! - `reader`: pages and single answers; `together`: streams that are read at the same time.

mod connection;
mod flush;
mod migrate;
mod open;
mod reader;
mod together;
mod writer;

use std::sync::Arc;

use ambient::Clock;
use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use crate::batch::{self, Appender};
use crate::{Append, Appended, CommandRecord, Committed, Error, EventLog, StreamId};
use connection::WriterConnections;
use flush::Flushed;
pub use migrate::{Access, MigrateError, grant, migrate};
use open::Database;
pub use open::OpenError;
use reader::Reader;
use writer::Writer;

/// How a log is opened.
#[derive(Debug, Clone)]
pub struct PostgresLogOptions {
    /// Which shard.
    pub shard: u16,
    /// Connections that read at the same time; one more reads streams for several callers, one appends, one waits
    /// for the disk, and one asks where the log ends.
    pub read_connections: u32,
    /// What the connections are called in `pg_stat_activity`.
    pub application_name: String,
    /// Only to read, also a log that has lost its guards: every append is refused.
    pub read_only: bool,
}

impl Default for PostgresLogOptions {
    fn default() -> Self {
        Self { shard: 0, read_connections: 4, application_name: "casetrail".to_owned(), read_only: false }
    }
}

/// One shard of the log in a Postgres database.
pub struct PostgresLog {
    reader: Reader,
    appender: Appender,
    /// What this process knows of the head: its own appends, and what others told it.
    head: watch::Sender<u64>,
    flushed: Flushed,
    tasks: TaskTracker,
    read_only: bool,
}

impl PostgresLog {
    /// Opens the log at `url`. Must be called within a Tokio runtime. Events are stamped by `clock`, and
    /// never earlier than the one before.
    ///
    /// # Errors
    /// Refuses, each with the reason and what to do: a database that cannot be reached, holds no log or one
    /// of another version, runs with a setting under which an acknowledged append could be lost, or has lost
    /// the triggers that protect the log.
    pub async fn open(
        url: &str,
        options: PostgresLogOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let PostgresLogOptions { read_only, .. } = options;
        let database = Database::new(url, &options.application_name, options.shard, read_only)?;
        drop(database.connect().await?);
        let shard = i16::try_from(options.shard).unwrap_or(i16::MAX);
        let connections = Arc::new(WriterConnections::new(database.clone()));
        let (flushed, flusher) = Flushed::new(Arc::clone(&connections));
        // It ends after the writers, whom the log waits for.
        TaskTracker::new()
            .spawn(flusher.run().instrument(tracing::debug_span!(parent: None, "event_log.flusher")));
        let reader = Reader::new(&database, shard, options.read_connections, flushed.clone());
        let tail = reader.tail().await.map_err(|error| OpenError::Unreachable {
            place: "the log".to_owned(),
            reason: error.to_string(),
        })?;
        let head = watch::Sender::new(tail.map_or(0, |(position, _)| position));
        let (appender, queue) = batch::queue();
        let writer = Writer::new(connections, shard, queue, clock, flushed.clone(), head.clone());
        let tasks = TaskTracker::new();
        // The writer outlives whoever opened it and serves everybody: its span has no parent.
        tasks.spawn(writer.run().instrument(tracing::debug_span!(parent: None, "event_log.writer")));
        tasks.close();
        Ok(Self { reader, appender, head, flushed, tasks, read_only })
    }

    /// How many shards the log at `url` has: what `casetrail migrate` made. Whoever opens them opens all.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub async fn count_shards(url: &str, options: &PostgresLogOptions) -> Result<u16, OpenError> {
        let PostgresLogOptions { application_name, read_only, .. } = options;
        Database::new(url, application_name, 0, *read_only)?.count_shards().await
    }

    /// Connections that read: how many are open, how many of them idle, and how many there may be.
    pub fn read_connections(&self) -> (u32, usize, u32) {
        self.reader.connections()
    }

    /// Writes what is queued and closes every connection. Later calls are answered with
    /// [`Error::Unavailable`]; closing twice is harmless.
    pub async fn close(&self) {
        self.appender.close().await;
        self.tasks.wait().await;
        self.flushed.close().await;
        self.reader.close().await;
    }
}

#[async_trait]
impl EventLog for PostgresLog {
    #[tracing::instrument(name = "event_log.append", level = "debug", skip_all, fields(stream = %append.stream))]
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        if self.read_only {
            return Err(Error::Invalid("this log was opened for reading only".to_owned()));
        }
        self.appender.append(append).await
    }

    async fn read_stream(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        self.reader.read_stream(stream, after_version, limit).await
    }

    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        self.reader.read_all(after_position, limit).await
    }

    async fn head(&self) -> Result<u64, Error> {
        Ok(self.reader.tail().await?.map_or(0, |(position, _)| position))
    }

    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.reader.tail().await?.map(|(_, recorded_at)| recorded_at))
    }

    async fn find_command(&self, stream: StreamId, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.reader.find_command(stream, command_id).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }

    fn note_head(&self, position: u64) {
        // Whoever tells waited for the disk.
        self.flushed.note(position);
        self.head.send_if_modified(|head| std::mem::replace(head, position.max(*head)) < position);
    }
}

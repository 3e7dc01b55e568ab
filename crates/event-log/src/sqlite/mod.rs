//! The log in one SQLite file: one process writes it, any number may read it.
//!
//! - `lock`, `file`: let one process write, refuse what would not be safe, make the tables.
//! - `writer`: the one task that empties the queue in batches.
//! - `session`: what one batch does in the database, with the `statements` it needs.
//! - `reader`: pages, and single answers, from connections of their own.

mod file;
mod lock;
mod open_error;
mod reader;
mod session;
mod statements;
mod writer;

use std::path::Path;
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
use file::LogFile;
use lock::WriterLock;
pub use open_error::OpenError;
use reader::Reader;
use session::Session;
use writer::Writer;

/// The log in a SQLite file.
///
/// Dropping it without [`close`](Self::close) is safe: what was queued is still written, then the writer
/// stops by itself.
pub struct SqliteLog {
    reader: Reader,
    /// `None` when opened for reading only.
    queue: Option<Appender>,
    head: watch::Receiver<u64>,
    tasks: TaskTracker,
}

impl SqliteLog {
    /// Opens the file at `path` for writing, and makes it if it is not there (its folder must be). Must be
    /// called within a Tokio runtime. Events are stamped by `clock`.
    ///
    /// # Errors
    /// Refuses, each with the reason and what to do: a file or folder that cannot be written, a file that
    /// another process writes, one that a newer program wrote, one that is no event log or has lost its
    /// protection, and settings under which an acknowledged append could be lost.
    pub async fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let lock = WriterLock::take(path)?;
        let file = LogFile::new(path);
        let session = blocking(&file, Session::open).await?;
        let (appender, queue) = batch::queue();
        let (published, head) = watch::channel(session.last_position());
        let reader = Reader::new(&file);
        let writer = Writer::new(file, session, queue, clock, published, reader.clone(), lock);
        let tasks = TaskTracker::new();
        // The writer outlives whoever opened it and serves everybody: its span has no parent.
        let span = tracing::debug_span!(parent: None, "event_log.writer");
        tasks.spawn(writer.run().instrument(span));
        tasks.close();
        Ok(Self { reader, queue: Some(appender), head, tasks })
    }

    /// Opens an existing file for reading only, also while another process writes it. [`EventLog::append`]
    /// is refused, and [`EventLog::watch`] stays at the head found now: poll [`EventLog::head`].
    ///
    /// # Errors
    /// Refuses a file that is not there, that a newer program wrote, or that is no event log.
    pub async fn open_read_only(path: &Path) -> Result<Self, OpenError> {
        let file = LogFile::new(path);
        let position = blocking(&file, LogFile::inspect).await?;
        let (_, head) = watch::channel(position);
        Ok(Self { reader: Reader::new(&file), queue: None, head, tasks: TaskTracker::new() })
    }

    /// Writes what is queued, closes the file, and lets another process open it. Later calls are answered
    /// with [`Error::Unavailable`]; closing twice is harmless.
    pub async fn close(&self) {
        match &self.queue {
            Some(queue) => queue.close().await,
            None => self.reader.close().await,
        }
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Does what blocks where nobody is kept waiting by it.
async fn blocking<T: Send + 'static>(
    file: &LogFile,
    work: fn(&LogFile) -> Result<T, OpenError>,
) -> Result<T, OpenError> {
    let own = file.clone();
    let done = tokio::task::spawn_blocking(move || work(&own)).await;
    done.unwrap_or_else(|error| Err(file.failed(&error)))
}

#[async_trait]
impl EventLog for SqliteLog {
    #[tracing::instrument(name = "event_log.append", level = "debug", skip_all, fields(stream = %append.stream))]
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        let Some(queue) = &self.queue else {
            append.check()?;
            return Err(Error::Invalid("this log was opened for reading only".to_owned()));
        };
        queue.append(append).await
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
        Ok(self.reader.tail().await?.map_or(0, |tail| tail.position))
    }

    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.reader.tail().await?.map(|tail| tail.recorded_at))
    }

    async fn find_command(&self, stream: StreamId, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.reader.find_command(stream, command_id).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }
}

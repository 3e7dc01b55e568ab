//! The append-only log of facts: append at a version, read, tail. The only truth in the system.
//!
//! A *stream* is the history of one thing; its events are numbered by `version` (1, 2, 3 ... without
//! gaps). All streams together form one order, numbered by `position` (likewise without gaps, in the
//! order of commit). A service folds a stream, decides, and [appends](EventLog::append) at the version
//! it saw; whoever follows the log [reads it in position order](EventLog::read_all), woken by
//! [`EventLog::watch`].
//!
//! What every implementation promises, checked by one [contract] suite that runs on each of them:
//! - An acknowledged append is there once and for ever; a repeat of its `command_id`, at any later time,
//!   gets the first result.
//! - A conflict fails only the caller who had it, and another tenant's stream tells nothing.
//! - `recorded_at` never decreases along positions, also when the clock steps back.
//! - Every event carries a [hash chained](chain_hash) to its predecessor in the stream, the same on
//!   every database for the same history.
//!
//! Must never be here: what the events mean, decisions, delivery to subscribers (see `event-bus`).
//! To add a database: implement [`EventLog`], then run [`contract`] on it as `tests/contract_sqlite.rs`
//! and `tests/contract_postgres.rs` do.

mod append;
mod batch;
#[doc(hidden)]
pub mod contract;
mod event;
mod hash;
mod line;
mod memory;
pub mod postgres;
mod shards;
#[cfg(feature = "sqlite")]
mod sqlite;
mod verify;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

pub use batch::observe_batches;
pub use event::{
    Append, Appended, CommandRecord, Committed, MAX_APPEND_BYTES, MAX_EVENT_TYPE_BYTES,
    MAX_EVENTS_PER_APPEND, MAX_META_BYTES, MAX_PAYLOAD_BYTES, MAX_TENANT_BYTES, NewEvent, StreamId,
};
pub use hash::{Hash, Link, chain_hash, genesis_hash};
pub use line::{Lines, Turn};
pub use memory::MemoryLog;
pub use postgres::{PostgresLog, PostgresLogOptions};
pub use shards::{MAX_SHARDS, Shards, global_position, local_position, shard_of};
#[cfg(feature = "sqlite")]
pub use sqlite::{OpenError, SqliteLog};
pub use verify::{Broken, ChainVerifier, Fault, Verification, VerifyError, verify_log, verify_stream};

/// An append-only log of one ordering domain (shard), or of [several](Shards) for what concerns one stream.
#[async_trait]
pub trait EventLog: Send + Sync + 'static {
    /// Records the events of one command at the end of a stream, all of them or none.
    ///
    /// Once the call has begun to wait, dropping it changes nothing: the append is then there whole or
    /// not at all, and a repeat with the same `command_id` settles which.
    ///
    /// # Errors
    /// In this order: [`Error::Invalid`], [`Error::WrongTenant`], [`Error::CommandReused`],
    /// [`Error::Conflict`]; and [`Error::Unavailable`] when it is not known to be recorded.
    async fn append(&self, append: Append) -> Result<Appended, Error>;

    /// The events of `stream` with a version above `after_version`, in order, at most `limit`. A stream
    /// nobody has written to is empty.
    async fn read_stream(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error>;

    /// The events of all streams with a position above `after_position`, in order, at most `limit`.
    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Committed>, Error>;

    /// The last position; 0 while the log is empty.
    async fn head(&self) -> Result<u64, Error>;

    /// When the last event was recorded; `None` while the log is empty.
    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error>;

    /// What a command left in a stream; `None` if it was never recorded there.
    async fn find_command(&self, stream: StreamId, command_id: Uuid) -> Result<Option<CommandRecord>, Error>;

    /// The last position as this process knows it, changed after each commit made here. Whoever may
    /// share the log with other processes also polls, slowly.
    fn watch(&self) -> watch::Receiver<u64>;

    /// The last position of the shard that `stream` is in, as this process knows it.
    fn watch_stream(&self, _stream: StreamId) -> watch::Receiver<u64> {
        self.watch()
    }

    /// How many shards it has: 1, but for [`Shards`].
    fn shards(&self) -> u16 {
        1
    }

    /// Says that the log is known to hold everything up to `position`, because another process committed
    /// it: wakes whoever [watches](Self::watch). A log that one process alone writes has no use for it.
    fn note_head(&self, _position: u64) {}
}

/// Why the log did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The stream has moved on (or is not there yet): fold what is new and decide again.
    #[error("the stream is at version {current_version}, not at the expected one: read on and decide again")]
    Conflict {
        /// The version the stream is at; 0 if it has no events.
        current_version: u64,
    },
    /// The `command_id` was used before with another body: give a new command a new id.
    #[error("this command id was used before with another body: a new command needs a new id")]
    CommandReused,
    /// The stream belongs to another tenant. Says nothing else about it, on purpose.
    #[error("the stream belongs to another tenant")]
    WrongTenant,
    /// The database did not answer, or not in a way that says what happened. Repeat with the same
    /// `command_id`: the log knows whether the first try arrived.
    #[error("the event log is unavailable: {0}")]
    Unavailable(String),
    /// What is stored cannot be what was written. Stop writing, verify, restore.
    #[error("the event log is corrupt: {0}")]
    Corrupt(String),
    /// The request can never be recorded as it is: a mistake of the caller.
    #[error("the append is invalid: {0}")]
    Invalid(String),
}

/// What stands before a database's own code at the end of a message.
const SQLSTATE: &str = " (SQLSTATE ";

impl Error {
    /// What a message says, followed by the code that the database gave.
    pub(crate) fn with_sqlstate(message: String, code: Option<&str>) -> String {
        code.map_or(message.clone(), |code| format!("{message}{SQLSTATE}{code})"))
    }

    /// The database's own code for what went wrong, if it gave one.
    pub fn sqlstate(&self) -> Option<&str> {
        let (Self::Unavailable(message) | Self::Corrupt(message)) = self else { return None };
        message.rsplit_once(SQLSTATE)?.1.strip_suffix(')')
    }
}

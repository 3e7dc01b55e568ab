//! Where checkpoints and dead letters are kept.

use async_trait::async_trait;

use crate::{DeadLetter, Error};

/// Longest reason kept with a dead letter, in characters.
pub(crate) const MAX_REASON: usize = 2_000;

/// Keeps what must outlive a process. Every write is a single statement: no transaction can be left open by
/// a caller who goes away.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// How far a consumer is; 0 if it is new.
    async fn checkpoint(&self, consumer: &str) -> Result<u64, Error>;

    /// Keeps how far a consumer is.
    async fn keep_checkpoint(&self, consumer: &str, position: u64) -> Result<(), Error>;

    /// Makes a consumer a new one.
    async fn forget(&self, consumer: &str) -> Result<(), Error>;

    /// Keeps a dead letter, instead of an earlier one of the same event.
    async fn put(&self, letter: &DeadLetter) -> Result<(), Error>;

    /// Removes a dead letter.
    async fn remove(&self, consumer: &str, position: u64) -> Result<(), Error>;

    /// Dead letters of one consumer or of all, oldest position first.
    async fn dead_letters(&self, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>, Error>;

    /// One dead letter.
    async fn dead_letter(&self, consumer: &str, position: u64) -> Result<Option<DeadLetter>, Error>;

    /// Lets go of the database.
    async fn close(&self);
}

//! A log that shows on the terminal how far it has been read.

use std::sync::Arc;

use async_trait::async_trait;
use event_log::{Append, Appended, CommandRecord, Committed, Error, EventLog, StreamId};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

/// Reads through to the log, and moves a bar with every page. Shows nothing where standard error is no
/// terminal.
pub(super) struct ReadProgress {
    log: Arc<dyn EventLog>,
    bar: ProgressBar,
}

impl ReadProgress {
    /// A bar from nothing to the log's head.
    pub(super) async fn new(log: Arc<dyn EventLog>) -> Result<Self, Error> {
        let bar = ProgressBar::new(log.head().await?);
        let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} facts, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Ok(Self { log, bar })
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[async_trait]
impl EventLog for ReadProgress {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        self.log.append(append).await
    }

    async fn read_stream(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        self.log.read_stream(stream, after_version, limit).await
    }

    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        let page = self.log.read_all(after_position, limit).await?;
        if let Some(last) = page.last() {
            self.bar.set_position(last.position);
        }
        Ok(page)
    }

    async fn head(&self) -> Result<u64, Error> {
        self.log.head().await
    }

    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        self.log.last_recorded_at().await
    }

    async fn find_command(&self, stream: StreamId, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        self.log.find_command(stream, command_id).await
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.log.watch()
    }
}

//! The one task that writes the file, batch by batch.

use std::sync::Arc;

use ambient::Clock;
use tokio::sync::watch;

use super::file::LogFile;
use super::lock::WriterLock;
use super::reader::Reader;
use super::session::Session;
use crate::batch::{Answer, Queue, Waiting, answer_all};
use crate::{Append, Error};

/// The only writer of the log's file.
pub(super) struct Writer {
    file: LogFile,
    /// `None` after a failure, until the next batch opens a new one.
    session: Option<Session>,
    queue: Queue,
    clock: Arc<dyn Clock>,
    head: watch::Sender<u64>,
    reader: Reader,
    /// Let go after the connection is closed: last field, last dropped.
    _lock: WriterLock,
}

impl Writer {
    pub(super) fn new(
        file: LogFile,
        session: Session,
        queue: Queue,
        clock: Arc<dyn Clock>,
        head: watch::Sender<u64>,
        reader: Reader,
        lock: WriterLock,
    ) -> Self {
        Self { file, session: Some(session), queue, clock, head, reader, _lock: lock }
    }

    /// Serves until everybody who could ask is gone, or one asked to close; then closes the file.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.queue.next_batch().await {
            self.serve(batch).await;
        }
        // Readers first: the last connection to close tidies the WAL away, and only a writer can.
        self.reader.close().await;
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    async fn serve(&mut self, batch: Vec<Waiting>) {
        let (appends, callers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.append, waiting.answer)).unzip();
        answer_all(callers, self.commit(appends).await);
    }

    /// Writes a batch. After a failure nothing that was known is trusted any more.
    async fn commit(&mut self, appends: Vec<Append>) -> Result<Vec<Answer>, Error> {
        let requests = appends.len();
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.reopen().await?,
        };
        match session.append_batch(appends, self.clock.now()).await {
            Ok(answers) => {
                let position = session.last_position();
                tracing::trace!(requests, position, "batch committed");
                // Only now, after the commit: whoever wakes finds what it was woken for.
                self.head.send_if_modified(|head| std::mem::replace(head, position) != position);
                self.session = Some(session);
                Ok(answers)
            }
            Err(error) => {
                tracing::error!(requests, %error, "a batch was not committed");
                session.close().await;
                Err(error)
            }
        }
    }

    /// Looks at the file afresh, and does not go on if it lacks what was acknowledged from it.
    async fn reopen(&self) -> Result<Session, Error> {
        let opened = Session::open(&self.file).await;
        let session = opened.map_err(|error| Error::Unavailable(error.to_string()))?;
        let (found, acknowledged) = (session.last_position(), *self.head.borrow());
        if found >= acknowledged {
            return Ok(session);
        }
        session.close().await;
        let lost = format!("the file ends at position {found}, but {acknowledged} was acknowledged");
        Err(Error::Corrupt(lost))
    }
}

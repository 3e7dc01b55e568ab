//! The one task that writes the file, batch by batch. SQLite blocks: each batch is a thread's for its time.

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
            drop(tokio::task::spawn_blocking(|| session.close()).await);
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
        let (session, now) = (self.session.take(), self.clock.now());
        let (file, acknowledged) = (self.file.clone(), *self.head.borrow());
        let committing = tokio::task::spawn_blocking(move || {
            let mut session = match session {
                Some(session) => session,
                None => reopen(&file, acknowledged)?,
            };
            match session.append_batch(appends, now) {
                Ok(answers) => Ok((session, answers)),
                Err(error) => {
                    session.close();
                    Err(error)
                }
            }
        });
        let committed = committing.await.unwrap_or_else(|error| Err(Error::Unavailable(error.to_string())));
        let (session, answers) =
            committed.inspect_err(|error| tracing::error!(requests, %error, "a batch was not committed"))?;
        let position = session.last_position();
        tracing::trace!(requests, position, "batch committed");
        // Only now, after the commit: whoever wakes finds what it was woken for.
        self.head.send_if_modified(|head| std::mem::replace(head, position) != position);
        self.session = Some(session);
        Ok(answers)
    }
}

/// Looks at the file afresh, and does not go on if it lacks what was acknowledged from it.
fn reopen(file: &LogFile, acknowledged: u64) -> Result<Session, Error> {
    let session = Session::open(file).map_err(|error| Error::Unavailable(error.to_string()))?;
    let found = session.last_position();
    if found >= acknowledged {
        return Ok(session);
    }
    session.close();
    let lost = format!("the file ends at position {found}, but {acknowledged} was acknowledged");
    Err(Error::Corrupt(lost))
}

//! Group commit: one task empties the queue and writes what it finds in one transaction.
//!
//! There is no timer. While one batch is being committed the next callers queue up, so batches grow by
//! themselves exactly when there is load, and a lone caller waits for nobody.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use ambient::Clock;
use tokio::sync::{mpsc, oneshot, watch};

use super::file::LogFile;
use super::lock::WriterLock;
use super::reader::Reader;
use super::session::{Answer, Session};
use crate::{Append, Error};

/// Most requests in one batch.
const MAX_BATCH: usize = 256;

/// A batch takes no further request once it weighs this much, in bytes: bounds memory and the WAL.
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Requests looked through for a batch: more than a batch, so that one busy stream (of which a batch
/// takes only one) does not keep the others out.
const LOOK_AHEAD: usize = 4 * MAX_BATCH;

/// What the writer is asked for.
pub(super) enum Request {
    /// To append, and to tell the answer.
    Append { append: Append, answer: oneshot::Sender<Answer> },
    /// To finish what is queued, and stop.
    Close,
}

struct Waiting {
    append: Append,
    answer: oneshot::Sender<Answer>,
}

/// The only writer of the log's file.
pub(super) struct Writer {
    file: LogFile,
    /// `None` after a failure, until the next batch opens a new one.
    session: Option<Session>,
    requests: mpsc::Receiver<Request>,
    waiting: VecDeque<Waiting>,
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
        requests: mpsc::Receiver<Request>,
        clock: Arc<dyn Clock>,
        head: watch::Sender<u64>,
        reader: Reader,
        lock: WriterLock,
    ) -> Self {
        let waiting = VecDeque::with_capacity(LOOK_AHEAD);
        Self { file, session: Some(session), requests, waiting, clock, head, reader, _lock: lock }
    }

    /// Serves until everybody who could ask is gone, or one asked to close; then closes the file.
    pub(super) async fn run(mut self) {
        while self.gather().await {
            let batch = self.next_batch();
            self.serve(batch).await;
        }
        // Readers first: the last connection to close tidies the WAL away, and only a writer can.
        self.reader.close().await;
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    /// Waits until there is something to do, then takes what else is there. False when all is done.
    async fn gather(&mut self) -> bool {
        while self.waiting.is_empty() {
            match self.requests.recv().await {
                Some(request) => self.take(request),
                None => return false,
            }
        }
        while self.waiting.len() < LOOK_AHEAD {
            match self.requests.try_recv() {
                Ok(request) => self.take(request),
                Err(_) => break,
            }
        }
        true
    }

    fn take(&mut self, request: Request) {
        match request {
            Request::Append { append, answer } => self.waiting.push_back(Waiting { append, answer }),
            // Nobody new is let in; what is queued already is still received.
            Request::Close => self.requests.close(),
        }
    }

    /// Picks the oldest request of each stream. The others keep their order and wait.
    fn next_batch(&mut self) -> Vec<Waiting> {
        let mut batch = Vec::with_capacity(self.waiting.len().min(MAX_BATCH));
        let mut streams = HashSet::with_capacity(MAX_BATCH);
        let mut bytes = 0;
        for _ in 0..self.waiting.len() {
            let Some(next) = self.waiting.pop_front() else { break };
            let full = batch.len() >= MAX_BATCH || bytes >= MAX_BATCH_BYTES;
            if full || !streams.insert(next.append.stream) {
                self.waiting.push_back(next);
            } else {
                bytes += next.append.weight_bytes();
                batch.push(next);
            }
        }
        batch
    }

    async fn serve(&mut self, batch: Vec<Waiting>) {
        let (appends, callers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|waiting| (waiting.append, waiting.answer)).unzip();
        // A caller who has left does not need the answer: the log has it.
        match self.commit(appends).await {
            Ok(answers) => callers.into_iter().zip(answers).for_each(|(to, answer)| drop(to.send(answer))),
            Err(error) => callers.into_iter().for_each(|to| drop(to.send(Err(error.clone())))),
        }
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

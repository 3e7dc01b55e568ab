//! How far the log is on disk. Batches commit without waiting for the disk, so that the shard's lock is not held
//! while it turns; nothing of them is told or shown before a flush that covers them. One flush serves all that
//! wait for it.
//!
//! Invariant: nobody is answered, woken or shown an event that a crash of the server could take back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::connection::WriterConnections;
use super::reader::failure;
use crate::Error;

/// How long a flush may take before its connection is given up: longer than the server's own limits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until all that was committed before is on disk, and on the replicas that commits wait for: the commit of
/// a message that nobody reads does, and leaves no row. Nothing is written where all is there already. A server
/// in recovery has only what its primary had on disk.
const FLUSH: &str = "SELECT CASE
    WHEN pg_is_in_recovery() THEN NULL
    WHEN current_setting('synchronous_standby_names') = ''
         AND pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() THEN NULL
    ELSE pg_logical_emit_message(true, 'casetrail', '') END IS NULL";

/// Told when a flush is done that began after it was asked for.
type Done = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// Up to where a shard is known to be on disk, and the way to get further. Clones are the same one.
#[derive(Clone)]
pub(super) struct Flushed {
    position: Arc<AtomicU64>,
    requests: mpsc::UnboundedSender<Done>,
    closing: CancellationToken,
}

/// The task that flushes.
pub(super) struct Flusher {
    connections: Arc<WriterConnections>,
    requests: mpsc::UnboundedReceiver<Done>,
    closing: CancellationToken,
}

impl Flushed {
    /// For a shard of which nothing is known yet.
    pub(super) fn new(connections: Arc<WriterConnections>) -> (Self, Flusher) {
        // Bounded by who asks: each batch and each read waits for its answer.
        let (sender, requests) = mpsc::unbounded_channel();
        let closing = CancellationToken::new();
        let position = Arc::new(AtomicU64::new(0));
        let flushed = Self { position, requests: sender, closing: closing.clone() };
        (flushed, Flusher { connections, requests, closing })
    }

    /// Somebody waited for the disk already.
    pub(super) fn note(&self, position: u64) {
        self.position.fetch_max(position, Ordering::Relaxed);
    }

    /// Returns when a position that was seen is on disk.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: it may be taken back, and must not be used.
    pub(super) async fn until(&self, position: u64) -> Result<(), Error> {
        if position <= self.position.load(Ordering::Relaxed) {
            return Ok(());
        }
        let (done, flushed) = oneshot::channel();
        // Whoever left does not need to know.
        self.then(move |result| drop(done.send(result)));
        flushed.await.unwrap_or_else(|_| Err(closed()))?;
        self.note(position);
        Ok(())
    }

    /// Ends the flusher, when all that was asked of it is answered.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.requests.closed().await;
    }

    /// Calls `done` after a flush of all that is committed now.
    pub(super) fn then(&self, done: impl FnOnce(Result<(), Error>) + Send + 'static) {
        if let Err(mpsc::error::SendError(done)) = self.requests.send(Box::new(done)) {
            done(Err(closed()));
        }
    }
}

impl Flusher {
    /// Serves until everybody who could ask is gone, or it is closed.
    pub(super) async fn run(mut self) {
        let mut waiting = Vec::new();
        while let Some(first) = self.next().await {
            waiting.push(first);
            // Whoever has asked by now has committed by now.
            while let Ok(next) = self.requests.try_recv() {
                waiting.push(next);
            }
            let flushed = self.flush().await;
            waiting.drain(..).for_each(|done| done(flushed.clone()));
        }
        self.connections.close().await;
    }

    async fn next(&mut self) -> Option<Done> {
        tokio::select! {
            biased;
            request = self.requests.recv() => request,
            () = self.closing.cancelled() => {
                self.requests.close();
                self.requests.recv().await
            }
        }
    }

    async fn flush(&self) -> Result<(), Error> {
        let mut connection = self.connections.take().await?;
        let failed = match tokio::time::timeout(PATIENCE, flush(&mut connection)).await {
            Ok(Ok(())) => {
                self.connections.give_back(connection).await;
                return Ok(());
            }
            Ok(Err(error)) => failure(&error),
            Err(_) => Error::Unavailable(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        tracing::error!(error = %failed, "what was committed is not known to be on disk");
        self.connections.distrust().await;
        Err(failed)
    }
}

async fn flush(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(FLUSH).execute(connection).await.map(drop)
}

fn closed() -> Error {
    Error::Unavailable("it is closed".to_owned())
}

//! How far the log is on disk. Batches commit without waiting for the disk, so that the shard's lock is not held
//! while it turns; nothing of them is told or shown before a flush that covers them. One flush serves all that
//! wait for it.
//!
//! Invariant: nobody is answered, woken or shown an event that a crash of the server could take back. A flush says
//! nothing about what a crash before it took back already: it counts only for what was committed or read while the
//! [session](Session) that flushes was there, because sessions end with their server.

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
///
/// Besides, whether it is the server that the session began with: a pooler keeps sessions when the server does not.
const FLUSH: &str = "SELECT pg_postmaster_start_time()::TEXT = $1, CASE
    WHEN pg_is_in_recovery() THEN NULL
    WHEN current_setting('synchronous_standby_names') = ''
         AND pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() THEN NULL
    ELSE pg_logical_emit_message(true, 'casetrail', '') END IS NULL";

const STARTED: &str = "SELECT pg_postmaster_start_time()::TEXT";

/// A session with the server that flushes; no number is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session(u64);

/// Before there was any.
const NO_SESSION: Session = Session(0);

/// Asked of the flusher, and told when a flush is done that began after it was asked for.
struct Request {
    /// The session that was there before what is to be flushed was committed or read. [`NO_SESSION`] asks for
    /// nothing to be flushed, only for a session.
    since: Session,
    done: Box<dyn FnOnce(Result<(), Error>) + Send>,
}

/// Up to where a shard is known to be on disk, and the way to get further. Clones are the same one.
#[derive(Clone)]
pub(super) struct Flushed {
    position: Arc<AtomicU64>,
    session: Arc<AtomicU64>,
    requests: mpsc::UnboundedSender<Request>,
    closing: CancellationToken,
}

/// The task that flushes.
pub(super) struct Flusher {
    connections: Arc<WriterConnections>,
    requests: mpsc::UnboundedReceiver<Request>,
    closing: CancellationToken,
    /// Which session it is, for who asks; [`NO_SESSION`] while there is none.
    session: Arc<AtomicU64>,
    sessions_begun: u64,
    connection: Option<Connection>,
}

/// A session and when its server was started.
struct Connection {
    session: Session,
    started: String,
    inner: PgConnection,
}

impl Flushed {
    /// For a shard of which nothing is known yet.
    pub(super) fn new(connections: Arc<WriterConnections>) -> (Self, Flusher) {
        // Bounded by who asks: each batch and each read waits for its answer.
        let (sender, requests) = mpsc::unbounded_channel();
        let closing = CancellationToken::new();
        let (position, session) = (Arc::<AtomicU64>::default(), Arc::new(AtomicU64::new(NO_SESSION.0)));
        let flushed =
            Self { position, session: Arc::clone(&session), requests: sender, closing: closing.clone() };
        let flusher = Flusher {
            connections,
            requests,
            closing,
            session,
            sessions_begun: NO_SESSION.0,
            connection: None,
        };
        (flushed, flusher)
    }

    /// The session that flushes. To be asked for before anything is committed or read that will have to be on disk.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: there is none, and none to be had.
    pub(super) async fn session(&self) -> Result<Session, Error> {
        loop {
            let session = Session(self.session.load(Ordering::Acquire));
            if session != NO_SESSION {
                return Ok(session);
            }
            self.asked(NO_SESSION).await?;
        }
    }

    /// Somebody waited for the disk already.
    pub(super) fn note(&self, position: u64) {
        self.position.fetch_max(position, Ordering::Relaxed);
    }

    /// Returns when a position is on disk that was seen since `since` was there.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: it may be taken back, or was, and must not be used.
    pub(super) async fn until(&self, position: u64, since: Result<Session, Error>) -> Result<(), Error> {
        if position <= self.position.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.asked(since?).await?;
        self.note(position);
        Ok(())
    }

    async fn asked(&self, since: Session) -> Result<(), Error> {
        let (done, flushed) = oneshot::channel();
        // Whoever left does not need to know.
        self.then(since, move |result| drop(done.send(result)));
        flushed.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Ends the flusher, when all that was asked of it is answered.
    pub(super) async fn close(&self) {
        self.closing.cancel();
        self.requests.closed().await;
    }

    /// Calls `done` after a flush of all that is committed now; with an error, where `since` is not there any more.
    pub(super) fn then(&self, since: Session, done: impl FnOnce(Result<(), Error>) + Send + 'static) {
        let request = Request { since, done: Box::new(done) };
        if let Err(mpsc::error::SendError(request)) = self.requests.send(request) {
            (request.done)(Err(closed()));
        }
    }
}

impl Flusher {
    /// Serves until everybody who could ask is gone, or it is closed.
    pub(super) async fn run(mut self) {
        while let Some(first) = self.next().await {
            let mut waiting = vec![first];
            // Whoever has asked by now has committed by now.
            while let Ok(next) = self.requests.try_recv() {
                waiting.push(next);
            }
            self.flush(waiting).await;
        }
        self.end_session();
        self.connections.close().await;
    }

    async fn next(&mut self) -> Option<Request> {
        tokio::select! {
            biased;
            request = self.requests.recv() => request,
            () = self.closing.cancelled() => {
                self.requests.close();
                self.requests.recv().await
            }
        }
    }

    /// Flushes for all who wait, as far as they can be told.
    async fn flush(&mut self, waiting: Vec<Request>) {
        let session = self.connection.as_ref().map(|there| there.session);
        let (waiting, late): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|request| request.since == NO_SESSION || Some(request.since) == session);
        if !late.is_empty() {
            tracing::error!(asked = late.len(), error = %gone(), "what was committed is not known to be on disk");
        }
        for request in late {
            // No new session could say it.
            (request.done)(Err(gone()));
        }
        let to_flush = waiting.iter().any(|request| request.since != NO_SESSION);
        let done = match self.connected().await {
            Ok(connection) if to_flush => connection.flush().await,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = &done {
            tracing::error!(asked = waiting.len(), %error, "what was committed is not known to be on disk");
            self.end_session();
            self.connections.distrust().await;
        }
        for request in waiting {
            (request.done)(done.clone());
        }
    }

    async fn connected(&mut self) -> Result<&mut Connection, Error> {
        if self.connection.is_none() {
            let mut inner = self.connections.take().await?;
            let started = within(sqlx::query_scalar(STARTED).fetch_one(&mut inner)).await?;
            self.sessions_begun += 1;
            let session = Session(self.sessions_begun);
            self.session.store(session.0, Ordering::Release);
            self.connection = Some(Connection { session, started, inner });
        }
        self.connection.as_mut().ok_or_else(closed)
    }

    fn end_session(&mut self) {
        self.session.store(NO_SESSION.0, Ordering::Release);
        self.connection = None;
    }
}

impl Connection {
    async fn flush(&mut self) -> Result<(), Error> {
        let flush = sqlx::query_scalar(FLUSH).bind(&self.started).fetch_all(&mut self.inner);
        match within(flush).await?.as_slice() {
            [true] => Ok(()),
            _ => Err(gone()),
        }
    }
}

async fn within<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Error> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer.map_err(|error| failure(&error)),
        Err(_) => Err(Error::Unavailable(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

fn gone() -> Error {
    let gone = "the server was started anew, or lost, before it said that this is on disk; ask again";
    Error::Unavailable(gone.to_owned())
}

fn closed() -> Error {
    Error::Unavailable("it is closed".to_owned())
}

#[cfg(test)]
mod tests {
    use scratch::Postgres;
    use sqlx::Connection as _;

    use super::*;
    use crate::postgres::migrate;
    use crate::postgres::open::Database;

    async fn of(url: &str) -> Flushed {
        let mut admin = PgConnection::connect(url).await.unwrap();
        migrate(&mut admin, 1).await.unwrap();
        let database = Database::new(url, "flushes", 0, false).unwrap();
        let (flushed, flusher) = Flushed::new(Arc::new(WriterConnections::new(database)));
        tokio_util::task::TaskTracker::new().spawn(flusher.run());
        flushed
    }

    /// The new server has on disk all that it knows of: not what the old one took with it.
    #[tokio::test]
    async fn a_flush_says_nothing_about_what_was_there_before_the_server_was_started_anew() {
        let mut server = Postgres::start().await.unwrap();
        let flushed = of(&server.url("postgres")).await;
        let session = flushed.session().await;
        assert_eq!(flushed.until(1, session.clone()).await, Ok(()));

        server.crash().await.unwrap();
        server.start_again().await.unwrap();

        assert!(flushed.until(2, session.clone()).await.is_err());
        assert!(flushed.until(2, session).await.is_err(), "nor does the session after it");
        let next = flushed.session().await;
        assert_eq!(flushed.until(2, next).await, Ok(()));
    }

    #[tokio::test]
    async fn what_is_known_to_be_on_disk_needs_no_session() {
        let server = Postgres::start().await.unwrap();
        let flushed = of(&server.url("postgres")).await;
        flushed.note(7);
        assert_eq!(flushed.until(7, Err(closed())).await, Ok(()));
        assert_eq!(flushed.until(8, Err(closed())).await, Err(closed()));
        flushed.close().await;
        assert!(flushed.session().await.is_err());
    }
}

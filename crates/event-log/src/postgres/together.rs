//! Streams that are read at the same time go together in one statement: what such a read costs is mostly the statement,
//! not the few rows that it finds. There is no timer: while one statement is under way, the next callers gather.

use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Executor, Row};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::open::{Database, is_away};
use super::reader::{COLUMNS, asked, committed, failure, signed};
use crate::{Committed, Error, StreamId};

/// Of one stream so many events are read together with others: bounds memory, and how long those wait.
pub(super) const EACH: usize = 100;

/// Most streams in one statement.
const MOST: usize = 64;

/// Readers that may wait in line; further ones wait to be let in.
const QUEUE: usize = 1_024;

/// How long it waits for its connection.
const ACQUIRE: Duration = Duration::from_secs(5);

/// How long a statement may take: a server that hangs would otherwise be waited for without end.
const PATIENCE: Duration = Duration::from_secs(20);

/// The readers' end. Clones lead to the same task, which ends with the last of them.
#[derive(Clone)]
pub(super) struct Together {
    requests: mpsc::Sender<Request>,
    pool: PgPool,
}

/// A page of a stream that somebody waits for.
struct Request {
    stream: StreamId,
    after_version: i64,
    limit: i64,
    done: oneshot::Sender<Result<Vec<Committed>, Error>>,
}

/// The task that reads.
struct Readers {
    requests: mpsc::Receiver<Request>,
    pool: PgPool,
    connections: u32,
    shard: i16,
}

impl Together {
    pub(super) fn start(database: &Database, shard: i16) -> Self {
        let (sender, requests) = mpsc::channel(QUEUE);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            // A plan made for the arrays at hand costs more than it saves.
            .after_connect(|connection, _| {
                Box::pin(async {
                    connection.execute("SET plan_cache_mode = force_generic_plan").await.map(drop)
                })
            })
            .connect_lazy_with(database.options());
        let readers = Readers { requests, pool: pool.clone(), connections: 1, shard };
        TaskTracker::new()
            .spawn(readers.run().instrument(tracing::debug_span!(parent: None, "event_log.readers")));
        Self { requests: sender, pool }
    }

    /// Later reads are answered with [`Error::Unavailable`].
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// The events of a stream after a version, at most `limit`.
    pub(super) async fn read(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        let (done, read) = oneshot::channel();
        let (after_version, limit) = (signed(after_version), i64::try_from(limit).unwrap_or(i64::MAX));
        let closed = || Error::Unavailable("it is closed".to_owned());
        let request = Request { stream, after_version, limit, done };
        self.requests.send(request).await.map_err(|_| closed())?;
        read.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Readers {
    async fn run(mut self) {
        while let Some(first) = self.requests.recv().await {
            let mut waiting = vec![first];
            while waiting.len() < MOST
                && let Ok(next) = self.requests.try_recv()
            {
                waiting.push(next);
            }
            let read = self.read(&waiting).await;
            // Whoever left does not need to know.
            match read {
                Ok(found) => {
                    waiting.into_iter().zip(found).for_each(|(to, events)| drop(to.done.send(Ok(events))));
                }
                Err(error) => waiting.into_iter().for_each(|to| drop(to.done.send(Err(error.clone())))),
            }
        }
        self.pool.close().await;
    }

    /// What each of them asked for, in their order.
    async fn read(&self, waiting: &[Request]) -> Result<Vec<Vec<Committed>>, Error> {
        let statement = format!(
            "SELECT e.*, (u.place - 1)::INTEGER AS place
             FROM unnest($2::UUID[], $3::BIGINT[], $4::BIGINT[]) WITH ORDINALITY AS u(stream, after, most, place)
             CROSS JOIN LATERAL (SELECT {COLUMNS} FROM log.event WHERE shard = $1 AND stream_id = u.stream
                                  AND version > u.after ORDER BY version LIMIT u.most) e"
        );
        let streams: Vec<_> = waiting.iter().map(|one| one.stream).collect();
        let after: Vec<_> = waiting.iter().map(|one| one.after_version).collect();
        let most: Vec<_> = waiting.iter().map(|one| one.limit).collect();
        let rows = asked!(
            self,
            pool,
            sqlx::query(sqlx::AssertSqlSafe(statement.clone()))
                .bind(self.shard)
                .bind(&streams)
                .bind(&after)
                .bind(&most),
            fetch_all
        )?;
        let mut found: Vec<_> = waiting.iter().map(|_| Vec::new()).collect();
        for row in &rows {
            let place: i32 = row.try_get("place").map_err(|error| failure(&error))?;
            let whose = usize::try_from(place).ok().and_then(|place| found.get_mut(place));
            let events = whose.ok_or_else(|| Error::Corrupt("a row that nobody asked for".to_owned()))?;
            events.push(committed(row)?);
        }
        for events in &mut found {
            // They come so, but nothing in the statement says it.
            events.sort_by_key(|event| event.version);
        }
        Ok(found)
    }
}

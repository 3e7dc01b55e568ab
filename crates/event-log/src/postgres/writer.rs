//! The one task of a process that appends, batch by batch: each batch is one call of `log.append_all`, which is
//! a transaction of its own. Other processes do the same; the shard's row lock puts all in order.
//!
//! A batch of several does not hold that lock until it is on disk: it is committed, then
//! [flushed](super::flush) while the next one is on its way, and only then are its callers told. Who is alone
//! would only wait for one more answer, and commits in the usual way.

use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use jiff::Timestamp;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};
use tokio::sync::watch;
use uuid::Uuid;

use super::connection::WriterConnections;
use super::flush::Flushed;
use super::reader::{failure, position, timestamp, unsigned};
use crate::batch::{Answer, Queue, Waiting, answer_all};
use crate::{Append, Appended, Error};

/// How long a batch may take before its connection is given up: longer than the server's own limits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Appends to one shard, one batch at a time.
pub(super) struct Writer {
    connections: Arc<WriterConnections>,
    shard: i16,
    queue: Queue,
    clock: Arc<dyn Clock>,
    flushed: Flushed,
    head: watch::Sender<u64>,
}

/// When a batch is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// With its commit.
    AtCommit,
    /// With a flush that comes after it.
    AfterFlush,
}

impl Writer {
    pub(super) fn new(
        connections: Arc<WriterConnections>,
        shard: i16,
        queue: Queue,
        clock: Arc<dyn Clock>,
        flushed: Flushed,
        head: watch::Sender<u64>,
    ) -> Self {
        Self { connections, shard, queue, clock, flushed, head }
    }

    /// Serves until everybody who could ask is gone, or one asked to close.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.queue.next_batch().await {
            let (appends, callers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|Waiting { append, answer }| (append, answer)).unzip();
            let durable = if appends.len() == 1 { Durable::AtCommit } else { Durable::AfterFlush };
            let committed = self.commit(appends, durable).await;
            let last = committed.as_ref().ok().and_then(|answers| last_position(answers));
            let (flushed, head) = (self.flushed.clone(), self.head.clone());
            // Also a repeat's first try may not be on disk yet.
            let tell = move |on_disk: Result<(), Error>| {
                if let (Some(last), Ok(())) = (last, &on_disk) {
                    flushed.note(last);
                    // Whoever wakes finds what it was woken for.
                    head.send_if_modified(|head| std::mem::replace(head, last.max(*head)) < last);
                }
                answer_all(callers, on_disk.and(committed));
            };
            if durable == Durable::AfterFlush && last.is_some() {
                self.flushed.then(tell);
            } else {
                tell(Ok(()));
            }
        }
    }

    /// Writes a batch. After a failure its connection is not trusted any more: whether the batch was
    /// committed, the log knows when it is repeated.
    async fn commit(&self, appends: Vec<Append>, durable: Durable) -> Result<Vec<Answer>, Error> {
        let requests = appends.len();
        let mut connection = self.connections.take().await?;
        let now = self.clock.now().as_microsecond();
        let batch = Batch::of(appends);
        let appending =
            tokio::time::timeout(PATIENCE, batch.append(&mut connection, self.shard, now, durable));
        let failed = match appending.await {
            Ok(Ok(answers)) => {
                self.connections.give_back(connection).await;
                tracing::trace!(requests, "batch committed");
                return Ok(answers);
            }
            Ok(Err(error)) => error,
            Err(_) => Error::Unavailable(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        tracing::error!(requests, error = %failed, "a batch was not committed");
        // Dropped, not closed in order: nobody waits for a server that may not answer.
        self.connections.distrust().await;
        Err(failed)
    }
}

/// The last position that anybody is told of.
fn last_position(answers: &[Answer]) -> Option<u64> {
    answers.iter().flatten().map(|appended| appended.last_position).max()
}

/// A batch as the columns that the database takes.
#[derive(Default)]
struct Batch {
    streams: Vec<Uuid>,
    tenants: Vec<String>,
    expected: Vec<i64>,
    commands: Vec<Uuid>,
    fingerprints: Vec<Vec<u8>>,
    requests: Vec<i32>,
    ids: Vec<Uuid>,
    types: Vec<String>,
    schemas: Vec<i16>,
    metas: Vec<Vec<u8>>,
    payloads: Vec<Vec<u8>>,
}

impl Batch {
    fn of(appends: Vec<Append>) -> Self {
        let mut batch = Self::default();
        for (request, append) in (1_i32..).zip(appends) {
            batch.streams.push(append.stream);
            batch.tenants.push(append.tenant);
            batch.expected.push(i64::try_from(append.expected_version).unwrap_or(i64::MAX));
            batch.commands.push(append.command_id);
            batch.fingerprints.push(append.fingerprint.to_vec());
            for event in append.events {
                batch.requests.push(request);
                batch.ids.push(event.event_id);
                batch.types.push(event.event_type);
                // Checked before it was queued.
                batch.schemas.push(i16::try_from(event.schema_version).unwrap_or(i16::MAX));
                batch.metas.push(event.meta);
                batch.payloads.push(event.payload);
            }
        }
        batch
    }

    async fn append(
        &self,
        connection: &mut PgConnection,
        shard: i16,
        now: i64,
        durable: Durable,
    ) -> Result<Vec<Answer>, Error> {
        let appended = match self.call("log.append_all", connection, shard, now, durable).await {
            // A command that was recorded before: which one, the other function finds.
            Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => {
                self.call("log.append_batch", connection, shard, now, durable).await
            }
            done => done,
        };
        let rows = appended.map_err(|error| failure(&error))?;
        match rows.first() {
            Some(row) if status(row)? == "all" => self.all(position(row, 3)?, recorded_at(row)?),
            _ => rows.iter().map(answer).collect(),
        }
    }

    async fn call(
        &self,
        function: &str,
        connection: &mut PgConnection,
        shard: i16,
        now: i64,
        durable: Durable,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        // For this transaction alone: at its end the setting is again what the server was found to have.
        let unflushed = match durable {
            Durable::AtCommit => "",
            Durable::AfterFlush => ", set_config('synchronous_commit', 'off', true)",
        };
        let statement = format!(
            "SELECT status, first_version, last_version, last_position, recorded_at
             FROM {function}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13){unflushed}"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(shard)
            .bind(now)
            .bind(&self.streams)
            .bind(&self.tenants)
            .bind(&self.expected)
            .bind(&self.commands)
            .bind(&self.fingerprints)
            .bind(&self.requests)
            .bind(&self.ids)
            .bind(&self.types)
            .bind(&self.schemas)
            .bind(&self.metas)
            .bind(&self.payloads)
            .fetch_all(connection)
            .await
    }

    /// What each caller is told where all were right: the events went, in their order, behind `position`.
    fn all(&self, mut position: u64, recorded_at: Timestamp) -> Result<Vec<Answer>, Error> {
        let mut requests = self.requests.iter().peekable();
        let answers = (1..).zip(&self.expected).map(|(request, expected)| {
            let expected = unsigned(*expected)?;
            let mut events = 0;
            while requests.next_if_eq(&&request).is_some() {
                events += 1;
            }
            position += events;
            Ok(Ok(Appended {
                first_version: expected + 1,
                last_version: expected + events,
                last_position: position,
                recorded_at,
                duplicate: false,
            }))
        });
        answers.collect()
    }
}

fn status(row: &PgRow) -> Result<&str, Error> {
    row.try_get(0).map_err(|error| failure(&error))
}

fn recorded_at(row: &PgRow) -> Result<Timestamp, Error> {
    timestamp(row.try_get(4).map_err(|error| failure(&error))?)
}

/// What the database says to one caller.
fn answer(row: &PgRow) -> Result<Answer, Error> {
    let status = status(row)?;
    let duplicate = status == "duplicate";
    Ok(match status {
        "appended" | "duplicate" => Ok(Appended {
            first_version: position(row, 1)?,
            last_version: position(row, 2)?,
            last_position: position(row, 3)?,
            recorded_at: recorded_at(row)?,
            duplicate,
        }),
        "wrong_tenant" => Err(Error::WrongTenant),
        "reused" => Err(Error::CommandReused),
        "conflict" => {
            let current: i64 = row.try_get(1).map_err(|error| failure(&error))?;
            Err(Error::Conflict { current_version: unsigned(current)? })
        }
        other => return Err(Error::Corrupt(format!("the log answered '{other}'"))),
    })
}

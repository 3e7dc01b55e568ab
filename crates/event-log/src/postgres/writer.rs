//! The one task of a process that appends, batch by batch: each batch is one call of `log.append_batch`,
//! which is a transaction of its own. Other processes do the same; the shard's row lock puts all in order.

use std::sync::Arc;
use std::time::Duration;

use ambient::Clock;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use tokio::sync::watch;
use uuid::Uuid;

use super::connection::WriterConnection;
use super::open::Database;
use super::reader::{failure, position, timestamp, unsigned};
use crate::batch::{Answer, Queue, Waiting, answer_all};
use crate::{Append, Appended, Error};

/// How long a batch may take before its connection is given up: longer than the server's own limits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Appends to one shard.
pub(super) struct Writer {
    connection: WriterConnection,
    shard: i16,
    queue: Queue,
    clock: Arc<dyn Clock>,
    head: watch::Sender<u64>,
}

impl Writer {
    pub(super) fn new(
        database: Database,
        shard: i16,
        queue: Queue,
        clock: Arc<dyn Clock>,
        head: watch::Sender<u64>,
    ) -> Self {
        Self { connection: WriterConnection::new(database), shard, queue, clock, head }
    }

    /// Serves until everybody who could ask is gone, or one asked to close.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.queue.next_batch().await {
            let (appends, callers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|Waiting { append, answer }| (append, answer)).unzip();
            answer_all(callers, self.commit(appends).await);
        }
        self.connection.close().await;
    }

    /// Writes a batch. After a failure its connection is not trusted any more: whether the batch was
    /// committed, the log knows when it is repeated.
    async fn commit(&mut self, appends: Vec<Append>) -> Result<Vec<Answer>, Error> {
        let requests = appends.len();
        let mut connection = self.connection.take().await?;
        let now = self.clock.now().as_microsecond();
        let batch = Batch::of(appends);
        let appending = tokio::time::timeout(PATIENCE, batch.append(&mut connection, self.shard, now));
        let failed = match appending.await {
            Ok(Ok(answers)) => {
                self.connection.give_back(connection);
                self.publish(&answers);
                tracing::trace!(requests, "batch committed");
                return Ok(answers);
            }
            Ok(Err(error)) => error,
            Err(_) => Error::Unavailable(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        tracing::error!(requests, error = %failed, "a batch was not committed");
        // Dropped, not closed in order: nobody waits for a server that may not answer.
        Err(failed)
    }

    /// Only after the commit: whoever wakes finds what it was woken for.
    fn publish(&self, answers: &[Answer]) {
        let last = answers.iter().flatten().map(|appended| appended.last_position).max();
        if let Some(last) = last {
            self.head.send_if_modified(|head| std::mem::replace(head, last.max(*head)) < last);
        }
    }
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

    async fn append(self, connection: &mut PgConnection, shard: i16, now: i64) -> Result<Vec<Answer>, Error> {
        let rows = sqlx::query(
            "SELECT status, first_version, last_version, last_position, recorded_at
             FROM log.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(shard)
        .bind(now)
        .bind(self.streams)
        .bind(self.tenants)
        .bind(self.expected)
        .bind(self.commands)
        .bind(self.fingerprints)
        .bind(self.requests)
        .bind(self.ids)
        .bind(self.types)
        .bind(self.schemas)
        .bind(self.metas)
        .bind(self.payloads)
        .fetch_all(connection)
        .await
        .map_err(|error| failure(&error))?;
        rows.iter().map(answer).collect()
    }
}

/// What the database says to one caller.
fn answer(row: &PgRow) -> Result<Answer, Error> {
    let status: &str = row.try_get(0).map_err(|error| failure(&error))?;
    let duplicate = status == "duplicate";
    Ok(match status {
        "appended" | "duplicate" => Ok(Appended {
            first_version: position(row, 1)?,
            last_version: position(row, 2)?,
            last_position: position(row, 3)?,
            recorded_at: timestamp(row.try_get(4).map_err(|error| failure(&error))?)?,
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

//! The one task of a process that appends, batch by batch: each batch is one call of `log.append_all` (one
//! event alone, of `log.append_one`), which is a transaction of its own. Other processes do the same; the shard's row
//! lock puts all in order.
//!
//! A batch of several does not hold that lock until it is on disk: it is committed, then
//! [flushed](super::flush) while the next one is on its way, and only then are its callers told. One caller alone
//! would only wait for one more answer, and commits in the usual way; so does a small batch of a process that has
//! the shard to itself, where nobody waits for the lock and a flush would only split the callers in two.

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

/// Up to this size a batch that commits in the usual way is faster than two halves of it, one of them flushed while
/// the other is on its way.
const SMALL: usize = 64;

/// After so many batches with nothing of others between them a process has the shard to itself.
const UNDISTURBED: u32 = 16;

/// Appends to one shard, one batch at a time.
pub(super) struct Writer {
    connections: Arc<WriterConnections>,
    shard: i16,
    queue: Queue,
    clock: Arc<dyn Clock>,
    flushed: Flushed,
    head: watch::Sender<u64>,
    others: Others,
    /// Held by each batch of ours that waits for a flush.
    flushing: Arc<()>,
}

/// Whether other processes append to the shard, told by the positions that ours do not get.
#[derive(Default)]
struct Others {
    /// The last position of ours.
    ours: u64,
    /// How many batches have followed each other since somebody else's event.
    undisturbed: u32,
}

impl Others {
    fn see(&mut self, answers: &[Answer]) {
        let appended = || answers.iter().flatten().filter(|appended| !appended.duplicate);
        let events: u64 = appended().map(|one| one.last_version + 1 - one.first_version).sum();
        let Some(last) = appended().map(|one| one.last_position).max() else { return };
        let follows = last - events == self.ours;
        self.undisturbed = if follows { self.undisturbed.saturating_add(1) } else { 0 };
        self.ours = last;
    }

    fn are_away(&self) -> bool {
        self.undisturbed >= UNDISTURBED
    }
}

/// What appends more than one event.
#[derive(Debug, Clone, Copy)]
enum Function {
    /// For batches in which every request is as it should be.
    All,
    /// Judges each request.
    Batch,
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
        Self {
            connections,
            shard,
            queue,
            clock,
            flushed,
            head,
            others: Others::default(),
            flushing: Arc::default(),
        }
    }

    /// Serves until everybody who could ask is gone, or one asked to close.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.queue.next_batch().await {
            let (appends, callers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|Waiting { append, answer }| (append, answer)).unzip();
            let durable = self.durable(appends.len());
            let session = match durable {
                Durable::AtCommit => None,
                Durable::AfterFlush => match self.flushed.session().await {
                    Ok(session) => Some(session),
                    Err(error) => {
                        answer_all(callers, Err(error));
                        continue;
                    }
                },
            };
            let committed = self.commit(appends, durable).await;
            let last = committed.as_ref().ok().and_then(|answers| last_position(answers));
            self.others.see(committed.as_deref().unwrap_or_default());
            let (flushed, head, flushing) =
                (self.flushed.clone(), self.head.clone(), Arc::clone(&self.flushing));
            // Also a repeat's first try may not be on disk yet.
            let tell = move |on_disk: Result<(), Error>| {
                if let (Some(last), Ok(())) = (last, &on_disk) {
                    flushed.note(last);
                    // Whoever wakes finds what it was woken for.
                    head.send_if_modified(|head| std::mem::replace(head, last.max(*head)) < last);
                }
                answer_all(callers, on_disk.and(committed));
                drop(flushing);
            };
            match session {
                Some(session) if last.is_some() => self.flushed.then(session, tell),
                _ => tell(Ok(())),
            }
        }
    }

    fn durable(&self, requests: usize) -> Durable {
        let in_one_piece =
            requests <= SMALL && self.others.are_away() && Arc::strong_count(&self.flushing) == 1;
        if requests == 1 || in_one_piece { Durable::AtCommit } else { Durable::AfterFlush }
    }

    /// Writes a batch. After a failure its connection is not trusted any more: whether the batch was
    /// committed, the log knows when it is repeated.
    async fn commit(&self, appends: Vec<Append>, durable: Durable) -> Result<Vec<Answer>, Error> {
        let requests = appends.len();
        let mut connection = self.connections.take().await?;
        let at = At {
            shard: self.shard,
            now: self.clock.now().as_microsecond(),
            after: i64::try_from(self.others.ours).unwrap_or(i64::MAX),
        };
        let batch = Batch::of(appends);
        let appending = tokio::time::timeout(PATIENCE, batch.append(&mut connection, at, durable));
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

/// Where and when a batch is appended.
#[derive(Debug, Clone, Copy)]
struct At {
    shard: i16,
    /// In microseconds.
    now: i64,
    /// A position that is there, or was: it saves the server a look at what is before.
    after: i64,
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
        at: At,
        durable: Durable,
    ) -> Result<Vec<Answer>, Error> {
        if self.requests.len() == 1
            && let Some(appended) = self.append_one(connection, at).await?
        {
            return Ok(vec![Ok(appended)]);
        }
        let appended = match self.call(Function::All, connection, at, durable).await {
            // A command that was recorded before: which one, the other function finds.
            Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => {
                self.call(Function::Batch, connection, at, durable).await
            }
            done => done,
        };
        let rows = appended.map_err(|error| failure(&error))?;
        match rows.first() {
            Some(row) if status(row)? == "all" => self.all(position(row, 3)?, recorded_at(row)?),
            _ => rows.iter().map(answer).collect(),
        }
    }

    /// One event of one caller alone; `None` where its stream is not as expected, or its command is not new.
    async fn append_one(&self, connection: &mut PgConnection, at: At) -> Result<Option<Appended>, Error> {
        let appended = sqlx::query_scalar::<_, Option<Vec<i64>>>(
            "SELECT log.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(at.shard)
        .bind(at.now)
        .bind(self.streams.first())
        .bind(self.tenants.first())
        .bind(self.expected.first())
        .bind(self.commands.first())
        .bind(self.fingerprints.first())
        .bind(self.ids.first())
        .bind(self.types.first())
        .bind(self.schemas.first())
        .bind(self.metas.first())
        .bind(self.payloads.first())
        .bind(at.after);
        // All, to the end of the statement: the first row alone comes before the commit.
        let rows = match appended.fetch_all(connection).await {
            Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => {
                return Ok(None);
            }
            rows => rows.map_err(|error| failure(&error))?,
        };
        let ([Some(appended)], Some(expected)) = (rows.as_slice(), self.expected.first()) else {
            return Ok(None);
        };
        let [last_position, recorded_at] = appended.as_slice() else {
            return Err(Error::Corrupt(format!("the log answered {appended:?}")));
        };
        let version = unsigned(*expected)? + 1;
        Ok(Some(Appended {
            first_version: version,
            last_version: version,
            last_position: unsigned(*last_position)?,
            recorded_at: timestamp(*recorded_at)?,
            duplicate: false,
        }))
    }

    async fn call(
        &self,
        function: Function,
        connection: &mut PgConnection,
        at: At,
        durable: Durable,
    ) -> Result<Vec<PgRow>, sqlx::Error> {
        // For this transaction alone: at its end the setting is again what the server was found to have.
        let unflushed = match durable {
            Durable::AtCommit => "",
            Durable::AfterFlush => ", set_config('synchronous_commit', 'off', true)",
        };
        let (name, after) = match function {
            Function::All => ("log.append_all", ", $14"),
            Function::Batch => ("log.append_batch", ""),
        };
        let statement = format!(
            "SELECT status, first_version, last_version, last_position, recorded_at
             FROM {name}($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13{after}){unflushed}"
        );
        let query = sqlx::query(AssertSqlSafe(statement))
            .bind(at.shard)
            .bind(at.now)
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
            .bind(&self.payloads);
        let query = match function {
            Function::All => query.bind(at.after),
            Function::Batch => query,
        };
        query.fetch_all(connection).await
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

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(versions: std::ops::RangeInclusive<u64>, last_position: u64, duplicate: bool) -> Appended {
        let (first_version, last_version) = (*versions.start(), *versions.end());
        Appended { first_version, last_version, last_position, recorded_at: Timestamp::UNIX_EPOCH, duplicate }
    }

    #[test]
    fn others_are_away_once_our_batches_have_followed_each_other_for_a_while() {
        let mut others = Others::default();
        let batch =
            |before: u64| [Ok(appended(1..=2, before + 2, false)), Ok(appended(7..=7, before + 3, false))];
        let alone = |others: &mut Others, from: u64| {
            (0..u64::from(UNDISTURBED)).for_each(|batch_number| others.see(&batch(from + 3 * batch_number)));
        };
        // What was there before us was somebody's.
        others.see(&batch(100));
        assert!(!others.are_away());
        alone(&mut others, 103);
        assert!(others.are_away());
        // Neither says anything of others.
        others.see(&[Ok(appended(1..=1, 4, true)), Err(Error::WrongTenant)]);
        others.see(&[]);
        assert!(others.are_away());
        let ours = 103 + 3 * u64::from(UNDISTURBED);
        others.see(&batch(ours + 1));
        assert!(!others.are_away(), "one event of somebody else");
        alone(&mut others, ours + 4);
        assert!(others.are_away());
    }
}

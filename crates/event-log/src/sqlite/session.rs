//! What one batch does in the database: one transaction, however many callers it serves. Everything here blocks.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::file::{LogFile, failure};
use super::open_error::OpenError;
use super::reader::Tail;
use super::statements::{self, NewRow};
use crate::append::{Head, Verdict, chain, judge, recorded, stamp};
use crate::batch::Answer;
use crate::{Append, Error, StreamId};

/// A connection and what is known of the log through it.
///
/// Only the writer appends, so what it knows stays true, as long as every transaction ends as expected. After
/// any failure the whole session is thrown away and the next one reads the file again.
pub(super) struct Session {
    conn: Connection,
    tail: Option<Tail>,
    heads: HeadCache,
}

impl Session {
    pub(super) fn open(file: &LogFile) -> Result<Self, OpenError> {
        let conn = file.connect_writer()?;
        let tail = statements::tail(&conn).map_err(|error| file.failed(&error))?;
        Ok(Self { conn, tail, heads: HeadCache::default() })
    }

    pub(super) fn last_position(&self) -> u64 {
        self.tail.map_or(0, |tail| tail.position)
    }

    /// Closes the connection; an open transaction is rolled back.
    pub(super) fn close(self) {
        if let Err((_, error)) = self.conn.close() {
            tracing::warn!(%error, "the event log's connection did not close cleanly");
        }
    }

    /// Judges all requests (at most one a stream) and records the accepted ones in one transaction.
    ///
    /// # Errors
    /// When the transaction failed: then nothing is recorded and this session must not be used again.
    pub(super) fn append_batch(&mut self, batch: Vec<Append>, now: Timestamp) -> Result<Vec<Answer>, Error> {
        let Self { conn, tail, heads } = self;
        let tx = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| failure(&error))?;
        heads.make_room();
        let recorded_at = stamp(now, tail.map(|tail| tail.recorded_at));
        let mut position = tail.map_or(0, |tail| tail.position);
        let (mut answers, mut rows, mut grown) = (Vec::with_capacity(batch.len()), Vec::new(), Vec::new());
        for append in batch {
            let stream = append.stream;
            if !heads.knows(stream) {
                heads.learn(statements::head(&tx, stream)?.map(|head| (stream, head)));
            }
            let head = heads.get(stream);
            // A stream without events has no commands either.
            let prior = head.map(|_| statements::command(&tx, &append)).transpose()?.flatten();
            if let Verdict::Answer(answer) = judge(&append, head, prior.as_ref()) {
                answers.push(answer);
                continue;
            }
            let fingerprint = append.fingerprint;
            let events = chain(append, head, position, recorded_at);
            answers.push(recorded(&events).ok_or_else(|| Error::Invalid("it has no events".to_owned())));
            if let Some(last) = events.last() {
                position = last.position;
                let tenant = head.map_or_else(|| Arc::from(last.tenant.as_str()), |head| head.tenant.clone());
                grown.push((stream, Head { version: last.version, hash: last.hash, tenant }));
            }
            rows.extend(events.into_iter().map(|event| {
                let fingerprint = (event.command_seq == 0).then_some(fingerprint);
                NewRow { event, fingerprint }
            }));
        }
        if rows.is_empty() {
            tx.rollback().map_err(|error| failure(&error))?;
            return Ok(answers);
        }
        statements::insert(&tx, &rows)?;
        tx.commit().map_err(|error| failure(&error))?;
        *tail = Some(Tail { position, recorded_at });
        heads.learn(grown);
        Ok(answers)
    }
}

/// The last event of streams seen lately, in two generations: when the young one is full it becomes the
/// old one, and the old one is forgotten. Bounded, and a busy stream never leaves it for long.
#[derive(Default)]
struct HeadCache {
    young: HashMap<StreamId, Head>,
    old: HashMap<StreamId, Head>,
}

/// Streams in one generation: some 3 MB.
const GENERATION: usize = 16 * 1024;

impl HeadCache {
    fn knows(&self, stream: StreamId) -> bool {
        self.get(stream).is_some()
    }

    fn get(&self, stream: StreamId) -> Option<&Head> {
        self.young.get(&stream).or_else(|| self.old.get(&stream))
    }

    /// Retires a full generation. Only between batches: what a batch has found stays known to its end.
    fn make_room(&mut self) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
    }

    fn learn(&mut self, heads: impl IntoIterator<Item = (StreamId, Head)>) {
        self.young.extend(heads);
    }
}

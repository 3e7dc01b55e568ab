//! A log in memory with the same behaviour, for tests of the layers above. It forgets everything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ambient::Clock;
use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use crate::append::{Head, Verdict, chain, judge, recorded, stamp};
use crate::{Append, Appended, CommandRecord, Committed, Error, EventLog, StreamId};

/// A log that lives as long as the value does.
pub struct MemoryLog {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    head: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// Position `n` is at index `n - 1`.
    events: Vec<Committed>,
    /// For each stream, the indexes of its events: version `n` is at index `n - 1`.
    streams: HashMap<StreamId, Vec<usize>>,
    commands: HashMap<(StreamId, Uuid), CommandRecord>,
}

impl MemoryLog {
    /// An empty log that tells the time by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), head: watch::Sender::new(0) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn head_of(&self, stream: StreamId) -> Option<Head> {
        let last = self.events.get(*self.streams.get(&stream)?.last()?)?;
        Some(Head { version: last.version, hash: last.hash, tenant: Arc::from(last.tenant.as_str()) })
    }

    fn append(&mut self, append: Append, now: Timestamp) -> Result<Appended, Error> {
        let (stream, command_id, fingerprint) = (append.stream, append.command_id, append.fingerprint);
        let head = self.head_of(stream);
        if let Verdict::Answer(answer) =
            judge(&append, head.as_ref(), self.commands.get(&(stream, command_id)))
        {
            return answer;
        }
        let recorded_at = stamp(now, self.events.last().map(|last| last.recorded_at));
        let events = chain(append, head.as_ref(), self.last_position(), recorded_at);
        let appended = recorded(&events).ok_or_else(|| Error::Invalid("it has no events".to_owned()))?;
        self.commands.insert(
            (stream, command_id),
            CommandRecord {
                first_version: appended.first_version,
                last_version: appended.last_version,
                last_position: appended.last_position,
                fingerprint,
                recorded_at,
            },
        );
        for event in events {
            self.streams.entry(stream).or_default().push(self.events.len());
            self.events.push(event);
        }
        Ok(appended)
    }

    fn last_position(&self) -> u64 {
        self.events.last().map_or(0, |last| last.position)
    }
}

fn index(after: u64) -> usize {
    usize::try_from(after).unwrap_or(usize::MAX)
}

#[async_trait]
impl EventLog for MemoryLog {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        append.check()?;
        let mut state = self.state();
        let appended = state.append(append, self.clock.now())?;
        // Still under the lock: the head must not go back when two appends finish together.
        self.head.send_replace(state.last_position());
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        let state = self.state();
        let indexes = state.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        let wanted = indexes.iter().skip(index(after_version)).take(limit);
        Ok(wanted.filter_map(|&at| state.events.get(at).cloned()).collect())
    }

    async fn read_all(&self, after_position: u64, limit: usize) -> Result<Vec<Committed>, Error> {
        Ok(self.state().events.iter().skip(index(after_position)).take(limit).cloned().collect())
    }

    async fn head(&self) -> Result<u64, Error> {
        Ok(self.state().last_position())
    }

    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.state().events.last().map(|last| last.recorded_at))
    }

    async fn find_command(&self, stream: StreamId, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        Ok(self.state().commands.get(&(stream, command_id)).copied())
    }

    fn watch(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }
}

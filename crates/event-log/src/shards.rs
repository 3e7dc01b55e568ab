//! Several shards as one log. A shard is an ordering domain of its own: there is an order within it and none
//! across, so whoever follows the log follows each shard by itself, and only what concerns one stream can be
//! asked of all of them together.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{Append, Appended, CommandRecord, Committed, Error, EventLog, StreamId};

/// Most shards: a stream's shard is one byte of its id.
pub const MAX_SHARDS: u16 = 256;

/// Bits of a position within its shard; the shard stands above them.
const LOCAL_BITS: u32 = 48;

/// The shard of a stream among `shards`: the last byte of its id, which whoever makes the id puts there. So it
/// can be told from the id alone, by eye as well, and stays where it is when shards are added.
pub fn shard_of(stream: StreamId, shards: u16) -> u16 {
    u16::from(stream.as_bytes()[15]) % shards.max(1)
}

/// A position in one of several shards as one number. In the first shard it is the position itself.
pub fn global_position(shard: u16, position: u64) -> u64 {
    (u64::from(shard) << LOCAL_BITS) | position
}

/// The shard and the position within it that [`global_position`] put together.
pub fn local_position(global: u64) -> (u16, u64) {
    (u16::try_from(global >> LOCAL_BITS).unwrap_or(u16::MAX), global & ((1 << LOCAL_BITS) - 1))
}

/// All shards of a log, each with its streams. What it says of positions is [global](global_position).
pub struct Shards {
    logs: Vec<Arc<dyn EventLog>>,
    unmoved: watch::Sender<u64>,
}

impl Shards {
    /// One log of these, in their order; one alone is the whole log already.
    ///
    /// # Panics
    /// There are none.
    pub fn of(mut logs: Vec<Arc<dyn EventLog>>) -> Arc<dyn EventLog> {
        assert!(!logs.is_empty() && logs.len() <= usize::from(MAX_SHARDS), "a log has 1 to 256 shards");
        if logs.len() == 1 { logs.remove(0) } else { Arc::new(Self { logs, unmoved: watch::Sender::new(0) }) }
    }

    fn at(&self, stream: StreamId) -> (u16, &Arc<dyn EventLog>) {
        let shard = shard_of(stream, self.shards());
        (shard, &self.logs[usize::from(shard)])
    }
}

fn no_one_order<T>() -> Result<T, Error> {
    Err(Error::Invalid("a log of several shards has no one order: ask a shard".to_owned()))
}

#[async_trait]
impl EventLog for Shards {
    async fn append(&self, append: Append) -> Result<Appended, Error> {
        let (shard, log) = self.at(append.stream);
        let appended = log.append(append).await?;
        Ok(Appended { last_position: global_position(shard, appended.last_position), ..appended })
    }

    async fn read_stream(
        &self,
        stream: StreamId,
        after_version: u64,
        limit: usize,
    ) -> Result<Vec<Committed>, Error> {
        let (shard, log) = self.at(stream);
        let mut events = log.read_stream(stream, after_version, limit).await?;
        for event in &mut events {
            event.position = global_position(shard, event.position);
        }
        Ok(events)
    }

    async fn read_all(&self, _after_position: u64, _limit: usize) -> Result<Vec<Committed>, Error> {
        no_one_order()
    }

    async fn head(&self) -> Result<u64, Error> {
        no_one_order()
    }

    async fn last_recorded_at(&self) -> Result<Option<Timestamp>, Error> {
        let mut last = None;
        for log in &self.logs {
            last = last.max(log.last_recorded_at().await?);
        }
        Ok(last)
    }

    async fn find_command(&self, stream: StreamId, command_id: Uuid) -> Result<Option<CommandRecord>, Error> {
        let (shard, log) = self.at(stream);
        let found = log.find_command(stream, command_id).await?;
        Ok(found.map(|record| CommandRecord {
            last_position: global_position(shard, record.last_position),
            ..record
        }))
    }

    /// Never moves: [each shard](EventLog::watch_stream) has a head of its own.
    fn watch(&self) -> watch::Receiver<u64> {
        self.unmoved.subscribe()
    }

    fn watch_stream(&self, stream: StreamId) -> watch::Receiver<u64> {
        self.at(stream).1.watch()
    }

    fn shards(&self) -> u16 {
        u16::try_from(self.logs.len()).unwrap_or(MAX_SHARDS)
    }
}

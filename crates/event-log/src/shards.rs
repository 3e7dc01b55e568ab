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

#[cfg(test)]
mod tests {
    use ambient::SystemClock;

    use super::*;
    use crate::{MemoryLog, NewEvent};

    fn id(number: u8, shard: u8) -> Uuid {
        let mut bytes = [number; 16];
        bytes[15] = shard;
        Uuid::from_bytes(bytes)
    }

    fn append(stream: Uuid, expected_version: u64, command: u8) -> Append {
        let event = NewEvent {
            event_id: id(command, 0),
            event_type: "stage.happened".to_owned(),
            schema_version: 1,
            meta: b"{}".to_vec(),
            payload: b"{}".to_vec(),
        };
        let events = vec![event];
        Append {
            stream,
            tenant: "brand".to_owned(),
            expected_version,
            command_id: id(command, 0),
            fingerprint: [0; 32],
            events,
        }
    }

    fn three() -> (Vec<Arc<dyn EventLog>>, Arc<dyn EventLog>) {
        let one = || -> Arc<dyn EventLog> { Arc::new(MemoryLog::new(Arc::new(SystemClock))) };
        let logs = vec![one(), one(), one()];
        (logs.clone(), Shards::of(logs))
    }

    #[tokio::test]
    async fn a_stream_is_in_the_shard_that_its_id_names_and_positions_name_it_too() {
        let (logs, all) = three();
        assert_eq!(all.shards(), 3);
        for (shard, command) in [(0, 1), (2, 2), (2, 3)] {
            let stream = id(command, shard);
            let appended = all.append(append(stream, 0, command)).await.unwrap();
            let (found, position) = local_position(appended.last_position);
            assert_eq!(found, u16::from(shard));
            assert_eq!(logs[usize::from(shard)].read_all(position - 1, 1).await.unwrap()[0].stream, stream);
            assert_eq!(all.read_stream(stream, 0, 9).await.unwrap()[0].position, appended.last_position);
            let record = all.find_command(stream, id(command, 0)).await.unwrap().unwrap();
            assert_eq!(record.last_position, appended.last_position);
            let again = all.append(append(stream, 0, command)).await.unwrap();
            assert_eq!((again.duplicate, again.last_position), (true, appended.last_position));
        }
        assert_eq!(logs[1].head().await, Ok(0));
        assert_eq!((logs[2].head().await, *all.watch_stream(id(9, 2)).borrow()), (Ok(2), 2));
        assert!(all.head().await.is_err() && all.read_all(0, 1).await.is_err(), "there is no one order");
    }

    #[test]
    fn adding_shards_moves_no_stream_whose_shard_was_there() {
        for shard in 0..4 {
            assert_eq!(shard_of(id(7, shard), 4), u16::from(shard));
            assert_eq!(shard_of(id(7, shard), 256), u16::from(shard));
        }
    }

    #[test]
    fn in_the_first_shard_a_position_is_itself() {
        assert_eq!(global_position(0, 41), 41);
        assert_eq!(local_position(global_position(255, 41)), (255, 41));
    }
}

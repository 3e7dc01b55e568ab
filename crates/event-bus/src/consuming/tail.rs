//! The latest events, read from the log once for all consumers.
//!
//! Consumers mostly stand close to the end of the log and are woken by the same commit. The first to come
//! reads; the others find what it read.

use std::collections::VecDeque;
use std::sync::Arc;

use event_log::{Committed, Error, EventLog};
use tokio::sync::Mutex;

/// Events kept.
const KEPT: usize = 2_048;

/// The log, with its latest events at hand.
pub(crate) struct Tail {
    log: Arc<dyn EventLog>,
    /// Without gaps, oldest first.
    recent: Mutex<VecDeque<Arc<Committed>>>,
}

impl Tail {
    pub(crate) fn new(log: Arc<dyn EventLog>) -> Self {
        Self { log, recent: Mutex::default() }
    }

    /// The events after `position` in order, at most `limit`. Fewer does not mean that there are no more.
    pub(crate) async fn after(&self, position: u64, limit: usize) -> Result<Vec<Arc<Committed>>, Error> {
        // Held while reading: whoever else wants the same waits for it instead of reading it again.
        let mut recent = self.recent.lock().await;
        let first = recent.front().map_or(0, |event| event.position);
        let last = recent.back().map_or(0, |event| event.position);
        if position < last && position + 1 >= first {
            let offset = usize::try_from(position + 1 - first).unwrap_or(usize::MAX);
            return Ok(recent.iter().skip(offset).take(limit).cloned().collect());
        }
        if position < last {
            // Far behind, and on its own: the others need not wait, nor lose what is at hand.
            drop(recent);
            return self.read(position, limit).await;
        }
        let page = self.read(position, limit).await?;
        if position > last {
            recent.clear();
        }
        recent.extend(page.iter().cloned());
        let surplus = recent.len().saturating_sub(KEPT);
        recent.drain(..surplus);
        Ok(page)
    }

    /// Takes in an event that came another way than from the log. It stays at hand if it is the next one;
    /// after a gap nothing before it is at hand any more, and whoever wants that reads the log.
    pub(crate) async fn push(&self, event: Arc<Committed>) {
        let mut recent = self.recent.lock().await;
        match recent.back().map(|last| last.position) {
            Some(last) if event.position <= last => return,
            Some(last) if event.position > last + 1 => recent.clear(),
            _ => {}
        }
        recent.push_back(event);
        if recent.len() > KEPT {
            recent.pop_front();
        }
    }

    /// Reads from the log. Positions have no gaps; if one is missing, nothing after it may be delivered:
    /// better to stand still, and be seen to, than to skip an event.
    async fn read(&self, position: u64, limit: usize) -> Result<Vec<Arc<Committed>>, Error> {
        let page = self.log.read_all(position, limit).await?;
        for (expected, event) in (position + 1..).zip(&page) {
            if event.position != expected {
                let found = event.position;
                return Err(Error::Corrupt(format!("position {expected} is missing, {found} comes instead")));
            }
        }
        Ok(page.into_iter().map(Arc::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use ambient::SystemClock;
    use event_log::{Append, MemoryLog, NewEvent};
    use uuid::Uuid;

    use super::*;

    async fn log_of(events: u64) -> Tail {
        let log = MemoryLog::new(Arc::new(SystemClock));
        for number in 0..events {
            let event = NewEvent {
                event_id: Uuid::from_u128(number.into()),
                event_type: "stage.happened".to_owned(),
                schema_version: 1,
                meta: Vec::new(),
                payload: Vec::new(),
            };
            let append = Append {
                stream: Uuid::nil(),
                tenant: "brand".to_owned(),
                expected_version: number,
                command_id: event.event_id,
                fingerprint: [0; 32],
                events: vec![event],
            };
            log.append(append).await.unwrap();
        }
        Tail::new(Arc::new(log))
    }

    #[tokio::test]
    async fn wherever_a_consumer_stands_it_gets_what_comes_next() {
        let tail = log_of(3_000).await;
        // From the beginning, past what is kept, back to what is no longer kept, and beyond the end.
        let places = (0..3_000).step_by(100).chain([2_990, 950, 951, 952, 953, 0, 2_999, 1_500, 3_000]);
        for position in places {
            let page = tail.after(position, 150).await.unwrap();
            let expected = (position + 1..=3_000).take(page.len());
            assert!(page.iter().map(|event| event.position).eq(expected), "after {position}");
            assert_eq!(page.is_empty(), position == 3_000, "after {position}");
            assert!(page.len() <= 150 && tail.recent.lock().await.len() <= KEPT);
        }
    }

    #[tokio::test]
    async fn what_one_consumer_has_read_the_next_one_shares() {
        let tail = log_of(10).await;
        let (first, second) = (tail.after(0, 10).await.unwrap(), tail.after(4, 10).await.unwrap());
        assert!(Arc::ptr_eq(&first[4], &second[0]));
    }
}

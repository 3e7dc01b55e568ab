//! Follows the chains of all streams at once, in the order of the log, in bounded memory.

use std::collections::HashMap;

use event_log::{ChainVerifier, Committed, Error as LogError, EventLog, Fault, StreamId};

use super::finding::Wrong;

/// Streams in one generation: some 10 MB. Two are kept; a stream that was forgotten is looked up again.
const GENERATION: usize = 64 * 1024;

/// Where each stream stands that had an event lately.
pub(super) struct Chains<'a> {
    log: &'a dyn EventLog,
    young: HashMap<StreamId, ChainVerifier>,
    old: HashMap<StreamId, ChainVerifier>,
    recorded_at_us: i64,
}

impl<'a> Chains<'a> {
    pub(super) fn new(log: &'a dyn EventLog) -> Self {
        Self { log, young: HashMap::new(), old: HashMap::new(), recorded_at_us: i64::MIN }
    }

    /// What is wrong with the next event of the log.
    pub(super) async fn check(&mut self, event: &Committed) -> Result<Option<Wrong>, LogError> {
        let recorded_at_us = event.recorded_at.as_microsecond();
        if recorded_at_us < self.recorded_at_us {
            return Ok(Some(Wrong::Early));
        }
        self.recorded_at_us = recorded_at_us;
        let known = self.young.remove(&event.stream).or_else(|| self.old.remove(&event.stream));
        let mut verifier = match known {
            Some(verifier) => verifier,
            None => self.look_up(event).await?,
        };
        if let Err(broken) = verifier.check(event) {
            return Ok(Some(match broken.fault {
                Fault::Hash => Wrong::Edited,
                fault => Wrong::Misplaced(fault),
            }));
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(event.stream, verifier);
        Ok(None)
    }

    /// Stands behind the event's predecessor, which was checked when its turn was, or is not to be checked.
    async fn look_up(&self, event: &Committed) -> Result<ChainVerifier, LogError> {
        if event.version > 1 {
            let before = self.log.read_stream(event.stream, event.version - 2, 1).await?;
            if let Some(before) = before.first().filter(|before| before.version < event.version) {
                return Ok(ChainVerifier::after(before));
            }
        }
        Ok(ChainVerifier::new(event.stream))
    }
}

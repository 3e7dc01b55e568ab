//! The log in memory keeps what every event log promises.

use std::sync::Arc;

use ambient::Clock;
use async_trait::async_trait;
use event_log::contract::Factory;
use event_log::{EventLog, MemoryLog};

struct Memory;

#[async_trait]
impl Factory for Memory {
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn EventLog> {
        Arc::new(MemoryLog::new(clock))
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}

event_log::contract_tests!(Memory);

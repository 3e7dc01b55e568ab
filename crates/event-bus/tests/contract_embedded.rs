//! The embedded bus keeps what every event bus promises.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::sync::Arc;

use ambient::{Clock, SeededIds};
use async_trait::async_trait;
use event_bus::contract::Factory;
use event_bus::{EmbeddedBus, EventBus};
use event_log::EventLog;
use tempfile::TempDir;

/// One file, opened as often as the test wants.
struct Embedded {
    folder: TempDir,
}

impl Embedded {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
}

#[async_trait]
impl Factory for Embedded {
    async fn open(&self, log: Arc<dyn EventLog>, clock: Arc<dyn Clock>) -> Arc<dyn EventBus> {
        let path = self.folder.path().join("bus.db");
        Arc::new(EmbeddedBus::open(&path, log, clock, Arc::new(SeededIds::new(1))).await.unwrap())
    }
}

event_bus::contract_tests!(Embedded::new());

//! The log in SQLite keeps what every event log promises.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

use std::sync::{Arc, Mutex};

use ambient::Clock;
use async_trait::async_trait;
use event_log::contract::Factory;
use event_log::{EventLog, SqliteLog};
use tempfile::TempDir;

/// Keeps the folders of its logs for as long as the test runs.
#[derive(Default)]
struct Sqlite {
    folders: Mutex<Vec<TempDir>>,
}

#[async_trait]
impl Factory for Sqlite {
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn EventLog> {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(&folder.path().join("log.db"), clock).await.unwrap();
        self.folders.lock().unwrap().push(folder);
        Arc::new(log)
    }
}

event_log::contract_tests!(Sqlite::default());

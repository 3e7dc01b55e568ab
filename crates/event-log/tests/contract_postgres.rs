//! The log in Postgres keeps what every event log promises, for a role that owns nothing.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up must fail it")]

mod server;

use std::sync::{Arc, Mutex};

use ambient::Clock;
use async_trait::async_trait;
use event_log::contract::Factory;
use event_log::{EventLog, PostgresLog, PostgresLogOptions};

use scratch::shared::Database;
use server::migrated;

/// Keeps the databases of its logs for as long as the test runs.
#[derive(Default)]
struct Postgres {
    databases: Mutex<Vec<Database>>,
}

#[async_trait]
impl Factory for Postgres {
    async fn open(&self, clock: Arc<dyn Clock>) -> Arc<dyn EventLog> {
        // On a thread of its own: the compiler cannot see that the drivers' futures may move between threads.
        // It stays, because a server that a test starts for itself ends with the thread that started it.
        let runtime = tokio::runtime::Handle::current();
        let (give, made) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let made = runtime.block_on(async {
                let database = Database::create().await.unwrap();
                (migrated(&database.url).await, database)
            });
            drop(give.send(made));
            loop {
                std::thread::park();
            }
        });
        let (writer, database) = made.await.unwrap();
        let log = PostgresLog::open(&writer, PostgresLogOptions::default(), clock).await.unwrap();
        self.databases.lock().unwrap().push(database);
        Arc::new(log)
    }
}

event_log::contract_tests!(Postgres::default());

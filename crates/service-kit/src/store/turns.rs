//! Turns: what only one may do at a time, among tasks and among replicas.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sha2::{Digest, Sha256};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection, PgPool, Postgres, Transaction};
use tokio::sync::OwnedMutexGuard;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::postgres::TRUSTED;

/// Most turns that one process has, or waits for, in a Postgres at a time: each takes a connection, which
/// is made when it is needed and ended when it is not.
const CONNECTIONS: u32 = 24;
/// How long one waits for such a connection, and an unused one is kept.
const ACQUIRE: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_mins(1);

/// Waiting ends after a minute; a replica that stands still loses its turn after two, and one whose machine
/// is gone after 25 s.
const SETTINGS: &str = "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '2min'; \
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
    SET client_min_messages = error";

/// So many names are kept before those that nobody uses any more are forgotten.
const NAMES: usize = 256;

/// A turn; it ends when this is dropped, and on Postgres also when its connection ends.
///
/// Turns keep two from doing the same work and from deciding on the same capacity; they are not what
/// truth rests on: a replica that lost its connection may go on for a moment beside the next one, and
/// then the log's versions and command ids decide.
///
/// Order, so that nobody waits in a circle: a source's timers come first (its driver holds their turn while
/// what it fires takes one of its own); whoever holds any other turn takes no further one; and nobody
/// waits for a turn inside a transaction.
#[must_use]
#[derive(Debug)]
pub struct Turn {
    // In this order: the next one in this process finds the database's lock on its way out already.
    _replicas: Option<Transaction<'static, Postgres>>,
    _process: OwnedMutexGuard<()>,
}

/// Hands out turns. Clones hand out the same ones.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    names: Arc<Mutex<Names>>,
    database: Option<Database>,
}

#[derive(Debug, Clone)]
struct Database {
    pool: PgPool,
    schema: String,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Names {
    locks: HashMap<String, Weak<tokio::sync::Mutex<()>>>,
    limit: usize,
}

impl Turns {
    /// Turns among the tasks of this process: for a database that no other process writes.
    pub(super) fn within_process() -> Self {
        Self::over(None)
    }

    /// Turns among all who use this schema.
    pub(super) fn between_replicas(url: &str, schema: &str) -> Result<Self, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(IDLE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SETTINGS).execute(connection).await?;
                    Ok(())
                })
            })
            .test_before_acquire(false)
            .before_acquire(|connection, used| {
                Box::pin(async move {
                    if used.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy(url)?;
        Ok(Self::over(Some(Database { pool, schema: schema.to_owned(), tasks: TaskTracker::new() })))
    }

    fn over(database: Option<Database>) -> Self {
        let names = Names { locks: HashMap::new(), limit: NAMES };
        Self { names: Arc::new(Mutex::new(names)), database }
    }

    pub(super) async fn take(&self, name: &str) -> Result<Turn, sqlx::Error> {
        // First within the process: of many tasks, one at a time asks the database.
        let lock = self.names.lock().unwrap_or_else(PoisonError::into_inner).lock_of(name);
        let process = lock.lock_owned().await;
        let replicas = match &self.database {
            Some(database) => Some(database.lock(name).await?),
            None => None,
        };
        Ok(Turn { _replicas: replicas, _process: process })
    }

    pub(super) async fn close(&self) {
        if let Some(database) = &self.database {
            database.pool.close().await;
        }
    }
}

impl Names {
    fn lock_of(&mut self, name: &str) -> Arc<tokio::sync::Mutex<()>> {
        if let Some(lock) = self.locks.get(name).and_then(Weak::upgrade) {
            return lock;
        }
        if self.locks.len() >= self.limit {
            self.locks.retain(|_, lock| lock.strong_count() > 0);
            self.limit = NAMES.max(self.locks.len() * 2);
        }
        let lock = Arc::default();
        self.locks.insert(name.to_owned(), Arc::downgrade(&lock));
        lock
    }
}

impl Database {
    /// The lock of this name, held by a transaction that does nothing else. A task of its own: whoever
    /// stops waiting leaves no connection inside a transaction, and no lock.
    async fn lock(&self, name: &str) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let (pool, key) = (self.pool.clone(), key(&self.schema, name));
        let taken = async move {
            let mut transaction = pool.begin().await?;
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(key).execute(&mut *transaction).await?;
            Ok(transaction)
        };
        let task = self.tasks.spawn(taken.in_current_span());
        task.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

/// The same in every version of the program. Two names that fall together would only wait for each other.
fn key(schema: &str, name: &str) -> i64 {
    let digest = Sha256::new().chain_update(schema).chain_update("/").chain_update(name).finalize();
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_the_same_lock_in_every_release_and_another_in_every_schema() {
        assert_eq!(key("routing", "brand/NB"), key("routing", "brand/NB"));
        assert_ne!(key("routing", "brand/NB"), key("intake", "brand/NB"));
        assert_ne!(key("routing", "brand/NB"), key("routing", "brand/DK"));
    }

    #[tokio::test]
    async fn names_that_nobody_uses_are_forgotten() {
        let turns = Turns::within_process();
        let kept = turns.take("kept").await.unwrap();
        for number in 0..NAMES * 4 {
            drop(turns.take(&format!("notification/{number}")).await.unwrap());
        }
        let names = turns.names.lock().unwrap();
        assert!(names.locks.len() <= NAMES && names.locks.contains_key("kept"), "{}", names.locks.len());
        drop(kept);
    }
}

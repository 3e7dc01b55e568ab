//! What a process needs from outside: how it is waited for at the start, and asked for a sign of life later.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use event_log::EventLog;
use service_kit::readiness::Dependency;

/// How long to wait between two tries at the start. On real time: it waits for real servers.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// Tries to reach something until it answers, `is_away` says that trying is no use, or patience ends.
pub(crate) async fn patiently<T, E: Display>(
    what: &str,
    patience: Duration,
    is_away: impl Fn(&E) -> bool,
    mut reach: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let started = Instant::now();
    loop {
        match reach().await {
            Err(error) if is_away(&error) && started.elapsed() < patience => {
                tracing::warn!(%error, "{what} does not answer yet; trying again");
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            done => return done,
        }
    }
}

/// The database, seen through the log. A log that is shorter than it was seen to be was restored under a
/// process that still remembers what is gone: it must not go on.
pub(crate) struct Postgres {
    shards: Vec<Seen>,
    /// Says so once it has happened: from then on the process stays unready, however far the log goes on.
    restored: OnceLock<String>,
}

/// A shard, and how far it was seen to go.
struct Seen {
    log: Arc<dyn EventLog>,
    head: AtomicU64,
}

impl Postgres {
    pub(crate) fn of<L: EventLog>(shards: &[Arc<L>]) -> Self {
        let seen = |log: &Arc<L>| {
            let log: Arc<dyn EventLog> = log.clone();
            Seen { log, head: AtomicU64::new(0) }
        };
        Self { shards: shards.iter().map(seen).collect(), restored: OnceLock::new() }
    }
}

#[async_trait]
impl Dependency for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn check(&self) -> Result<(), String> {
        for shard in &self.shards {
            let head = shard.log.head().await.map_err(|error| error.to_string())?;
            let seen = shard.head.fetch_max(head, Ordering::SeqCst);
            if head < seen {
                self.restored.get_or_init(|| {
                    format!(
                        "the log ends at {head} and was seen to end at {seen}: it was restored; end every \
                         process and start them again"
                    )
                });
            }
        }
        self.restored.get().map_or(Ok(()), |problem| Err(problem.clone()))
    }
}

/// The connection to NATS.
pub(crate) struct Nats(pub(crate) async_nats::Client);

#[async_trait]
impl Dependency for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    async fn check(&self) -> Result<(), String> {
        match self.0.connection_state() {
            async_nats::connection::State::Connected => Ok(()),
            state => Err(format!("not connected ({state:?})")),
        }
    }
}

#[cfg(test)]
mod tests {
    use ambient::SystemClock;
    use event_log::MemoryLog;

    use super::*;

    #[tokio::test]
    async fn a_log_that_has_become_shorter_is_never_ready_again() {
        let log = Arc::new(MemoryLog::new(Arc::new(SystemClock)));
        let postgres = Postgres::of(&[Arc::clone(&log), log]);
        assert_eq!(postgres.check().await, Ok(()));
        postgres.shards[1].head.store(7, Ordering::SeqCst);
        let problem = postgres.check().await.unwrap_err();
        assert!(problem.contains("ends at 0 and was seen to end at 7"), "{problem}");
        postgres.shards[1].head.store(0, Ordering::SeqCst);
        assert_eq!(postgres.check().await, Err(problem));
    }
}

//! What a process needs from outside: how it is waited for at the start, and asked for a sign of life later.

use std::fmt::Display;
use std::sync::Arc;
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

/// The database, seen through the log.
pub(crate) struct Postgres(pub(crate) Arc<dyn EventLog>);

#[async_trait]
impl Dependency for Postgres {
    fn name(&self) -> &'static str {
        "postgres"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.last_recorded_at().await.map(drop).map_err(|error| error.to_string())
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

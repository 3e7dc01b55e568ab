//! The connections that a process appends over: all given up after any failure, and made again soon, but not
//! by all processes at the same moment.

use std::time::Duration;

use ambient::{Ids, SystemIds};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use super::open::{Database, OpenError};
use crate::Error;

/// How long appends wait for a database that cannot be reached, before their callers are told.
const WAIT: Duration = Duration::from_secs(5);

/// Pauses between tries: from this,
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// doubled each time, to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The connections that wait for work, or what is known of their absence. What one batch finds out, the others
/// need not find out again.
pub(super) struct WriterConnections {
    database: Database,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    idle: Vec<PgConnection>,
    away: Option<Away>,
}

/// The database could not be reached, as of the last try.
struct Away {
    /// Until then an append waits; later it is told at once, unless it is time for another try.
    give_up: Instant,
    next_try: Instant,
    pause: Duration,
    reason: String,
}

impl WriterConnections {
    pub(super) fn new(database: Database) -> Self {
        Self { database, known: Mutex::default() }
    }

    /// A connection, for one batch: given back if all went well, dropped and [told](Self::distrust) if not.
    pub(super) async fn take(&self) -> Result<PgConnection, Error> {
        // Held while connecting: whoever comes meanwhile waits for the same.
        let mut known = self.known.lock().await;
        if let Some(connection) = known.idle.pop() {
            return Ok(connection);
        }
        loop {
            if let Some(away) = &known.away {
                let now = Instant::now();
                if now >= away.give_up && now < away.next_try {
                    return Err(Error::Unavailable(away.reason.clone()));
                }
                sleep_until(away.next_try).await;
            }
            let started = Instant::now();
            match self.database.connect().await {
                Ok(connection) => {
                    known.away = None;
                    return Ok(connection);
                }
                Err(error) => {
                    known.away = Some(Away::after(known.away.take(), started, Instant::now(), &error));
                }
            }
        }
    }

    pub(super) async fn give_back(&self, connection: PgConnection) {
        self.known.lock().await.idle.push(connection);
    }

    /// A connection failed: the others, which lay idle meanwhile, are most likely dead as well.
    pub(super) async fn distrust(&self) {
        self.known.lock().await.idle.clear();
    }

    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut self.known.lock().await.idle);
        for connection in idle {
            // Nothing is lost if it cannot be said: the server notices.
            drop(connection.close().await);
        }
    }
}

impl Away {
    /// What follows from one more try that failed.
    fn after(before: Option<Self>, started: Instant, now: Instant, error: &OpenError) -> Self {
        let (give_up, pause) = match before {
            Some(before) => (before.give_up, (before.pause * 2).min(LONGEST_PAUSE)),
            // Waiting helps only where nobody answers.
            None if error.is_unreachable() => (started + WAIT, FIRST_PAUSE),
            None => (started, FIRST_PAUSE),
        };
        Self { give_up, next_try: now + jittered(pause), pause, reason: error.to_string() }
    }
}

/// Between half the pause and all of it.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0];
    SystemIds.fill(&mut random);
    pause / 2 + pause / 2 * u32::from(random[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreachable() -> OpenError {
        OpenError::Unreachable { place: "host:5432/db".to_owned(), reason: "refused".to_owned() }
    }

    #[test]
    fn pauses_grow_to_a_second_and_never_move_the_moment_to_give_up() {
        let started = Instant::now();
        let (mut now, mut longest) = (started, FIRST_PAUSE);
        let mut away = Away::after(None, started, now, &unreachable());
        for _ in 0..12 {
            let pause = away.next_try - now;
            assert!(longest / 2 <= pause && pause <= longest, "{pause:?}");
            longest = (longest * 2).min(LONGEST_PAUSE);
            now = away.next_try;
            away = Away::after(Some(away), now, now, &unreachable());
            assert_eq!(away.give_up, started + WAIT);
        }
        assert_eq!(away.pause, LONGEST_PAUSE);
    }

    #[test]
    fn a_database_that_answers_no_is_not_waited_for() {
        let (now, missing) = (Instant::now(), OpenError::Missing { place: "host:5432/db".to_owned() });
        let away = Away::after(None, now, now, &missing);
        assert!(away.give_up <= now && now < away.next_try);
    }
}

//! The one connection that a process appends over: given up after any failure, and made again soon, but not
//! by all processes at the same moment.

use std::time::Duration;

use ambient::{Ids, SystemIds};
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::time::{Instant, sleep_until};

use super::open::{Database, OpenError};
use crate::Error;

/// How long appends wait for a database that cannot be reached, before their callers are told.
const WAIT: Duration = Duration::from_secs(5);

/// Pauses between tries: from this,
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// doubled each time, to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The connection, or what is known of its absence.
pub(super) struct WriterConnection {
    database: Database,
    idle: Option<PgConnection>,
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

impl WriterConnection {
    pub(super) fn new(database: Database) -> Self {
        Self { database, idle: None, away: None }
    }

    /// The connection, for one batch: given back if all went well, dropped if not.
    pub(super) async fn take(&mut self) -> Result<PgConnection, Error> {
        if let Some(connection) = self.idle.take() {
            return Ok(connection);
        }
        loop {
            if let Some(away) = &self.away {
                let now = Instant::now();
                if now >= away.give_up && now < away.next_try {
                    return Err(Error::Unavailable(away.reason.clone()));
                }
                sleep_until(away.next_try).await;
            }
            let started = Instant::now();
            match self.database.connect().await {
                Ok(connection) => {
                    self.away = None;
                    return Ok(connection);
                }
                Err(error) => {
                    self.away = Some(Away::after(self.away.take(), started, Instant::now(), &error));
                }
            }
        }
    }

    pub(super) fn give_back(&mut self, connection: PgConnection) {
        self.idle = Some(connection);
    }

    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.idle.take() {
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

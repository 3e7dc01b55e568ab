//! Trying a command again when a part did not answer. Its id makes that safe: a commit whose answer was lost
//! is found and answered again.

use std::time::{Duration, Instant};

use ambient::Ids;
use tokio_util::sync::CancellationToken;

/// After this long the caller is told that a part is not available.
const IN_ALL: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What is left of it for one command.
pub(super) struct Patience {
    until: Instant,
    pause: Duration,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { until: Instant::now() + IN_ALL, pause: FIRST_PAUSE }
    }

    /// Waits before the next try; false when there is to be none. On real time, because it waits for a
    /// server to come back and not for anything that a test's clock could tell.
    pub(super) async fn wait(&mut self, ids: &dyn Ids, stop: &CancellationToken) -> bool {
        let mut chance = [0];
        ids.fill(&mut chance);
        // From half of it to all of it, so that those who failed together do not come back together.
        let pause = self.pause / 2 + self.pause * u32::from(chance[0]) / (2 * 255);
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        if Instant::now() + pause > self.until {
            return false;
        }
        tokio::select! {
            () = stop.cancelled() => false,
            () = tokio::time::sleep(pause) => true,
        }
    }
}

//! Clocks: the real one, one that can be moved ahead, and one that stands still until told.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Tells the time and waits for a moment. Cheap to call; shared behind an `Arc`.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The present moment (UTC), with microsecond resolution: what the log stores.
    fn now(&self) -> Timestamp;

    /// Returns once [`Clock::now`] has reached `moment`; at once if it already has.
    async fn sleep_until(&self, moment: Timestamp);
}

/// The operating system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the one place where the system's clock is read")]
fn system_now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        system_now()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let wait = moment.duration_since(system_now());
        if wait.is_positive() {
            tokio::time::sleep(wait.unsigned_abs()).await;
        }
    }
}

/// The system's clock, moved ahead by an amount that can grow: development and demonstrations let
/// days pass with it. It never goes back.
#[derive(Debug)]
pub struct ShiftedClock {
    shift_us: AtomicI64,
    moved: watch::Sender<()>,
}

impl ShiftedClock {
    /// A clock that starts `ahead` of the system's.
    pub fn new(ahead: Duration) -> Self {
        let shift_us = i64::try_from(ahead.as_micros()).unwrap_or(i64::MAX / 4);
        Self { shift_us: AtomicI64::new(shift_us), moved: watch::Sender::new(()) }
    }

    /// Lets `by` pass at once; everybody who sleeps looks at the clock again.
    pub fn advance(&self, by: Duration) {
        let by_us = i64::try_from(by.as_micros()).unwrap_or(i64::MAX / 4);
        self.shift_us.fetch_add(by_us, Ordering::SeqCst);
        self.moved.send_replace(());
    }
}

#[async_trait]
impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        system_now() + SignedDuration::from_micros(self.shift_us.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let mut moved = self.moved.subscribe();
        loop {
            let wait = moment.duration_since(self.now());
            if !wait.is_positive() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(wait.unsigned_abs()) => {}
                _ = moved.changed() => {}
            }
        }
    }
}

/// A clock that stands still until it is moved. Clones share the same time.
#[derive(Debug, Clone)]
pub struct ManualClock {
    now: watch::Sender<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { now: watch::Sender::new(start) }
    }

    /// Moves the clock forward; every sleeper whose moment has come wakes.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::from_micros(i64::try_from(by.as_micros()).unwrap_or(i64::MAX / 4));
        self.now.send_modify(|now| *now += by);
    }

    /// Puts the clock at `moment`, which may not lie in its past (then nothing happens).
    pub fn advance_to(&self, moment: Timestamp) {
        self.now.send_modify(|now| *now = (*now).max(moment));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let mut now = self.now.subscribe();
        // The sender lives in `self`, so waiting cannot fail while anybody can still move the clock.
        let _ = now.wait_for(|now| *now >= moment).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_on_the_manual_clock_wakes_when_its_moment_comes() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let moment = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(48);
        let sleeper = clock.clone();
        let waiting = async move {
            sleeper.sleep_until(moment).await;
            sleeper.now()
        };
        let moving = async {
            clock.advance(Duration::from_hours(1));
            clock.advance_to(moment);
        };
        let (woke_at, ()) = tokio::join!(waiting, moving);
        assert_eq!(woke_at, moment);
    }

    #[tokio::test]
    async fn a_shifted_clock_lets_days_pass_at_once() {
        let clock = ShiftedClock::new(Duration::ZERO);
        let before = clock.now();
        let moment = before + SignedDuration::from_hours(48);
        let ((), ()) = tokio::join!(clock.sleep_until(moment), async {
            clock.advance(Duration::from_hours(48));
        });
        assert!(clock.now() >= moment);
    }
}

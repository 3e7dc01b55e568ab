//! How long something may take, on a machine that others use as well.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::proxy::pause;

/// Longer than this nothing here goes without being looked at, unless the machine stood still: a rig that was
/// stopped from outside, or starved, must not find that others were late.
const LONGEST: Duration = Duration::from_secs(4);
/// How often something is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Patience {
    whole: Duration,
    left: Duration,
    looked: Instant,
}

impl Patience {
    pub(crate) fn of(whole: Duration) -> Self {
        Self { whole, left: whole, looked: Instant::now() }
    }

    /// Spends the time since the last look. True when nothing is left.
    pub(crate) fn is_over(&mut self) -> bool {
        let passed = self.looked.elapsed().min(LONGEST);
        self.looked = Instant::now();
        self.left = self.left.saturating_sub(passed);
        self.left.is_zero()
    }

    /// How much of it was spent.
    pub(crate) fn spent(&self) -> Duration {
        self.whole.saturating_sub(self.left)
    }

    /// Returns when it is over.
    pub(crate) async fn ends(&mut self) {
        while !self.is_over() {
            pause(LOOK).await;
        }
    }
}

/// How long the machine stood still, all in all.
#[derive(Debug, Default)]
pub(crate) struct Stillness(AtomicU64);

impl Stillness {
    /// Watches for it, without end.
    pub(crate) async fn watch(&self) {
        loop {
            let looked = Instant::now();
            pause(LOOK).await;
            let passed = looked.elapsed();
            if passed > LONGEST {
                self.0.fetch_add(u64::try_from(passed.as_millis()).unwrap(), Ordering::Relaxed);
            }
        }
    }

    pub(crate) fn so_far(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Looks until the condition gives something; nothing when patience ends before.
pub(crate) async fn within<T>(patience: Duration, look: impl AsyncFn() -> Option<T>) -> Option<T> {
    let mut patience = Patience::of(patience);
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if patience.is_over() {
            return None;
        }
        pause(LOOK).await;
    }
}

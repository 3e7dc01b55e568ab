//! How often: an allowance for each key, which fills up again with real time. Memory is bounded by how many keys
//! were used in the last moments.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::Rate;

/// After so many calls, keys whose allowance is full again are forgotten.
const BETWEEN_CLEANUPS: u64 = 4_096;

/// Allowances of one rate. Real time, whatever the clock of the domain says: it is this machine that is spared.
pub(crate) struct Rates<C: Clock = DefaultClock> {
    limiter: RateLimiter<u64, HashMapStateStore<u64>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    calls: AtomicU64,
}

impl Rates {
    pub(crate) fn of(rate: Rate) -> Self {
        Self::by(rate, DefaultClock::default())
    }
}

impl<C: Clock + Clone> Rates<C> {
    fn by(rate: Rate, clock: C) -> Self {
        let number = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(number(rate.calls_per_second)).allow_burst(number(rate.burst));
        Self {
            limiter: RateLimiter::hashmap_with_clock(quota, clock.clone()),
            clock,
            calls: AtomicU64::new(0),
        }
    }

    /// Takes one from a key's allowance, or tells how long to wait for it.
    pub(crate) fn take(&self, key: u64) -> Result<(), Duration> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % BETWEEN_CLEANUPS == BETWEEN_CLEANUPS - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&key).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn an_allowance_fills_up_again_at_its_rate() {
        let clock = FakeRelativeClock::default();
        let rates = Rates::by(Rate { calls_per_second: 10, burst: 2 }, clock.clone());
        assert_eq!([rates.take(1), rates.take(1)], [Ok(()), Ok(())]);
        assert_eq!(rates.take(1), Err(Duration::from_millis(100)));
        clock.advance(Duration::from_millis(100));
        assert_eq!(rates.take(1), Ok(()));
        assert!(rates.take(1).is_err());
    }

    #[test]
    fn a_million_callers_who_come_once_are_forgotten() {
        let clock = FakeRelativeClock::default();
        let rates = Rates::by(Rate { calls_per_second: 10, burst: 10 }, clock.clone());
        let mut most = 0;
        for key in 0..1_000_000 {
            assert_eq!(rates.take(key), Ok(()));
            most = most.max(rates.limiter.len());
            clock.advance(Duration::from_millis(1));
        }
        assert!(most < 5_000, "{most} keys were kept");
    }
}

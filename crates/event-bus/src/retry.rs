//! How long to wait before a failed try is repeated.

use std::time::Duration;

use ambient::Ids;

/// Waits that grow by a factor up to a cap, each shortened at random by up to a half, so that what failed
/// together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait, before it is shortened.
    pub first: Duration,
    /// Each wait is this many times the one before.
    pub factor: u32,
    /// No wait is longer.
    pub cap: Duration,
}

impl Backoff {
    /// Four waits of up to half a second, 2, 8 and 30 seconds: five tries outlast a database's restart.
    pub const STANDARD: Self =
        Self { first: Duration::from_millis(500), factor: 4, cap: Duration::from_secs(30) };

    /// How long to wait after `failures` failed tries (at least 1).
    pub fn wait(&self, failures: u32, ids: &dyn Ids) -> Duration {
        let grown =
            self.factor.checked_pow(failures.saturating_sub(1)).and_then(|by| self.first.checked_mul(by));
        let full = grown.map_or(self.cap, |wait| wait.min(self.cap));
        let mut random = [0; 4];
        ids.fill(&mut random);
        // Keeps between a half (random 0) and nearly all of it.
        full.mul_f64(0.5 + 0.5 * f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use ambient::SeededIds;

    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_differ_by_up_to_a_half() {
        let ids = SeededIds::new(5);
        for (failures, full) in [(1, 500), (2, 2_000), (3, 8_000), (4, 30_000), (5, 30_000), (1_000, 30_000)]
        {
            let waits: Vec<_> =
                (0..200).map(|_| Backoff::STANDARD.wait(failures, &ids).as_millis()).collect();
            let (shortest, longest) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!((full / 2..=full).contains(shortest) && (full / 2..=full).contains(longest), "{waits:?}");
            assert!(longest - shortest > full / 4, "they hardly differ: {waits:?}");
        }
    }
}

//! Durations of many calls, and their percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Durations, to a microsecond, up to a minute.
pub(crate) struct Latencies(Histogram<u64>);

/// The two figures people ask for, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Percentiles {
    /// Half of all took at most this.
    pub(crate) p50_ms: f64,
    /// 99 of 100 took at most this.
    pub(crate) p99_ms: f64,
    /// How many were measured.
    pub(crate) count: u64,
}

const LONGEST: Duration = Duration::from_mins(1);

impl Latencies {
    /// None yet.
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, u64::try_from(LONGEST.as_micros())?, 3)?))
    }

    /// One more.
    pub(crate) fn add(&mut self, took: Duration) {
        self.0.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1));
    }

    /// All of another's.
    pub(crate) fn merge(&mut self, other: &Self) -> anyhow::Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// The figures.
    #[expect(clippy::cast_precision_loss, reason = "microseconds below a minute are exact in a float")]
    pub(crate) fn percentiles(&self) -> Percentiles {
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1_000.0;
        Percentiles { p50_ms: at(0.5), p99_ms: at(0.99), count: self.0.len() }
    }
}

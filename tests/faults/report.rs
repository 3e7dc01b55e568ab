//! What a run did and found, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::record::{Counts, Violation};

/// A fault that was injected.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Injected {
    /// When it began, after the start of the run.
    pub(crate) at_ms: u64,
    /// What, and for how long.
    pub(crate) fault: String,
    /// What, without how long.
    #[serde(skip)]
    pub(crate) name: String,
    /// How often it hit somebody.
    pub(crate) hits: u64,
    /// How long after its end everything was ready again.
    pub(crate) ready_in_ms: Option<u64>,
}

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) seed: u64,
    /// How many of each process.
    pub(crate) replicas: u16,
    /// Without what the machine stood still, checking included.
    pub(crate) ran_for_ms: u64,
    /// How long the machine did nothing for this run: stopped from outside, or starved.
    pub(crate) stood_still_ms: u64,
    pub(crate) faults: u64,
    /// How often each was injected.
    pub(crate) faults_by_name: BTreeMap<String, u64>,
    pub(crate) slowest_recovery_ms: u64,
    /// From the end of the faults until every case was at its end and every consumer at the head.
    pub(crate) converged_in_ms: u64,
    pub(crate) commands: u64,
    pub(crate) counts: Counts,
    pub(crate) events: u64,
    pub(crate) streams: u64,
    pub(crate) payments: u64,
    pub(crate) notifications: u64,
    pub(crate) rows_compared: u64,
    pub(crate) violations: Vec<Violation>,
    pub(crate) history: Vec<Injected>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ran, still) = (self.ran_for_ms / 1_000, self.stood_still_ms / 1_000);
        writeln!(f, "seed {}, {} of each, {ran} s, and {still} s stood still", self.seed, self.replicas)?;
        writeln!(f, "{} faults; the slowest recovery took {} ms", self.faults, self.slowest_recovery_ms)?;
        for (name, times) in &self.faults_by_name {
            writeln!(f, "  {times:>4}  {name}")?;
        }
        writeln!(f, "{} commands", self.commands)?;
        for (what, times) in &self.counts {
            writeln!(f, "  {times:>6}  {what}")?;
        }
        let Self { events, streams, payments, notifications, rows_compared, .. } = self;
        writeln!(
            f,
            "checked: {events} events in {streams} streams, {payments} payments, {notifications} \
             notifications, {rows_compared} rows against a rebuild; converged in {} ms",
            self.converged_in_ms
        )?;
        if self.violations.is_empty() {
            return write!(f, "no violation");
        }
        writeln!(f, "{} VIOLATIONS, seed {}:", self.violations.len(), self.seed)?;
        for violation in &self.violations {
            writeln!(f, "  {violation}")?;
        }
        writeln!(f, "after these faults:")?;
        for Injected { at_ms, fault, hits, ready_in_ms, .. } in &self.history {
            let ready = ready_in_ms.map_or("not ready again".to_owned(), |ms| format!("ready in {ms} ms"));
            writeln!(
                f,
                "  {:>8.1} s  {fault}: {hits} hits, {ready}",
                Duration::from_millis(*at_ms).as_secs_f64()
            )?;
        }
        Ok(())
    }
}

/// A time in whole milliseconds.
pub(crate) fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap()
}

//! What must hold after everything that was done: looked for in the log, in NATS, in the tables, in the
//! gateway's ledger and in the outbox, past every service.
//!
//! One file for each place that is looked into. `docs/reliability.md` says what is checked, and what is not.

mod commands;
mod effects;
mod numbers;
mod read_models;
mod stream;

use std::time::Duration;

use event_log::{Committed, EventLog};

use crate::record::{Record, Violation};
use crate::rig::Rig;

/// How long everything may take to settle while it is checked.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the checker found, and how much it looked at.
pub(crate) struct Found {
    pub(crate) violations: Vec<Violation>,
    pub(crate) events: u64,
    pub(crate) streams: u64,
    pub(crate) payments: u64,
    pub(crate) notifications: u64,
    pub(crate) rows: u64,
}

/// Where violations are put.
#[derive(Default)]
struct Faults(Vec<Violation>);

impl Faults {
    fn add(&mut self, invariant: &'static str, what: impl Into<String>) {
        self.0.push(Violation { invariant, what: what.into() });
    }
}

/// Checks everything. The set has to be healthy, and has settled if it could.
pub(crate) async fn check(rig: &Rig, record: &Record) -> Found {
    let mut faults = Faults(record.violations());
    let log = rig.log().await;
    if let Err(behind) = rig.settled(&log, PATIENCE).await {
        faults.add("I10", format!("not settled: {behind}"));
    }
    // The read models first: rebuilding may make things move.
    let rows = read_models::check(rig, &log, &mut faults).await;
    let events = after(&log, 0).await;
    let verified = event_log::verify_log(&log).await.unwrap();
    if let Some(position) = verified.first_missing_position {
        faults.add("I2", format!("the log has no position {position}"));
    }
    for broken in &verified.broken {
        faults.add("I8", broken.to_string());
    }
    commands::check(&record.commands(), &events, &mut faults);
    numbers::check(&events, &mut faults);
    stream::check(rig, &events, &mut faults).await;
    let (payments, notifications) = effects::check(rig, &events, &mut faults).await;
    log.close().await;
    let (events, streams) = (verified.events, verified.streams);
    Found { violations: faults.0, events, streams, payments, notifications, rows }
}

/// All events after a position.
async fn after(log: &dyn EventLog, position: u64) -> Vec<Committed> {
    let mut events: Vec<Committed> = Vec::new();
    loop {
        let after = events.last().map_or(position, |event| event.position);
        let page = log.read_all(after, 1_000).await.unwrap();
        if page.is_empty() {
            return events;
        }
        events.extend(page);
    }
}

/// What a fact says.
fn payload(event: &Committed) -> serde_json::Value {
    serde_json::from_slice(&event.payload).unwrap()
}

/// A word in what a fact says.
fn word(event: &Committed, name: &str) -> String {
    payload(event)[name].as_str().unwrap_or_default().to_owned()
}

//! A decision in the making: the case as it will be after the facts decided so far.

use jiff::Timestamp;

use super::event::Event;
use super::rules::Rules;
use crate::journey::{Case, CaseEvent, Recorded};
use crate::stage::Aggregate;

/// Facts being decided, and the case as they leave it. A later step of the same decision sees what the
/// earlier ones did.
pub(super) struct Draft<'r> {
    /// The case with the facts decided so far.
    pub(super) case: Case,
    /// What is decided by.
    pub(super) rules: &'r Rules,
    /// The present moment.
    pub(super) now: Timestamp,
    /// When the fact that is answered happened: clocks start, pause and end there. Never in the future.
    pub(super) at: Timestamp,
    events: Vec<Event>,
}

impl<'r> Draft<'r> {
    /// Starts with the case as it is.
    pub(super) fn new(case: &Case, rules: &'r Rules, now: Timestamp, at: Timestamp) -> Self {
        Self { case: case.clone(), rules, now, at: at.min(now), events: Vec::new() }
    }

    /// Decides one more fact.
    pub(super) fn record(&mut self, event: impl Into<Event>) {
        let event = event.into();
        self.case.evolve(&Recorded {
            version: self.case.version + 1,
            recorded_at: self.now,
            event: CaseEvent::Routing(event.clone()),
        });
        self.events.push(event);
    }

    /// The facts, in order.
    pub(super) fn into_events(self) -> Vec<Event> {
        self.events
    }
}

//! The one figure this service reports beyond those that every service has.

use std::sync::OnceLock;

use case::payments_escalation::Event;
use case::{Case, CaseEvent};
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

static ESCALATIONS: OnceLock<Counter<u64>> = OnceLock::new();

fn escalated(cases: u64) {
    let counter = ESCALATIONS.get_or_init(|| {
        global::meter("casetrail")
            .u64_counter("casetrail.escalations")
            .with_description("Cases that were escalated, by why.")
            .build()
    });
    counter.add(cases, &[KeyValue::new("casetrail.reason", "payment")]);
}

/// Before anything happened the figure is there, at 0.
pub(crate) fn begin() {
    escalated(0);
}

/// Counts what was recorded on a case.
pub(crate) fn witness(_case: &Case, events: &[CaseEvent]) {
    let is_escalation =
        |event: &&CaseEvent| matches!(event, CaseEvent::PaymentsEscalation(Event::PaymentEscalated(_)));
    let cases = events.iter().filter(is_escalation).count();
    if cases > 0 {
        escalated(cases as u64);
    }
}

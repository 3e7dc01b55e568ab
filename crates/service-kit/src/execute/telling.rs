//! What the spans of a command or a read tell.

use std::sync::Arc;

use case::Aggregate;
use uuid::Uuid;

use super::Outcome;
use crate::spans::{self, Appending};

/// Marks the span of whoever reads a case.
pub(super) fn marking<A: Aggregate>(stream: Uuid, state: Arc<A>) -> Arc<A> {
    if state.exists() {
        spans::mark(state.as_ref(), stream);
    }
    state
}

/// Marks the span once more where a stream was made: its number was issued just now.
pub(super) fn marked<A: Aggregate>(stream: Uuid, outcome: Outcome<A>) -> Outcome<A> {
    if outcome.state.version() <= outcome.events.len() as u64 {
        spans::mark(outcome.state.as_ref(), stream);
    }
    tracing::debug!(events = outcome.events.len(), repeated = outcome.repeated, "a command was executed");
    outcome
}

/// Says on the append's span that the database failed, and with which code. A conflict is an answer.
pub(super) fn tell_span(span: &mut Appending, error: &event_log::Error) {
    let class = match error {
        event_log::Error::Unavailable(_) => "unavailable",
        event_log::Error::Corrupt(_) => "corrupt",
        _ => return,
    };
    span.failed(class, error.sqlstate());
}

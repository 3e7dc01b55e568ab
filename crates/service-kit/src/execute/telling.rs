//! What the spans of a command or a read tell.

use std::sync::Arc;

use case::Aggregate;
use uuid::Uuid;

use super::Outcome;
use crate::spans;

/// Marks the span of whoever reads a case.
pub(super) fn marking<A: Aggregate>(stream: Uuid, state: Arc<A>) -> Arc<A> {
    if state.exists() {
        spans::mark(state.as_ref(), stream);
    }
    state
}

/// Marks the span once more: the number may have been issued just now.
pub(super) fn marked<A: Aggregate>(stream: Uuid, outcome: Outcome<A>) -> Outcome<A> {
    spans::mark(outcome.state.as_ref(), stream);
    tracing::debug!(events = outcome.events.len(), repeated = outcome.repeated, "a command was executed");
    outcome
}

/// Says on the append's span that the database failed, and with which code. A conflict is an answer.
pub(super) fn tell_span(error: &event_log::Error) {
    let class = match error {
        event_log::Error::Unavailable(_) => "unavailable",
        event_log::Error::Corrupt(_) => "corrupt",
        _ => return,
    };
    spans::failed(class);
    if let Some(code) = error.sqlstate() {
        tracing::Span::current().record("db.response.status_code", code);
    }
}

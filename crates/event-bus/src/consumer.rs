//! Who consumes events, which ones, and what may go wrong.

use async_trait::async_trait;
use event_log::Committed;
use jiff::Timestamp;
use tracing::Span;
use uuid::Uuid;

use crate::{HeldSpan, Settling};

/// Who wants which events, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its durable name, such as `notifications.on_thing_opened`: checkpoint and dead letters are kept
    /// under it.
    pub name: String,
    /// Which events it wants.
    pub filter: Filter,
    /// How it takes them.
    pub mode: Mode,
}

impl Consumer {
    /// A consumer that answers single events, of up to `in_flight` streams at a time.
    pub fn reactions(name: impl Into<String>, filter: Filter, in_flight: usize) -> Self {
        Self { name: name.into(), filter, mode: Mode::Reactions { in_flight } }
    }

    /// A consumer that builds rows from all events in order.
    pub fn projection(name: impl Into<String>, filter: Filter) -> Self {
        Self { name: name.into(), filter, mode: Mode::Projection }
    }
}

/// How a consumer takes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One by one: in order within a stream, different streams in parallel.
    Reactions {
        /// Most streams that are worked on at the same time, at least 1.
        in_flight: usize,
    },
    /// In batches, strictly in the order of the log.
    Projection,
}

/// Chooses events by their type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// `None` for all.
    types: Option<Vec<String>>,
}

impl Filter {
    /// All events.
    pub fn all() -> Self {
        Self { types: None }
    }

    /// Events of these types. A name without its last parts stands for all that begin with it: `routing`
    /// takes `routing.assigned`, but neither takes `routing_tables.made`.
    pub fn types(names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let trimmed = |name: String| name.trim_end_matches('.').to_owned();
        Self { types: Some(names.into_iter().map(Into::into).map(trimmed).collect()) }
    }

    /// The names it was made of; `None` for all events.
    pub(crate) fn names(&self) -> Option<&[String]> {
        self.types.as_deref()
    }

    /// Whether an event of this type is wanted.
    pub fn matches(&self, event_type: &str) -> bool {
        let begins_with = |name: &String| {
            event_type
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.types.as_ref().is_none_or(|types| types.iter().any(begins_with))
    }
}

/// Why an event could not be handled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// It may go better later: try again.
    #[error("{0}")]
    Retry(String),
    /// What every event needs is not there, such as the database: try again until it is. Says nothing about the
    /// event, and so does not count.
    #[error("{0}")]
    Away(String),
    /// It can never go well: do not try again.
    #[error("{0}")]
    Poison(String),
}

/// Answers single events.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Answers one event. May be called again with the same event, also after it succeeded.
    ///
    /// # Errors
    /// [`HandleError::Retry`] to be called again later, and [`HandleError::Away`] likewise, however often that is;
    /// [`HandleError::Poison`] to have it put aside. A panic counts as the first.
    async fn handle(&self, event: &Committed) -> Result<(), HandleError>;

    /// The span of one try: the event is handled in it, and acknowledged in it too. `is_first` is false for an
    /// event that was tried or delivered before.
    fn span(&self, _event: &Committed, _is_first: bool) -> Span {
        Span::none()
    }

    /// The span of telling the transport what became of the event, made within the try's span if there was a try.
    fn settling(&self, _event: &Committed, _how: Settling) -> HeldSpan {
        Box::new(())
    }
}

/// Builds rows from events.
#[async_trait]
pub trait Projection: Send + Sync + 'static {
    /// The position its rows stand for: the last one it applied, 0 before the first.
    ///
    /// # Errors
    /// [`HandleError`]; it is asked again later.
    async fn position(&self) -> Result<u64, HandleError>;

    /// Applies events in order (never none) and commits the last one's position together with the rows.
    /// With a filter, positions in between may be missing.
    ///
    /// # Errors
    /// [`HandleError`]; then its position is asked anew and it goes on from there, later, for ever:
    /// nothing is skipped.
    async fn apply(&self, events: &[Committed]) -> Result<(), HandleError>;

    /// Everything up to `position` was applied, or not wanted. Rows that keep it need not see what is not
    /// wanted again after a restart.
    async fn passed(&self, _position: u64) {}
}

/// An event that a consumer could not handle, put aside so that others could go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Whose it is.
    pub consumer: String,
    /// The event's position in the log.
    pub position: u64,
    /// The event's stream.
    pub stream: Uuid,
    /// The event's id.
    pub event_id: Uuid,
    /// The event's type.
    pub event_type: String,
    /// How often it was tried, redrives included.
    pub tries: u32,
    /// Why the last try failed.
    pub reason: String,
    /// When it was last tried.
    pub failed_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_whole_parts_of_a_name() {
        let filter = Filter::types(["routing", "intake.opened", "notifications."]);
        for wanted in ["routing.assigned", "routing", "intake.opened", "notifications.sent"] {
            assert!(filter.matches(wanted), "{wanted}");
        }
        for unwanted in ["routing_tables.made", "intake.opened_again", "intake.closed", "intake", ""] {
            assert!(!filter.matches(unwanted), "{unwanted}");
        }
        assert!(Filter::all().matches("anything.at_all"));
        assert!(!Filter::types(Vec::<String>::new()).matches("anything.at_all"));
    }
}

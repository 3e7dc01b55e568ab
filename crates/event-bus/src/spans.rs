//! The spans around what the bus does with an event. Whoever knows what events mean makes them; the bus knows
//! when they begin and end.

use std::time::Duration;

use event_log::Committed;

/// The transport, and where its messages go, as the semantic conventions of messaging call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `messaging.system`.
    pub system: &'static str,
    /// `messaging.destination.template`.
    pub template: String,
}

impl Route {
    /// Within one process: there is nothing but the log.
    pub fn in_process() -> Self {
        Self { system: "in_process", template: "{type}".to_owned() }
    }
}

/// A span that nothing stands in: it is over when this is dropped.
pub type HeldSpan = Box<dyn Send>;

/// How the transport is told what became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// It is done with, and does not come again.
    Ack,
    /// It goes back unhandled, and comes again.
    Nak,
}

impl Settling {
    /// What the transport calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Nak => "nak",
        }
    }
}

/// The span of publishing one event, up to its acknowledgement: it is over when this is dropped.
pub trait Publication: Send {
    /// It did not arrive; `error` says why, in one word.
    fn failed(&mut self, error: &'static str);
}

/// Watches a relay publish.
pub trait Publishing: Send + Sync + 'static {
    /// An event is about to be published.
    fn begin(&self, event: &Committed) -> Box<dyn Publication>;
    /// It ended; `error` says how it failed, in one word.
    fn ended(&self, took: Duration, error: Option<&'static str>);
}

/// Nobody watches.
pub(crate) struct Unwatched;

impl Publication for Unwatched {
    fn failed(&mut self, _error: &'static str) {}
}

impl Publishing for Unwatched {
    fn begin(&self, _event: &Committed) -> Box<dyn Publication> {
        Box::new(Self)
    }

    fn ended(&self, _took: Duration, _error: Option<&'static str>) {}
}

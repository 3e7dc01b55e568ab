//! What the four stages have in common: the shape of a decision, and how events are stored.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

use crate::actor::Actor;
use crate::journey::Recorded;
use crate::personal::Personal;
use crate::vocabulary::Team;

mod events;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use events::stage_events;

/// Who asks, and when. Everything else a decision needs is in the command.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// The present moment.
    pub now: Timestamp,
}

/// One stage's rules: commands in, facts or a refusal out.
pub trait Stage: 'static {
    /// The stage's one name: `intake`, `routing`, `payments_escalation`, `notifications` (and `agent`, `privacy`).
    const NAME: &'static str;
    /// What the facts are about, and what is folded before deciding.
    type Aggregate: Aggregate;
    /// What may be asked.
    type Command: Send + Sync;
    /// The only facts this stage may record.
    type Event: StoredEvent + Into<<Self::Aggregate as Aggregate>::Event>;
    /// The expected ways to say no.
    type Refusal: Refusal;

    /// The only place that holds rules. No events: the command changes nothing (a repeat, or too late).
    fn decide(
        state: &Self::Aggregate,
        context: Context<'_>,
        command: &Self::Command,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;
}

/// A state that is the fold of one stream.
pub trait Aggregate: Clone + Send + Sync + 'static {
    /// The sum of all events that may stand in the stream.
    type Event: StoredEvent;
    /// What one of these is called, such as `case`.
    const WHAT: &'static str;
    /// The stable reason when there is none with an id, such as `CASE_NOT_FOUND`.
    const NOT_FOUND: &'static str;

    /// The state before the first event.
    fn empty(id: Uuid) -> Self;
    /// Takes one fact in. Cannot fail and holds no rule.
    fn evolve(&mut self, recorded: &Recorded<Self::Event>);
    /// The version of the last event taken in; 0 before the first.
    fn version(&self) -> u64;
    /// Whether there is such a thing: its first fact was recorded. A stream of another kind does not make one.
    fn exists(&self) -> bool {
        self.version() > 0
    }
    /// What people call it (a case's number), once it has such a name.
    fn spoken_name(&self) -> Option<String> {
        None
    }
    /// The brand the stream belongs to, once known.
    fn tenant(&self) -> Option<&str>;
    /// The player whose key seals the personal texts in this stream, once known.
    fn data_subject(&self) -> Option<&str>;
    /// The team it belongs to now, if it belongs to one.
    fn team(&self) -> Option<Team> {
        None
    }
    /// A stage of whose facts this fold met one it does not know, if any: that stage must not write.
    fn unknown_stage(&self, stage: &str) -> bool;
}

/// An event as it is stored: by explicit name and version, as JSON.
pub trait StoredEvent: fmt::Debug + Clone + Send + Sync + 'static {
    /// The stored name, such as `routing.case_assigned`.
    fn stored_name(&self) -> &str;
    /// The version of the stored shape, from 1.
    fn schema_version(&self) -> u16;
    /// The exact bytes to store.
    fn encode(&self) -> Result<Vec<u8>, DecodeError>;
    /// Reads stored bytes back. A name or version not known here is no error: see the sum's `Unknown`.
    fn decode(name: &str, schema_version: u16, payload: &[u8]) -> Result<Self, DecodeError>;
    /// Calls `visit` for each personal text in the event.
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&'static str, &mut Personal));
}

/// Stored bytes that do not read as the event they are named as: the log is damaged, or a golden file
/// was broken.
#[derive(Debug, thiserror::Error)]
#[error("stored event {name} v{schema_version} does not read: {source}")]
pub struct DecodeError {
    /// The stored name.
    pub name: String,
    /// The stored version.
    pub schema_version: u16,
    /// What serde said.
    #[source]
    pub source: serde_json::Error,
}

/// An expected no: a stable reason (one heading in docs/errors.md) and a sentence that says what to do.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// Stable, `UPPER_SNAKE`; clients switch on it.
    fn reason(&self) -> &'static str;
    /// Facts about the refusal that a client may want, such as the state the case is in.
    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// The request field that was wrong, where the refusal is about one field's value.
    fn field(&self) -> Option<&'static str> {
        None
    }
    /// The refusal is for want of a right (another person must do it), not for the state.
    fn is_permission(&self) -> bool {
        false
    }
}

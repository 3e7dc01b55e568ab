//! An agent as their facts add up.

use uuid::Uuid;

use super::event::{AgentRegistered, Event, Presence};
use crate::journey::Recorded;
use crate::personal::Personal;
use crate::stage::{Aggregate, DecodeError, StoredEvent};

/// Any fact in an agent's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentEvent {
    /// One that this build knows.
    Known(Event),
    /// One that it does not know: it folds harmlessly, and is kept as it is.
    Unknown {
        /// Its stored name.
        name: String,
        /// Its stored version.
        schema_version: u16,
        /// Its bytes.
        payload: Vec<u8>,
    },
}

impl From<Event> for AgentEvent {
    fn from(event: Event) -> Self {
        Self::Known(event)
    }
}

impl StoredEvent for AgentEvent {
    fn stored_name(&self) -> &str {
        match self {
            Self::Known(event) => event.stored_name(),
            Self::Unknown { name, .. } => name,
        }
    }

    fn schema_version(&self) -> u16 {
        match self {
            Self::Known(event) => event.schema_version(),
            Self::Unknown { schema_version, .. } => *schema_version,
        }
    }

    fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        match self {
            Self::Known(event) => event.encode(),
            Self::Unknown { payload, .. } => Ok(payload.clone()),
        }
    }

    fn decode(name: &str, schema_version: u16, payload: &[u8]) -> Result<Self, DecodeError> {
        match Event::decode_known(name, schema_version, payload) {
            Some(read) => read.map(Self::Known).map_err(|source| DecodeError {
                name: name.to_owned(),
                schema_version,
                source,
            }),
            None => Ok(Self::Unknown { name: name.to_owned(), schema_version, payload: payload.to_vec() }),
        }
    }

    fn visit_personal(&mut self, visit: &mut dyn FnMut(&'static str, &mut Personal)) {
        match self {
            Self::Known(event) => event.visit_personal(visit),
            Self::Unknown { .. } => {}
        }
    }
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The id of their stream.
    pub stream: Uuid,
    /// The version of the last fact taken in; 0 before the first.
    pub version: u64,
    /// Who they are and what they can do; `None` before they were registered.
    pub registered: Option<AgentRegistered>,
    /// Whether they are there. Nobody is, before they say so.
    pub presence: Presence,
    /// A fact was met that this build does not know.
    met_unknown: bool,
}

impl Aggregate for Agent {
    type Event = AgentEvent;
    const WHAT: &'static str = "agent";
    const NOT_FOUND: &'static str = "AGENT_NOT_FOUND";

    fn empty(id: Uuid) -> Self {
        Self { stream: id, version: 0, registered: None, presence: Presence::Offline, met_unknown: false }
    }

    fn evolve(&mut self, recorded: &Recorded<AgentEvent>) {
        match &recorded.event {
            AgentEvent::Known(Event::AgentRegistered(registered)) => {
                self.registered = Some(registered.clone());
            }
            AgentEvent::Known(Event::PresenceChanged(changed)) => self.presence = changed.presence,
            AgentEvent::Unknown { .. } => self.met_unknown = true,
        }
        self.version = recorded.version;
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn spoken_name(&self) -> Option<String> {
        self.registered.as_ref().map(|registered| registered.agent_id.to_string())
    }

    fn tenant(&self) -> Option<&str> {
        self.registered.as_ref().map(|registered| registered.brand.as_str())
    }

    /// Nothing in an agent's stream is sealed: it tells nothing about any player.
    fn data_subject(&self) -> Option<&str> {
        None
    }

    fn unknown_stage(&self, stage: &str) -> bool {
        self.met_unknown && stage == "agent"
    }
}

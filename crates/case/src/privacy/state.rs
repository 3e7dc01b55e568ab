//! A player's data as its facts add up.

use jiff::Timestamp;
use uuid::Uuid;

use super::event::{Event, HoldGround};
use crate::ids::{Brand, PlayerId};
use crate::journey::Recorded;
use crate::personal::Personal;
use crate::stage::{Aggregate, DecodeError, StoredEvent};

/// Any fact in a player's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlayerEvent {
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

impl From<Event> for PlayerEvent {
    fn from(event: Event) -> Self {
        Self::Known(event)
    }
}

impl StoredEvent for PlayerEvent {
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

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// The first moment at which it does not run any more.
    pub until: Timestamp,
    /// Why.
    pub ground: HoldGround,
    /// What else was said.
    pub note: Option<Personal>,
}

/// A player of a brand, as somebody about whom data is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSubject {
    /// The id of their stream.
    pub stream: Uuid,
    /// The version of the last fact taken in; 0 before the first.
    pub version: u64,
    /// Who they are; `None` before the first fact.
    pub player: Option<(Brand, PlayerId)>,
    /// The hold that was set last, unless it was lifted. It may be over by now.
    pub hold: Option<Hold>,
    /// When they were erased.
    pub erased_at: Option<Timestamp>,
    /// A fact was met that this build does not know.
    met_unknown: bool,
}

impl DataSubject {
    /// The hold that runs at a moment.
    pub fn hold_at(&self, now: Timestamp) -> Option<&Hold> {
        self.hold.as_ref().filter(|hold| now < hold.until)
    }

    fn is(&mut self, brand: &Brand, player_id: &PlayerId) {
        self.player.get_or_insert_with(|| (brand.clone(), player_id.clone()));
    }
}

impl Aggregate for DataSubject {
    type Event = PlayerEvent;
    const WHAT: &'static str = "player";
    const NOT_FOUND: &'static str = "PLAYER_NOT_FOUND";

    fn empty(id: Uuid) -> Self {
        Self { stream: id, version: 0, player: None, hold: None, erased_at: None, met_unknown: false }
    }

    fn evolve(&mut self, recorded: &Recorded<PlayerEvent>) {
        match &recorded.event {
            PlayerEvent::Known(Event::LegalHoldSet(set)) => {
                self.is(&set.brand, &set.player_id);
                self.hold = Some(Hold { until: set.until, ground: set.ground, note: set.note.clone() });
            }
            PlayerEvent::Known(Event::LegalHoldLifted(_)) => self.hold = None,
            PlayerEvent::Known(Event::ErasureRefused(_)) => {}
            PlayerEvent::Known(Event::PlayerErased(erased)) => {
                self.is(&erased.brand, &erased.player_id);
                self.erased_at = Some(recorded.recorded_at);
            }
            PlayerEvent::Known(Event::PlayerExported(exported)) => {
                self.is(&exported.brand, &exported.player_id);
            }
            PlayerEvent::Unknown { .. } => self.met_unknown = true,
        }
        self.version = recorded.version;
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn spoken_name(&self) -> Option<String> {
        self.data_subject().map(str::to_owned)
    }

    fn tenant(&self) -> Option<&str> {
        self.player.as_ref().map(|(brand, _)| brand.as_str())
    }

    fn data_subject(&self) -> Option<&str> {
        self.player.as_ref().map(|(_, player_id)| player_id.as_str())
    }

    fn unknown_stage(&self, stage: &str) -> bool {
        self.met_unknown && stage == "privacy"
    }
}

//! The JSON of a bundle.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event_log::{Committed, Hash};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keys::PublicKey;
use crate::seal::{Seal, digits};

/// The only format there is.
pub(super) const FORMAT: &str = "casetrail.bundle.1";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bundle {
    pub(super) format: String,
    pub(super) stream: Uuid,
    /// All of them, by version.
    pub(super) events: Vec<Entry>,
    /// The versions of those that no seal covers yet.
    pub(super) unsealed: Vec<u64>,
    /// Those that cover the events, by position.
    pub(super) seals: Vec<Seal>,
    /// The keys that signed them, by id.
    pub(super) public_keys: Vec<Key>,
}

/// Everything that is hashed of an event.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) version: u64,
    pub(super) tenant: String,
    pub(super) command_id: Uuid,
    pub(super) command_seq: u16,
    pub(super) event_id: Uuid,
    pub(super) event_type: String,
    pub(super) schema_version: u16,
    pub(super) recorded_at_us: i64,
    pub(super) meta: String,
    pub(super) payload: String,
    pub(super) hash: String,
    /// Null while no seal covers it: then nothing proves its position, and none is given.
    pub(super) sealed: Option<Sealed>,
}

/// Where an event stands, and the proof.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    pub(super) position: u64,
    /// The first position of the seal that covers it.
    pub(super) seal_from: u64,
    /// The audit path, from the leaf upwards.
    pub(super) path: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    pub(super) key_id: String,
    pub(super) public_key: String,
}

impl Key {
    pub(super) fn of(key: PublicKey) -> Self {
        Self { key_id: key.id().to_string(), public_key: hex::encode(key.to_bytes()) }
    }
}

impl Entry {
    pub(super) fn of(event: &Committed, sealed: Option<Sealed>) -> Self {
        Self {
            version: event.version,
            tenant: event.tenant.clone(),
            command_id: event.command_id,
            command_seq: event.command_seq,
            event_id: event.event_id,
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
            recorded_at_us: event.recorded_at.as_microsecond(),
            meta: STANDARD.encode(&event.meta),
            payload: STANDARD.encode(&event.payload),
            hash: hex::encode(event.hash),
            sealed,
        }
    }

    /// The event as the log had it, at `position`.
    pub(super) fn committed(&self, stream: Uuid, position: u64) -> Result<Committed, String> {
        let bytes = |what: &str, text: &str| {
            STANDARD.decode(text).map_err(|error| format!("{what} is no base64: {error}"))
        };
        Ok(Committed {
            position,
            stream,
            version: self.version,
            tenant: self.tenant.clone(),
            event_id: self.event_id,
            command_id: self.command_id,
            command_seq: self.command_seq,
            event_type: self.event_type.clone(),
            schema_version: self.schema_version,
            recorded_at: Timestamp::from_microsecond(self.recorded_at_us)
                .map_err(|_| "recorded_at_us is no moment in time".to_owned())?,
            meta: bytes("meta", &self.meta)?,
            payload: bytes("payload", &self.payload)?,
            hash: digits("hash", &self.hash)?,
        })
    }
}

impl Sealed {
    pub(super) fn path(&self) -> Result<Vec<Hash>, String> {
        self.path.iter().map(|hash| digits("a hash of the path", hash)).collect()
    }
}

//! What goes into the log and what comes out of it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::{Error, Hash};

/// Names a stream: the history of one thing (`UUIDv7`, so that new streams lie together on disk).
pub type StreamId = Uuid;

/// Most events one command may record.
pub const MAX_EVENTS_PER_APPEND: usize = 1_000;
/// Longest name of an event's type, in bytes.
pub const MAX_EVENT_TYPE_BYTES: usize = 128;
/// Longest tenant name, in bytes.
pub const MAX_TENANT_BYTES: usize = 128;
/// Largest metadata of one event, in bytes.
pub const MAX_META_BYTES: usize = 64 * 1024;
/// Largest payload of one event, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Largest append as a whole, in bytes.
pub const MAX_APPEND_BYTES: usize = 8 * 1024 * 1024;

/// A fact that is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The fact's own id (`UUIDv7`).
    pub event_id: Uuid,
    /// Its stored name, such as `stage.thing_assigned`: printable ASCII, no spaces.
    pub event_type: String,
    /// Version of the payload's shape, 1 to 32,767.
    pub schema_version: u16,
    /// Who did it and in which context, as exact bytes.
    pub meta: Vec<u8>,
    /// The fact itself, as exact bytes.
    pub payload: Vec<u8>,
}

/// One command's events, to be recorded together at a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// The stream that grows.
    pub stream: StreamId,
    /// Whom the stream belongs to; fixed by its first append.
    pub tenant: String,
    /// The version the decision was made at: 0 for a stream without events.
    pub expected_version: u64,
    /// Idempotency key of the command, unique within the stream.
    pub command_id: Uuid,
    /// Digest of the command's body: the same `command_id` with another digest is refused.
    pub fingerprint: [u8; 32],
    /// The facts, at least one, in order.
    pub events: Vec<NewEvent>,
}

/// Where the events of a command stand in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Version of the first event.
    pub first_version: u64,
    /// Version of the last event: the stream's version right after this command.
    pub last_version: u64,
    /// Position of the last event.
    pub last_position: u64,
    /// When they were recorded, by the log's clock, in microseconds.
    pub recorded_at: Timestamp,
    /// True when the command had been recorded before: this is its first result, nothing was added.
    pub duplicate: bool,
}

/// A recorded fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Place in the order of the whole log, from 1, without gaps.
    pub position: u64,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Place in its stream, from 1, without gaps.
    pub version: u64,
    /// Whom the stream belongs to.
    pub tenant: String,
    /// The fact's own id.
    pub event_id: Uuid,
    /// The command that caused it.
    pub command_id: Uuid,
    /// Place among the command's events, from 0.
    pub command_seq: u16,
    /// Its stored name.
    pub event_type: String,
    /// Version of the payload's shape.
    pub schema_version: u16,
    /// When it was recorded, in microseconds; never before the event at the position before.
    pub recorded_at: Timestamp,
    /// Who did it and in which context, byte for byte as given.
    pub meta: Vec<u8>,
    /// The fact itself, byte for byte as given.
    pub payload: Vec<u8>,
    /// Chains this event to its predecessor in the stream, see [`crate::chain_hash`].
    pub hash: Hash,
}

/// What a command left in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandRecord {
    /// Version of its first event.
    pub first_version: u64,
    /// Version of its last event.
    pub last_version: u64,
    /// Position of its last event.
    pub last_position: u64,
    /// Digest of the command's body.
    pub fingerprint: [u8; 32],
    /// When its events were recorded.
    pub recorded_at: Timestamp,
}

impl CommandRecord {
    /// The answer to a repeat of this command.
    pub(crate) fn repeated(&self) -> Appended {
        Appended {
            first_version: self.first_version,
            last_version: self.last_version,
            last_position: self.last_position,
            recorded_at: self.recorded_at,
            duplicate: true,
        }
    }
}

impl Append {
    /// Refuses what no database should have to judge, before it costs anybody a place in a batch.
    pub(crate) fn check(&self) -> Result<(), Error> {
        within("tenant", self.tenant.len(), MAX_TENANT_BYTES)?;
        // Postgres takes no such text, and would refuse everybody in the batch.
        if self.tenant.contains('\0') {
            return Err(Error::Invalid("tenant must not contain a NUL character".to_owned()));
        }
        if self.events.is_empty() {
            return Err(Error::Invalid("it has no events".to_owned()));
        }
        if self.events.len() > MAX_EVENTS_PER_APPEND {
            let (found, most) = (self.events.len(), MAX_EVENTS_PER_APPEND);
            return Err(Error::Invalid(format!("it has {found} events; the most is {most}")));
        }
        if self.weight_bytes() > MAX_APPEND_BYTES {
            return Err(Error::Invalid(format!("it may have {MAX_APPEND_BYTES} bytes, not more")));
        }
        self.events.iter().try_for_each(NewEvent::check)
    }

    /// Roughly what it weighs in memory and in the database, in bytes.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.events.iter().map(|event| event.payload.len() + event.meta.len() + 256).sum()
    }
}

impl NewEvent {
    fn check(&self) -> Result<(), Error> {
        within("event_type", self.event_type.len(), MAX_EVENT_TYPE_BYTES)?;
        if !self.event_type.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Invalid("event_type must be printable ASCII without spaces".to_owned()));
        }
        // Databases store it as a signed 16-bit number, and so does the hash.
        if self.schema_version == 0 || i16::try_from(self.schema_version).is_err() {
            let found = self.schema_version;
            return Err(Error::Invalid(format!("schema_version must be 1 to 32767, not {found}")));
        }
        if self.meta.len() > MAX_META_BYTES {
            return Err(Error::Invalid(format!("meta may have {MAX_META_BYTES} bytes, not more")));
        }
        if self.payload.len() > MAX_PAYLOAD_BYTES {
            return Err(Error::Invalid(format!("payload may have {MAX_PAYLOAD_BYTES} bytes, not more")));
        }
        Ok(())
    }
}

fn within(what: &str, length: usize, most: usize) -> Result<(), Error> {
    if (1..=most).contains(&length) {
        return Ok(());
    }
    Err(Error::Invalid(format!("{what} must have 1 to {most} bytes, not {length}")))
}

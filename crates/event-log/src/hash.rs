//! The hash that chains a stream's events: any edit, swap or insertion breaks it from there on.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Committed, StreamId};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// The parts of an event that its hash covers.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: u64,
    /// The tenant it belongs to.
    pub tenant: &'a str,
    /// The command that recorded it.
    pub command_id: Uuid,
    /// Its place among that command's events, from 0.
    pub command_seq: u16,
    /// The fact's own id.
    pub event_id: Uuid,
    /// Its stored name.
    pub event_type: &'a str,
    /// Version of the payload's shape.
    pub schema_version: u16,
    /// When it was recorded; counted in whole microseconds.
    pub recorded_at: Timestamp,
    /// The exact metadata bytes.
    pub meta: &'a [u8],
    /// The exact payload bytes.
    pub payload: &'a [u8],
}

impl<'a> From<&'a Committed> for Link<'a> {
    fn from(event: &'a Committed) -> Self {
        Self {
            stream: event.stream,
            version: event.version,
            tenant: &event.tenant,
            command_id: event.command_id,
            command_seq: event.command_seq,
            event_id: event.event_id,
            event_type: &event.event_type,
            schema_version: event.schema_version,
            recorded_at: event.recorded_at,
            meta: &event.meta,
            payload: &event.payload,
        }
    }
}

/// What the first event of a stream is chained to: the digest of the stream's 16 id bytes.
pub fn genesis_hash(stream: StreamId) -> Hash {
    Sha256::digest(stream.as_bytes()).into()
}

/// The hash of an event: SHA-256 over the `previous` hash, the stream's 16 bytes, the version (8 bytes),
/// the digest of the tenant, the command's 16 id bytes, the place in the command (2 bytes), the event's 16
/// id bytes, its type (UTF-8), the schema version (2 bytes), the time in microseconds since 1970 (8 bytes),
/// and the digests of metadata and payload. Numbers are signed and big-endian, because that is what a
/// database function can produce as well. Everything that is stored of an event is covered, but its
/// position (which `verify_log` checks by counting) and the command's fingerprint.
pub fn chain_hash(previous: &Hash, link: &Link<'_>) -> Hash {
    let mut sha = Sha256::new();
    sha.update(previous);
    sha.update(link.stream.as_bytes());
    sha.update(link.version.to_be_bytes());
    sha.update(Sha256::digest(link.tenant));
    sha.update(link.command_id.as_bytes());
    sha.update(link.command_seq.to_be_bytes());
    sha.update(link.event_id.as_bytes());
    sha.update(link.event_type.as_bytes());
    sha.update(link.schema_version.to_be_bytes());
    sha.update(link.recorded_at.as_microsecond().to_be_bytes());
    sha.update(Sha256::digest(link.meta));
    sha.update(Sha256::digest(link.payload));
    sha.finalize().into()
}

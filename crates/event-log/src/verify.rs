//! Proves that stored history is what was written: recomputes every hash, and checks that versions and
//! positions have no gap. What a chain cannot show is a stream cut off at its end together with every
//! later position; seals outside the database are there for that.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::hash::{Hash, chain_hash, genesis_hash};
use crate::{Committed, Error, EventLog, StreamId};

/// Events read at a time while verifying.
const PAGE: usize = 1_000;

/// What is wrong at the first wrong event of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Another version stands where this one belongs: something was removed, repeated or moved.
    Version {
        /// The version found.
        found: u64,
    },
    /// The hash does not follow from the event and its predecessor: one of them was changed.
    Hash,
    /// The event belongs to another stream.
    Stream,
    /// The event names another tenant than the stream's first.
    Tenant,
    /// The event's place among its command's events does not follow from its predecessor's.
    Command,
    /// The event stands before its predecessor in the order of the log, or was recorded earlier.
    Order,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { found } => write!(f, "version {found} stands in its place"),
            Self::Hash => f.write_str("its hash does not follow from its contents and its predecessor"),
            Self::Stream => f.write_str("an event of another stream stands in its place"),
            Self::Tenant => f.write_str("it names another tenant than the first event"),
            Self::Command => f.write_str("its command does not continue the one before"),
            Self::Order => f.write_str("it comes before its predecessor in the order of the log"),
        }
    }
}

/// The first wrong place in a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream} is broken at version {version}: {fault}")]
pub struct Broken {
    /// The stream.
    pub stream: StreamId,
    /// The first version that is not as it was written.
    pub version: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// Follows one stream from its first event, one event at a time.
#[derive(Debug, Clone)]
pub struct ChainVerifier {
    stream: StreamId,
    hash: Hash,
    last: Option<Last>,
}

#[derive(Debug, Clone)]
struct Last {
    version: u64,
    position: u64,
    recorded_at_us: i64,
    command: (Uuid, u16),
    tenant: Arc<str>,
}

impl ChainVerifier {
    /// Stands before the first event of `stream`.
    pub fn new(stream: StreamId) -> Self {
        Self { stream, hash: genesis_hash(stream), last: None }
    }

    /// Stands right behind `event`, which is taken as it is: to go on in the middle of a stream.
    pub fn after(event: &Committed) -> Self {
        let last = Last {
            version: event.version,
            position: event.position,
            recorded_at_us: event.recorded_at.as_microsecond(),
            command: (event.command_id, event.command_seq),
            tenant: Arc::from(event.tenant.as_str()),
        };
        Self { stream: event.stream, hash: event.hash, last: Some(last) }
    }

    /// The last version that was found right; 0 before the first.
    pub fn version(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.version)
    }

    /// Checks the next event and moves on to it.
    ///
    /// # Errors
    /// [`Broken`] names the version that is wrong; the verifier stays where it was.
    pub fn check(&mut self, event: &Committed) -> Result<(), Broken> {
        let version = self.version() + 1;
        if let Some(fault) = self.fault(version, event) {
            return Err(Broken { stream: self.stream, version, fault });
        }
        self.hash = event.hash;
        let tenant = self.last.take().map_or_else(|| Arc::from(event.tenant.as_str()), |last| last.tenant);
        self.last = Some(Last {
            version,
            position: event.position,
            recorded_at_us: event.recorded_at.as_microsecond(),
            command: (event.command_id, event.command_seq),
            tenant,
        });
        Ok(())
    }

    fn fault(&self, version: u64, event: &Committed) -> Option<Fault> {
        if event.stream != self.stream {
            return Some(Fault::Stream);
        }
        if event.version != version {
            return Some(Fault::Version { found: event.version });
        }
        if event.hash != chain_hash(&self.hash, &event.into()) {
            return Some(Fault::Hash);
        }
        let Some(last) = &self.last else {
            return (event.command_seq != 0).then_some(Fault::Command);
        };
        if *event.tenant != *last.tenant {
            return Some(Fault::Tenant);
        }
        let (command_id, seq) = last.command;
        if event.command_seq != 0 && (event.command_id, event.command_seq) != (command_id, seq + 1) {
            return Some(Fault::Command);
        }
        let earlier = event.recorded_at.as_microsecond() < last.recorded_at_us;
        (event.position <= last.position || earlier).then_some(Fault::Order)
    }
}

/// Why a stream could not be found right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is not as it was written.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It could not be read.
    #[error(transparent)]
    Log(#[from] Error),
}

/// Verifies one stream from its first event to its last and returns its version.
///
/// # Errors
/// [`VerifyError::Broken`] at the first event that is not as it was written.
pub async fn verify_stream(log: &dyn EventLog, stream: StreamId) -> Result<u64, VerifyError> {
    let mut verifier = ChainVerifier::new(stream);
    loop {
        let page = log.read_stream(stream, verifier.version(), PAGE).await?;
        for event in &page {
            verifier.check(event)?;
        }
        if page.len() < PAGE {
            return Ok(verifier.version());
        }
    }
}

/// What was found in a whole log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Events read.
    pub events: u64,
    /// Streams they belong to.
    pub streams: u64,
    /// The first position at which another one stands, if there is one.
    pub first_missing_position: Option<u64>,
    /// The first wrong version of every broken stream, in the order they were met.
    pub broken: Vec<Broken>,
}

impl Verification {
    /// True when everything is as it was written.
    pub fn is_intact(&self) -> bool {
        self.first_missing_position.is_none() && self.broken.is_empty()
    }
}

/// Verifies the whole log: every stream's chain, and that no position is missing. Keeps a few hundred
/// bytes of memory for each stream.
///
/// # Errors
/// Only when the log cannot be read; what is broken is in the result.
pub async fn verify_log(log: &dyn EventLog) -> Result<Verification, Error> {
    let mut found = Verification { events: 0, streams: 0, first_missing_position: None, broken: Vec::new() };
    // A broken stream stays as `None`: its first fault is what matters.
    let mut streams: HashMap<StreamId, Option<ChainVerifier>> = HashMap::new();
    let mut position = 0;
    loop {
        let page = log.read_all(position, PAGE).await?;
        for event in &page {
            if event.position != position + 1 && found.first_missing_position.is_none() {
                found.first_missing_position = Some(position + 1);
            }
            position = event.position;
            found.events += 1;
            let slot = streams.entry(event.stream).or_insert_with(|| Some(ChainVerifier::new(event.stream)));
            if let Some(Err(broken)) = slot.as_mut().map(|verifier| verifier.check(event)) {
                found.broken.push(broken);
                *slot = None;
            }
        }
        if page.len() < PAGE {
            found.streams = u64::try_from(streams.len()).unwrap_or(u64::MAX);
            return Ok(found);
        }
    }
}

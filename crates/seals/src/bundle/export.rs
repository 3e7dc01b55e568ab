//! Writes a bundle.

use event_log::{Committed, Hash, StreamId};

use super::format::{Bundle, Entry, FORMAT, Key, Sealed};
use crate::check::History;
use crate::keys::{KeyId, Keyring};
use crate::merkle::{self, Leaf};
use crate::seal::Seal;
use crate::store::{covering, proven_leaves};

/// Events read at a time.
const PAGE: usize = 500;

/// Why no bundle was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// There is no such stream.
    #[error("the stream {0} has no events")]
    Empty(StreamId),
    /// The log is not what was sealed.
    #[error("the event at position {0} is not the one that was sealed: check the log")]
    Changed(u64),
    /// A seal was made by a key that is not trusted.
    #[error("the seal from position {from} is signed by the unknown key {key}: add it to the trusted keys")]
    UnknownKey {
        /// The seal's first position.
        from: u64,
        /// The key.
        key: KeyId,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] event_log::Error),
    /// The seals cannot be read.
    #[error(transparent)]
    Seals(#[from] crate::Error),
    /// It cannot be written as JSON.
    #[error("the bundle cannot be written: {0}")]
    Json(String),
}

/// Writes a stream with everything that proves it, as JSON. Witnesses are not asked.
///
/// # Errors
/// [`ExportError`]; nothing is exported that could not be proven, but events that are not sealed yet, which
/// are listed as such.
pub async fn export(history: History<'_>, stream: StreamId) -> Result<Vec<u8>, ExportError> {
    let mut bundle = Bundle {
        format: FORMAT.to_owned(),
        stream,
        events: Vec::new(),
        unsealed: Vec::new(),
        seals: Vec::new(),
        public_keys: Vec::new(),
    };
    let mut run: Option<(Seal, Vec<Hash>)> = None;
    let mut version = 0;
    loop {
        let page = history.log.read_stream(stream, version, PAGE).await?;
        for event in &page {
            version = event.version;
            if run.as_ref().is_none_or(|(seal, _)| !seal.covers(event.position)) {
                run = match covering(history.store, event.position).await? {
                    Some(seal) => Some((seal.clone(), leaves(history, &seal).await?)),
                    None => None,
                };
                bundle.seals.extend(run.iter().map(|(seal, _)| seal.clone()));
            }
            let sealed = match &run {
                Some((seal, leaves)) => Some(prove(history.shard, event, seal, leaves)?),
                None => None,
            };
            if sealed.is_none() {
                bundle.unsealed.push(event.version);
            }
            bundle.events.push(Entry::of(event, sealed));
        }
        if page.len() < PAGE {
            break;
        }
    }
    if bundle.events.is_empty() {
        return Err(ExportError::Empty(stream));
    }
    let mut used = Keyring::new();
    for seal in &bundle.seals {
        let key = history.keyring.find(seal.key_id);
        used.trust(key.ok_or(ExportError::UnknownKey { from: seal.from, key: seal.key_id })?);
    }
    bundle.public_keys = used.keys().map(Key::of).collect();
    serde_json::to_vec_pretty(&bundle).map_err(|error| ExportError::Json(error.to_string()))
}

/// The leaf hashes of a seal's run: as they were kept with it, or else from the log.
async fn leaves(history: History<'_>, seal: &Seal) -> Result<Vec<Hash>, ExportError> {
    if let Some(kept) = proven_leaves(history.store, seal).await? {
        return Ok(kept);
    }
    let (mut leaves, mut position) = (Vec::new(), seal.from - 1);
    while position < seal.to {
        let wanted = usize::try_from(seal.to - position).unwrap_or(PAGE).min(PAGE);
        let page = history.log.read_all(position, wanted).await?;
        leaves.extend(page.iter().map(|event| Leaf::of(history.shard, event).leaf_hash()));
        match page.last() {
            Some(last) => position = last.position,
            None => break,
        }
    }
    if leaves.len() as u64 == seal.size() && merkle::root(&leaves) == seal.root {
        return Ok(leaves);
    }
    Err(ExportError::Changed(seal.from))
}

fn prove(shard: u16, event: &Committed, seal: &Seal, leaves: &[Hash]) -> Result<Sealed, ExportError> {
    let changed = || ExportError::Changed(event.position);
    let index = usize::try_from(event.position - seal.from).map_err(|_| changed())?;
    if leaves.get(index) != Some(&Leaf::of(shard, event).leaf_hash()) {
        return Err(changed());
    }
    let path = merkle::prove(leaves, index).ok_or_else(changed)?;
    Ok(Sealed {
        position: event.position,
        seal_from: seal.from,
        path: path.into_iter().map(hex::encode).collect(),
    })
}

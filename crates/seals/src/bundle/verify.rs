//! Reads a bundle and believes nothing in it that is not proven.

use event_log::{Broken, ChainVerifier, StreamId};
use uuid::Uuid;

use super::format::{Bundle, Entry, FORMAT, Sealed};
use crate::keys::{KeyId, Keyring, PublicKey};
use crate::merkle::{self, Leaf};
use crate::seal::{Seal, Unproven, digits};

/// What a bundle proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleReport {
    /// The stream.
    pub stream: StreamId,
    /// Whom it belongs to.
    pub tenant: String,
    /// How many events it has: versions 1 to this one.
    pub events: u64,
    /// The versions that no seal covers yet: they are only chained to the others.
    pub unsealed: Vec<u64>,
    /// How many seals cover the others.
    pub seals: usize,
    /// Who sealed. A bundle cannot say whether these are the operator's keys: compare them with published
    /// ones, or a bundle that somebody signed himself looks as good.
    pub keys: Vec<PublicKey>,
}

/// Why a bundle is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleFault {
    /// It is not written as the format says.
    #[error("the bundle is malformed: {0}")]
    Malformed(String),
    /// An event was changed, moved, left out or added.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// An event does not lead to its seal.
    #[error("the event of version {version} is not proven by its seal")]
    NotIncluded {
        /// The event's version.
        version: u64,
    },
    /// A seal proves nothing.
    #[error("the seal from position {from} proves nothing: {reason}")]
    Unproven {
        /// The seal's first position.
        from: u64,
        /// Why.
        reason: Unproven,
    },
    /// A seal does not follow the one before.
    #[error("the seal from position {from} does not follow the one before")]
    NotChained {
        /// The seal's first position.
        from: u64,
    },
    /// A seal or key that nothing needs, which could pass for a proof.
    #[error("{0} proves nothing here")]
    Superfluous(String),
    /// What is sealed and what is not is not as listed.
    #[error("the event of version {version} is listed as unsealed and is not, or the other way round")]
    Unlisted {
        /// The event's version.
        version: u64,
    },
    /// A key has another name.
    #[error("the key {0} is named otherwise, or is no key")]
    Key(String),
}

/// Verifies a bundle with nothing else at hand. What no file can prove: that the stream did not go on after
/// its last event, and whose the keys are.
///
/// # Errors
/// [`BundleFault`]: the bundle is not what was exported.
pub fn verify_bundle(bytes: &[u8]) -> Result<BundleReport, BundleFault> {
    let malformed = |error: serde_json::Error| BundleFault::Malformed(error.to_string());
    let bundle: Bundle = serde_json::from_slice(bytes).map_err(malformed)?;
    // Everything has one way to be written: an id in capitals, say, is a change.
    let given: serde_json::Value = serde_json::from_slice(bytes).map_err(malformed)?;
    if serde_json::to_value(&bundle).map_err(malformed)? != given {
        return Err(BundleFault::Malformed("ids and bytes must be written in their one form".to_owned()));
    }
    if bundle.format != FORMAT {
        return Err(BundleFault::Malformed(format!("its format is {}, not {FORMAT}", bundle.format)));
    }
    let keyring = keys(&bundle)?;
    seals(&bundle, &keyring)?;
    events(&bundle)?;
    let tenant = bundle.events.first().map(|first| first.tenant.clone());
    Ok(BundleReport {
        stream: bundle.stream,
        tenant: tenant.ok_or_else(|| BundleFault::Malformed("it has no events".to_owned()))?,
        events: bundle.events.len() as u64,
        unsealed: bundle.unsealed,
        seals: bundle.seals.len(),
        keys: keyring.keys().collect(),
    })
}

fn keys(bundle: &Bundle) -> Result<Keyring, BundleFault> {
    let mut keyring = Keyring::new();
    let mut before: Option<KeyId> = None;
    for key in &bundle.public_keys {
        let wrong = || BundleFault::Key(key.key_id.clone());
        let public = digits("public_key", &key.public_key).map_err(|_| wrong())?;
        let public = PublicKey::from_bytes(&public).ok_or_else(wrong)?;
        if public.id().to_string() != key.key_id || before.is_some_and(|before| before >= public.id()) {
            return Err(wrong());
        }
        if !bundle.seals.iter().any(|seal| seal.key_id == public.id()) {
            return Err(BundleFault::Superfluous(format!("the key {}", key.key_id)));
        }
        before = Some(public.id());
        keyring.trust(public);
    }
    Ok(keyring)
}

fn seals(bundle: &Bundle, keyring: &Keyring) -> Result<(), BundleFault> {
    let mut before: Option<&Seal> = None;
    for seal in &bundle.seals {
        let from = seal.from;
        seal.verify(keyring).map_err(|reason| BundleFault::Unproven { from, reason })?;
        if let Some(before) = before {
            let is_next = seal.from == before.to.saturating_add(1);
            let follows = seal.from > before.to && seal.shard == before.shard;
            if !follows || (is_next && seal.previous != before.hash()) {
                return Err(BundleFault::NotChained { from });
            }
        }
        if (seal.from == 1) != (seal.previous == [0; 32]) {
            return Err(BundleFault::NotChained { from });
        }
        if !bundle.events.iter().any(|event| event.sealed.as_ref().is_some_and(|it| it.seal_from == from)) {
            return Err(BundleFault::Superfluous(format!("the seal from position {from}")));
        }
        before = Some(seal);
    }
    Ok(())
}

fn events(bundle: &Bundle) -> Result<(), BundleFault> {
    let mut chain = ChainVerifier::new(bundle.stream);
    let (mut position, mut unsealed) = (0_u64, Vec::new());
    for event in &bundle.events {
        let version = event.version;
        // What is not sealed stands somewhere behind the others.
        position = event.sealed.as_ref().map_or(position.saturating_add(1), |sealed| sealed.position);
        let committed = event
            .committed(bundle.stream, position)
            .map_err(|reason| BundleFault::Malformed(format!("version {version}: {reason}")))?;
        chain.check(&committed)?;
        match &event.sealed {
            Some(sealed) if unsealed.is_empty() => {
                if !is_included(bundle, bundle.stream, event, sealed, committed.hash)? {
                    return Err(BundleFault::NotIncluded { version });
                }
            }
            // Seals leave nothing out: behind an unsealed event there is no sealed one.
            Some(_) => return Err(BundleFault::Unlisted { version }),
            None => unsealed.push(version),
        }
    }
    let differs = |(listed, found): (&u64, &u64)| (listed != found).then_some(*found);
    match bundle.unsealed.iter().zip(&unsealed).find_map(differs) {
        Some(version) => Err(BundleFault::Unlisted { version }),
        None if bundle.unsealed.len() != unsealed.len() => {
            let shorter = bundle.unsealed.len().min(unsealed.len());
            let longer = if bundle.unsealed.len() > shorter { &bundle.unsealed } else { &unsealed };
            Err(BundleFault::Unlisted { version: longer[shorter] })
        }
        None => Ok(()),
    }
}

fn is_included(
    bundle: &Bundle,
    stream: Uuid,
    event: &Entry,
    sealed: &Sealed,
    hash: [u8; 32],
) -> Result<bool, BundleFault> {
    let Some(seal) = bundle.seals.iter().find(|seal| seal.from == sealed.seal_from) else {
        return Ok(false);
    };
    let path = sealed
        .path()
        .map_err(|reason| BundleFault::Malformed(format!("version {}: {reason}", event.version)))?;
    let Some(index) = sealed.position.checked_sub(seal.from) else { return Ok(false) };
    let leaf = Leaf { shard: seal.shard, position: sealed.position, stream, version: event.version, hash };
    Ok(merkle::is_included(&leaf.leaf_hash(), index, seal.size(), &path, &seal.root))
}

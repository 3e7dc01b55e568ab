//! The rules of an append, the same for every database that decides in Rust: who is refused, who is
//! answered from the log, and how accepted events become links of the chain. Pure.

use std::sync::Arc;

use jiff::Timestamp;

use crate::hash::{Hash, chain_hash, genesis_hash};
use crate::{Append, Appended, CommandRecord, Committed, Error, Link};

/// What is known of the last event of a stream.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) version: u64,
    pub(crate) hash: Hash,
    pub(crate) tenant: Arc<str>,
}

/// What becomes of a request to append.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Record it.
    Record,
    /// Record nothing and answer this.
    Answer(Result<Appended, Error>),
}

/// Judges a request by the stream's last event and by what its command left there before.
///
/// The tenant comes first, so that a stranger learns neither a version nor whether a command exists.
/// The repeat comes before the conflict: a caller who lost the first answer still holds the old version.
pub(crate) fn judge(append: &Append, head: Option<&Head>, prior: Option<&CommandRecord>) -> Verdict {
    if head.is_some_and(|head| *head.tenant != *append.tenant) {
        return Verdict::Answer(Err(Error::WrongTenant));
    }
    if let Some(prior) = prior {
        let same_body = prior.fingerprint == append.fingerprint;
        return Verdict::Answer(if same_body { Ok(prior.repeated()) } else { Err(Error::CommandReused) });
    }
    let current_version = head.map_or(0, |head| head.version);
    if append.expected_version != current_version {
        return Verdict::Answer(Err(Error::Conflict { current_version }));
    }
    Verdict::Record
}

/// The moment that is stored: microseconds, and never before the last one (a clock may step back).
pub(crate) fn stamp(now: Timestamp, last: Option<Timestamp>) -> Timestamp {
    let now = Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now);
    last.map_or(now, |last| last.max(now))
}

/// Turns an accepted request into links of its stream's chain, at the positions after `after_position`.
pub(crate) fn chain(
    append: Append,
    head: Option<&Head>,
    after_position: u64,
    recorded_at: Timestamp,
) -> Vec<Committed> {
    let Append { stream, tenant, command_id, events, .. } = append;
    let mut previous = head.map_or_else(|| genesis_hash(stream), |head| head.hash);
    let after_version = head.map_or(0, |head| head.version);
    let mut chained = Vec::with_capacity(events.len());
    for ((step, command_seq), event) in (1u64..).zip(0u16..).zip(events) {
        let (version, position) = (after_version + step, after_position + step);
        previous = chain_hash(
            &previous,
            &Link {
                stream,
                version,
                tenant: &tenant,
                command_id,
                command_seq,
                event_id: event.event_id,
                event_type: &event.event_type,
                schema_version: event.schema_version,
                recorded_at,
                meta: &event.meta,
                payload: &event.payload,
            },
        );
        chained.push(Committed {
            position,
            stream,
            version,
            tenant: tenant.clone(),
            event_id: event.event_id,
            command_id,
            command_seq,
            event_type: event.event_type,
            schema_version: event.schema_version,
            recorded_at,
            meta: event.meta,
            payload: event.payload,
            hash: previous,
        });
    }
    chained
}

/// The answer for freshly recorded events; `None` for none.
pub(crate) fn recorded(events: &[Committed]) -> Option<Appended> {
    let (first, last) = (events.first()?, events.last()?);
    Some(Appended {
        first_version: first.version,
        last_version: last.version,
        last_position: last.position,
        recorded_at: last.recorded_at,
        duplicate: false,
    })
}

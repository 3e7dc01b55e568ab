//! Checks history: every chain hash, every root, every signature, the chain of seals, and the witnesses
//! against the store. In one pass, in bounded memory, up to the first thing that is wrong.
//!
//! What only the chains show: edited contents, in sealed and unsealed events alike. What only the seals
//! show: events that changed places across streams, and a chain that was written anew. What only seals or a
//! witness show: a cut tail. Where the store's leaf hashes are intact, they name the very position.

mod chains;
mod feeds;
mod finding;

use std::ops::RangeInclusive;
use std::sync::Arc;

use event_log::EventLog;

use self::chains::Chains;
use self::feeds::{Events, Next, Seals};
use self::finding::what_was_done;
pub use self::finding::{SealFault, Wrong, WrongEvent, WrongSeal};
use crate::keys::Keyring;
use crate::merkle::{self, Leaf};
use crate::seal::{Seal, Unproven};
use crate::store::{SealStore, covering, proven_leaves};

/// Events between two calls of the progress callback.
const PROGRESS: u64 = 10_000;

/// What is checked against what.
#[derive(Clone, Copy)]
pub struct History<'a> {
    /// The log.
    pub log: &'a dyn EventLog,
    /// Its shard.
    pub shard: u16,
    /// The seals.
    pub store: &'a dyn SealStore,
    /// The seals as others keep them.
    pub witnesses: &'a [Arc<dyn SealStore>],
    /// Whose seals are trusted.
    pub keyring: &'a Keyring,
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The last position that was checked.
    pub position: u64,
    /// Where it ends.
    pub to: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first position that was checked: that of a whole seal.
    pub from: u64,
    /// Events that were read.
    pub events: u64,
    /// Seals that were found right.
    pub seals: u64,
    /// The last position that a seal proves; events after it are only chained. 0 if none was proven.
    pub sealed_to: u64,
    /// The last position that each witness confirms, as far as was checked; 0 if none.
    pub witnessed_to: Vec<u64>,
    /// The first event that is not as it was recorded.
    pub wrong_event: Option<WrongEvent>,
    /// The first seal that is not as it was made, up to the run with the wrong event.
    pub wrong_seal: Option<WrongSeal>,
}

impl Report {
    /// True when everything is as it was written.
    pub fn is_intact(&self) -> bool {
        self.wrong_event.is_none() && self.wrong_seal.is_none()
    }

    /// The first wrong position: the event's, or else the first that the wrong seal covers.
    pub fn first_wrong_position(&self) -> Option<u64> {
        let event = self.wrong_event.as_ref().map(|event| event.position);
        event.or(self.wrong_seal.as_ref().map(|seal| seal.from))
    }
}

/// Why a check did not come to an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] event_log::Error),
    /// The seals cannot be read.
    #[error(transparent)]
    Seals(#[from] crate::Error),
}

/// Checks the events at `positions`, or all, and the seals that cover them. Runs that are only partly asked
/// for are checked whole. Stops after the run with the first fault.
///
/// # Errors
/// Only when something cannot be read; what is wrong is in the report.
pub async fn check(
    history: History<'_>,
    positions: Option<RangeInclusive<u64>>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Report, CheckError> {
    let (from, to) = whole_runs(history, positions).await?;
    let mut pass = Pass::new(history, from, to).await?;
    while pass.position <= pass.to && pass.report.is_intact() {
        pass.next_run(progress).await?;
    }
    progress(Progress { position: pass.position - 1, to: pass.to });
    Ok(pass.report)
}

/// From the start of the seal over the first position to the end of the one over the last.
async fn whole_runs(
    history: History<'_>,
    positions: Option<RangeInclusive<u64>>,
) -> Result<(u64, u64), CheckError> {
    let mut end = history.log.head().await?;
    for store in history.witnesses.iter().map(|witness| &**witness).chain([history.store]) {
        // A seal that is not proven may name any position.
        if let Some(last) = store.last().await?.filter(|last| last.verify(history.keyring).is_ok()) {
            end = end.max(last.to);
        }
    }
    let Some(asked) = positions else { return Ok((1, end)) };
    let (asked_from, asked_to) = (*asked.start().max(&1), *asked.end().min(&end));
    let first = covering(history.store, asked_from).await?;
    let last = covering(history.store, asked_to).await?;
    let from = first.map_or(asked_from, |seal| seal.from.clamp(1, asked_from));
    Ok((from, last.map_or(asked_to, |seal| seal.to.clamp(asked_to, end))))
}

/// One walk over log and seals.
struct Pass<'a> {
    history: History<'a>,
    events: Events<'a>,
    chains: Chains<'a>,
    stored: Seals<'a>,
    witnesses: Vec<Seals<'a>>,
    /// What the next seal must be chained to; `None` if that is not known.
    previous: Option<[u8; 32]>,
    /// The next position.
    position: u64,
    to: u64,
    report: Report,
}

/// The seal of the next run, and how far the run goes.
struct Run {
    seal: Option<Seal>,
    to: u64,
}

impl<'a> Pass<'a> {
    async fn new(history: History<'a>, from: u64, to: u64) -> Result<Self, CheckError> {
        let previous = match from {
            1 => Some([0; 32]),
            _ => covering(history.store, from - 1).await?.map(|seal| seal.hash()),
        };
        let report = Report {
            from,
            events: 0,
            seals: 0,
            sealed_to: 0,
            witnessed_to: vec![0; history.witnesses.len()],
            wrong_event: None,
            wrong_seal: None,
        };
        Ok(Self {
            history,
            events: Events::after(history.log, from - 1),
            chains: Chains::new(history.log),
            stored: Seals::from(history.store, from),
            witnesses: history.witnesses.iter().map(|witness| Seals::from(&**witness, from)).collect(),
            previous,
            position: from,
            to,
            report,
        })
    }

    async fn next_run(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<(), CheckError> {
        let run = self.next_seal().await?;
        let mut found: Vec<Leaf> = Vec::new();
        while self.position <= run.to {
            let Some(leaf) = self.next_event(run.seal.as_ref()).await? else { break };
            if run.seal.is_some() {
                found.push(leaf);
            }
            if self.position.is_multiple_of(PROGRESS) {
                progress(Progress { position: self.position, to: self.to });
            }
            self.position += 1;
            if run.seal.is_none() && self.report.wrong_event.is_some() {
                return Ok(());
            }
        }
        if let Some(seal) = run.seal {
            self.compare(&seal, &found).await?;
            if self.report.is_intact() {
                self.report.seals += 1;
                self.report.sealed_to = seal.to;
            }
        }
        Ok(())
    }

    /// Takes the seals of the next run from the store and the witnesses, and notes what is wrong with them.
    /// Where the store's seal proves nothing, a witness's seal stands in.
    async fn next_seal(&mut self) -> Result<Run, CheckError> {
        let position = self.position;
        let stored = self.stored.covering(position).await?;
        let mut wrong = stored.as_ref().and_then(|seal| self.fault(seal));
        let mut stand_in = None;
        for (index, witness) in self.witnesses.iter_mut().enumerate() {
            let Some(seen) = witness.covering(position).await? else {
                // A witness may be behind the store, but not lack a seal before others.
                if witness.peek().await?.is_some() {
                    wrong = wrong.or(Some(SealFault::Missing { place: witness.place().to_owned() }));
                }
                continue;
            };
            if stored.as_ref() == Some(&seen) {
                self.report.witnessed_to[index] = seen.to;
                continue;
            }
            wrong = wrong.or_else(|| {
                Some(match &stored {
                    Some(_) => SealFault::Differs { witness: witness.place().to_owned() },
                    None => SealFault::Missing { place: self.stored.place().to_owned() },
                })
            });
            let is_proven = seen.verify(self.history.keyring).is_ok() && seen.from == position;
            stand_in = stand_in.or(is_proven.then_some(seen));
        }
        let is_unproven = stored.as_ref().is_some_and(|seal| self.fault(seal).is_some());
        let seal = match (stored, stand_in) {
            (Some(_), Some(stand_in)) if is_unproven => Some(stand_in),
            // Not even that: then the chains alone are looked at, as far as it reaches.
            (Some(stored), None) if is_unproven => {
                self.note_seal(wrong);
                return Ok(Run { seal: None, to: stored.to.min(self.to) });
            }
            (stored, stand_in) => stored.or(stand_in),
        };
        let mut run_to = seal.as_ref().map_or(self.to, |seal| seal.to);
        if seal.is_none()
            && let Some(later) = self.stored.peek().await?
        {
            run_to = run_to.min(later.from - 1);
            wrong = wrong.or(Some(SealFault::Missing { place: self.stored.place().to_owned() }));
        }
        self.note_seal(wrong);
        self.previous = seal.as_ref().map(Seal::hash);
        Ok(Run { seal, to: run_to })
    }

    fn note_seal(&mut self, wrong: Option<SealFault>) {
        self.report.wrong_seal = wrong.map(|wrong| WrongSeal { from: self.position, wrong });
    }

    /// What is wrong with the store's seal by itself.
    fn fault(&self, seal: &Seal) -> Option<SealFault> {
        match seal.verify(self.history.keyring) {
            Err(Unproven::UnknownKey(key)) => return Some(SealFault::UnknownKey(key)),
            Err(Unproven::Signature(key)) => return Some(SealFault::Signature(key)),
            Ok(()) => {}
        }
        if seal.shard != self.history.shard {
            return Some(SealFault::Shard(seal.shard));
        }
        if seal.from != self.position {
            return Some(SealFault::Overlap);
        }
        self.previous.is_some_and(|previous| previous != seal.previous).then_some(SealFault::Chain)
    }

    /// Reads and checks the event at the next position; `None` if there is none.
    async fn next_event(&mut self, seal: Option<&Seal>) -> Result<Option<Leaf>, CheckError> {
        let event = match self.events.next().await? {
            Next::Event(event) => event,
            Next::End => {
                match seal {
                    Some(seal) => self.note_event(self.position, Wrong::Cut { sealed_to: seal.to }),
                    None => self.to = self.position - 1,
                }
                return Ok(None);
            }
            Next::Unreadable(reason) => {
                self.note_event(self.position, Wrong::Unreadable(reason));
                return Ok(None);
            }
        };
        if event.position != self.position {
            let is_gap = event.position > self.position;
            let wrong = if is_gap { Wrong::Deleted } else { Wrong::Inserted };
            self.note_event(self.position.min(event.position), wrong);
            return Ok(None);
        }
        self.report.events += 1;
        if self.report.wrong_event.is_none()
            && let Some(wrong) = self.chains.check(&event).await?
        {
            self.note_event(event.position, wrong);
        }
        Ok(Some(Leaf::of(self.history.shard, &event)))
    }

    /// Notes the first wrong event; a later one changes nothing.
    fn note_event(&mut self, position: u64, wrong: Wrong) {
        self.report.wrong_event.get_or_insert(WrongEvent { position, wrong });
    }

    /// Compares the events of a run with what was sealed.
    async fn compare(&mut self, seal: &Seal, found: &[Leaf]) -> Result<(), CheckError> {
        let hashes: Vec<_> = found.iter().map(Leaf::leaf_hash).collect();
        let is_whole = found.len() as u64 == seal.size();
        if is_whole && merkle::root(&hashes) == seal.root {
            return Ok(());
        }
        let (position, wrong) = match proven_leaves(self.history.store, seal).await? {
            Some(sealed) => {
                let Some(at) = hashes.iter().zip(&sealed).position(|(now, then)| now != then) else {
                    return Ok(());
                };
                (seal.from + at as u64, what_was_done(found, &sealed, at))
            }
            // What is known already is nearer.
            None if self.report.wrong_event.is_some() => return Ok(()),
            None => (seal.from, Wrong::RewrittenWithin { to: seal.to }),
        };
        // At the same position a move, which the seal shows, says more than what the chain saw of it.
        let says_more = |known: &WrongEvent| {
            position < known.position || (position == known.position && wrong != Wrong::Rewritten)
        };
        if self.report.wrong_event.as_ref().is_none_or(says_more) {
            self.report.wrong_event = Some(WrongEvent { position, wrong });
        }
        Ok(())
    }
}

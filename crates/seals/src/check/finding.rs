//! What a check found, in words.

use event_log::Fault;

use crate::KeyId;
use crate::merkle::Leaf;
use event_log::Hash;

/// The first event that is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("position {position}: {wrong}")]
pub struct WrongEvent {
    /// Its position.
    pub position: u64,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Its contents do not give its hash.
    #[error("the event was edited: its hash does not follow from its contents and its predecessor")]
    Edited,
    /// It does not follow its predecessor in the stream.
    #[error("the event does not follow its predecessor in the stream: {0}")]
    Misplaced(Fault),
    /// It was recorded before the event at the position before.
    #[error("the event was recorded before the one at the position before")]
    Early,
    /// The event that was sealed here stands elsewhere, and the one from there stands here.
    #[error("the event was swapped with the one at position {with}")]
    Swapped {
        /// Where the event that was sealed here is now.
        with: u64,
    },
    /// The event that was sealed here is gone.
    #[error("the event that stood here was deleted")]
    Deleted,
    /// The event that was sealed here stands further on: this one was not there.
    #[error("the event was inserted")]
    Inserted,
    /// The chain is right, but it is not the chain that was sealed.
    #[error("history was rewritten from here on: another event was sealed at this position")]
    Rewritten,
    /// As [`Wrong::Rewritten`], where only the root is left to compare with.
    #[error(
        "history was rewritten: one or more of the events up to position {to} are not those that were sealed"
    )]
    RewrittenWithin {
        /// The last position of the seal.
        to: u64,
    },
    /// The log ends before what was sealed.
    #[error("the log's tail was cut off: events up to position {sealed_to} were sealed")]
    Cut {
        /// The last position of the seal.
        sealed_to: u64,
    },
    /// The database holds what cannot be an event.
    #[error("the event does not read: {0}")]
    Unreadable(String),
}

/// The first seal that is not as it was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seal from position {from}: {wrong}")]
pub struct WrongSeal {
    /// The first position it covers, or should.
    pub from: u64,
    /// What is wrong with it.
    pub wrong: SealFault,
}

/// What is wrong with a seal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// Nobody trusted made it.
    #[error("it is signed by the unknown key {0}")]
    UnknownKey(KeyId),
    /// It is not what the key's owner signed.
    #[error("its signature by key {0} is wrong")]
    Signature(KeyId),
    /// It is not chained to the seal before.
    #[error("it is not chained to the seal before: one of the two was replaced")]
    Chain,
    /// It is about another shard.
    #[error("it is about shard {0}")]
    Shard(u16),
    /// It covers what another covers as well.
    #[error("it overlaps with the seal before")]
    Overlap,
    /// There is none, and there are later ones, or a witness has it.
    #[error("it is missing in {place}")]
    Missing {
        /// Where.
        place: String,
    },
    /// A witness has another one.
    #[error("{witness} has another one")]
    Differs {
        /// The witness.
        witness: String,
    },
}

/// Tells what was done to a run: `found` are its events now, `sealed` the leaf hashes that were sealed,
/// `at` the first place where they differ. A move out of the run looks like a rewriting.
pub(super) fn what_was_done(found: &[Leaf], sealed: &[Hash], at: usize) -> Wrong {
    let (Some(here), Some(belongs)) = (found.get(at), sealed.get(at)) else { return Wrong::Rewritten };
    let moved = |leaf: &Leaf, position| Leaf { position, ..*leaf }.leaf_hash();
    let first = here.position - at as u64;
    let later = found.iter().enumerate().skip(at + 1);
    for (index, leaf) in later {
        if moved(leaf, here.position) == *belongs {
            let is_swap = sealed.get(index) == Some(&moved(here, leaf.position));
            return if is_swap { Wrong::Swapped { with: leaf.position } } else { Wrong::Inserted };
        }
    }
    let mut rest = (first..).zip(sealed).skip(at + 1);
    if rest.any(|(position, hash)| moved(here, position) == *hash) {
        return Wrong::Deleted;
    }
    Wrong::Rewritten
}

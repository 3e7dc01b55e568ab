//! What is decided about a player's personal data as a whole, each player of each brand a stream of facts of their
//! own (stage word `privacy`): a legal hold, the erasure, what was handed out. The texts themselves are in the
//! facts of their cases.
//!
//! That the log says who was erased makes it the source of every tombstone: whoever comes by an older copy of the
//! keys destroys them again by it.
//!
//! Must never be here: anything about one case; keys.

mod decide;
mod event;
mod refusal;
mod state;

pub use decide::{
    Command, ErasePlayer, ExportPlayer, PrivacyDesk, SECOND_FACTOR_WINDOW, SetLegalHold, may_unmask,
};
pub use event::*;
pub use refusal::Refusal;
pub use state::{DataSubject, PlayerEvent};

use uuid::Uuid;

use crate::ids::{Brand, PlayerId, derive, in_shard};

/// The stream of a player's facts: always the same for the same brand and player, however many shards there are,
/// and so in the first.
pub fn player_stream_id(brand: &Brand, player_id: &PlayerId) -> Uuid {
    in_shard(derive("player", Uuid::nil(), &format!("{brand}/{player_id}")), 0)
}

#[cfg(test)]
mod tests;

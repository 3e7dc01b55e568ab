//! The facts recorded about a player's data. Past tense; add versions, never change one.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Brand, PlayerId};
use crate::personal::Personal;
use crate::stage::stage_events;
use crate::vocabulary::words;

words! {
    /// Why a player's data must be kept although they ask for its erasure (GDPR Art. 17(3)).
    HoldGround, "ground of a legal hold";
    /// Records that anti-money-laundering law demands.
    MoneyLaundering = "money_laundering",
    /// A claim is made or defended.
    LegalClaim = "legal_claim",
    /// An authority told us to.
    Authority = "authority",
}

words! {
    /// Why a player is erased (GDPR Art. 17(1)).
    ErasureGround, "ground of an erasure";
    /// The player asked for it.
    SubjectRequest = "subject_request",
    /// It was kept as long as it may be.
    RetentionOver = "retention_over",
    /// It should not have been kept in the first place.
    Unlawful = "unlawful",
}

/// The player's data must be kept until a moment; recorded again, whole, when that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegalHoldSet {
    /// The brand.
    pub brand: Brand,
    /// Whose data.
    pub player_id: PlayerId,
    /// The first moment at which it need not be kept any more.
    pub until: Timestamp,
    /// Why.
    pub ground: HoldGround,
    /// What else is to be said, such as the authority's reference.
    pub note: Option<Personal>,
}

/// The hold was taken away before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegalHoldLifted {
    /// Until when it would have run.
    pub until: Timestamp,
    /// Why it does not.
    pub note: Option<Personal>,
}

/// The player's erasure was asked for, and a legal hold ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErasureRefused {
    /// Whose.
    pub player_id: PlayerId,
    /// Why it was asked for.
    pub ground: ErasureGround,
    /// Why the data is kept.
    pub hold_ground: HoldGround,
    /// Until when.
    pub held_until: Timestamp,
}

/// The player's key is to be destroyed, and with it every text that tells something about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerErased {
    /// The brand.
    pub brand: Brand,
    /// Who was erased.
    pub player_id: PlayerId,
    /// Why.
    pub ground: ErasureGround,
}

/// Everything held on the player was handed out (GDPR Art. 15 and 20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerExported {
    /// The brand.
    pub brand: Brand,
    /// Whose data.
    pub player_id: PlayerId,
}

stage_events! {
    /// The facts about a player's data.
    "privacy";
    LegalHoldSet = "legal_hold_set" v 1 personal [note];
    LegalHoldLifted = "legal_hold_lifted" v 1 personal [note];
    ErasureRefused = "erasure_refused" v 1;
    PlayerErased = "player_erased" v 1;
    PlayerExported = "player_exported" v 1;
}

//! What may be asked of routing about a case.
//!
//! Commands that answer another stage's fact carry `at`, the moment of that fact, and never refuse: when
//! there is nothing to do, they decide nothing. The requests of agents are refused with a reason.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::agent::Presence;
use super::event::{ClockKind, ExtensionReason, ReleaseReason};
use super::matching::Choice;
use super::rules::Rules;
use crate::ids::AgentId;
use crate::vocabulary::{Skill, Team};

/// A request or reaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// See [`Triage`].
    Triage(Triage),
    /// See [`Requeue`].
    Requeue(Requeue),
    /// See [`Reprioritise`].
    Reprioritise(Reprioritise),
    /// See [`KeepClocks`].
    KeepClocks(KeepClocks),
    /// See [`FireTimer`].
    FireTimer(FireTimer),
    /// See [`OfferCase`].
    OfferCase(OfferCase),
    /// See [`AcceptOffer`].
    AcceptOffer(AcceptOffer),
    /// See [`DeclineOffer`].
    DeclineOffer(DeclineOffer),
    /// See [`ExpireOffer`].
    ExpireOffer(ExpireOffer),
    /// See [`ClaimCase`].
    ClaimCase(ClaimCase),
    /// See [`ReleaseCase`].
    ReleaseCase(ReleaseCase),
    /// See [`TransferCase`].
    TransferCase(TransferCase),
    /// See [`RelaxSkill`].
    RelaxSkill(RelaxSkill),
    /// See [`ExtendHorizon`].
    ExtendHorizon(ExtendHorizon),
}

/// A case needs a human: give it a priority, clocks, a promise and a place in a queue. Nothing while a
/// help-centre answer waits for the player's word, and nothing the second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triage {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// When the case asked for a human.
    pub at: Timestamp,
    /// The VIP's personal contact, if they have one.
    pub personal_contact: Option<AgentId>,
}

/// A case was reopened: back to its team, the previous owner preferred, with a new promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requeue {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// When it was reopened.
    pub at: Timestamp,
}

/// What a priority depends on may have changed; if the topic or safety has, so may the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reprioritise {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// When the fact that is answered happened.
    pub at: Timestamp,
}

/// Let the clocks do what the case's facts ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeepClocks {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// When the fact that is answered happened.
    pub at: Timestamp,
    /// An agent has reached the player on the phone: that answers them.
    pub spoken: bool,
}

/// A mark on a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mark {
    /// The target.
    Warning,
    /// The promise.
    Breach,
}

/// A clock has reached a mark, if it has not moved on meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FireTimer {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// Which clock.
    pub clock: ClockKind,
    /// Which start of it.
    pub generation: u32,
    /// Which mark.
    pub mark: Mark,
}

/// Offer a waiting case to the agent that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferCase {
    /// The offer's id.
    pub offer_id: Uuid,
    /// Who, and why.
    pub choice: Choice,
    /// Until when they may answer.
    pub expires_at: Timestamp,
}

/// The agent takes the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptOffer {
    /// Which offer.
    pub offer_id: Uuid,
}

/// The agent does not take the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclineOffer {
    /// Which offer.
    pub offer_id: Uuid,
}

/// The agent did not answer in time, or went away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpireOffer {
    /// Which offer.
    pub offer_id: Uuid,
    /// They went away: the time limit need not be waited for.
    pub agent_is_gone: bool,
}

/// The agent takes a waiting case from their team's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimCase {
    /// Whether they are there.
    pub presence: Presence,
    /// Capacity units they have in use.
    pub load: u32,
    /// Capacity units they have in all.
    pub capacity: u32,
}

/// An agent gives a case back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseCase {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// Who has it.
    pub agent_id: AgentId,
    /// Why; anything but `Requested` is for the service itself to say.
    pub reason: ReleaseReason,
}

/// The case belongs to another team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferCase {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// To which team.
    pub to: Team,
}

/// A skill has been waited for long enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelaxSkill {
    /// What is decided by.
    pub rules: Arc<Rules>,
    /// Which skill.
    pub skill: Skill,
}

/// By how much a promise moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extension {
    /// To a moment.
    Until(Timestamp),
    /// By a length of time, from the promise so far, or from now if that has passed.
    By(SignedDuration),
}

/// Move the promise, and say why (R8, R31).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendHorizon {
    /// By how much.
    pub extension: Extension,
    /// Why.
    pub reason: ExtensionReason,
    /// What asks for it: a gateway call's key or a request's id. Each moves the promise once.
    pub cause: Uuid,
}

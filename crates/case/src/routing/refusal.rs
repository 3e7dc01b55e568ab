//! The ways routing says no.

use jiff::Timestamp;

use super::agent::Presence;
use crate::ids::AgentId;
use crate::journey::CaseState;
use crate::vocabulary::Team;

/// An expected no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Players and bots do not route cases.
    #[error("only an agent may do this; call as an agent")]
    ActorNotAllowed,
    /// Somebody else was asked.
    #[error("the offer is for agent {agent_id}; only they can answer it")]
    NotYourOffer {
        /// Who was asked.
        agent_id: AgentId,
    },
    /// There is no such offer (any more).
    #[error("this offer is no longer open; list your offers again")]
    OfferNotFound,
    /// The answer came too late.
    #[error("the offer ran out at {expires_at}; the case goes back to the queue")]
    OfferExpired {
        /// When it ran out.
        expires_at: Timestamp,
    },
    /// It is somebody else's turn.
    #[error("the case is offered to agent {agent_id}; claim another one")]
    CaseOffered {
        /// Who was asked.
        agent_id: AgentId,
    },
    /// Somebody has it.
    #[error("agent {agent_id} owns the case; only they can give it back")]
    AlreadyAssigned {
        /// Who.
        agent_id: AgentId,
    },
    /// Nobody waits for an agent here.
    #[error("the case is not in a queue (it is {state}); claim another one")]
    CaseNotQueued {
        /// Where it stands.
        state: CaseState,
    },
    /// Nothing can be done with it any more.
    #[error("the case is over ({state}); it has to be reopened first")]
    CaseOver {
        /// Where it stands.
        state: CaseState,
    },
    /// It has no team yet.
    #[error("the case is not yet in a team; wait until it is triaged")]
    CaseNotTriaged,
    /// Nothing was promised yet.
    #[error("the player was not promised a moment yet; wait until the case is triaged")]
    NoHorizon,
    /// Nobody has it.
    #[error("nobody owns the case; there is nothing to give back")]
    NotAssigned,
    /// Not theirs to give back.
    #[error("the case is not agent {agent_id}'s; only its owner can give it back")]
    NotOwner {
        /// Who asked.
        agent_id: AgentId,
    },
    /// The case belongs to a team they are no member of.
    #[error("the case belongs to team {team}; only its members can do this")]
    NotInTeam {
        /// The case's team.
        team: Team,
    },
    /// Not there to take cases.
    #[error("you are {presence}; say that you are there first")]
    AgentNotAvailable {
        /// What they are.
        presence: Presence,
    },
    /// No room for another case.
    #[error(
        "you have {load} of {capacity} units in use and this case takes {weight}; finish something first"
    )]
    NoCapacity {
        /// Units in use.
        load: u32,
        /// Units in all.
        capacity: u32,
        /// Units the case takes.
        weight: u32,
    },
    /// A player who asked to be excluded stays with the team that protects them.
    #[error("the player asked to be excluded; the case stays with responsible gambling")]
    SelfExclusionStays,
    /// A promise only moves to a later moment.
    #[error("the promise so far is {horizon}; give a later moment")]
    HorizonNotLater {
        /// The promise so far.
        horizon: Timestamp,
    },
    /// Nobody can promise that.
    #[error("a promise reaches at most 180 days ahead, until {limit}; give an earlier moment")]
    HorizonTooFar {
        /// The latest moment there is.
        limit: Timestamp,
    },
}

impl crate::stage::Refusal for Refusal {
    fn reason(&self) -> &'static str {
        match self {
            Self::ActorNotAllowed => "ACTOR_NOT_ALLOWED",
            Self::NotYourOffer { .. } => "NOT_YOUR_OFFER",
            Self::OfferNotFound => "OFFER_NOT_FOUND",
            Self::OfferExpired { .. } => "OFFER_EXPIRED",
            Self::CaseOffered { .. } => "CASE_OFFERED",
            Self::AlreadyAssigned { .. } => "ALREADY_ASSIGNED",
            Self::CaseNotQueued { .. } => "CASE_NOT_QUEUED",
            Self::CaseOver { .. } => "CASE_OVER",
            Self::CaseNotTriaged => "CASE_NOT_TRIAGED",
            Self::NoHorizon => "NO_HORIZON",
            Self::NotAssigned => "NOT_ASSIGNED",
            Self::AgentNotAvailable { .. } => "AGENT_NOT_AVAILABLE",
            Self::NotOwner { .. } => "NOT_OWNER",
            Self::NotInTeam { .. } => "NOT_IN_TEAM",
            Self::NoCapacity { .. } => "NO_CAPACITY",
            Self::SelfExclusionStays => "SELF_EXCLUSION_STAYS",
            Self::HorizonNotLater { .. } => "HORIZON_NOT_LATER",
            Self::HorizonTooFar { .. } => "HORIZON_TOO_FAR",
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::CaseNotQueued { state } | Self::CaseOver { state } => vec![("state", state.to_string())],
            Self::CaseOffered { agent_id }
            | Self::AlreadyAssigned { agent_id }
            | Self::NotYourOffer { agent_id } => vec![("agent_id", agent_id.to_string())],
            Self::OfferExpired { expires_at } => vec![("expires_at", expires_at.to_string())],
            Self::NotInTeam { team } => vec![("team", team.to_string())],
            Self::AgentNotAvailable { presence } => vec![("presence", presence.to_string())],
            Self::HorizonNotLater { horizon } => vec![("horizon", horizon.to_string())],
            Self::HorizonTooFar { limit } => vec![("limit", limit.to_string())],
            Self::NoCapacity { load, capacity, weight } => vec![
                ("load", load.to_string()),
                ("capacity", capacity.to_string()),
                ("weight", weight.to_string()),
            ],
            Self::ActorNotAllowed
            | Self::OfferNotFound
            | Self::CaseNotTriaged
            | Self::NoHorizon
            | Self::NotAssigned
            | Self::NotOwner { .. }
            | Self::SelfExclusionStays => Vec::new(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        matches!(self, Self::HorizonNotLater { .. } | Self::HorizonTooFar { .. }).then_some("until")
    }

    fn is_permission(&self) -> bool {
        matches!(
            self,
            Self::ActorNotAllowed
                | Self::NotYourOffer { .. }
                | Self::NotOwner { .. }
                | Self::NotInTeam { .. }
        )
    }
}

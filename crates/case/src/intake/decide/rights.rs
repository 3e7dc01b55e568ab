//! Who may do what. Membership of brands and teams is checked before, where callers are known.

use super::Situation;
use crate::actor::ActorKind;
use crate::ids::AgentId;
use crate::intake::refusal::Refusal;
use crate::payments_escalation::Progress;
use crate::vocabulary::Team;

/// A player acts on somebody else's case.
pub(super) const NOT_THE_PLAYER: Refusal = Refusal::ActorNotAllowed { allowed: "the case's own player" };

impl Situation<'_> {
    /// The agent who asks.
    pub(super) fn agent(self) -> Result<AgentId, Refusal> {
        let refusal = Refusal::ActorNotAllowed { allowed: "agents" };
        match self.context.actor.kind {
            ActorKind::Agent => self.context.actor.id.parse().map_err(|_| refusal),
            ActorKind::Player | ActorKind::Bot | ActorKind::Service => Err(refusal),
        }
    }

    /// The case's owner, who must be the one who asks. That the work is over is said first: then nobody
    /// owns the case.
    pub(super) fn owner(self) -> Result<AgentId, Refusal> {
        let agent = self.agent()?;
        self.require_open()?;
        if self.case.routing.owner.as_ref() == Some(&agent) {
            Ok(agent)
        } else {
            Err(Refusal::NotCaseOwner { owner: self.case.routing.owner.clone() })
        }
    }

    /// Anybody who is not a player.
    pub(super) fn not_a_player(self) -> Result<(), Refusal> {
        match self.context.actor.kind {
            ActorKind::Player => Err(Refusal::ActorNotAllowed { allowed: "agents, bots and services" }),
            ActorKind::Agent | ActorKind::Bot | ActorKind::Service => Ok(()),
        }
    }

    /// The case's player, or anybody on the player's behalf; no other player.
    pub(super) fn for_the_player(self) -> Result<(), Refusal> {
        let actor = self.context.actor;
        let is_theirs =
            self.case.intake.player.as_ref().is_some_and(|player| player.player_id.as_str() == actor.id);
        if actor.kind != ActorKind::Player || is_theirs { Ok(()) } else { Err(NOT_THE_PLAYER) }
    }

    /// A wish for self-exclusion may be ended or led away only by those who handle it.
    pub(super) fn exclusion_allows(self) -> Result<(), Refusal> {
        let handles_it = self.context.actor.teams.contains(&Team::ResponsibleGambling);
        if self.case.intake.self_exclusion_requested && !handles_it {
            Err(Refusal::SafetyStays)
        } else {
            Ok(())
        }
    }

    /// Refuses while a payment is being decided or carried out: its outcome belongs to this case.
    pub(super) fn no_payment_under_way(self) -> Result<(), Refusal> {
        match self.case.payments_escalation.progress {
            Some(progress @ (Progress::AwaitingApproval | Progress::Approved | Progress::Executing)) => {
                Err(Refusal::PaymentUnderWay { progress: progress.as_str() })
            }
            _ => Ok(()),
        }
    }
}

//! Taking a case from the queue, giving it back, and sending it to another team.

use super::{Decision, agent_or_service, asking_agent, not_over};
use crate::actor::{Actor, ActorKind};
use crate::ids::AgentId;
use crate::journey::Case;
use crate::routing::agent::Presence;
use crate::routing::command::{ClaimCase, ReleaseCase, TransferCase};
use crate::routing::draft::Draft;
use crate::routing::event::{
    AssignedBy, CaseAssigned, CaseReleased, QueueReason, ReleaseReason, TransferReason,
};
use crate::routing::placement::weight;
use crate::routing::refusal::Refusal;
use crate::stage::Context;
use crate::vocabulary::{Channel, Team};

/// Who may take cases from a team's queue by themselves: its members, unless they are gone. One who is away
/// gets no offers and may still claim.
pub(in crate::routing) fn may_claim(
    actor: &Actor,
    team: Team,
    presence: Presence,
) -> Result<AgentId, Refusal> {
    let agent_id = asking_agent(actor)?;
    if !actor.teams.contains(&team) {
        return Err(Refusal::NotInTeam { team });
    }
    if presence == Presence::Offline {
        return Err(Refusal::AgentNotAvailable { presence });
    }
    Ok(agent_id)
}

pub(super) fn claim(case: &Case, context: Context<'_>, command: &ClaimCase) -> Decision {
    let agent_id = asking_agent(context.actor)?;
    let routing = &case.routing;
    match &routing.owner {
        Some(owner) if *owner == agent_id => return Ok(Vec::new()),
        Some(owner) => return Err(Refusal::AlreadyAssigned { agent_id: owner.clone() }),
        None => not_over(case)?,
    }
    let (Some(team), Some(_)) = (routing.team, &routing.queued) else {
        return Err(Refusal::CaseNotQueued { state: case.state });
    };
    may_claim(context.actor, team, command.presence)?;
    if let Some(offer) = routing.offer.as_ref().filter(|offer| offer.agent_id != agent_id) {
        return Err(Refusal::CaseOffered { agent_id: offer.agent_id.clone() });
    }
    let channel = case.intake.channel.unwrap_or(Channel::Email);
    let weight = weight(channel, command.capacity);
    // An offer that is out to this agent already counts in their load.
    let load = command.load.saturating_sub(routing.offer.as_ref().map_or(0, |offer| offer.weight));
    if load.saturating_add(weight) > command.capacity {
        return Err(Refusal::NoCapacity { load, capacity: command.capacity, weight });
    }
    Ok(vec![CaseAssigned { agent_id, team, by: AssignedBy::Claim, weight, channel }.into()])
}

pub(super) fn release(case: &Case, context: Context<'_>, command: &ReleaseCase) -> Decision {
    let by_service = context.actor.kind == ActorKind::Service;
    let agent_id = if by_service { command.agent_id.clone() } else { asking_agent(context.actor)? };
    if agent_id != command.agent_id || (!by_service && command.reason != ReleaseReason::Requested) {
        return Err(Refusal::NotOwner { agent_id });
    }
    let team = match (case.routing.team, &case.routing.owner) {
        (Some(team), Some(owner)) if *owner == agent_id => team,
        _ if by_service => return Ok(Vec::new()),
        (_, Some(_)) => return Err(Refusal::NotOwner { agent_id }),
        (_, None) if case.routing.previous_owner.as_ref() == Some(&agent_id) => return Ok(Vec::new()),
        (_, None) => return Err(Refusal::NotAssigned),
    };
    let mut draft = Draft::new(case, &command.rules, context.now, context.now);
    // Who dropped out may be back in a moment; who gave the case back does not want it.
    let preferred = match command.reason {
        ReleaseReason::AgentOffline => Some(agent_id.clone()),
        ReleaseReason::Requested | ReleaseReason::Transferred => {
            case.routing.personal_contact.clone().filter(|contact| *contact != agent_id)
        }
    };
    draft.record(CaseReleased { agent_id, reason: command.reason });
    draft.queue(team, QueueReason::Released, preferred, command.rules.preference_wait);
    draft.keep(false);
    draft.prioritise_again();
    Ok(draft.into_events())
}

pub(super) fn transfer(case: &Case, context: Context<'_>, command: &TransferCase) -> Decision {
    let from = case.routing.team.ok_or(Refusal::CaseNotTriaged)?;
    if from == command.to {
        return Ok(Vec::new());
    }
    agent_or_service(context.actor)?;
    not_over(case)?;
    if case.intake.self_exclusion_requested && from == Team::ResponsibleGambling {
        return Err(Refusal::SelfExclusionStays);
    }
    let mut draft = Draft::new(case, &command.rules, context.now, context.now);
    draft.transfer(from, command.to, TransferReason::Requested);
    draft.promise_anew(false);
    draft.keep(false);
    draft.prioritise_again();
    Ok(draft.into_events())
}

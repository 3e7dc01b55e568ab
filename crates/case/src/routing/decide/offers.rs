//! Offers: made, taken, declined, run out; and what is no longer asked for.

use jiff::Timestamp;

use super::{Decision, asking_agent, not_over};
use crate::ids::AgentId;
use crate::journey::Case;
use crate::routing::command::{AcceptOffer, DeclineOffer, ExpireOffer, OfferCase, RelaxSkill};
use crate::routing::event::{
    AssignedBy, CaseAssigned, CaseOffered, CaseQueued, Event, OfferDeclined, OfferExpired, QueueReason,
    SkillRelaxed,
};
use crate::routing::refusal::Refusal;
use crate::routing::state::{OpenOffer, PastOffer};
use crate::routing::timers::next_relaxation;
use crate::stage::Context;
use crate::vocabulary::{Channel, Team};

pub(super) fn offer(case: &Case, command: &OfferCase) -> Decision {
    if let Some(offer) = &case.routing.offer {
        return if offer.offer_id == command.offer_id {
            Ok(Vec::new())
        } else {
            Err(Refusal::CaseOffered { agent_id: offer.agent_id.clone() })
        };
    }
    let been = |offer: &PastOffer| offer.offer_id == command.offer_id;
    if case.routing.past_offer.as_ref().is_some_and(been) {
        return Ok(Vec::new());
    }
    if let Some(owner) = &case.routing.owner {
        return Err(Refusal::AlreadyAssigned { agent_id: owner.clone() });
    }
    if case.routing.queued.is_none() {
        return Err(Refusal::CaseNotQueued { state: case.state });
    }
    let choice = command.choice.clone();
    Ok(vec![
        CaseOffered {
            offer_id: command.offer_id,
            agent_id: choice.agent_id,
            expires_at: command.expires_at,
            weight: choice.weight,
            reason: choice.reason,
            speaks_language: choice.speaks_language,
            candidates: choice.candidates,
        }
        .into(),
    ])
}

pub(super) fn accept(case: &Case, context: Context<'_>, command: &AcceptOffer) -> Decision {
    let agent_id = asking_agent(context.actor)?;
    if case.routing.owner.as_ref() == Some(&agent_id) {
        return Ok(Vec::new());
    }
    if let Some(owner) = &case.routing.owner {
        return Err(Refusal::AlreadyAssigned { agent_id: owner.clone() });
    }
    not_over(case)?;
    let offer = open_offer(case, command.offer_id, &agent_id)?;
    if context.now >= offer.expires_at {
        return Err(Refusal::OfferExpired { expires_at: offer.expires_at });
    }
    Ok(vec![
        CaseAssigned {
            agent_id,
            team: case.routing.team.unwrap_or(Team::General),
            by: AssignedBy::Offer,
            weight: offer.weight,
            channel: case.intake.channel.unwrap_or(Channel::Email),
        }
        .into(),
    ])
}

pub(super) fn decline(case: &Case, context: Context<'_>, command: &DeclineOffer) -> Decision {
    let agent_id = asking_agent(context.actor)?;
    let been = |past: &PastOffer| past.offer_id == command.offer_id && past.agent_id == agent_id;
    if case.routing.past_offer.as_ref().is_some_and(been) {
        return Ok(Vec::new());
    }
    open_offer(case, command.offer_id, &agent_id)?;
    let offer_id = command.offer_id;
    Ok(back_to_queue(case, context.now, &agent_id, OfferDeclined { offer_id, agent_id: agent_id.clone() }))
}

pub(super) fn expire(case: &Case, context: Context<'_>, command: &ExpireOffer) -> Vec<Event> {
    match &case.routing.offer {
        Some(offer)
            if offer.offer_id == command.offer_id
                && (command.agent_is_gone || context.now >= offer.expires_at) =>
        {
            let agent_id = offer.agent_id.clone();
            let expired = OfferExpired { offer_id: offer.offer_id, agent_id: agent_id.clone() };
            back_to_queue(case, context.now, &agent_id, expired)
        }
        Some(_) | None => Vec::new(),
    }
}

pub(super) fn relax(case: &Case, context: Context<'_>, command: &RelaxSkill) -> Vec<Event> {
    match next_relaxation(case, &command.rules) {
        Some((skill, due_at)) if skill == command.skill && context.now >= due_at => {
            vec![SkillRelaxed { skill }.into()]
        }
        Some(_) | None => Vec::new(),
    }
}

fn open_offer<'c>(
    case: &'c Case,
    offer_id: uuid::Uuid,
    agent_id: &AgentId,
) -> Result<&'c OpenOffer, Refusal> {
    match &case.routing.offer {
        Some(offer) if offer.offer_id != offer_id => Err(Refusal::OfferNotFound),
        Some(offer) if offer.agent_id != *agent_id => {
            Err(Refusal::NotYourOffer { agent_id: offer.agent_id.clone() })
        }
        Some(offer) => Ok(offer),
        None => Err(Refusal::OfferNotFound),
    }
}

/// The case keeps its original queue time, and its preference for somebody who was not the one asked.
fn back_to_queue(case: &Case, now: Timestamp, asked: &AgentId, why: impl Into<Event>) -> Vec<Event> {
    let mut events = vec![why.into()];
    if let (Some(team), Some(queued)) = (case.routing.team, &case.routing.queued) {
        let still_preferred = queued.preferred_agent.as_ref() != Some(asked)
            && queued.preferred_until.is_some_and(|until| now < until);
        events.push(
            CaseQueued {
                team,
                skills: queued.skills.clone(),
                queued_at: queued.queued_at,
                reason: QueueReason::NotTaken,
                preferred_agent: queued.preferred_agent.clone().filter(|_| still_preferred),
                preferred_until: queued.preferred_until.filter(|_| still_preferred),
            }
            .into(),
        );
    }
    events
}

//! Who may do what, and on which cases: the questions that several commands ask first.

use super::refusal::Refusal;
use super::state::{Progress, State};
use crate::actor::{Actor, ActorKind};
use crate::ids::AgentId;
use crate::journey::Case;
use crate::vocabulary::Team;

/// An agent of team payments, by id.
pub(super) fn payments_agent(actor: &Actor) -> Result<AgentId, Refusal> {
    if actor.kind != ActorKind::Agent || !actor.teams.contains(&Team::Payments) {
        return Err(Refusal::NotPaymentsAgent);
    }
    actor.id.parse().map_err(|_| Refusal::NotPaymentsAgent)
}

/// The agent who owns the case, or one of team payments. A case that is over has no owner: that is
/// said first.
pub(super) fn owner_or_payments(case: &Case, actor: &Actor) -> Result<(), Refusal> {
    going_on(case)?;
    let owns = case.routing.owner.as_ref().is_some_and(|owner| owner.as_str() == actor.id);
    if actor.kind == ActorKind::Agent && (owns || actor.teams.contains(&Team::Payments)) {
        Ok(())
    } else {
        Err(Refusal::NotCaseOwner)
    }
}

/// A service: what the gateway does is nobody else's to tell.
pub(super) fn service(actor: &Actor) -> Result<(), Refusal> {
    if actor.kind == ActorKind::Service { Ok(()) } else { Err(Refusal::ServiceOnly) }
}

/// The work on the case goes on.
pub(super) fn going_on(case: &Case) -> Result<(), Refusal> {
    if case.state.is_over() { Err(Refusal::CaseOver { state: case.state }) } else { Ok(()) }
}

/// Payments-escalation has the case. After an execution it still has: more may be owed.
pub(super) fn escalated(case: &Case) -> Result<(&State, Progress), Refusal> {
    going_on(case)?;
    match case.payments_escalation.progress {
        None | Some(Progress::Refused | Progress::Returned) => Err(Refusal::NotEscalated),
        Some(progress) => Ok((&case.payments_escalation, progress)),
    }
}

/// No proposal waits or is being carried out.
pub(super) fn nothing_proposed(state: &State) -> Result<(), Refusal> {
    match state.current_proposal() {
        None => Ok(()),
        Some(proposal) if state.execution_of(proposal.proposal_id).is_some() => {
            Err(Refusal::ExecutionUnderWay { proposal_id: proposal.proposal_id })
        }
        Some(proposal) => Err(Refusal::ProposalOpen { proposal_id: proposal.proposal_id }),
    }
}

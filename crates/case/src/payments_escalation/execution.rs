//! Moving the money: once. The gateway's word counts whenever it comes.

use super::command::{RecordExecution, RecordExecutionFailure, StartExecution};
use super::event::{
    DuplicateRefundBlocked, EXCEEDS_AVAILABLE, Event, GatewayContacted, GatewayPurpose, PaymentExecuted,
    PaymentFailed,
};
use super::refusal::Refusal;
use super::rights;
use super::state::{Proposal, ProposalStanding};
use crate::intake::mask;
use crate::journey::Case;
use crate::money::Money;
use crate::stage::Context;
use uuid::Uuid;

pub(super) fn start(
    case: &Case,
    context: Context<'_>,
    command: &StartExecution,
) -> Result<Vec<Event>, Refusal> {
    rights::service(context.actor)?;
    let (state, _) = rights::escalated(case)?;
    let proposal_id = command.proposal_id;
    let proposal = state.proposal(proposal_id).ok_or(Refusal::UnknownProposal { proposal_id })?;
    if let Some(call) = state.execution_of(proposal_id) {
        // With another key the gateway would take it for another payment.
        return if call.key == command.key {
            Ok(Vec::new())
        } else {
            Err(Refusal::ExecutionUnderWay { proposal_id })
        };
    }
    if state.call(command.key).is_some() {
        return Err(Refusal::GatewayKeyUsed { key: command.key });
    }
    if proposal.standing == ProposalStanding::Failed && state.blocked.contains(&proposal_id) {
        return Ok(Vec::new());
    }
    if proposal.standing != ProposalStanding::Approved {
        return Err(Refusal::ProposalNotApproved { proposal_id, standing: proposal.standing });
    }
    // Since the proposal, the gateway may have told of another refund or a dispute, or of a payment of
    // ours that it had called failed.
    let available = state.available(&proposal.transaction_id, Some(proposal_id));
    match available {
        Some(available)
            if available.currency == proposal.amount.currency && available.minor >= proposal.amount.minor =>
        {
            Ok(vec![
                GatewayContacted {
                    key: command.key,
                    purpose: GatewayPurpose::Execution,
                    transaction_id: proposal.transaction_id.clone(),
                    proposal_id: Some(proposal_id),
                    answer_due_at: command.answer_due_at,
                }
                .into(),
            ])
        }
        other => Ok(stopped(proposal, other.unwrap_or(Money::new(0, proposal.amount.currency)))),
    }
}

/// The amount is no longer there: written down, and back to review.
fn stopped(proposal: &Proposal, available: Money) -> Vec<Event> {
    vec![
        DuplicateRefundBlocked {
            proposal_id: proposal.proposal_id,
            transaction_id: proposal.transaction_id.clone(),
            asked: proposal.amount,
            available,
            asked_by: proposal.proposed_by.clone(),
        }
        .into(),
        PaymentFailed { proposal_id: proposal.proposal_id, code: EXCEEDS_AVAILABLE.to_owned() }.into(),
    ]
}

/// In any state of the case, and also after the gateway had called it failed: money that moved has
/// moved.
pub(super) fn record(
    case: &Case,
    context: Context<'_>,
    command: &RecordExecution,
) -> Result<Vec<Event>, Refusal> {
    rights::service(context.actor)?;
    let proposal = executed_by(case, command.key)?;
    if proposal.standing == ProposalStanding::Executed {
        return Ok(Vec::new());
    }
    Ok(vec![
        PaymentExecuted {
            proposal_id: proposal.proposal_id,
            amount: proposal.amount,
            gateway_reference: mask(&command.gateway_reference).text,
        }
        .into(),
    ])
}

/// In any state of the case. The first answer counts: a failure told after a success changes nothing.
pub(super) fn record_failure(
    case: &Case,
    context: Context<'_>,
    command: &RecordExecutionFailure,
) -> Result<Vec<Event>, Refusal> {
    rights::service(context.actor)?;
    let proposal = executed_by(case, command.key)?;
    if matches!(proposal.standing, ProposalStanding::Executed | ProposalStanding::Failed) {
        return Ok(Vec::new());
    }
    Ok(vec![PaymentFailed { proposal_id: proposal.proposal_id, code: mask(&command.code).text }.into()])
}

/// The proposal that the call with this key carries out.
fn executed_by(case: &Case, key: Uuid) -> Result<&Proposal, Refusal> {
    let state = &case.payments_escalation;
    state
        .call(key)
        .and_then(|call| call.proposal_id)
        .and_then(|proposal_id| state.proposal(proposal_id))
        .ok_or(Refusal::UnknownGatewayCall { key })
}

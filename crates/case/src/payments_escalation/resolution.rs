//! Proposing a payment and agreeing to it: four eyes, a second factor, that exact amount, and never
//! more than came in.

use super::SECOND_FACTOR_WINDOW;
use super::command::{ApproveResolution, DenyResolution, ProposeResolution};
use super::event::{
    ApprovalDenied, ApprovalGranted, ApprovalRequested, DuplicateRefundBlocked, Event, GatewayPurpose,
    ResolutionProposed,
};
use super::free_text::recorded;
use super::refusal::Refusal;
use super::rights;
use super::state::{ProposalStanding, State};
use crate::ids::{AgentId, TransactionId};
use crate::journey::Case;
use crate::money::Money;
use crate::stage::Context;

pub(super) fn propose(
    case: &Case,
    context: Context<'_>,
    command: &ProposeResolution,
) -> Result<Vec<Event>, Refusal> {
    let agent = rights::payments_agent(context.actor)?;
    let (state, _) = rights::escalated(case)?;
    if let Some(answer) = repeated(state, &agent, command) {
        return answer;
    }
    rights::nothing_proposed(state)?;
    if command.amount.minor <= 0 {
        return Err(Refusal::AmountNotPositive);
    }
    let available = available(state, &command.transaction_id)?;
    if available.currency != command.amount.currency {
        return Err(Refusal::CurrencyMismatch {
            asked: command.amount.currency.code(),
            transaction: available.currency.code(),
        });
    }
    if command.amount.minor > available.minor {
        return Ok(vec![
            DuplicateRefundBlocked {
                proposal_id: command.proposal_id,
                transaction_id: command.transaction_id.clone(),
                asked: command.amount,
                available,
                asked_by: agent,
            }
            .into(),
        ]);
    }
    let limit = limit_of(command);
    Ok(vec![
        ResolutionProposed {
            proposal_id: command.proposal_id,
            kind: command.kind,
            amount: command.amount,
            transaction_id: command.transaction_id.clone(),
            proposed_by: agent,
        }
        .into(),
        ApprovalRequested {
            proposal_id: command.proposal_id,
            required: if state.given_out_with(command.amount) > limit.minor { 2 } else { 1 },
            large_payout_limit: limit,
        }
        .into(),
    ])
}

/// The answer to a proposal whose id is known already.
fn repeated(
    state: &State,
    agent: &AgentId,
    command: &ProposeResolution,
) -> Option<Result<Vec<Event>, Refusal>> {
    if state.blocked.contains(&command.proposal_id) {
        return Some(Ok(Vec::new()));
    }
    let known = state.proposal(command.proposal_id)?;
    let same = known.kind == command.kind
        && known.amount == command.amount
        && known.transaction_id == command.transaction_id
        && known.proposed_by == *agent;
    Some(if same {
        Ok(Vec::new())
    } else {
        Err(Refusal::ProposalIdUsed { proposal_id: command.proposal_id })
    })
}

/// What can be given out of a transaction, or why nobody can tell.
fn available(state: &State, transaction_id: &TransactionId) -> Result<Money, Refusal> {
    let transaction = || transaction_id.clone();
    if !state.transactions.contains(transaction_id) {
        return Err(Refusal::TransactionNotLinked { transaction_id: transaction() });
    }
    if let Some(available) = state.available(transaction_id, None) {
        return Ok(available);
    }
    let asked = |call: &&super::state::GatewayCall| {
        call.purpose == GatewayPurpose::Inquiry && call.transaction_id == *transaction_id
    };
    if state.standing(transaction_id).is_none() && state.calls.iter().filter(asked).any(|call| call.answered)
    {
        Err(Refusal::UnknownTransaction { transaction_id: transaction() })
    } else {
        Err(Refusal::GatewayAnswerMissing { transaction_id: transaction() })
    }
}

/// The limit in the proposal's currency; where there is none, every payment is large.
fn limit_of(command: &ProposeResolution) -> Money {
    let currency = command.amount.currency;
    command
        .large_payout_limits
        .iter()
        .copied()
        .find(|limit| limit.currency == currency)
        .unwrap_or(Money::new(0, currency))
}

pub(super) fn approve(
    case: &Case,
    context: Context<'_>,
    command: &ApproveResolution,
) -> Result<Vec<Event>, Refusal> {
    let agent = rights::payments_agent(context.actor)?;
    let (state, _) = rights::escalated(case)?;
    let proposal = state
        .proposal(command.proposal_id)
        .ok_or(Refusal::UnknownProposal { proposal_id: command.proposal_id })?;
    if proposal.proposed_by == agent {
        return Err(Refusal::SelfApproval);
    }
    if proposal.approved_by.contains(&agent) {
        return Ok(Vec::new());
    }
    if proposal.standing != ProposalStanding::Open {
        return Err(Refusal::ProposalNotOpen {
            proposal_id: proposal.proposal_id,
            standing: proposal.standing,
        });
    }
    if !context.actor.has_fresh_second_factor(context.now, SECOND_FACTOR_WINDOW) {
        return Err(Refusal::SecondFactorRequired);
    }
    if command.amount != proposal.amount {
        return Err(Refusal::AmountChanged { proposed: proposal.amount, given: command.amount });
    }
    Ok(vec![
        ApprovalGranted { proposal_id: proposal.proposal_id, approved_by: agent, amount: proposal.amount }
            .into(),
    ])
}

pub(super) fn deny(
    case: &Case,
    context: Context<'_>,
    command: &DenyResolution,
) -> Result<Vec<Event>, Refusal> {
    let agent = rights::payments_agent(context.actor)?;
    let (state, _) = rights::escalated(case)?;
    let proposal_id = command.proposal_id;
    let proposal = state.proposal(proposal_id).ok_or(Refusal::UnknownProposal { proposal_id })?;
    match proposal.standing {
        ProposalStanding::Denied => Ok(Vec::new()),
        ProposalStanding::Executed | ProposalStanding::Failed => {
            Err(Refusal::ProposalNotOpen { proposal_id, standing: proposal.standing })
        }
        ProposalStanding::Open | ProposalStanding::Approved => {
            if state.execution_of(proposal_id).is_some() {
                return Err(Refusal::ExecutionUnderWay { proposal_id });
            }
            Ok(recorded(case, proposal_id, &command.reason, |reason| {
                ApprovalDenied { proposal_id, denied_by: agent, reason }.into()
            }))
        }
    }
}

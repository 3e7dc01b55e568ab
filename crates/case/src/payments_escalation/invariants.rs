//! What must never be true of a case's payments, whoever asked for what (reliability.md, I5).

use std::collections::BTreeSet;

use super::event::GatewayPurpose;
use super::state::{Progress, Proposal, ProposalStanding};
use crate::journey::Case;

/// Everything about the case's payments that must not be so; empty for a sound case.
pub fn violations(case: &Case) -> Vec<String> {
    let state = &case.payments_escalation;
    let mut found = Vec::new();
    for proposal in &state.proposals {
        approvals(proposal, &mut found);
    }
    let settled = state.proposals.len().saturating_sub(1);
    for proposal in &state.proposals[..settled] {
        if matches!(proposal.standing, ProposalStanding::Open | ProposalStanding::Approved) {
            found
                .push(format!("I5: proposal {} is not settled but another follows it", proposal.proposal_id));
        }
    }
    // The other stages read the progress to know whether money is promised (intake does not resolve then).
    let promised =
        matches!(state.progress, Some(Progress::AwaitingApproval | Progress::Approved | Progress::Executing));
    if promised != state.current_proposal().is_some() {
        found.push(format!("the progress is {:?}, which does not go with the proposals", state.progress));
    }
    let mut keys = BTreeSet::new();
    let mut executed = BTreeSet::new();
    for call in &state.calls {
        if !keys.insert(call.key) {
            found.push(format!("I4: two gateway calls share the key {}", call.key));
        }
        if call.purpose != GatewayPurpose::Execution {
            continue;
        }
        let Some(proposal) = call.proposal_id.and_then(|id| state.proposal(id)) else {
            found.push(format!("I5: gateway call {} executes no known proposal", call.key));
            continue;
        };
        if !executed.insert(proposal.proposal_id) {
            found.push(format!("I4: proposal {} was given to the gateway twice", proposal.proposal_id));
        }
        // `available` is what captured - refunded - disputed - our own payments left at that moment.
        let covered = call.available.is_some_and(|available| {
            available.currency == proposal.amount.currency && proposal.amount.minor <= available.minor
        });
        if !covered {
            found.push(format!(
                "I5: proposal {} of {} was executed with {} available",
                proposal.proposal_id,
                proposal.amount,
                call.available.map_or_else(|| "nothing known".to_owned(), |available| available.to_string())
            ));
        }
    }
    for proposal in &state.proposals {
        if proposal.standing == ProposalStanding::Executed && !executed.contains(&proposal.proposal_id) {
            found.push(format!("I5: proposal {} executed without a gateway call", proposal.proposal_id));
        }
    }
    found
}

/// Executed, or about to be: by approval of enough others, each counted once.
fn approvals(proposal: &Proposal, found: &mut Vec<String>) {
    let id = proposal.proposal_id;
    let distinct: BTreeSet<_> = proposal.approved_by.iter().collect();
    if distinct.len() != proposal.approved_by.len() {
        found.push(format!("I5: somebody approved proposal {id} twice"));
    }
    if distinct.contains(&proposal.proposed_by) {
        found.push(format!("I5: the proposer of {id} approved it"));
    }
    let needed = matches!(
        proposal.standing,
        ProposalStanding::Approved | ProposalStanding::Executed | ProposalStanding::Failed
    );
    if needed && distinct.len() < usize::from(proposal.required.max(1)) {
        found.push(format!(
            "I5: proposal {id} went on with {} of {} approvals",
            distinct.len(),
            proposal.required
        ));
    }
    if proposal.amount.minor <= 0 {
        found.push(format!("I5: proposal {id} is about {}", proposal.amount));
    }
}

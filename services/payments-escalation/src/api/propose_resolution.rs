//! Proposes a payment. One that would give out more than came in is written down and refused.

use case::CaseEvent;
use case::payments_escalation::{Event, ProposeResolution};
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, amount};
use super::view::case_ref;
use super::words::word;

/// The reason of the only no that is also a fact.
const BLOCKED: &str = "DUPLICATE_REFUND_BLOCKED";

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ProposeResolutionRequest>,
) -> Result<pb::ProposeResolutionResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let kind = word(&mut checks, "kind", asked.kind);
    let transaction_id = checks.parse("transaction_id", &asked.transaction_id);
    let amount = amount(&mut checks, asked.amount.as_ref());
    let read = || {
        let mutation: Mutation = mutation?;
        let command = ProposeResolution {
            proposal_id: mutation.made("proposal"),
            kind: kind?,
            transaction_id: transaction_id?,
            amount: amount?,
            large_payout_limits: api.large_payout_limits.clone(),
        };
        Some((mutation, command))
    };
    let (mutation, command) = checks.finish_with(read())?;
    let proposal_id = command.proposal_id;
    let outcome = mutation.execute(api, command).await?;
    if let Some(blocked) = outcome.events.iter().find_map(blocked) {
        return Err(blocked);
    }
    let proposal = outcome
        .state
        .payments_escalation
        .proposal(proposal_id)
        .ok_or_else(|| Failure::Internal("a proposal was accepted and is not there".to_owned()))?;
    Ok(pb::ProposeResolutionResponse {
        case: Some(case_ref(&outcome.state)),
        proposal_id: proposal_id.to_string(),
        required_approvals: i32::from(proposal.required),
    })
}

/// The refusal that a recorded block stands for.
fn blocked(event: &CaseEvent) -> Option<Failure> {
    let CaseEvent::PaymentsEscalation(Event::DuplicateRefundBlocked(blocked)) = event else { return None };
    Some(Failure::Refused {
        reason: BLOCKED,
        message: format!(
            "{} was asked for, but only {} of transaction {} is left: it was blocked and written down",
            blocked.asked, blocked.available, blocked.transaction_id
        ),
        metadata: vec![
            ("asked", blocked.asked.to_string()),
            ("available", blocked.available.to_string()),
            ("transaction_id", blocked.transaction_id.to_string()),
        ],
        field: None,
        permission: false,
    })
}

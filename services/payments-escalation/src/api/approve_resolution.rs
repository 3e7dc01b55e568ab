//! Agrees to a proposal. With the last approval due, the gateway is told to pay.

use case::payments_escalation::ApproveResolution;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, amount, proposal_id};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ApproveResolutionRequest>,
) -> Result<pb::ApproveResolutionResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let proposal_id = proposal_id(&mut checks, &asked.proposal_id);
    let amount = amount(&mut checks, asked.amount.as_ref());
    let command =
        proposal_id.zip(amount).map(|(proposal_id, amount)| ApproveResolution { proposal_id, amount });
    let (mutation, command) = checks.finish_with(mutation.zip(command))?;
    let proposal_id = command.proposal_id;
    let outcome = mutation.execute(api, command).await?;
    let remaining = outcome
        .state
        .payments_escalation
        .proposal(proposal_id)
        .map_or(0, |proposal| usize::from(proposal.required).saturating_sub(proposal.approved_by.len()));
    Ok(pb::ApproveResolutionResponse {
        case: Some(case_ref(&outcome.state)),
        remaining_approvals: i32::try_from(remaining).unwrap_or(i32::MAX),
    })
}

//! Says no to a proposal.

use case::Personal;
use case::payments_escalation::DenyResolution;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{MAX_TEXT, Mutation, proposal_id};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::DenyResolutionRequest>,
) -> Result<pb::DenyResolutionResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let proposal_id = proposal_id(&mut checks, &asked.proposal_id);
    let reason = checks.text("reason", &asked.reason, MAX_TEXT).map(Personal::Clear);
    let command = proposal_id.zip(reason).map(|(proposal_id, reason)| DenyResolution { proposal_id, reason });
    let (mutation, command) = checks.finish_with(mutation.zip(command))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::DenyResolutionResponse { case: Some(case_ref(&outcome.state)) })
}

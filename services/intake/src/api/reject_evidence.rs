//! Refuses a file; the player is told the remedy.

use case::intake::RejectEvidence;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, evidence_id};
use super::view::case_ref;
use super::words::word;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RejectEvidenceRequest>,
) -> Result<pb::RejectEvidenceResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let evidence_id = evidence_id(&mut checks, &asked.evidence_id);
    let reason = word(&mut checks, "reason", asked.reason);
    let command = evidence_id.zip(reason).map(|(evidence_id, reason)| RejectEvidence { evidence_id, reason });
    let (mutation, command) = checks.finish_with(mutation.zip(command))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::RejectEvidenceResponse { case: Some(case_ref(&outcome.state)) })
}

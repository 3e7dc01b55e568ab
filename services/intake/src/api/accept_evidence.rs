//! Finds a file good.

use case::intake::AcceptEvidence;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{Mutation, evidence_id};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::AcceptEvidenceRequest>,
) -> Result<pb::AcceptEvidenceResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let evidence_id = evidence_id(&mut checks, &asked.evidence_id);
    let (mutation, command) =
        checks.finish_with(mutation.zip(evidence_id.map(|evidence_id| AcceptEvidence { evidence_id })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::AcceptEvidenceResponse { case: Some(case_ref(&outcome.state)) })
}

//! Declares the case a formal complaint.

use case::intake::DeclareComplaint;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

/// A country's code, in characters.
const MAX_JURISDICTION: usize = 2;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::DeclareComplaintRequest>,
) -> Result<pb::DeclareComplaintResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let jurisdiction = checks.text("jurisdiction", &asked.jurisdiction, MAX_JURISDICTION);
    let (mutation, command) = checks
        .finish_with(mutation.zip(jurisdiction.map(|jurisdiction| DeclareComplaint { jurisdiction })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::DeclareComplaintResponse { case: Some(case_ref(&outcome.state)) })
}

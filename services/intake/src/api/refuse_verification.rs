//! Ends the identity check with a no.

use case::intake::{RefuseVerification, limits};
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RefuseVerificationRequest>,
) -> Result<pb::RefuseVerificationResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let reason = checks.text("reason", &asked.reason, limits::REASON_CHARACTERS);
    let (mutation, command) =
        checks.finish_with(mutation.zip(reason.map(|reason| RefuseVerification { reason })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::RefuseVerificationResponse { case: Some(case_ref(&outcome.state)) })
}

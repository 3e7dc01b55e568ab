//! Says no to the player's request.

use case::Personal;
use case::payments_escalation::RefusePayment;
use contracts::payments_escalation::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::{MAX_TEXT, Mutation};
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RefusePaymentRequest>,
) -> Result<pb::RefusePaymentResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let reason = checks.text("reason", &asked.reason, MAX_TEXT).map(Personal::Clear);
    let (mutation, reason) = checks.finish_with(mutation.zip(reason))?;
    let outcome = mutation.execute(api, RefusePayment { reason }).await?;
    Ok(pb::RefusePaymentResponse { case: Some(case_ref(&outcome.state)) })
}

//! Asks to be called back.

use case::intake::RequestCallback;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::{Checks, moment};
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

/// The longest phone number, in characters.
const MAX_PHONE: usize = 20;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::RequestCallbackRequest>,
) -> Result<pb::RequestCallbackResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let phone = checks.text("phone", &asked.phone, MAX_PHONE);
    let not_before = asked.not_before.as_ref().and_then(|at| moment(&mut checks, "not_before", at));
    let (mutation, command) =
        checks.finish_with(mutation.zip(phone.map(|phone| RequestCallback { phone, not_before })))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::RequestCallbackResponse { case: Some(case_ref(&outcome.state)) })
}

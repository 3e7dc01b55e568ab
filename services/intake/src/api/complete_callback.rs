//! Records that the callback was made.

use case::intake::CompleteCallback;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::CompleteCallbackRequest>,
) -> Result<pb::CompleteCallbackResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let command = CompleteCallback { reached: asked.reached };
    let outcome = checks.finish_with(mutation)?.execute(api, command).await?;
    Ok(pb::CompleteCallbackResponse { case: Some(case_ref(&outcome.state)) })
}

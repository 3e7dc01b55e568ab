//! Records that the chat dropped before anybody could help.

use case::intake::Command;
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::AbandonCaseRequest>,
) -> Result<pb::AbandonCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let mutation = checks.finish_with(mutation)?;
    let outcome = mutation.execute(api, Command::AbandonCase).await?;
    Ok(pb::AbandonCaseResponse { case: Some(case_ref(&outcome.state)) })
}

//! Ends the work with a result.

use case::intake::{ResolveCase, limits};
use contracts::intake::v1 as pb;
use service_kit::Failure;
use service_kit::request::Checks;
use tonic::Request;

use super::Api;
use super::mutation::Mutation;
use super::view::case_ref;
use super::words::word;

pub(super) async fn handle(
    api: &Api,
    request: Request<pb::ResolveCaseRequest>,
) -> Result<pb::ResolveCaseResponse, Failure> {
    let asked = request.get_ref();
    let mut checks = Checks::new();
    let mutation = Mutation::read(&mut checks, &request, &asked.request_id, &asked.etag, &asked.case)?;
    let resolution = word(&mut checks, "resolution", asked.resolution);
    let summary = checks.text("summary", &asked.summary, limits::REASON_CHARACTERS);
    let command = resolution.zip(summary).map(|(resolution, summary)| ResolveCase { resolution, summary });
    let (mutation, command) = checks.finish_with(mutation.zip(command))?;
    let outcome = mutation.execute(api, command).await?;
    Ok(pb::ResolveCaseResponse { case: Some(case_ref(&outcome.state)) })
}
